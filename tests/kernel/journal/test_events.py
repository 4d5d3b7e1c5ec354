"""Events keep their meaning on the way through the outbox."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhihai.kernel.journal.events import Event, decode, encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured(Event):
    number: int
    name: str
    at: datetime
    parts: tuple[int, ...]
    share: float | None = None


EVENTS = st.builds(
    Measured,
    number=st.integers(-(2**63), 2**63 - 1),
    name=st.text(),
    at=st.datetimes(timezones=st.just(UTC)),
    parts=st.lists(st.integers(0, 2**40)).map(tuple),
    share=st.none() | st.floats(allow_nan=False, allow_infinity=False),
)


@given(EVENTS)
def test_an_event_comes_back_as_it_was(event: Measured) -> None:
    assert decode(Measured, encode(event)) == event


@given(EVENTS)
def test_the_text_of_an_event_is_one_line(event: Measured) -> None:
    assert "\n" not in encode(event)


def test_a_topic_names_the_room_and_the_class() -> None:
    room = Measured.__module__.split(".")[-2:-1]
    assert Measured.topic == ".".join([*room, "Measured"])
    assert Measured.topic != Event.topic


def test_an_event_written_by_sql_is_read_whatever_its_order_and_more() -> None:
    body = '{"parts": [1, 2], "at": "2014-02-20T08:00:00+08:00", "later_added": true, "name": "东", "number": 7}'
    read = decode(Measured, body)
    assert read == Measured(number=7, name="东", at=datetime(2014, 2, 20, tzinfo=UTC), parts=(1, 2))


@pytest.mark.parametrize("body", ["{}", '{"number": "7"}', "nothing", "[]"])
def test_an_event_that_is_not_one_is_refused(body: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 the text is msgspec's
        decode(Measured, body)
