"""A thing is called by the name it had then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from zhihai.ground.named import Named, former_names, name_then

BEGIN = datetime(2014, 2, 17, tzinfo=UTC)
DAY = timedelta(days=1)
NOW = Named("丙", "C")
FORMER = former_names([["2014-02-18T00:00:00+00:00", "甲", "A"], ["2014-02-20T08:00:00+08:00", "乙", "B"]])


@pytest.mark.parametrize(
    ("at", "name"),
    [
        (BEGIN, "A"), (BEGIN + DAY - timedelta(microseconds=1), "A"), (BEGIN + DAY, "B"),
        (BEGIN + 3 * DAY - timedelta(microseconds=1), "B"), (BEGIN + 3 * DAY, "C"), (None, "C"),
    ],
)  # fmt: skip
def test_a_name_holds_until_the_next_one(at: datetime | None, name: str) -> None:
    assert name_then(NOW, FORMER, at).en == name


def test_what_never_changed_has_one_name() -> None:
    assert name_then(NOW, (), BEGIN) == NOW
