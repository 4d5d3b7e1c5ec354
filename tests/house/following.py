"""Following a tutorial from top to bottom: its files are written, its commands run, its output compared."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from tools import new_pack, packcheck
from tools.lint import ROOT

import zhihai.packs
from zhihai.site.packs import House, build_house, pack_folders
from zhihai.site.plan import read
from zhihai.site.wording import floor_words

TUTORIALS = ROOT / "docs" / "tutorial"
PAGE, SERVICE = TUTORIALS / "a-pack-in-thirty-minutes.md", TUTORIALS / "a-service-in-thirty-minutes.md"
BLOCK = re.compile(r"(?:^`(?P<path>[^`\n]+)`\n\n)?^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.M | re.S)
RUN = (
    "import sys, zhihai.packs as p; p.__path__.append(sys.argv[1]); import pytest;"
    "sys.exit(pytest.main(['-q', '-p', 'no:cacheprovider', '-c', '/dev/null', '--rootdir', '.', *sys.argv[2:]]))"
)


@dataclass(frozen=True, slots=True)
class Checkout:
    """A folder in which the tutorial is followed: it holds the plan's register and the invented district."""

    root: Path
    page: Path
    pack: str

    @property
    def module(self) -> str:
        return f"zhihai.packs.{self.pack}"

    @property
    def packs(self) -> Path:
        return self.root / "src" / "zhihai" / "packs"

    def write(self, path: str, text: str) -> None:
        """Save a file of the tutorial where the scaffold has made its folder; lines of a table are added to it."""
        with (self.root / path).open("a" if path.endswith(".csv") else "w", encoding="utf-8") as file:
            file.write(text)

    def run(self, command: str, capsys: pytest.CaptureFixture[str]) -> str:
        """Run one command line of the tutorial and return what it printed."""
        words = shlex.split(command)
        assert words[:2] == ["python", "-m"], command
        if words[2] == "tools.new_pack":
            assert new_pack.main(words[3:], self.root) == 0
            return capsys.readouterr().out
        if words[2] == "tools.packcheck":
            return self.packcheck()
        assert words[2] == "pytest", command
        line = [sys.executable, "-c", RUN, str(self.packs), *words[4:]]
        environment = {"PYTHONPATH": str(ROOT / "src")}
        return subprocess.run(line, capture_output=True, text=True, check=False, cwd=self.root, env=environment).stdout

    def packcheck(self) -> str:
        """Check the pack as it stands in this checkout."""
        self.forget()
        rows = read(self.root / new_pack.CLAUSES).rows
        plan = {function.id: function for row in rows for function in row.functions}
        return packcheck.report(packcheck.check({self.module: self.packs / self.pack}, plan, self.root), 1)

    def house(self) -> House:
        """Build the house with our packs and this one."""
        self.forget()
        return build_house(floor_words(), {**pack_folders(), self.module: self.packs / self.pack})

    def forget(self) -> None:
        """Unload the tutorial's pack, so that the next import reads its files again."""
        for name in [name for name in sys.modules if name.startswith(self.module)]:
            del sys.modules[name]


@contextmanager
def begun(root: Path, page: Path = PAGE, pack: str = "noise") -> Iterator[Checkout]:
    """Make a checkout under ``root`` that has the plan's register; packs written in it can be imported inside."""
    register = root / new_pack.CLAUSES
    register.parent.mkdir(parents=True)
    shutil.copy(ROOT / new_pack.CLAUSES, register)
    shutil.copytree(ROOT / "tests" / "districts" / "lakeside", root / "lakeside")
    made, path, written = Checkout(root, page, pack), zhihai.packs.__path__, sys.dont_write_bytecode
    zhihai.packs.__path__, sys.dont_write_bytecode = [*path, str(made.packs)], True
    try:
        yield made
    finally:
        zhihai.packs.__path__, sys.dont_write_bytecode = path, written
        made.forget()


def follow(checkout: Checkout, capsys: pytest.CaptureFixture[str]) -> Iterator[tuple[str, str, str]]:
    """Follow the tutorial; yield (command, what the page says it prints, what it printed)."""
    for block in BLOCK.finditer(checkout.page.read_text(encoding="utf-8")):
        if block["language"] == "console":
            command, _, expected = block["text"].partition("\n")
            yield command, expected, checkout.run(command.removeprefix("$ "), capsys)
        else:
            assert block["path"], f"a block of {block['language']} without the name of its file"
            checkout.write(block["path"], block["text"])


def matches(expected: str, printed: str) -> bool:
    """Say whether a command printed what the page says; ``…`` stands for anything, and pytest may say more."""
    pattern = re.escape(expected.strip()).replace("…", ".*")
    return re.search(pattern, printed, re.S) is not None
