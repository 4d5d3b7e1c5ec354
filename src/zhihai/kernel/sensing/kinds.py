"""Kinds of the room sensing: quantities, devices, derived values, and datasets made of observations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo

from zhihai.ground.kind import Kind
from zhihai.ground.reading import Reading
from zhihai.ground.window import Window
from zhihai.kernel.catalogue.kinds import Grade


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """What a derivation returns for one instant: a value, a short code beside it, flags; ``value`` None says none."""

    value: float | None
    note: str | None = None
    flags: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Derivation:
    """How a quantity is computed from others of the same device (派生量).

    ``of`` are ids of measured quantities of the same pack; ``window`` is how far back they are looked at, from the end
    of the hour or day; ``every`` is one value an hour (at the hour's begin) or a local day (at local midnight).
    ``compute`` is pure: it gets the window that ends with that hour or day (``window.at`` is the end instant), the
    local day it belongs to and the district's zone. It is asked for every hour or day up to the device's newest
    reading, those in which the device was silent too, as long as its window holds anything; and again whenever a late
    reading falls into that window, so that what is kept never depends on the order in which readings came. ``version``
    grows when the computation changes: everything is then computed anew.
    """

    of: tuple[str, ...]
    window: timedelta
    every: Literal["hour", "day"]
    compute: Callable[[Window, date, ZoneInfo], Derived]
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantityKind(Kind):
    """Something measured (观测量). Values outside ``low`` … ``high`` go to quarantine, they can not be.

    ``unit`` is a UCUM code (ug/m3, mm, m/s, Cel); ``digits`` is how many decimals are shown; ``every`` is the interval
    at which a value is expected, and each value stands for the interval that begins at its instant; ``stale_after`` is
    how long after the end of the newest interval the device counts as silent. A quantity with a ``derivation`` is
    computed by the platform and taken from no sender. Words: ``quantity.<id>.name`` and ``.short``.
    """

    unit: str
    low: float
    high: float
    digits: int = 0
    every: timedelta = timedelta(hours=1)
    stale_after: timedelta = timedelta(hours=3)
    derivation: Derivation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceKind(Kind):
    """A kind of device (设备类型): what it measures and how its own message is read.

    ``quantities`` are ids of quantities of the same pack, derived ones included. ``adapter`` turns the device's bytes
    into readings and raises ``Refused`` for what it can not read; ``archive`` reads the lines of a published table, row
    by row, for a replay. Words: ``device.<id>.name``.
    """

    quantities: tuple[str, ...]
    adapter: Callable[[bytes], tuple[Reading, ...]]
    archive: Callable[[Iterable[str], tzinfo], Iterator[tuple[Reading, ...]]] | None = None
    headline: str | None = None  # the quantity shown on maps and lists
    bands: tuple[float, ...] = ()  # upper bounds of the headline's levels, lowest first; words ``device.<id>.band.<n>``


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservationDatasetKind(Kind):
    """A described resource whose rows are observations of one device kind, one row an hour and device (数据资源)."""

    owner: str
    grade: Grade
    device: str
    quantities: tuple[str, ...]
    licence: str = ""
