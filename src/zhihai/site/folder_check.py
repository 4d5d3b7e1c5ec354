"""What a district's folder says, checked before anything is written: every cell, every reference, every tree."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from math import isfinite

from zhihai.ground.refusal import Refused
from zhihai.ground.registry import Registry
from zhihai.ground.trees import Node, preorder
from zhihai.kernel.cases.kinds import CaseKind
from zhihai.kernel.identity.kinds import RoleKind
from zhihai.kernel.sensing.kinds import DeviceKind
from zhihai.site.district_files import ARCHIVES, CASE_KINDS, DEVICE_KINDS, ROLES, TABLES, Column, Table
from zhihai.site.folder import DistrictFolder, Line, read_day

Known = Mapping[str, Collection[str]]
"""What a cell may name, by the place it is looked up in."""


def check_folder(given: DistrictFolder, registry: Registry) -> None:
    """Raise ``Refused`` naming file, line and column of the first thing that cannot be used; else do nothing."""
    known = _known(given, registry)
    for file, table in TABLES.items():
        lines = given.lines(file)
        for line in lines:
            for column in table.columns:
                _check_cell(f"{file}:{line.number} {column.name}", line[column.name], column, known)
        _check_unique(file, table, lines)
    for file, table in TABLES.items():
        if table.tree:
            _check_tree(file, given.lines(file))
    _check_district(given)


def _known(given: DistrictFolder, registry: Registry) -> Known:
    folder = given.folder / ARCHIVES
    return {
        **{file: {line[table.columns[0].name] for line in given.lines(file)} for file, table in TABLES.items()},
        DEVICE_KINDS: [name for name, _ in registry.all(DeviceKind)],
        CASE_KINDS: [name for name, _ in registry.all(CaseKind)],
        ROLES: {name.partition(".")[2] for name, _ in registry.all(RoleKind)},
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


def _check_unique(file: str, table: Table, lines: Collection[Line]) -> None:
    seen: dict[tuple[str, ...], int] = {}
    for line in lines:
        key = tuple(line[column] for column in table.unique)
        if key in seen:
            raise Refused("folder_twice", f"{file}:{line.number}", value=", ".join(key), first=seen[key])
        seen[key] = line.number


def _check_tree(file: str, lines: Collection[Line]) -> None:
    try:
        preorder([Node(line["code"], line["parent"] or None) for line in lines], field=file)
    except Refused as refused:
        number = next(line.number for line in lines if line["code"] == refused.facts.get("code"))
        raise Refused(refused.code, f"{file}:{number} parent", code=refused.facts["code"]) from None


def _check_district(given: DistrictFolder) -> None:
    districts = {line["code"] for line in given.lines("areas.csv") if line["level"] == "district"}
    if given.code not in districts:
        raise Refused("folder_stranger", "district.toml: code", value=given.code, where="areas.csv")
    areas = {line["code"] for line in given.lines("areas.csv")}
    for code in given.shapes:
        if code not in areas:
            raise Refused("folder_stranger", "areas.geojson: code", value=code, where="areas.csv")
    duties = [line for line in given.lines("organisations.csv") if line["duty"]]
    held: dict[str, int] = {}
    for line in duties:
        if line["duty"] in held:
            place = f"organisations.csv:{line.number} duty"
            raise Refused("folder_twice", place, value=line["duty"], first=held[line["duty"]])
        held[line["duty"]] = line.number
