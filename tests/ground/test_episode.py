"""When an episode begins and ends, against a machine that goes through the hours one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhihai.ground.episode import course_from, judge
from zhihai.ground.window import HOUR, Verdict, Window

START = datetime(2014, 1, 1, tzinfo=UTC)
OUT, IN, GAP = True, False, None
State = bool | None


def step(
    states: Sequence[State], open_: bool, opens_after: float = 3, closes_after: float = 4, gap: float = 2
) -> Verdict:
    window = Window(START + len(states) * HOUR, {})
    return judge(window, states, open_, opens_after=opens_after, closes_after=closes_after, gap=gap)


def walk(states: Sequence[State], opens_after: int, closes_after: int, gap: int) -> Iterator[str]:
    """Go forward with counters, as one would by hand."""
    open_, out, within, unknown = False, 0, 0, 0
    for state in states:
        before = open_
        if state is None:
            unknown += 1
            if unknown > gap:
                out = within = 0
                open_ = False
        elif state:
            out, within, unknown = out + 1, 0, 0
            open_ = open_ or out >= opens_after
        else:
            out, within, unknown = 0, within + 1, 0
            open_ = open_ and within < closes_after
        yield {(True, True): "holds", (True, False): "closes", (False, True): "opens", (False, False): "quiet"}[
            before, open_
        ]


@given(
    st.lists(st.sampled_from([OUT, OUT, OUT, IN, IN, GAP]), max_size=60),
    st.integers(1, 6),
    st.integers(1, 6),
    st.integers(0, 4),
)
def test_asked_hour_by_hour_it_is_the_machine_that_counts(
    states: list[State], opens_after: int, closes_after: int, gap: int
) -> None:
    open_, said = False, []
    for count in range(1, len(states) + 1):
        verdict = step(states[:count], open_, opens_after, closes_after, gap)
        said.append(verdict.kind)
        open_ = verdict.kind in ("opens", "holds")
    assert said == list(walk(states, opens_after, closes_after, gap))


@pytest.mark.parametrize(
    ("states", "since"),
    [
        ([IN, OUT, OUT, OUT], 1),
        ([IN, OUT, GAP, OUT, GAP, GAP, OUT], 1),
        ([IN, OUT, OUT, OUT, GAP], 1),
        ([GAP, GAP, GAP, OUT, OUT, OUT, OUT], 3),
    ],
)
def test_it_opens_since_the_first_hour_of_its_run(states: list[State], since: int) -> None:
    verdict = step(states, open_=False)
    assert (verdict.kind, verdict.since) == ("opens", START + since * HOUR)


def test_a_run_that_reaches_the_begin_of_the_window_began_nobody_knows_when() -> None:
    assert step([OUT] * 5, open_=False) == Verdict("opens", None)


@pytest.mark.parametrize(
    "states", [[], [GAP], [OUT, OUT, IN], [IN, OUT, OUT], [OUT, OUT, GAP, GAP, GAP, OUT], [OUT, IN, OUT, OUT]]
)
def test_it_stays_quiet_while_the_run_is_short_or_broken(states: list[State]) -> None:
    assert step(states, open_=False).kind == "quiet"


@pytest.mark.parametrize(
    ("states", "since", "cause"),
    [
        ([OUT, IN, IN, IN, IN], 1, "within"),
        ([OUT, IN, GAP, IN, GAP, GAP, IN, IN], 1, "within"),
        ([OUT, GAP, GAP, GAP], 1, "gap"),
        ([OUT, GAP, GAP, GAP, IN, IN], 1, "gap"),
        ([GAP, GAP, GAP, GAP], None, "gap"),
    ],
)
def test_it_closes_within_bounds_or_when_its_course_is_lost(states: list[State], since: int | None, cause: str) -> None:
    verdict = step(states, open_=True)
    assert verdict.kind == "closes"
    assert verdict.since == (None if since is None else START + since * HOUR)
    lost = {"lost": len(states) - (since or 0)} if cause == "gap" else {}
    assert verdict.facts == {"cause": cause, **lost}


@pytest.mark.parametrize(
    "states", [[], [GAP], [IN, IN, IN], [IN, IN, IN, OUT], [OUT, GAP, GAP], [IN, IN, GAP, OUT, IN]]
)
def test_it_holds_while_neither_is_shown(states: list[State]) -> None:
    assert step(states, open_=True).kind == "holds"


@given(st.lists(st.sampled_from([OUT, IN, GAP]), max_size=30), st.booleans(), st.floats(-5, 50), st.floats(-5, 50))
def test_it_answers_whatever_the_thresholds_are(states: list[State], open_: bool, few: float, many: float) -> None:
    kind = step(states, open_, opens_after=few, closes_after=many, gap=few).kind
    assert kind in (("holds", "closes") if open_ else ("opens", "quiet"))


@pytest.mark.parametrize(
    ("states", "first"),
    [
        ([], 0),
        ([IN, GAP, IN], 3),
        ([OUT, OUT, OUT], 0),
        ([OUT, IN, IN, IN, OUT], 0),
        ([OUT, IN, IN, IN, IN, OUT, OUT], 5),
        ([OUT, GAP, GAP, OUT], 0),
        ([OUT, OUT, GAP, GAP, GAP, OUT], 5),
        ([OUT, GAP, GAP, GAP, OUT, IN, IN, IN, IN, IN], 4),
        ([IN, OUT, GAP, GAP, GAP, GAP], 1),
    ],
)
def test_the_course_of_an_episode_begins_after_what_would_have_ended_it(states: list[State], first: int) -> None:
    assert course_from(states, closes_after=4, gap=2) == first
