"""The quantities that are computed from a station's hourly values: indices and sliding means.

Each is a derivation in the sense of the room sensing: it gets the window that ends with an hour or a local day, and
that local day. An index carries its primary pollutants as note (``pm25+no2``), the flag ``INCOMPLETE`` where a
pollutant had no valid mean, and ``RETROACTIVE`` where the norm was not in force on that day.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from zhihai.ground.reading import Flag
from zhihai.ground.window import HOUR, Window
from zhihai.kit.kinds import Derived
from zhihai.packs.air.model.aqi import AirIndex, day_index, hour_index, sliding_mean
from zhihai.packs.air.model.norms import POLLUTANTS, edition_for

DAY_WINDOW = timedelta(hours=24)
LOCAL_DAY_WINDOW = timedelta(hours=25)
"""What a local day needs: on the day that summer time ends, where it is kept, a day has 25 hours."""
EIGHT_HOURS = timedelta(hours=8)


def index_of_hour(window: Window, day: date, zone: ZoneInfo) -> Derived:
    """Return the index of the last hour (实时 AQI); ``window`` holds the 24 hours that end with it."""
    values = {name: window.values(name, 1)[0] for name in POLLUTANTS}
    return _derived(hour_index(values, day, so2_hours=window.values("so2", 24)))


def index_of_24_hours(window: Window, day: date, zone: ZoneInfo) -> Derived:
    """Return the index of the 24 hours that end with the last hour (24 小时滑动 AQI); at midnight it is the day's."""
    return _derived(day_index({name: window.values(name, 24) for name in POLLUTANTS}, day))


def index_of_day(window: Window, day: date, zone: ZoneInfo) -> Derived:
    """Return the index of the local day that ends with the window (日 AQI)."""
    begin = datetime.combine(day, time(), zone).astimezone(UTC)
    count = (window.at - begin) // HOUR
    return _derived(day_index({name: window.values(name, count) for name in POLLUTANTS}, day))


def pm25_24_hours(window: Window, day: date, zone: ZoneInfo) -> Derived:
    """Return the sliding 24-hour mean of PM2.5, of at least 20 values."""
    return _mean(window.values("pm25", 24), edition_for(day).validity.day_hours)


def pm10_24_hours(window: Window, day: date, zone: ZoneInfo) -> Derived:
    """Return the sliding 24-hour mean of PM10, of at least 20 values."""
    return _mean(window.values("pm10", 24), edition_for(day).validity.day_hours)


def ozone_8_hours(window: Window, day: date, zone: ZoneInfo) -> Derived:
    """Return the sliding 8-hour mean of ozone, of at least 6 values."""
    return _mean(window.values("o3", 8), edition_for(day).validity.ozone_hours)


def _mean(values: list[float | None], needed: int) -> Derived:
    mean = sliding_mean(values, needed)
    return Derived(value=None if mean is None else mean.value)


def _derived(index: AirIndex) -> Derived:
    flags = (0 if index.complete else Flag.INCOMPLETE.value) | (Flag.RETROACTIVE.value if index.retroactive else 0)
    return Derived(value=index.value, note="+".join(index.primary) or None, flags=flags)
