"""A district's folder: plain files that say all that is particular to it, read before anything is written."""

from __future__ import annotations

import csv
import gzip
import io
import json
import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from zhihai.ground.named import Named
from zhihai.ground.refusal import Refused
from zhihai.site.district_files import TABLES
from zhihai.site.faults import noting, refuse

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
class Head:
    """What ``district.toml`` says; ``layers`` are the base map's: name, source and file of each."""

    code: str
    prefix: str
    name: Named
    zone: ZoneInfo
    replay: Replay | None
    sessions: tuple[tuple[str, str], ...]
    layers: tuple[tuple[str, str, str], ...]


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


@dataclass(slots=True)
class Parts:
    """What could be read of a folder, and everything that was wrong with its form (``faults``)."""

    folder: Path
    head: Head | None = None
    tables: dict[str, tuple[Line, ...]] = field(default_factory=dict)
    shapes: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    base: list[BaseLayer] = field(default_factory=list)
    officials: dict[str, Any] = field(default_factory=dict)
    faults: list[Refused] = field(default_factory=list)

    @property
    def doubtful(self) -> frozenset[str]:
        """The files of which lines could not be read: what they do not say proves nothing."""
        lost = (fault for fault in self.faults if fault.code != "folder_columns")
        return frozenset((fault.field or "").partition(":")[0] for fault in lost)

    def has(self, file: str, *columns: str) -> bool:
        """Say whether a table was read whole, in these columns at least."""
        return file not in self.doubtful and all(column in line for line in self.tables[file] for column in columns)

    def whole(self) -> DistrictFolder:
        """Return the folder. Raises ``Refused`` for all that was wrong."""
        refuse(self.faults)
        assert self.head is not None
        head = self.head
        return DistrictFolder(
            self.folder, head.code, head.prefix, head.name, head.zone, head.replay, head.sessions, self.tables,
            self.shapes, tuple(self.base), self.officials,
        )  # fmt: skip


def read_folder(folder: Path) -> DistrictFolder:
    """Read a district's folder. Raises ``Refused`` naming file, line and remedy of all that is wrong with its form."""
    return read_parts(folder).whole()


def read_head(folder: Path) -> Head:
    """Read what a folder says of the district itself. Raises ``Refused`` naming what is wrong in ``district.toml``."""
    return _head(read_toml(folder / "district.toml"))


def read_parts(folder: Path) -> Parts:
    """Read what can be read of a district's folder; nothing is written.

    The form is checked here: what is there, in which encoding, with which columns. What cells say is checked by
    :func:`zhihai.site.folder_check.faults_of_folder`.
    """
    parts = Parts(folder)
    with noting(parts.faults):
        parts.head = read_head(folder)
    for file, table in TABLES.items():
        parts.tables[file] = ()
        if (folder / file).is_file() or not table.optional:
            with noting(parts.faults):
                parts.tables[file] = table_lines(folder / file, COLUMNS[file], parts.faults)
    with noting(parts.faults):
        parts.shapes = _shapes(folder / "areas.geojson")
    for layer, source, file in parts.head.layers if parts.head else ():
        with noting(parts.faults):
            parts.base.append(BaseLayer(layer, source, _features(folder / file)))
    officials = folder / "officials.toml"
    if officials.is_file():
        with noting(parts.faults):
            parts.officials = read_toml(officials)
    return parts


def _head(facts: Mapping[str, Any]) -> Head:
    try:
        name, zone = Named(facts["name"]["zh"], facts["name"]["en"]), ZoneInfo(facts["zone"])
        code, prefix = str(facts["code"]), str(facts.get("prefix", ""))
        sessions = tuple((_time(begin), _time(end)) for begin, end in facts["working"]["sessions"])
        layers = tuple((one["layer"], one["source"], one["file"]) for one in facts.get("base", ()))
    except ZoneInfoNotFoundError:
        raise Refused("zone_unknown", "district.toml: zone", zone=facts["zone"]) from None
    except KeyError as missing:
        raise Refused("folder_key", "district.toml", key=missing.args[0]) from missing
    except (AttributeError, TypeError, ValueError) as fault:
        raise Refused("folder_district", "district.toml", fault=str(fault)) from fault
    replay = facts.get("replay")
    return Head(code, prefix, name, zone, None if replay is None else _replay(replay), sessions, layers)


def _time(text: str) -> str:
    return time.fromisoformat(text).strftime("%H:%M")


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file of a folder. Raises ``Refused`` naming the file."""
    try:
        return tomllib.loads(text_of(path))
    except tomllib.TOMLDecodeError as fault:
        raise Refused("folder_unreadable", path.name, fault=str(fault)) from fault


def text_of(path: Path) -> str:
    """Return the text of a file without a mark of byte order; raises ``Refused`` naming the line that is not UTF-8."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise Refused("folder_missing", path.name, file=path.name) from None
    except OSError as fault:
        raise Refused("folder_unreadable", path.name, fault=fault.strerror) from fault
    return decoded(path.name, raw)


def decoded(file: str, raw: bytes) -> str:
    """Return the text of a file's bytes; raises ``Refused`` naming the line that is not UTF-8."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = raw.count(b"\n", 0, fault.start) + 1
        code = "folder_gb18030" if _is_gb18030(raw) else "folder_not_utf8"
        raise Refused(code, f"{file}:{line}") from None


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
    """Read one table of a folder by its name. Raises ``Refused`` naming file and line of all that is wrong."""
    faults: list[Refused] = []
    lines = table_lines(path, COLUMNS[path.name], faults)
    refuse(faults)
    return lines


def table_lines(
    path: Path, columns: Collection[str], faults: list[Refused], missing: str = "folder_columns"
) -> tuple[Line, ...]:
    """Return the lines that have the form of a table with these columns, and take down what is wrong with the others.

    ``missing`` is the code of the fault of a heading that lacks columns.
    """
    return lines_in(path.name, text_of(path), columns, faults, missing)


def lines_in(file: str, text: str, columns: Collection[str], faults: list[Refused], missing: str) -> tuple[Line, ...]:
    """Return the lines of a table's text, as :func:`table_lines` does of a file."""
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    lines = []
    try:
        reader.fieldnames = [name.strip() for name in reader.fieldnames or ()]
        lacking = set(columns) - set(reader.fieldnames)
        if lacking:
            faults.append(Refused(missing, f"{file}:1", columns=", ".join(sorted(lacking))))
        for cells in reader:
            if None in cells or None in cells.values():
                faults.append(Refused("folder_line", f"{file}:{reader.line_num}", columns=len(reader.fieldnames)))
            else:
                lines.append(Line(cells, reader.line_num))
    except csv.Error as fault:
        faults.append(Refused("folder_unreadable", f"{file}:{reader.line_num}", fault=str(fault)))
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
