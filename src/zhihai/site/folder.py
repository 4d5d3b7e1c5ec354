"""A district's folder: plain files that say all that is particular to a district, read and checked before anything is written."""

from __future__ import annotations

import csv
import gzip
import json
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from zhihai.ground.named import Named
from zhihai.ground.refusal import Refused

T = TypeVar("T")
Line = Mapping[str, str]

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "areas.csv": ("code", "level", "parent", "name_zh", "name_en", "valid_from"),
    "organisations.csv": ("code", "sort", "parent", "area", "name_zh", "name_en", "duty", "provenance"),
    "accounts.csv": ("username", "role", "organisation", "area", "sort", "language", "name_zh", "name_en"),
    "connectors.csv": ("code", "account", "organisation", "provenance"),
    "calendar.csv": ("date", "kind", "name_zh", "name_en"),
    "duties.csv": ("kind", "role", "area", "organisation", "source"),
    "limits.csv": ("kind", "clock", "amount", "unit", "source", "valid_from"),
    "stations.csv": (
        "code", "kind", "organisation", "area", "belongs", "name_zh", "name_en", "lon", "lat", "accuracy_m", "since",
        "readings", "provenance",
    ),
    "targets.csv": (
        "id", "clause_id", "name_zh", "name_en", "unit", "baseline", "baseline_year", "target", "target_year",
        "comparison", "clause", "note",
    ),
}  # fmt: skip
OPTIONAL = frozenset({"connectors.csv", "limits.csv", "stations.csv", "targets.csv", "duties.csv"})


@dataclass(frozen=True, slots=True)
class Replay:
    """What a replay shows: history from ``from_`` loaded to ``starts``, then on to ``ends`` at ``speed``."""

    from_: datetime
    starts: datetime
    ends: datetime
    speed: float


@dataclass(frozen=True, slots=True)
class BaseLayer:
    """A layer of the base map with its attribution, and its GeoJSON features."""

    layer: str
    source: str
    features: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class DistrictFolder:
    """Everything a folder says, checked for form: tables as lines by file name, shapes by area code."""

    folder: Path
    code: str
    prefix: str
    name: Named
    zone: ZoneInfo
    replay: Replay | None
    sessions: tuple[tuple[str, str], ...]
    tables: Mapping[str, tuple[Line, ...]]
    shapes: Mapping[str, Mapping[str, Any]]
    base: tuple[BaseLayer, ...]
    officials: Mapping[str, Any]

    def lines(self, file: str) -> tuple[Line, ...]:
        """Return the lines of a table; an optional file that is absent has none."""
        return self.tables.get(file, ())


def read_folder(folder: Path) -> DistrictFolder:
    """Read and check a district's folder. Raises ``Refused`` naming file, line and remedy; nothing is written."""
    facts = _toml(folder / "district.toml")
    try:
        name, zone = Named(facts["name"]["zh"], facts["name"]["en"]), ZoneInfo(facts["zone"])
        code, prefix = str(facts["code"]), str(facts.get("prefix", ""))
        replay = facts.get("replay")
        sessions = tuple((str(a), str(b)) for a, b in facts["working"]["sessions"])
    except (KeyError, TypeError, ValueError, ZoneInfoNotFoundError) as fault:
        raise Refused("folder_district", "district.toml", fault=str(fault)) from fault
    officials = folder / "officials.toml"
    return DistrictFolder(
        folder=folder, code=code, prefix=prefix, name=name, zone=zone,
        replay=None if replay is None else _replay(replay), sessions=sessions,
        tables={file: _table(folder / file) for file in COLUMNS if (folder / file).is_file() or file not in OPTIONAL},
        shapes=_shapes(folder / "areas.geojson"),
        base=tuple(
            BaseLayer(one["layer"], one["source"], _features(folder / one["file"])) for one in facts.get("base", ())
        ),
        officials=_toml(officials) if officials.is_file() else {},
    )  # fmt: skip


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Refused("folder_missing", path.name, file=path.name) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise Refused("folder_unreadable", path.name, fault=str(fault)) from fault


def _replay(facts: Mapping[str, Any]) -> Replay:
    try:
        replay = Replay(facts["from"], facts["starts"], facts["ends"], float(facts["speed"]))
        sound = replay.from_ <= replay.starts <= replay.ends and replay.speed >= 0
    except (KeyError, TypeError, ValueError) as fault:
        raise Refused("folder_district", "district.toml: replay", fault=str(fault)) from fault
    if not sound:
        raise Refused("folder_replay", "district.toml: replay")
    return replay


def _table(path: Path) -> tuple[Line, ...]:
    columns = COLUMNS[path.name]
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = set(columns) - set(reader.fieldnames or ())
            if missing:
                raise Refused("folder_columns", path.name, columns=", ".join(sorted(missing)))
            lines = tuple(reader)
    except FileNotFoundError:
        raise Refused("folder_missing", path.name, file=path.name) from None
    except (UnicodeDecodeError, csv.Error) as fault:
        raise Refused("folder_unreadable", path.name, fault=str(fault)) from fault
    for number, line in enumerate(lines, start=2):
        if None in line or None in line.values():
            raise Refused("folder_line", f"{path.name}:{number}", columns=len(columns))
    return lines


def _features(path: Path) -> tuple[Mapping[str, Any], ...]:
    try:
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        return tuple(json.loads(raw)["features"])
    except FileNotFoundError:
        raise Refused("folder_missing", path.name, file=path.name) from None
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise Refused("folder_unreadable", path.name, fault=str(fault)) from fault


def _shapes(path: Path) -> dict[str, Mapping[str, Any]]:
    """Shapes by area code; a district without boundaries has no such file."""
    if not path.is_file():
        return {}
    return {str(one["properties"]["code"]): one for one in _features(path)}


def parsed(line: Line, column: str, file: str, number: int, parse: Callable[[str], T]) -> T | None:
    """Return a column parsed, ``None`` when it is empty; raises ``Refused`` naming file, line and column."""
    text = line[column].strip()
    if not text:
        return None
    try:
        return parse(text)
    except ValueError:
        raise Refused("folder_value", f"{file}:{number} {column}", value=text) from None


def day(text: str) -> date:
    """Parse a day written 2014-02-20."""
    return date.fromisoformat(text)
