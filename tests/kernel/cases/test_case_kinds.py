"""Case kinds: what makes no sense is refused when it is declared."""

from __future__ import annotations

from typing import Any

import pytest

from zhihai.ground.worktime.limits import Limit, WarnAt
from zhihai.kernel.cases.kinds import CaseKind, ClockKind, Outcome, Step


def step(id_: str, *outcomes: Outcome, joins: tuple[str, ...] = ()) -> Step:
    return Step(id=id_, role="inspector", outcomes=outcomes, joins=joins)


def clock(**more: Any) -> ClockKind:
    given = {"id": "whole", "sort": "promised", "limit": Limit(1, "working_day"), "warning": WarnAt(percent=50)}
    return ClockKind(**{**given, **more})


DONE, ON = Outcome(id="done", closes="done"), Outcome(id="on", opens=("last",))


@pytest.mark.parametrize(
    ("fault", "steps", "clocks"),
    [
        ("has no steps", (), ()),
        ("declares a step twice", (step("one", DONE), step("one", DONE)), ()),
        ("unknown step last", (step("one", ON),), ()),
        ("unknown step two", (step("one", DONE),), (clock(stops="two"),)),
        ("step last can not be reached", (step("one", DONE), step("last", DONE)), ()),
        ("step one has no outcome", (step("one"),), ()),
        ("declares an outcome twice", (step("one", DONE, DONE),), ()),
        ("one.on leads nowhere", (step("one", Outcome(id="on")),), ()),
        ("steps of a case that it closes", (step("one", Outcome(id="xx", opens=("one",), closes="y")),), ()),
        ("which does not stand before it", (step("one", ON, joins=("last",)), step("last", Outcome(id="xx"))), ()),
        ("declares a clock twice", (step("one", DONE),), (clock(), clock())),
        ("tied to step last", (step("one", ON), step("last", DONE)), (clock(times="last"),)),
    ],
)
def test_a_kind_that_makes_no_sense_is_refused_and_says_why(fault: str, steps: Any, clocks: Any) -> None:
    with pytest.raises(ValueError, match=fault):
        CaseKind(id="wrong", steps=steps, clocks=clocks)
