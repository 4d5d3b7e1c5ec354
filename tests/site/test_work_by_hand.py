"""The platform's own replay with and without simulated officials: whose the tasks are once history is played in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from zhihai.kernel import records as tables
from zhihai.kernel.journal import acts as journal
from zhihai.site.folder import read_folder
from zhihai.site.officials import read_officials
from zhihai.site.player import Player
from zhihai.site.replaying import Course

LAKESIDE = Path(__file__).resolve().parents[1] / "districts" / "lakeside"
AT = datetime(2014, 2, 16, 16, tzinfo=UTC)
"""The invented district's clock: midnight of 17 February in its zone."""
SEEN, DONE = AT + timedelta(hours=2), AT + timedelta(hours=60)
"""When a station that never reported has been noticed, and when a simulated official has long looked after it."""


@pytest.mark.parametrize(
    ("by_hand", "starts", "taken"),
    [(False, AT, ["simulated"]), (True, DONE, ["simulated"]), (True, AT, [])],
    ids=["officials after the history", "history without people", "people after the history"],
)
def test_officials_leave_to_people_what_comes_after_the_history(
    by_hand: bool, starts: datetime, taken: list[str], district: str
) -> None:
    course = _course(starts, by_hand=by_hand)
    for at in (SEEN, DONE):
        course.follow(journal.advance(at))
    assert tables.value("SELECT count(*) FROM task") > 0
    assert [sort for (sort,) in tables.rows("SELECT DISTINCT actor_sort FROM task WHERE state = 'done'")] == taken


def _course(starts: datetime, *, by_hand: bool) -> Course:
    """The replay of the invented district, its history played in up to ``starts``, without any more readings."""
    folder = read_folder(LAKESIDE)
    assert folder.replay is not None
    player = Player(journal.advance, lambda *_: lambda: None, lambda _: None, lambda _: None)
    officials = read_officials(folder.officials)
    return Course(
        folder, replace(folder.replay, starts=starts), officials, player, iter(()), None, 0.0, [], by_hand=by_hand
    )  # fmt: skip
