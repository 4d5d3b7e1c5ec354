"""What a district's folder says, checked before anything is written: every cell, every reference, every tree."""

from __future__ import annotations

from collections.abc import Collection, Container, Mapping
from contextlib import suppress
from math import isfinite

from zhihai.ground.refusal import Refused
from zhihai.ground.registry import Registry
from zhihai.ground.trees import Node, preorder
from zhihai.kernel.cases.kinds import CaseKind
from zhihai.kernel.disclosure.kinds import PublicationKind
from zhihai.kernel.identity.kinds import RoleKind, TieKind
from zhihai.kernel.sensing.kinds import DeviceKind
from zhihai.site.district_files import (
    ARCHIVES,
    CASE_KINDS,
    DEVICE_KINDS,
    PUBLICATION_KINDS,
    ROLES,
    STEP_ROLES,
    TABLES,
    TIE_KINDS,
    Column,
    Table,
)
from zhihai.site.faults import noting
from zhihai.site.folder import Line, Parts, read_day

Known = Mapping[str, Container[str]]
"""What a cell may name, by the place it is looked up in."""


class _Any:
    """Holds every name: for a file that could not be read whole, where nothing can be called missing."""

    def __contains__(self, name: object) -> bool:
        return True


ANY = _Any()


def faults_of_folder(parts: Parts, registry: Registry) -> list[Refused]:
    """Return everything that cannot be used, each with file, line and column, as far as the folder could be read."""
    faults: list[Refused] = []
    known = _known(parts, registry)
    for file, table in TABLES.items():
        before = len(faults)
        for line in parts.tables[file]:
            for column in table.columns:
                if column.name in line:
                    with noting(faults):
                        _check_cell(f"{file}:{line.number} {column.name}", line[column.name], column, known)
        _check_unique(file, table, parts.tables[file], faults)
        if table.tree and len(faults) == before and parts.has(file, "code", "parent"):
            with noting(faults):
                _check_tree(file, parts.tables[file])
    _check_duties(parts.tables["organisations.csv"], faults)
    _check_district(parts, known["areas.csv"], faults)
    return faults


def _known(parts: Parts, registry: Registry) -> Known:
    """Return what may be named; what stands in a file that was not read whole is not known."""
    folder = parts.folder / ARCHIVES
    keys = {file: table.columns[0].name for file, table in TABLES.items()}
    read = {file: key for file, key in keys.items() if parts.has(file, key)}
    return {
        **{file: {line[key] for line in parts.tables[file]} for file, key in read.items()},
        **dict.fromkeys(keys.keys() - read.keys(), ANY),
        DEVICE_KINDS: [name for name, _ in registry.all(DeviceKind)],
        CASE_KINDS: [name for name, _ in registry.all(CaseKind)],
        PUBLICATION_KINDS: [name for name, _ in registry.all(PublicationKind)],
        TIE_KINDS: [name for name, _ in registry.all(TieKind)],
        ROLES: {name.removeprefix("zhihai.") for name, _ in registry.all(RoleKind)},
        STEP_ROLES: {step.role for _, kind in registry.all(CaseKind) for step in kind.steps},
        ARCHIVES: [path.name for path in folder.iterdir() if path.is_file()] if folder.is_dir() else [],
    }


def _check_cell(place: str, text: str, column: Column, known: Known) -> None:
    if not text:
        if column.needed:
            raise Refused("folder_empty", place)
        return
    if column.one_of and text not in column.one_of:
        raise Refused("folder_choice", place, value=text, choices=", ".join(column.one_of))
    if column.of == ARCHIVES and text not in known[ARCHIVES]:
        raise Refused("folder_missing", place, file=f"{ARCHIVES}{text}")
    if column.of and text not in known[column.of]:
        raise Refused("folder_stranger", place, value=text, where=column.of)
    if column.sort == "day":
        _check_day(place, text)
    elif column.sort != "text":
        _check_number(place, text, column)


def _check_day(place: str, text: str) -> None:
    try:
        read_day(text)
    except ValueError:
        raise Refused("folder_day", place, value=text) from None


def _check_number(place: str, text: str, column: Column) -> None:
    number = None
    with suppress(ValueError):
        number = float(int(text) if column.sort == "whole" else text)
    if number is None or not isfinite(number):
        raise Refused("folder_number", place, value=text)
    if not column.least <= number <= column.most:
        raise Refused("folder_bounds", place, value=text, least=f"{column.least:g}", most=f"{column.most:g}")


def _check_unique(file: str, table: Table, lines: Collection[Line], faults: list[Refused]) -> None:
    seen: dict[tuple[str, ...], int] = {}
    for line in lines:
        key = tuple(line[column] for column in table.unique if column in line)
        if len(key) == len(table.unique) and key in seen:
            faults.append(Refused("folder_twice", f"{file}:{line.number}", value=", ".join(key), first=seen[key]))
        seen.setdefault(key, line.number)


def _check_tree(file: str, lines: Collection[Line]) -> None:
    try:
        preorder([Node(line["code"], line["parent"] or None) for line in lines], field=file)
    except Refused as refused:
        number = next(line.number for line in lines if line["code"] == refused.facts.get("code"))
        raise Refused(refused.code, f"{file}:{number} parent", code=refused.facts["code"]) from None


def _check_district(parts: Parts, areas: Container[str], faults: list[Refused]) -> None:
    read = parts.head is not None and parts.has("areas.csv", "code", "level")
    districts = {line["code"] for line in parts.tables["areas.csv"] if line["level"] == "district"} if read else set()
    if parts.head is not None and read and parts.head.code not in districts:
        faults.append(Refused("folder_stranger", "district.toml: code", value=parts.head.code, where="areas.csv"))
    faults += [
        Refused("folder_stranger", "areas.geojson: code", value=code, where="areas.csv")
        for code in parts.shapes
        if code not in areas
    ]


def _check_duties(lines: Collection[Line], faults: list[Refused]) -> None:
    held: dict[str, int] = {}
    for line in lines:
        duty = line.get("duty", "")
        if duty in held:
            place = f"organisations.csv:{line.number} duty"
            faults.append(Refused("folder_twice", place, value=duty, first=held[duty]))
        elif duty:
            held[duty] = line.number
