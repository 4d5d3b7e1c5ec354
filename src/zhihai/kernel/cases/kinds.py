"""Kinds of the room cases: case types with steps, branches, returns, roles and clocks."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Literal

from zhihai.ground.kind import Kind, Versioned
from zhihai.ground.worktime.limits import Limit, LimitSort, WarnAt

WITHDRAWN = "withdrawn"
"""How a case is closed, and by which outcome, whose applicant takes back what was given in (撤回)."""
MOST_STATES = 20_000
"""How many states of a case type (which steps wait, which were done) are looked at when it is declared."""


Period = Literal["quarter"]
"""How often a case recurs, in local days of the district: on 1 January, April, July and October (季度)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(Kind):
    """One way a step can end (办理结果). Words: ``case.<case>.<step>.<id>`` (the button's verb).

    ``opens`` are steps that open then: several are parallel branches, an earlier step is a return (退回). ``closes`` is
    the reason of closure, words ``closing.<reason>``; ``evidence`` says a note must be written, ``told`` that the
    person whose matter it is reads that note. ``paper`` names the paper that the person is handed then (文书), words
    ``case.<case>.paper.<paper>`` with ``name`` and ``text``. ``apart`` says that an act of a room above brings it about
    together with rows of its own (a fee, its payment): nobody chooses it among the others.
    """

    opens: tuple[str, ...] = ()
    closes: str | None = None
    evidence: bool = False
    told: bool = False
    paper: str | None = None
    apart: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Step(Kind):
    """A step of a case type (环节): done by one role, ended by one of its outcomes. Words: ``case.<case>.<id>.name``.

    ``joins`` names the parallel steps that must all be done before this one opens (汇合); empty opens at once.
    """

    role: str
    outcomes: tuple[Outcome, ...]
    joins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockKind(Kind):
    """A promise with a limit (时限). Words: ``case.<case>.clock.<id>``, its source ``case.<case>.clock.<id>.source``.

    ``sort``: statutory 法定, promised 承诺, step 环节, special 特别程序 (stops the others while it runs). It starts
    when the step ``starts`` opens (``None``: when the case opens) and stops when the step ``stops`` is done, or the
    first of several, each a step or one of its outcomes as ``<step>.<outcome>`` (``None``: when the case closes).
    ``lapses`` is the outcome that the law brings about when it runs out. ``times`` names the step whose task it is tied
    to; ``None`` ties it to the case. ``limit`` is the default of the code; a district may set another with its source.
    ``confirmed`` is false for demonstration values. ``extension`` is by how many units it may be extended, once
    (延期一次); ``None`` where no law says so.
    """

    sort: LimitSort
    limit: Limit
    warning: WarnAt
    starts: str | None = None
    stops: str | tuple[str, ...] | None = None
    times: str | None = None
    confirmed: bool = True
    lapses: str | None = None
    extension: int | None = None

    @property
    def ends(self) -> tuple[str, ...]:
        """Return what stops it, each a step or an outcome of one; empty where only closing does."""
        return (self.stops,) if isinstance(self.stops, str) else self.stops or ()

    def ends_with(self, step: str, outcome: str) -> bool:
        """Say whether it stops when a step is done with an outcome."""
        return step in self.ends or f"{step}.{outcome}" in self.ends


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseKind(Versioned):
    """A case type (案件类型): steps in the order they are drawn, the first of them opens with the case.

    One that ``recurs`` is opened for each organisation in which officials hold roles, at the beginning of each period.
    Words: ``case.<id>.name``, ``case.<id>.title`` (with places filled by the case's facts), ``case.<id>.what``.
    ``about`` is the noun of what residents open such a case about themselves, ``None`` where officials alone do;
    ``receipt`` names the paper that they are handed when it opens.
    Raises ``ValueError`` for a step named but not declared, one that can not be reached or joins a step after it, an
    outcome that neither opens nor closes (unless a later step joins on this one) or does both, a clock tied to a task
    that does not open when it starts, and where officials could work a case into a state in which nothing waits and
    nothing is closed.
    """

    steps: tuple[Step, ...]
    clocks: tuple[ClockKind, ...] = ()
    prefix: str = "AJ"
    about: str | None = None
    receipt: str | None = None
    recurs: Period | None = None

    def __post_init__(self) -> None:
        Versioned.__post_init__(self)
        fault = next(self._faults(), None)
        if fault:
            raise ValueError(f"case kind {self.id}: {fault}")

    def step(self, id_: str) -> Step:
        """Return the step with this id; raises ``KeyError``."""
        for step in self.steps:
            if step.id == id_:
                return step
        raise KeyError(id_)

    def clock(self, id_: str) -> ClockKind:
        """Return the clock with this id; raises ``KeyError``."""
        for clock in self.clocks:
            if clock.id == id_:
                return clock
        raise KeyError(id_)

    def lapses(self, step: str) -> frozenset[str]:
        """Return the outcomes of a step that the law alone brings about, when a clock has run out (逾期视为)."""
        return frozenset(clock.lapses for clock in self.clocks if clock.times == step and clock.lapses is not None)

    def choices(self, step: str) -> tuple[Outcome, ...]:
        """Return the outcomes of a step among which those who do it choose; raises ``KeyError``."""
        lapses = self.lapses(step)
        return tuple(one for one in self.step(step).outcomes if one.id not in lapses and not one.apart)

    def opened_by(
        self, done: str, outcome: Outcome, waiting: AbstractSet[str], finished: AbstractSet[str]
    ) -> tuple[Step, ...]:
        """Return the steps that open when step ``done`` ends with an outcome that does not close.

        ``waiting`` are the other steps that have an open task, ``finished`` those that were ever done. A step that
        waits already does not open twice; one that joins branches opens when all of them are done and none can come
        back.
        """
        if outcome.opens:
            return tuple(self.step(id_) for id_ in outcome.opens if id_ not in waiting)
        through = {done, *finished}
        return tuple(
            step
            for step in self.steps
            if done in step.joins and through.issuperset(step.joins) and not waiting & self._leading_to(step)
        )

    def _leading_to(self, join: Step) -> set[str]:
        """Return the steps from which a branch that ``join`` waits for is to come: while one is open, it waits."""
        leading = set(join.joins)
        while True:
            more = {step.id for step in self.steps for outcome in step.outcomes if leading.intersection(outcome.opens)}
            if more <= leading | {join.id}:
                return leading - {join.id}
            leading |= more - {join.id}

    def _standstills(self) -> Iterator[str]:
        """Follow every way through the process, as the engine does, and tell of those that end nowhere."""
        begin = (frozenset({self.steps[0].id}), frozenset[str]())
        seen, left = {begin}, [begin]
        while left:
            waiting, finished = left.pop()
            for id_ in sorted(waiting):
                for outcome in self.step(id_).outcomes:
                    if outcome.closes is not None:
                        continue
                    others = waiting - {id_}
                    opened = {step.id for step in self.opened_by(id_, outcome, others, finished)}
                    state = (others | opened, finished | {id_})
                    if not state[0]:
                        yield f"stands still after {id_}.{outcome.id}: nothing waits, and nothing is closed"
                        return
                    if state not in seen:
                        seen.add(state)
                        left.append(state)
                if len(seen) > MOST_STATES:
                    yield f"has more than {MOST_STATES} states: part it into several kinds"
                    return

    def _faults(self) -> Iterator[str]:
        known = {step.id for step in self.steps}
        if not self.steps:
            yield "has no steps"
        if len(known) != len(self.steps):
            yield "declares a step twice"
        joined = {waited for step in self.steps for waited in step.joins}
        opened = {id_ for step in self.steps for outcome in step.outcomes for id_ in outcome.opens}
        clocked = {id_ for clock in self.clocks for id_ in (clock.starts, clock.times) if id_ is not None}
        results = {f"{step.id}.{outcome.id}" for step in self.steps for outcome in step.outcomes}
        clocked |= {id_ for clock in self.clocks for id_ in clock.ends} - results
        for named in sorted((opened | joined | clocked) - known):
            yield f"names an unknown step {named}"
        for step in self.steps[1:]:
            if step.id not in opened and not step.joins:
                yield f"step {step.id} can not be reached"
        yield from self._dead_ends(joined)
        yield from self._clock_faults()
        yield from self._standstills()

    def _dead_ends(self, joined: set[str]) -> Iterator[str]:
        before: set[str] = set()
        for step in self.steps:
            if not step.outcomes:
                yield f"step {step.id} has no outcome"
            if len({outcome.id for outcome in step.outcomes}) != len(step.outcomes):
                yield f"step {step.id} declares an outcome twice"
            for outcome in step.outcomes:
                if not outcome.opens and outcome.closes is None and step.id not in joined:
                    yield f"outcome {step.id}.{outcome.id} leads nowhere"
                if outcome.opens and outcome.closes is not None:
                    yield f"outcome {step.id}.{outcome.id} opens steps of a case that it closes"
            for waited in step.joins:
                if waited not in before:
                    yield f"step {step.id} joins {waited}, which does not stand before it"
            before.add(step.id)

    def _clock_faults(self) -> Iterator[str]:
        if len({clock.id for clock in self.clocks}) != len(self.clocks):
            yield "declares a clock twice"
        for clock in self.clocks:
            if clock.times not in (None, clock.starts or self.steps[0].id):
                yield f"clock {clock.id} is tied to step {clock.times}, which does not open when it starts"
            elif clock.lapses is not None and clock.times is None:
                yield f"clock {clock.id} lapses into {clock.lapses}, but is tied to no step"
            elif clock.lapses is not None and all(o.id != clock.lapses for o in self.step(clock.times or "").outcomes):
                yield f"clock {clock.id} lapses into {clock.lapses}, which is no outcome of step {clock.times}"
        for step in self.steps:
            if step.outcomes and not self.choices(step.id):
                yield f"step {step.id} has no outcome that anybody can choose"
