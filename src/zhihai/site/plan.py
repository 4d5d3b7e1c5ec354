"""The plan as data (规划登记册): what the plan names, and how much of it works."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from zhihai.ground.words import Phrase

State = Literal["works", "absent"]

CLAUSES = Path(__file__).with_name("clauses.toml")
ROW_ID = re.compile(r"[A-H][1-9]|T")
TARGETS = "T"
"""The chapter of the plan's numbers: they are measured, or not; functions work, or not. The two are never added up."""
EVIDENCE = ("pack", "room", "indicator", "story")


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One function of the plan that somebody can use, or not yet (功能): the only thing that is counted.

    ``pack`` or ``room`` says whose it is, ``indicator`` is the full name of what measures it, ``story`` the path of
    the test that walks through it; each is empty where there is none.
    """

    id: str
    words: Phrase
    state: State
    pack: str = ""
    room: str = ""
    indicator: str = ""
    story: str = ""
    note: Phrase | None = None

    @property
    def works(self) -> bool:
        """Say whether somebody can use it today."""
        return self.state == "works"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One system of the plan (系统), with its functions; ``does`` is set where the row itself is the function."""

    id: str
    words: Phrase
    functions: tuple[Function, ...]
    does: Phrase | None = None
    note: Phrase | None = None

    @property
    def group(self) -> str:
        """The letter of the plan's chapter the row stands in."""
        return self.id[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One chapter of the plan (章), by its letter; ``clause`` says where in the plan's text it stands."""

    id: str
    words: Phrase
    clause: str


@dataclass(frozen=True, slots=True)
class Tally:
    """How many functions work, of how many: *n of m*."""

    works: int
    total: int


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole register: chapters, and rows in the order of the plan."""

    groups: tuple[Group, ...]
    rows: tuple[Row, ...]


@cache
def plan() -> Plan:
    """Return the register that is shipped, read once."""
    return read(CLAUSES)


def register() -> tuple[Row, ...]:
    """Return the rows of the register, in the order of the plan."""
    return plan().rows


def tally(rows: Iterable[Row]) -> Tally:
    """Count the functions of ``rows`` that work, and all of them. A row without sub-ids counts as one."""
    functions = [function for row in rows for function in row.functions]
    return Tally(sum(function.works for function in functions), len(functions))


def read(path: Path) -> Plan:
    """Read and check a register file.

    Raises ``ValueError`` naming the file, the id and what is wrong: a missing language, an unknown key or state, an
    id out of order, or a function that says ``works`` without a pack or room and a story.
    """
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    try:
        groups = tuple(_group(table) for table in data.get("group", ()))
        rows = tuple(_row(table) for table in data.get("row", ()))
        _check_order(groups, rows)
    except ValueError as fault:
        raise ValueError(f"{path.name}: {fault}") from None
    return Plan(groups, rows)


def faults(rows: Iterable[Row], root: Path, packs: Collection[str], rooms: Collection[str]) -> Iterator[str]:
    """Yield what the register claims and the checkout at ``root`` does not have: stories, packs, rooms."""
    for row in rows:
        for function in row.functions:
            if function.story and not (root / function.story).is_file():
                yield f"{function.id}: there is no story {function.story}"
            if function.pack and function.pack not in packs:
                yield f"{function.id}: there is no pack {function.pack!r}"
            if function.room and function.room not in rooms:
                yield f"{function.id}: there is no room {function.room!r}"


def _group(table: Mapping[str, object]) -> Group:
    id_ = _text(table, "id")
    _refuse_others(id_, table, ("id", "zh", "en", "clause"))
    return Group(id=id_, words=_phrase(id_, table), clause=_text(table, "clause"))


def _row(table: Mapping[str, object]) -> Row:
    id_ = _text(table, "id")
    if not ROW_ID.fullmatch(id_):
        raise ValueError(f"{id_}: a row's id is a letter of A to H and a figure, or T")
    subs = table.get("sub", [])
    if not isinstance(subs, list):
        raise ValueError(f"{id_}: sub must be a list of tables")
    does = _optional(id_, table, "does")
    if subs:
        _refuse_others(id_, table, ("id", "zh", "en", "note", "sub"))
        functions = tuple(_function(sub) for sub in subs)
    else:
        _refuse_others(id_, table, ("id", "zh", "en", "note", "does", "state", *EVIDENCE))
        if does is None:
            raise ValueError(f"{id_}: a row without sub-ids must say what it does")
        functions = (_function({key: value for key, value in table.items() if key != "does"}),)
    return Row(id=id_, words=_phrase(id_, table), functions=functions, does=does, note=_optional(id_, table, "note"))


def _function(table: Mapping[str, object]) -> Function:
    id_ = _text(table, "id")
    _refuse_others(id_, table, ("id", "zh", "en", "note", "state", *EVIDENCE))
    state = table.get("state")
    if state not in ("works", "absent"):
        raise ValueError(f"{id_}: state must be works or absent, not {state!r}")
    evidence = {key: _text(table, key) for key in EVIDENCE if key in table}
    function = Function(id=id_, words=_phrase(id_, table), state=state, note=_optional(id_, table, "note"), **evidence)
    if function.works and not ((function.pack or function.room) and function.story):
        raise ValueError(f"{id_}: works needs a pack or a room, and a story")
    return function


def _check_order(groups: tuple[Group, ...], rows: tuple[Row, ...]) -> None:
    seen: dict[str, int] = {}
    for row in rows:
        seen[row.group] = seen.get(row.group, 0) + 1
        expected = "T" if row.group == "T" else f"{row.group}{seen[row.group]}"
        if row.id != expected or (row.group == "T" and seen["T"] > 1):
            raise ValueError(f"{row.id}: stands where {expected} is expected, or twice")
        if row.does is None:
            _check_functions(row)
    if tuple(group.id for group in groups) != tuple(seen):
        raise ValueError(f"groups {[group.id for group in groups]} are not the chapters of the rows {list(seen)}")


def _check_functions(row: Row) -> None:
    for number, function in enumerate(row.functions, 1):
        expected = f"T{number:02}" if row.id == "T" else f"{row.id}.{number}"
        if function.id != expected:
            raise ValueError(f"{function.id}: stands where {expected} is expected")


def _phrase(id_: str, table: Mapping[str, object]) -> Phrase:
    zh, en = table.get("zh"), table.get("en")
    if not (isinstance(zh, str) and isinstance(en, str) and zh and en):
        raise ValueError(f"{id_}: needs both zh and en")
    return Phrase(zh, en)


def _optional(id_: str, table: Mapping[str, object], key: str) -> Phrase | None:
    value = table.get(key)
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise ValueError(f"{id_}: {key} must be a table of zh and en")
    return _phrase(f"{id_}.{key}", value)


def _text(table: Mapping[str, object], key: str) -> str:
    value = table.get(key)
    if not isinstance(value, str):
        raise ValueError(f"{table.get('id', '?')}: {key} must be a text")
    return value


def _refuse_others(id_: str, table: Mapping[str, object], known: Collection[str]) -> None:
    others = sorted(set(table) - set(known))
    if others:
        raise ValueError(f"{id_}: unknown or misplaced {', '.join(others)}")
