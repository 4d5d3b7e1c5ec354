"""A district's folder: plain files that say all that is particular to it, read before anything is written."""

from __future__ import annotations

import csv
import gzip
import io
import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from zhihai.ground.named import Named
from zhihai.ground.refusal import Refused
from zhihai.site.district_files import TABLES

COLUMNS: Mapping[str, tuple[str, ...]] = {
    file: tuple(column.name for column in table.columns) for file, table in TABLES.items()
}


class Line(dict[str, str]):
    """One line of a table: its cells by column, without blanks around them, and the number of the line in the file."""

    def __init__(self, cells: Mapping[str, str], number: int) -> None:
        super().__init__({column: text.strip() for column, text in cells.items()})
        self.number = number

    def day(self, column: str) -> date | None:
        """Return the day in a cell; ``None`` when it is empty."""
        return read_day(self[column]) if self[column] else None

    def number_in(self, column: str) -> float | None:
        """Return the number in a cell; ``None`` when it is empty."""
        return float(self[column]) if self[column] else None


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
    """Read a district's folder. Raises ``Refused`` naming file, line and remedy; nothing is written.

    The form is checked here: what is there, in which encoding, with which columns. What cells say is checked by
    :func:`zhihai.site.folder_check.check_folder`.
    """
    facts = read_toml(folder / "district.toml")
    try:
        name, zone = Named(facts["name"]["zh"], facts["name"]["en"]), ZoneInfo(facts["zone"])
        code, prefix = str(facts["code"]), str(facts.get("prefix", ""))
        sessions = tuple((_time(begin), _time(end)) for begin, end in facts["working"]["sessions"])
        layers = [(one["layer"], one["source"], one["file"]) for one in facts.get("base", ())]
    except ZoneInfoNotFoundError:
        raise Refused("zone_unknown", "district.toml: zone", zone=facts["zone"]) from None
    except KeyError as missing:
        raise Refused("folder_key", "district.toml", key=missing.args[0]) from missing
    except (AttributeError, TypeError, ValueError) as fault:
        raise Refused("folder_district", "district.toml", fault=str(fault)) from fault
    replay, officials = facts.get("replay"), folder / "officials.toml"
    return DistrictFolder(
        folder=folder,
        code=code,
        prefix=prefix,
        name=name,
        zone=zone,
        replay=None if replay is None else _replay(replay),
        sessions=sessions,
        tables={
            file: read_table(folder / file)
            for file, table in TABLES.items()
            if (folder / file).is_file() or not table.optional
        },
        shapes=_shapes(folder / "areas.geojson"),
        base=tuple(BaseLayer(layer, source, _features(folder / file)) for layer, source, file in layers),
        officials=read_toml(officials) if officials.is_file() else {},
    )


def _time(text: str) -> str:
    return time.fromisoformat(text).strftime("%H:%M")


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file of a folder. Raises ``Refused`` naming the file."""
    try:
        return tomllib.loads(_text(path))
    except tomllib.TOMLDecodeError as fault:
        raise Refused("folder_unreadable", path.name, fault=str(fault)) from fault


def _text(path: Path) -> str:
    """Return the text of a file without a mark of byte order; raises ``Refused`` naming the line that is not UTF-8."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise Refused("folder_missing", path.name, file=path.name) from None
    except OSError as fault:
        raise Refused("folder_unreadable", path.name, fault=fault.strerror) from fault
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = raw.count(b"\n", 0, fault.start) + 1
        code = "folder_gb18030" if _is_gb18030(raw) else "folder_not_utf8"
        raise Refused(code, f"{path.name}:{line}") from None


def _is_gb18030(raw: bytes) -> bool:
    try:
        raw.decode("gb18030")
    except UnicodeDecodeError:
        return False
    return True


def _replay(facts: Mapping[str, Any]) -> Replay:
    try:
        replay = Replay(facts["from"], facts["starts"], facts["ends"], float(facts["speed"]))
        aware = all(at.utcoffset() is not None for at in (replay.from_, replay.starts, replay.ends))
        sound = aware and replay.from_ <= replay.starts <= replay.ends and replay.speed >= 0
    except KeyError as missing:
        raise Refused("folder_key", "district.toml: replay", key=missing.args[0]) from missing
    except (AttributeError, TypeError, ValueError) as fault:
        raise Refused("folder_district", "district.toml: replay", fault=str(fault)) from fault
    if not sound:
        raise Refused("folder_replay", "district.toml: replay")
    return replay


def read_table(path: Path) -> tuple[Line, ...]:
    """Read one table of a folder by its name. Raises ``Refused`` naming file and line."""
    columns = COLUMNS[path.name]
    reader = csv.DictReader(io.StringIO(_text(path), newline=""), strict=True)
    lines = []
    try:
        reader.fieldnames = [name.strip() for name in reader.fieldnames or ()]
        missing = set(columns) - set(reader.fieldnames)
        if missing:
            raise Refused("folder_columns", f"{path.name}:1", columns=", ".join(sorted(missing)))
        for cells in reader:
            if None in cells or None in cells.values():
                raise Refused("folder_line", f"{path.name}:{reader.line_num}", columns=len(reader.fieldnames))
            lines.append(Line(cells, reader.line_num))
    except csv.Error as fault:
        raise Refused("folder_unreadable", f"{path.name}:{reader.line_num}", fault=str(fault)) from fault
    return tuple(lines)


def _features(path: Path) -> tuple[Mapping[str, Any], ...]:
    try:
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        return tuple(dict(one) for one in json.loads(raw)["features"])
    except FileNotFoundError:
        raise Refused("folder_missing", path.name, file=path.name) from None
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise Refused("folder_unreadable", path.name, fault=str(fault)) from fault


def _shapes(path: Path) -> dict[str, Mapping[str, Any]]:
    """Shapes by area code; a district without boundaries has no such file."""
    return dict(_coded(path.name, _features(path))) if path.is_file() else {}


def _coded(file: str, features: Iterable[Mapping[str, Any]]) -> Iterable[tuple[str, Mapping[str, Any]]]:
    for number, one in enumerate(features):
        properties = one.get("properties")
        if not isinstance(properties, Mapping) or "code" not in properties:
            raise Refused("folder_feature", f"{file}: features[{number}]")
        yield str(properties["code"]), one


def read_day(text: str) -> date:
    """Read a day written 2014-02-20; raises ``ValueError`` for any other form."""
    day = date.fromisoformat(text)
    if day.isoformat() != text:
        raise ValueError(text)
    return day
