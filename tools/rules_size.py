"""Rules on size: budgets of files, functions, rooms, the kit and packs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from tools.lint import CODE, Finding, Rule, Source, Spot, budgets, example, python

KERNEL = "src/zhihai/kernel"
PACKS = "src/zhihai/packs"
KIT = "src/zhihai/kit"
SCHEMA = re.compile(r"src/zhihai/kernel/migrations/sql/\d+_(?P<room>[a-z]+)\w*\.sql")
JUDGING = ("rules.py", "adapters.py", "measures.py")
OWNING = ("models.py", "acts.py", "pages.py")
FILE, FUNCTION = budgets()["lines"]["file"], budgets()["lines"]["function"]


def length(source: Source) -> int:
    """Return the number of physical lines of a source."""
    return len(source.text.splitlines())


def function_length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the lines of a function from its ``def`` to its end, its docstring left out."""
    end = node.end_lineno or node.lineno
    first = node.body[0]
    if ast.get_docstring(node, clean=False) is not None and first.end_lineno is not None:
        return end - node.lineno + 1 - (first.end_lineno - first.lineno + 1)
    return end - node.lineno + 1


def _file(source: Source) -> Iterator[Spot]:
    if length(source) > FILE:
        yield 0, f"{length(source)} lines, {FILE} are allowed: split it along its nouns"


def _functions(source: Source) -> Iterator[Spot]:
    for node in source.nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and function_length(node) > FUNCTION:
            yield node.lineno, f"{node.name}() has {function_length(node)} lines, {FUNCTION} are allowed"


def pack_grade(names: Iterable[str]) -> str:
    """Say which budget a pack has, from the names of its files and folders: declarative, rules or model."""
    names = set(names)
    if "model" in names or names.intersection(OWNING):
        return "model"
    return "rules" if names.intersection(JUDGING) else "declarative"


def totals(files: Iterable[Source]) -> Iterator[Finding]:
    """Yield the rooms, packs and kit that are over their budget. A room's SQL counts with the room."""
    sizes: dict[str, int] = {}
    names: dict[str, set[str]] = {}
    for source in files:
        home = _home(source)
        if home:
            sizes[home] = sizes.get(home, 0) + length(source)
            names.setdefault(home, set()).add(source.parts[home.count("/") + 1])
    for home, size in sorted(sizes.items()):
        if size > (allowed := _allowed(home, names[home])):
            yield Finding(home, 0, "budget", f"{size} lines, {allowed} are allowed")


def _home(source: Source) -> str | None:
    """Return the folder whose budget a file draws on."""
    if not source.path.endswith((".py", ".sql")):
        return None
    if source.under(KIT):
        return KIT
    if found := SCHEMA.fullmatch(source.path):
        return f"{KERNEL}/{found['room']}"
    below = len(KERNEL.split("/"))
    if source.under(KERNEL, PACKS) and len(source.parts) > below + 1 and source.parts[below] != "migrations":
        return "/".join(source.parts[: below + 1])
    return None


def _allowed(home: str, names: Iterable[str]) -> int:
    if home.startswith(PACKS):
        return budgets()["pack"][pack_grade(names)]
    return budgets()["lines"]["kit" if home == KIT else "room"]


def _lines(count: int, first: str = "x = 1") -> tuple[str, ...]:
    return (first, *("    x = 1" if first.startswith("def") else "x = 1" for _ in range(count - 1)))


RULES = (
    Rule(
        id="file_length",
        why="a file that no longer fits a reader's head has two subjects",
        find=_file,
        applies=lambda source: source.path.endswith(CODE),
        good=(example("src/zhihai/ground/x.py", *_lines(FILE)),),
        bad=(example("src/zhihai/ground/x.py", *_lines(FILE + 1)), example("src/x.sql", *_lines(FILE + 1))),
    ),
    Rule(
        id="function_length",
        why="a function is read as a whole or not at all",
        find=_functions,
        applies=python,
        good=(
            example("src/zhihai/ground/x.py", *_lines(FUNCTION, "def f():")),
            example("src/zhihai/ground/x.py", "def f():", '    """One.', "", '    """', *_lines(FUNCTION)[1:]),
        ),
        bad=(example("src/zhihai/ground/x.py", *_lines(FUNCTION + 1, "def f():")),),
    ),
)
