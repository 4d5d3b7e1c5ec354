"""Days of forms: whole days of the district, and every day that a form can bring is answered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from zhihai.faces.days import begin_of, end_of, read_day
from zhihai.ground.refusal import Refused

EAST, WEST = ZoneInfo("Asia/Shanghai"), ZoneInfo("America/Los_Angeles")


def test_a_day_lasts_from_midnight_to_midnight_of_the_district() -> None:
    assert begin_of("2014-02-20", "from", EAST) == datetime(2014, 2, 19, 16, tzinfo=UTC)
    assert end_of(" 2014-02-20 ", "until", EAST) == datetime(2014, 2, 20, 16, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "20.2.2014", "2014-02-30", "tomorrow"])
def test_what_is_no_day_is_refused_by_its_field(text: str) -> None:
    with pytest.raises(Refused) as refused:
        read_day(text, "as_of")
    assert (refused.value.code, refused.value.field) == ("no_day", "as_of")


@pytest.mark.parametrize(
    ("bring", "text", "zone"),
    [(begin_of, "0001-01-01", EAST), (end_of, "9999-12-31", EAST), (end_of, "9999-12-31", WEST)],
)
def test_a_day_whose_midnight_is_no_instant_is_refused(
    bring: Callable[[str, str, ZoneInfo], datetime], text: str, zone: ZoneInfo
) -> None:
    """The first day of all was an error of the page."""
    with pytest.raises(Refused, match="no_day"):
        bring(text, "from", zone)
