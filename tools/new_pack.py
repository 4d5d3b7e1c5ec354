"""Begin a pack: a folder of bronze grade that already passes every check, and its claim in the plan's register.

Of something measured: ``python -m tools.new_pack noise --owner environment --clause C3.1 --quantity laeq --unit dB
--low 0 --high 140 --zh 噪声 --en Noise``. Of something people give in: ``python -m tools.new_pack rooms --owner
services --clause D2.5 --matter use --prefix HD --zh 社区活动室使用申请 --en "Use of a community room"``.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template

from tools.lint import ROOT

SCAFFOLD = Path(__file__).with_name("scaffold")
CLAUSES = Path("src/zhihai/site/clauses.toml")
ID = re.compile(r"[a-z][a-z0-9_]{1,47}")
MEASURED = ("quantity", "unit", "low", "high")
GIVEN_IN = ("matter", "prefix")
"""What a pack of something measured has to be told, and one of something that people give in."""
STORY = "tests/packs/{id}/test_{id}_story.py"
FOLDER = "src/zhihai/packs/{id}"
FILES = {"pack.toml.txt": f"{FOLDER}/pack.toml", "init.py.txt": f"{FOLDER}/__init__.py"}
OF_ITS_SORT = {
    "kinds.py.txt": f"{FOLDER}/kinds.py",
    "adapters.py.txt": f"{FOLDER}/adapters.py",
    "words.toml.txt": f"{FOLDER}/words.toml",
    "README.md.txt": f"{FOLDER}/README.md",
    "story.py.txt": STORY,
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


def sort_of(facts: Mapping[str, str | None]) -> str:
    """Return which scaffold is meant, by what is told. Raises ``ValueError`` naming the options that lack."""
    told = {name for name in (*MEASURED, *GIVEN_IN) if facts.get(name)}
    for sort, wanted in (("matter", GIVEN_IN), ("station", MEASURED)):
        if told == set(wanted):
            return sort
    options = (" ".join(f"--{name}" for name in wanted) for wanted in (MEASURED, GIVEN_IN))
    raise ValueError(f"say either what is measured ({next(options)}) or what is given in ({next(options)})")


def begin(root: Path, facts: dict[str, str]) -> list[Path]:
    """Write the files of a new pack under ``root`` and claim its clause; return what was written.

    Raises ``ValueError`` for an id that is none, a folder that exists, a clause that cannot be claimed, or when it is
    not told what is measured or what is given in; nothing is written then.
    """
    id_, sort = facts["id"], sort_of(facts)
    for one in (id_, facts.get("matter") or id_):
        if not ID.fullmatch(one):
            raise ValueError(f"{one!r}: an id is lower-case letters, digits and _, beginning with a letter")
    scaffolds = {**FILES, **{f"{sort}/{name}": path for name, path in OF_ITS_SORT.items()}}
    written = {
        scaffold: root / path.format(id=id_) for scaffold, path in scaffolds.items() if (SCAFFOLD / scaffold).exists()
    }
    if taken := next((path for path in written.values() if path.exists()), None):
        raise ValueError(f"{taken} exists already")
    story = STORY.format(id=id_)
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
        ("matter", "the id of what is given in, such as use"),
        ("prefix", "two letters that its numbers begin with, such as HD"),
        ("zh", "its name in Chinese"),
        ("en", "its name in English"),
    ):
        optional = name in (*MEASURED, *GIVEN_IN)
        parser.add_argument(
            f"--{name}", required=not optional, help=what, type=_number if name in ("low", "high") else str
        )
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
