"""Check packs: every rule for packs over their folders, then the loader's own check of references and words.

Run ``python -m tools.packcheck`` for the packs of the checkout, or name folders of packs that live elsewhere.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path

from tools import housecheck, rules_pack, rules_size
from tools.lint import CODE, PROSE, ROOT, UNREAD, Finding, Source, run
from zhihai.site.packs import PACKS, build_house, pack_folders
from zhihai.site.plan import Function, register
from zhihai.site.wording import floor_words

TWIN = 10


def pack_sources(folder: Path) -> list[Source]:
    """Read a pack's text files, under the names they would have inside the checkout."""
    found = []
    for path in sorted(folder.rglob("*")):
        below = path.relative_to(folder)
        if path.is_file() and path.suffix in CODE + PROSE and not UNREAD.intersection(below.parts):
            text = path.read_text(encoding="utf-8")
            found.append(Source(f"{rules_pack.HOME}/{folder.name}/{below.as_posix()}", text))
    return found


def functions() -> dict[str, Function]:
    """Return the functions of the plan by id."""
    return {function.id: function for row in register() for function in row.functions}


def rooms(root: Path = ROOT) -> set[str]:
    """Return the rooms of the kernel: its packages, but for the migrations."""
    return {path.parent.name for path in (root / "src/zhihai/kernel").glob("*/__init__.py")} - {"migrations"}


def check(folders: Mapping[str, Path], plan: Mapping[str, Function], root: Path = ROOT) -> list[Finding]:
    """Return everything that is wrong with the packs of ``folders`` (dotted module name → folder)."""
    rules = (*housecheck.RULES, *rules_pack.RULES, rules_pack.claims_rule(plan))
    packs = {folder.name: pack_sources(folder) for folder in folders.values()}
    findings: list[Finding] = []
    for folder in folders.values():
        files = packs[folder.name]
        findings += [
            *run(rules, files),
            *rules_size.totals(files),
            *_folder(folder, files),
            *_grade(folder, files, root),
        ]
    findings += _twins(packs)
    house = build_house(floor_words(), folders)
    findings += [Finding(f"{rules_pack.HOME}/{fault.pack}", 0, "references", fault.reason) for fault in house.faults]
    return sorted(findings)


def _folder(folder: Path, files: Iterable[Source]) -> Iterator[Finding]:
    names = {path.name for path in folder.iterdir() if path.name != "__pycache__"}
    facts = next((rules_pack.manifest(file) for file in files if file.name == "pack.toml"), {})
    for says in rules_pack.listing(folder.name, names, reason=bool(facts.get("reason"))):
        yield Finding(f"{rules_pack.HOME}/{folder.name}", 0, "listing", says)


def _grade(folder: Path, files: Sequence[Source], root: Path) -> Iterator[Finding]:
    """Yield what a pack's grade promises and the checkout does not have, as far as files can prove it."""
    facts = next((rules_pack.manifest(file) for file in files if file.name == "pack.toml"), {})
    grade = facts.get("grade")
    rank = rules_pack.GRADES.index(grade) if isinstance(grade, str) and grade in rules_pack.GRADES else 0
    tests = root / "tests" / "packs" / folder.name
    promised: list[tuple[int, str, bool]] = [
        (0, f"a test of its own in tests/packs/{folder.name}", any(tests.glob("test_*.py"))),
        (1, "adapters tested on recorded messages", _tested(folder, tests, "adapters")),
        (1, "rules tested on windows", _tested(folder, tests, "rules")),
        (2, "a how-to page", any((root / "docs" / "howto").glob(f"*{folder.name}*.md"))),
        (2, "property tests on its rules", any("@given" in path.read_text() for path in tests.glob("*.py"))),
    ]
    for needed, what, there in promised:
        if rank >= needed and not there:
            yield Finding(
                f"{rules_pack.HOME}/{folder.name}", 0, "grade", f"{rules_pack.GRADES[needed]} promises {what}"
            )


def _tested(folder: Path, tests: Path, what: str) -> bool:
    return not (folder / f"{what}.py").exists() or any(tests.glob(f"test_*{what}*.py"))


def _twins(packs: Mapping[str, Sequence[Source]]) -> Iterator[Finding]:
    """Yield packs that share ten equal lines of code: what two packs need belongs into the kit.

    Declarations are left out, since they look alike by intent.
    """
    runs = {pack: dict(_runs(files)) for pack, files in packs.items()}
    for one, other in combinations(sorted(runs), 2):
        if shared := runs[one].keys() & runs[other].keys():
            path, line = min(runs[other][text] for text in shared)
            yield Finding(path, line, "twins", f"shares {TWIN} lines with the pack {one}: put them into the kit")


def _runs(files: Iterable[Source]) -> Iterator[tuple[str, tuple[str, int]]]:
    for file in files:
        if file.path.endswith(".py") and file.name != "kinds.py":
            lines = [(n, line.strip()) for n, line in enumerate(file.text.splitlines(), 1)]
            code = [(n, line) for n, line in lines if line and not line.startswith(("#", "from ", "import "))]
            for first in range(len(code) - TWIN + 1):
                yield "\n".join(line for _, line in code[first : first + TWIN]), (file.path, code[first][0])


def folders_named(paths: Sequence[str]) -> dict[str, Path]:
    """Return the packs at ``paths`` by dotted name; one that lives elsewhere is made importable by its own name."""
    found = {}
    for folder in (Path(path).resolve() for path in paths):
        if folder.parent == PACKS:
            found[f"zhihai.packs.{folder.name}"] = folder
        else:
            sys.path.insert(0, str(folder.parent))
            found[folder.name] = folder
    return found


def report(findings: Sequence[Finding], packs: int) -> str:
    """Return what the command prints: a line for each finding, or that the packs are in order."""
    return "\n".join([*map(str, findings), f"{len(findings)} findings" if findings else f"{packs} packs in order"])


def main(arguments: Sequence[str]) -> int:
    """Check the packs at the paths given, all of ours without any; print the findings; return the exit code."""
    folders = folders_named(arguments) if arguments else pack_folders()
    findings = check(folders, functions())
    print(report(findings, len(folders)))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
