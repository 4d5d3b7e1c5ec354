"""The smallest linter that serves the house: a rule is one function, with examples that prove it."""

from __future__ import annotations

import ast
import os
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CODE = (".py", ".sql", ".html", ".css", ".js")
PROSE = (".md", ".toml", ".txt", ".json", ".cfg", ".yml", ".yaml", ".svg")
FOLDERS = ("src", "tests", "tools", "docs", "requirements", ".ci")
UNREAD = frozenset({"__pycache__", "node_modules", "seeds", ".hypothesis", "vendor"})


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """What is wrong, and where: a path from the checkout and a line, 0 for the whole file."""

    path: str
    line: int
    rule: str
    says: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {self.says} [{self.rule}]"


@dataclass(frozen=True)
class Source:
    """One text file; ``path`` is written with slashes, from the root of the checkout."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree; empty for what is not Python."""
        return ast.parse(self.text if self.path.endswith(".py") else "", filename=self.path)

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """All nodes of the syntax tree, walked once for all rules."""
        return tuple(ast.walk(self.tree))

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(self.path.split("/"))

    @property
    def name(self) -> str:
        return self.parts[-1]

    def under(self, *folders: str) -> bool:
        """Say whether the file lies in one of these folders."""
        return any(self.path.startswith(f"{folder}/") for folder in folders)


Spot = tuple[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule over one file.

    ``find`` yields (line, what is wrong) for a source that ``applies`` accepts. ``good`` and ``bad`` are examples, each
    a source: the tests hold the rule to them.
    """

    id: str
    why: str
    find: Callable[[Source], Iterable[Spot]]
    applies: Callable[[Source], bool]
    good: tuple[Source, ...] = field(default=())
    bad: tuple[Source, ...] = field(default=())

    def check(self, source: Source) -> Iterator[Finding]:
        """Yield the findings of this rule in one source."""
        if self.applies(source):
            for line, says in self.find(source):
                yield Finding(source.path, line, self.id, says)


def example(path: str, *lines: str) -> Source:
    """Make an example for a rule out of lines of text."""
    return Source(path, "\n".join(lines) + "\n")


def python(source: Source) -> bool:
    """Accept Python files."""
    return source.path.endswith(".py")


def product(source: Source) -> bool:
    """Accept Python files of the product."""
    return python(source) and source.under("src/zhihai")


@cache
def budgets() -> dict[str, dict[str, int]]:
    """Return the numbers of ``budgets.toml``."""
    return tomllib.loads((ROOT / "tools" / "budgets.toml").read_text(encoding="utf-8"))


def sources(root: Path = ROOT, folders: Iterable[str] = FOLDERS) -> Iterator[Source]:
    """Yield every text file of the checkout that people write: the folders named, and the files beside them."""
    for path in sorted(root.iterdir()):
        if path.is_file() and (path.suffix in CODE + PROSE or path.name in ("Makefile", "NOTICE")):
            yield _source(root, path)
    for folder in folders:
        for place, below, names in os.walk(root / folder):
            below[:] = sorted(name for name in below if name not in UNREAD)
            for name in sorted(names):
                path = Path(place, name)
                if path.suffix in CODE + PROSE or path.parent.name == ".ci":
                    yield _source(root, path)


def run(rules: Iterable[Rule], files: Iterable[Source]) -> list[Finding]:
    """Return the findings of all rules over all files, in order of place."""
    rules = tuple(rules)
    return sorted(finding for source in files for rule in rules for finding in rule.check(source))


def _source(root: Path, path: Path) -> Source:
    return Source(path.relative_to(root).as_posix(), path.read_text(encoding="utf-8"))
