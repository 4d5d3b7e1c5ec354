"""A directory's people as a staff list: its entries as LDIF (RFC 2849), and a table of what means what here (目录导出).

LDIF is what every directory writes: ``ldapsearch`` with paging and TLS, ``ldifde``, an administrator's console.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

from zhihai.ground.refusal import Refused
from zhihai.kernel.identity.acts import StaffInput
from zhihai.site.folder import Line, read_toml, text_of
from zhihai.site.staff_list import COLUMNS, OPTIONAL, staff_of

SEVERAL = ("organisation", "area", "role")
"""Columns of which an entry may say several: one line of the list for each."""
TABLES = ("columns", "values", "missing", "only", "without")


@dataclass(slots=True)
class Entry:
    """An entry of a directory: its attributes by name in small letters, and the line it begins on."""

    line: int
    values: dict[str, list[str]] = field(default_factory=dict)

    def says(self, attribute: str) -> list[str]:
        """Return what it says of an attribute, perhaps nothing; options (``cn;lang-zh``) are part of a name."""
        return self.values.get(attribute.lower(), [])


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a district takes from entries: which attribute is which column, and what its values mean here.

    ``missing`` is what holds where an entry says nothing; ``only`` and ``without`` say which entries are meant.
    """

    columns: Mapping[str, str]
    values: Mapping[str, Mapping[str, str]]
    missing: Mapping[str, str]
    only: Mapping[str, str]
    without: Mapping[str, str]


def read_directory(path: Path, meaning: Path) -> tuple[list[StaffInput], list[Refused]]:
    """Return the officials of an export, and everything wrong with it: file, line of the entry and column.

    Raises ``Refused`` for a file that is no LDIF, tells changes rather than entries, or is not whole; for a table of
    meanings that says something else than it can.
    """
    means = read_meaning(meaning)
    lines = [line for entry in entries(path.name, text_of(path)) for line in _lines(entry, means)]
    people, faults = staff_of(path.name, lines)
    return people, faults or ([] if lines else [Refused("staff_empty", path.name)])


def read_meaning(path: Path) -> Meaning:
    """Read a table of meanings (TOML); raises ``Refused`` naming what is wrong in it."""
    told: dict[str, Any] = read_toml(path)
    strange = set(told) - set(TABLES)
    columns = _texts(path, "columns", told.get("columns", {}))
    values = {name: _texts(path, f"values.{name}", table) for name, table in dict(told.get("values", {})).items()}
    missing = _texts(path, "missing", told.get("missing", {}))
    strange |= {name for table in (columns, values, missing) for name in table if name not in COLUMNS}
    if strange:
        raise Refused("directory_strange", path.name, names=", ".join(sorted(strange)), columns=", ".join(COLUMNS))
    lacking = set(COLUMNS) - OPTIONAL - set(columns) - set(missing)
    if lacking:
        raise Refused("staff_columns", path.name, columns=", ".join(sorted(lacking)))
    only, without = (_texts(path, name, told.get(name, {})) for name in ("only", "without"))
    return Meaning(columns, values, missing, only, without)


def _texts(path: Path, name: str, table: Any) -> dict[str, str]:
    if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
        raise Refused("directory_texts", f"{path.name}: {name}")
    return table


def _lines(entry: Entry, means: Meaning) -> Iterator[Line]:
    """Yield the lines of a list that an entry stands for; none where it is not meant."""
    if not all(_has(entry, *pair) for pair in means.only.items()):
        return
    if any(_has(entry, *pair) for pair in means.without.items()):
        return
    said = {column: _meant(entry, column, means) for column in COLUMNS}
    for one in product(*(said[column] for column in SEVERAL)):
        cells = {column: values[0] for column, values in said.items()}
        yield Line({**cells, **dict(zip(SEVERAL, one, strict=True))}, entry.line)


def _has(entry: Entry, attribute: str, value: str) -> bool:
    return value.lower() in (one.lower() for one in entry.says(attribute))


def _meant(entry: Entry, column: str, means: Meaning) -> Sequence[str]:
    """Return what an entry says of a column as it is meant here, each once; a name of sign-in in small letters."""
    told = entry.says(means.columns[column]) if column in means.columns else []
    table = means.values.get(column, {})
    found = [table.get(one.strip(), one.strip()) for one in told] or [means.missing.get(column, "")]
    return list(dict.fromkeys(one.lower() if column == "username" else one for one in found))


def entries(file: str, text: str) -> Iterator[Entry]:
    """Yield the entries of LDIF text; raises ``Refused`` naming the line of what can not be read or is not whole."""
    for block in _blocks(text):
        entry = Entry(block[0][0])
        for number, line in block:
            name, value = _said(file, number, line)
            entry.values.setdefault(name, []).append(value)
        if "changetype" in entry.values:
            raise Refused("directory_changes", f"{file}:{entry.line}")
        result = entry.says("result")
        if "dn" in entry.values:
            yield entry
        elif result and result[0].split()[0] != "0":  # how a search ended: over a limit, refused, interrupted
            raise Refused("directory_part", f"{file}:{entry.line}", result=result[0])


def _blocks(text: str) -> Iterator[list[tuple[int, str]]]:
    """Yield lines that stand together, with their numbers: folded ones joined, comments left out."""
    block: list[tuple[int, str]] = []
    comment = False
    for number, ended in enumerate(text.split("\n"), 1):
        line = ended.removesuffix("\r")
        if line.startswith(" "):
            if block and not comment:
                block[-1] = (block[-1][0], block[-1][1] + line[1:])
            continue
        comment = line.startswith("#")
        if line.strip() and not comment:
            block.append((number, line))
        elif not line.strip() and block:
            yield block
            block = []
    if block:
        yield block


def _said(file: str, number: int, line: str) -> tuple[str, str]:
    """Return the name and value of a line; raises ``Refused`` for one that has none, or points to another file."""
    name, colon, value = line.partition(":")
    if not colon or not name.strip() or value.startswith("<"):
        raise Refused("directory_line", f"{file}:{number}")
    if not value.startswith(":"):
        return name.strip().lower(), value.strip()
    try:
        return name.strip().lower(), base64.b64decode(value[1:].strip(), validate=True).decode("utf-8")
    except UnicodeDecodeError:  # a picture, a certificate: nothing is taken from them
        return name.strip().lower(), ""
    except binascii.Error:
        raise Refused("directory_line", f"{file}:{number}") from None
