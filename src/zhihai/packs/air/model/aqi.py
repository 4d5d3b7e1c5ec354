"""The air quality index (AQI, 空气质量指数) of hours, of days and of any 24 hours, in exact arithmetic.

Concentrations are µg/m³ of all six pollutants, carbon monoxide included; ``None`` is a missing value. Means are not
rounded before the index is taken: the sub-index of the exact mean is carried up to the next whole number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from math import fsum
from typing import NamedTuple

from zhihai.packs.air.model.norms import POLLUTANTS, TICK, Edition, edition_for

_SO2, _O3 = POLLUTANTS.index("so2"), POLLUTANTS.index("o3")
_EIGHT = 8

Values = Sequence[float | None]


class Mean(NamedTuple):
    """An exact mean: the sum of the values of so many ``hours``, in ticks of 0.0001 µg/m³."""

    total: int
    hours: int

    @property
    def value(self) -> float:
        """The mean in µg/m³, to the precision of a float."""
        return self.total / (self.hours * TICK)


@dataclass(frozen=True, slots=True)
class AirIndex:
    """An index and what it was taken from.

    ``value`` is the AQI 0 … 500, ``None`` when no pollutant has a valid mean. ``parts`` are the sub-indices and
    ``means`` the concentrations they were taken from, both in order of ``POLLUTANTS``. ``retroactive`` says that the
    edition was not in force on that day.
    """

    value: int | None
    parts: tuple[int | None, ...]
    means: tuple[Mean | None, ...]
    edition: Edition
    retroactive: bool

    @property
    def primary(self) -> tuple[str, ...]:
        """The primary pollutants (首要污染物): those whose sub-index is the index, when that is above 50."""
        if self.value is None or self.value <= 50:
            return ()
        return tuple(name for name, part in zip(POLLUTANTS, self.parts, strict=True) if part == self.value)

    @property
    def level(self) -> int | None:
        """The level 1 … 6, ``None`` without an index."""
        return None if self.value is None else self.edition.level(self.value)

    @property
    def complete(self) -> bool:
        """Say whether every pollutant had a valid mean; without it the index may be too low."""
        return None not in self.parts


def hour_index(
    values: Mapping[str, float | None], day: date, *, so2_hours: Values = (), edition: Edition | None = None
) -> AirIndex:
    """Return the index of one hour (实时报), from the hourly values of the six pollutants.

    ``day`` is the local day, which chooses the edition unless one is given. ``so2_hours`` are the 24 hourly values of
    SO2 up to and with this hour: the edition of 2012 reports by their mean when the hour is above 800 µg/m³.
    Raises ``ValueError`` for a negative value.
    """
    norm = edition_for(day) if edition is None else edition
    means = tuple(sliding_mean((values.get(name),), 1) for name in POLLUTANTS)
    parts = [_part(norm, place, mean, hourly=True) for place, mean in enumerate(means)]
    if means[_SO2] is not None and parts[_SO2] is None:
        parts[_SO2] = _part(norm, _SO2, sliding_mean(so2_hours, norm.validity.day_hours))
    return _index(norm, day, tuple(parts), means)


def day_index(hours: Mapping[str, Values], day: date, edition: Edition | None = None) -> AirIndex:
    """Return the index of a day (日报), or of any 24 hours, from the hourly values of each pollutant, oldest first.

    A mean needs 20 hourly values. Ozone goes by its greatest 8-hour mean, each of at least 6 values and all of it
    within the given hours; 14 such means are needed, unless the greatest is above the limit as it stands. ``day``
    chooses the edition unless one is given. Raises ``ValueError`` for a negative value.
    """
    norm = edition_for(day) if edition is None else edition
    means = [sliding_mean(hours.get(name, ()), norm.validity.day_hours) for name in POLLUTANTS[:_O3]]
    ozone = hours.get("o3", ())
    means.append(_ozone(ozone, norm))
    parts = [_part(norm, place, mean) for place, mean in enumerate(means)]
    if means[_O3] is not None and parts[_O3] is None:
        peak = max(value for value in ozone if value is not None)
        parts[_O3] = _part(norm, _O3, sliding_mean((peak,), 1), hourly=True)
    return _index(norm, day, tuple(parts), tuple(means))


def attains(index: AirIndex) -> bool | None:
    """Say whether a day attains grade II (达标): no mean above its limit, compared exactly.

    ``None`` when none is above but some are missing, so that it is not known.
    """
    for mean, limit in zip(index.means, index.edition.attain, strict=True):
        if mean is not None and mean.total > limit * mean.hours:
            return False
    return None if None in index.means else True


def sliding_mean(hours: Values, needed: int) -> Mean | None:
    """Return the mean of the given hourly values (滑动平均), ``None`` when fewer than ``needed`` are there.

    Raises ``ValueError`` for a negative value.
    """
    there = [value for value in hours if value is not None]
    if len(there) < needed or not there:
        return None
    if min(there) < 0:
        raise ValueError(f"a concentration can not be negative: {min(there)}")
    # Floats next to decimals of at most four places sum to far less than half a tick off: rounding gives it exactly.
    return Mean(round(fsum(there) * TICK), len(there))


def _ozone(values: Values, norm: Edition) -> Mean | None:
    sums = list(accumulate((_ticks(value) for value in values), initial=0))
    there = list(accumulate((value is not None for value in values), initial=0))
    total, count, found = 0, 0, 0
    for end in range(_EIGHT, len(sums)):
        hours = there[end] - there[end - _EIGHT]
        if hours >= norm.validity.ozone_hours:
            found += 1
            sum_ = sums[end] - sums[end - _EIGHT]
            if not count or sum_ * count > total * hours:
                total, count = sum_, hours
    if not found:
        return None
    above = total > norm.attain[_O3] * count
    return Mean(total, count) if above or found >= norm.validity.ozone_means else None


def _ticks(value: float | None) -> int:
    if value is None:
        return 0
    if value < 0:
        raise ValueError(f"a concentration can not be negative: {value}")
    return round(value * TICK)


def _part(norm: Edition, place: int, mean: Mean | None, *, hourly: bool = False) -> int | None:
    if mean is None:
        return None
    column = norm.hour[place] if hourly else norm.day[place]
    return column.sub_index(mean.total, mean.hours)


def _index(norm: Edition, day: date, parts: tuple[int | None, ...], means: tuple[Mean | None, ...]) -> AirIndex:
    value = max((part for part in parts if part is not None), default=None)
    return AirIndex(value, parts, means, norm, not norm.in_force(day))
