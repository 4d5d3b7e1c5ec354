"""Begin a pack: a folder of bronze grade that already passes every check, and its claim in the plan's register.

Run ``python -m tools.new_pack noise --owner environment --clause C3.1 --quantity laeq --unit dB --low 0 --high 140
--zh 噪声 --en Noise``.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from string import Template

from tools.lint import ROOT

SCAFFOLD = Path(__file__).with_name("scaffold")
CLAUSES = Path("src/zhihai/site/clauses.toml")
ID = re.compile(r"[a-z][a-z0-9_]{1,47}")
FILES = {
    "pack.toml.txt": "src/zhihai/packs/{id}/pack.toml",
    "init.py.txt": "src/zhihai/packs/{id}/__init__.py",
    "kinds.py.txt": "src/zhihai/packs/{id}/kinds.py",
    "adapters.py.txt": "src/zhihai/packs/{id}/adapters.py",
    "words.toml.txt": "src/zhihai/packs/{id}/words.toml",
    "README.md.txt": "src/zhihai/packs/{id}/README.md",
    "story.py.txt": "tests/packs/{id}/test_{id}_story.py",
}
ENTRY = re.compile(r"\[\[row(?:\.sub)?\]\]\n(?:(?!\[\[).*\n)*")


def claim(register: str, clause: str, pack: str, story: str) -> str:
    """Return the text of the register with ``pack`` and its ``story`` named at a clause.

    Raises ``ValueError`` when the plan has no such function, or another pack serves it already.
    """
    for found in ENTRY.finditer(register):
        entry = found.group()
        if f'\nid = "{clause}"\n' in entry and "\nstate = " in entry:
            if "\npack = " in entry:
                raise ValueError(f"{clause} is served by a pack already: extend that one, or take another clause")
            claimed = re.sub(r"(\nstate = .*\n)", rf'\1pack = "{pack}"\nstory = "{story}"\n', entry, count=1)
            return register[: found.start()] + claimed + register[found.end() :]
    raise ValueError(f"{clause} is no function of the plan: see clauses.toml")


def begin(root: Path, facts: dict[str, str]) -> list[Path]:
    """Write the files of a new pack under ``root`` and claim its clause; return what was written.

    Raises ``ValueError`` for an id that is none, a folder that exists, or a clause that cannot be claimed; nothing is
    written then.
    """
    id_ = facts["id"]
    if not ID.fullmatch(id_):
        raise ValueError(f"{id_!r}: an id is lower-case letters, digits and _, beginning with a letter")
    written = {scaffold: root / path.format(id=id_) for scaffold, path in FILES.items()}
    if taken := next((path for path in written.values() if path.exists()), None):
        raise ValueError(f"{taken} exists already")
    story = FILES["story.py.txt"].format(id=id_)
    register = claim((root / CLAUSES).read_text(encoding="utf-8"), facts["clause"], id_, story)
    for scaffold, path in written.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        text = Template((SCAFFOLD / scaffold).read_text(encoding="utf-8")).substitute(facts)
        path.write_text(text, encoding="utf-8")
    (root / CLAUSES).write_text(register, encoding="utf-8")
    return [*written.values(), root / CLAUSES]


def main(arguments: Sequence[str], root: Path = ROOT) -> int:
    """Read the command line and begin the pack; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.new_pack", description="Begin a pack of bronze grade.")
    parser.add_argument("id", help="the folder's name, such as noise")
    for name, what in (
        ("owner", "the duty of the organisation whose desk it is, such as environment"),
        ("clause", "the function of the plan it serves, such as C3.1"),
        ("quantity", "the id of what is measured, such as laeq"),
        ("unit", "its unit as a UCUM code, such as dB"),
        ("low", "the least value that can be"),
        ("high", "the greatest value that can be"),
        ("zh", "its name in Chinese"),
        ("en", "its name in English"),
    ):
        parser.add_argument(f"--{name}", required=True, help=what, type=_number if name in ("low", "high") else str)
    try:
        written = begin(root, vars(parser.parse_args(arguments)))
    except ValueError as fault:
        print(fault, file=sys.stderr)
        return 1
    for path in written:
        print(path.relative_to(root))
    print("next: write its words, then run python -m tools.packcheck")
    return 0


def _number(text: str) -> str:
    return str(float(text))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
