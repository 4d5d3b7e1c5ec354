"""Indices and means as the house derives them: from the window that ends with an hour or a local day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from tests.packs.playback import Playback, hourly

from zhihai.ground.reading import Flag
from zhihai.ground.window import HOUR, Window
from zhihai.packs.air.model import derivations
from zhihai.packs.air.model.norms import POLLUTANTS

ZONE = ZoneInfo("Asia/Shanghai")
DAY = date(2014, 2, 20)
MIDNIGHT = datetime(2014, 2, 20, tzinfo=ZONE).astimezone(UTC)
END = MIDNIGHT + timedelta(days=1)
CLEAN = {"pm25": 10.0, "pm10": 20.0, "so2": 5.0, "no2": 12.0, "co": 400.0, "o3": 40.0}


def window(at: datetime = END, hours: int = 24, **values: list[float | None]) -> Window:
    """Return a window over hourly values that end at ``at``."""
    return Playback({name: hourly(column, at - len(column) * HOUR) for name, column in values.items()}).window(
        at, hours * HOUR
    )


def same(**values: float) -> dict[str, list[float | None]]:
    return {name: [value] * 24 for name, value in values.items()}


def test_an_index_carries_its_primary_pollutants_and_what_it_lacks() -> None:
    full = derivations.index_of_24_hours(window(**same(**{**CLEAN, "pm25": 75.0, "no2": 80.0})), DAY, ZONE)
    assert (full.value, full.note, full.flags) == (100, "pm25+no2", 0)
    part = derivations.index_of_24_hours(window(**same(pm25=20.0)), DAY, ZONE)
    assert (part.value, part.note, part.flags) == (29, None, Flag.INCOMPLETE)


def test_a_day_before_the_first_norm_is_marked() -> None:
    assert derivations.index_of_day(window(**same(pm25=20.0)), DAY, ZONE).flags == Flag.INCOMPLETE
    at = datetime(2010, 6, 2, tzinfo=ZONE).astimezone(UTC)
    early = derivations.index_of_day(window(at, **same(**CLEAN)), date(2010, 6, 1), ZONE)
    assert early.flags == Flag.RETROACTIVE


def test_the_norm_changes_at_local_midnight() -> None:
    values = window(**same(pm25=60.0))
    assert derivations.index_of_24_hours(values, date(2026, 2, 28), ZONE).value == 82
    assert derivations.index_of_24_hours(values, date(2026, 3, 1), ZONE).value == 100


def test_an_hour_without_values_has_no_index() -> None:
    nothing = derivations.index_of_hour(window(pm25=[None] * 24), DAY, ZONE)
    assert (nothing.value, nothing.note) == (None, None)
    assert derivations.index_of_24_hours(Window(END, {}), DAY, ZONE).value is None
    assert derivations.index_of_day(Window(END, {}), DAY, ZONE).value is None


def test_an_hour_of_sulphur_dioxide_above_800_goes_by_its_day() -> None:
    assert derivations.index_of_hour(window(so2=[300.0] * 23 + [900.0]), DAY, ZONE).value == 127


def test_sliding_means_and_their_validity() -> None:
    values = window(pm25=[*[None] * 4, *[30.0] * 20], pm10=[*[None] * 5, *[30.0] * 19], o3=[90.0] * 24)
    assert derivations.pm25_24_hours(values, DAY, ZONE).value == 30.0
    assert derivations.pm10_24_hours(values, DAY, ZONE).value is None
    assert derivations.ozone_8_hours(values, DAY, ZONE).value == 90.0
    assert derivations.ozone_8_hours(window(o3=[None, None, None, *[90.0] * 5]), DAY, ZONE).value is None


def test_a_day_of_summer_time_has_23_or_25_hours() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    for day, hours in ((date(2014, 3, 30), 23), (date(2014, 10, 26), 25)):
        end = datetime(day.year, day.month, day.day + 1, tzinfo=berlin).astimezone(UTC)
        column: list[float | None] = [1000.0, *[10.0] * hours]
        index = derivations.index_of_day(window(end, 26, pm25=column), day, berlin)
        assert index.value == 15


@given(
    st.fixed_dictionaries(
        {name: st.lists(st.none() | st.floats(0, 700), min_size=30, max_size=30) for name in POLLUTANTS}
    )
)
def test_at_midnight_the_sliding_index_is_that_of_the_day(values: dict[str, list[float | None]]) -> None:
    seen = window(hours=30, **values)
    assert derivations.index_of_24_hours(seen, DAY, ZONE) == derivations.index_of_day(seen, DAY, ZONE)
