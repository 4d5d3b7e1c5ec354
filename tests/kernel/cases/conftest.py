"""What the tests of cases share: the invented district, a case kind with all there can be, and hands to work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.test.utils import override_settings

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.registry import Registry
from zhihai.ground.worktime.limits import Limit, WarnAt
from zhihai.kernel import records, standard
from zhihai.kernel.cases import acts, reads
from zhihai.kernel.cases.acts import CaseRef
from zhihai.kernel.cases.kinds import CaseKind, ClockKind, Outcome, Step
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.places import reads as places
from zhihai.packs.air.kinds import KINDS as AIR
from zhihai.packs.weather.kinds import KINDS as WEATHER

MONDAY = datetime(2014, 2, 17, 1, tzinfo=UTC)
"""Monday 17 February 2014, nine in the morning in the district: its offices open."""

STEPS = (
    Step(
        id="accept", role="dispatcher",
        outcomes=(Outcome(id="take", opens=("review",)), Outcome(id="refuse", closes="refused", evidence=True)),
    ),
    Step(
        id="review", role="inspector",
        outcomes=(
            Outcome(id="split", opens=("hear", "measure")), Outcome(id="back", opens=("accept",), evidence=True),
            Outcome(id="grant", closes="granted"),
        ),
    ),
    Step(
        id="hear", role="inspector",
        outcomes=(Outcome(id="heard"), Outcome(id="withdrawn", closes="withdrawn", evidence=True)),
    ),
    Step(id="measure", role="street_official", outcomes=(Outcome(id="measured", opens=("draw",)),)),
    Step(id="draw", role="street_official", outcomes=(Outcome(id="drawn"),)),
    Step(
        id="decide", role="inspector", joins=("hear", "draw"),
        outcomes=(Outcome(id="granted", closes="granted"), Outcome(id="again", opens=("hear", "measure"))),
    ),
)  # fmt: skip
CLOCKS = (
    ClockKind(id="law", sort="statutory", limit=Limit(20, "working_day"), warning=WarnAt(percent=90)),
    ClockKind(id="promise", sort="promised", limit=Limit(10, "working_day"), warning=WarnAt(before=1)),
    ClockKind(
        id="looking", sort="step", limit=Limit(8, "working_hour"), warning=WarnAt(percent=75), starts="review",
        stops="review", times="review",
    ),
    ClockKind(
        id="hearing", sort="special", limit=Limit(10, "working_day"), warning=WarnAt(percent=50), starts="hear",
        stops="hear", times="hear",
    ),
)  # fmt: skip
PERMIT = CaseKind(id="permit", prefix="XK", steps=STEPS, clocks=CLOCKS)
LICENCES = (
    CaseKind(id="licence", prefix="XZ", clocks=CLOCKS[:2], steps=(STEPS[0], Step(
        id="review", role="inspector", outcomes=(Outcome(id="grant", closes="granted"),)
    ))),
    CaseKind(
        id="licence", version=2, valid_from=date(2014, 3, 1), prefix="XZ", clocks=CLOCKS[:1],
        steps=(Step(id="accept", role="dispatcher", outcomes=(Outcome(id="grant", closes="granted"),)),),
    ),
)  # fmt: skip
URGENT = CaseKind(
    id="urgent", prefix="JJ",
    steps=(Step(id="go", role="inspector", outcomes=(Outcome(id="done", closes="handled"),)),),
    clocks=(
        ClockKind(
            id="there", sort="step", limit=Limit(4, "calendar_hour"), warning=WarnAt(percent=75), stops="go", times="go"
        ),
    ),
)  # fmt: skip


REGISTRY = Registry(
    {standard.PACK: standard.KINDS, "air": AIR, "weather": WEATHER, "probe": (PERMIT, URGENT, *LICENCES)}
)


@pytest.fixture(autouse=True)
def kinds() -> Iterator[Registry]:
    """The kinds of the house and of a pack ``probe``: a permit with branches and a hearing, an urgent errand."""
    with override_settings(ZHIHAI_REGISTRY=REGISTRY):
        yield REGISTRY


@dataclass
class Desk:
    """Opens cases and works them, by the names of steps and clocks."""

    at: datetime = MONDAY

    def area(self, code: str = "990101001") -> int:
        return places.area_by_code(code).id

    def actor(self, username: str) -> Actor:
        return identity.actor_of(identity.account_named(username).id, at=self.at)

    def open(
        self, kind: str = "probe.permit", *, area: str = "990101001", at: datetime | None = None, **more: Any
    ) -> CaseRef:
        return acts.open_case(SYSTEM, kind, at=at or self.at, area=self.area(area), **more)

    def view(self, case: CaseRef, at: datetime | None = None, actor: Actor = SYSTEM) -> reads.CaseView:
        return reads.case_view(actor, case.number, at or self.at)

    def task(self, case: CaseRef, step: str) -> reads.TaskView:
        """The latest task of a step."""
        return [task for task in self.view(case).tasks if task.step == step][-1]

    def clock(self, case: CaseRef, name: str, at: datetime | None = None) -> reads.ClockView:
        """The latest clock of a name."""
        return [clock for clock in self.view(case, at).clocks if clock.name == name][-1]

    def step(
        self, case: CaseRef, step: str, outcome: str, *, at: datetime | None = None, actor: Actor = SYSTEM, **more: Any
    ) -> None:
        acts.take_step(actor, case.id, self.task(case, step).id, outcome, at=at or self.at, note="办妥", **more)

    def waiting(self, case: CaseRef) -> list[str]:
        return [task.step for task in self.view(case).tasks if task.state == "open"]


@pytest.fixture
def desk(district: str) -> Desk:
    """A desk in a fresh copy of the invented district, where the duties of the pack ``probe`` are set."""
    for role, area, organisation in (
        ("dispatcher", "990101", "990101"),
        ("inspector", "990101", "990101-environment"),
        ("street_official", "990101001", "990101001"),
        ("street_official", "990101002", "990101002"),
    ):
        office, place = identity.organisation_by_code(organisation).id, places.area_by_code(area).id
        for kind in ("probe.permit", "probe.urgent", "probe.licence"):
            acts.set_duty(SYSTEM, kind, role, place, office, "example", at=MONDAY)
    return Desk()


@pytest.fixture
def events() -> Callable[[str], list[dict[str, Any]]]:
    """Gives the events of a topic (``CaseOpened``) in the outbox, in order."""

    def read(topic: str) -> list[dict[str, Any]]:
        found = records.rows("SELECT body FROM outbox WHERE topic = %s ORDER BY id", (f"cases.{topic}",))
        return [records.json_object(body) for (body,) in found]

    return read
