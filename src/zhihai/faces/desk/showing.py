"""How clocks, cases and processes are shown: rows of the kernel made into what templates draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup

from zhihai.faces.design.drawing import due_cell
from zhihai.faces.design.speech import Speech
from zhihai.faces.design.strip import Strip, time_strip
from zhihai.faces.naming import Telling
from zhihai.faces.process import Drawing, draw, marked
from zhihai.ground.named import Named
from zhihai.ground.worktime.derivation import Sentence, explain, say
from zhihai.kernel.cases.reads import CaseView, ClockView, Course, InboxRow, Timing, timing_of
from zhihai.kernel.rules.reads import Episode, Finding

ORDER = {"running": 0, "paused": 1, "stopped": 2}
"""In which order the clocks of a case are shown, by state."""


@dataclass(frozen=True, slots=True)
class ClockLine:
    """A clock on a case's page: its name, sort, strip, and why it is due when it is, sentence by sentence."""

    id: int
    name: str
    sort: str
    strip: Strip
    state: str
    confirmed: bool
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """An open task in a list."""

    id: int
    number: str
    title: str
    kind: str
    step: str
    area: str
    organisation: str
    strip: Strip | None
    due: Markup
    provenance: str
    late: bool
    behalf: str = ""

    @property
    def urgency(self) -> str:
        """What a list marks a row by."""
        return "late" if self.late or (self.strip is not None and self.strip.urgency == "late") else ""


@dataclass(frozen=True, slots=True)
class Told:
    """An episode as a page tells it: by its latest value while it lasts, then by what it came to and why it ended.

    ``ending`` is a key of ``desk.ending``; ``lost`` is since when nothing has been known, where that ended it.
    """

    opened: datetime
    closed: datetime | None
    rule: str
    found: str
    ending: str
    lost: datetime | None
    device: int = 0


def told(one: Finding | Episode, rule: str, tell: Telling) -> Told:
    """Return a finding, or an episode of a dry run, in the reader's language."""
    cause, hours = one.facts.get("cause"), one.facts.get("lost")
    lost = one.closed - timedelta(hours=float(hours)) if one.closed and cause == "gap" and hours else None
    ending = "open" if one.closed is None else "lost" if lost else cause if cause in ("gap", "within") else "closed"
    return Told(
        one.opened, one.closed, tell.kind(rule, "rule"), tell.found(rule, one.facts, ended=one.closed is not None),
        str(ending), lost, one.device if isinstance(one, Finding) else 0,
    )  # fmt: skip


def strip_of(timing: Timing, now: datetime) -> Strip:
    """Return the strip of a clock at ``now``."""
    return time_strip(
        timing.start, timing.due, max(now, timing.start), warn=timing.warn, pauses=timing.pauses, done=timing.done,
        provisional=timing.provisional,
    )  # fmt: skip


def clock_lines(case: CaseView, tell: Telling, now: datetime) -> list[ClockLine]:
    """Return the clocks of a case with their printed derivations, running ones first, stopped ones last."""
    rounds = {task.id: task.round for task in case.tasks}
    return _clock_lines(case.kind_name, case.clocks, rounds, tell, now)


def course_lines(course: Course, tell: Telling, now: datetime) -> list[ClockLine]:
    """Return the clocks of a case as those see them whose matter it is."""
    return _clock_lines(course.kind_name, course.clocks, {}, tell, now)


def _clock_lines(
    kind: str, views: Sequence[ClockView], rounds: Mapping[int, int], tell: Telling, now: datetime
) -> list[ClockLine]:
    lines = [_clock_line(kind, view, rounds.get(view.task or 0, 1), tell, now) for view in views]
    return sorted(lines, key=lambda line: ORDER[line.state])


def _clock_line(kind: str, view: ClockView, round_: int, tell: Telling, now: datetime) -> ClockLine:
    source: str | Sentence = view.clock.terms.source or tell.kind(kind, "case", f"clock.{view.name}.source")
    sentences = explain(view.reading, sort=view.clock.sort, source=source)
    name = tell.kind(kind, "case", f"clock.{view.name}")
    return ClockLine(
        view.id, name if round_ == 1 else tell.words.say("desk.case.round", tell.language, clock=name, n=round_),
        view.clock.sort, strip_of(timing_of(view, now), now), view.reading.state, view.clock.terms.confirmed,
        tuple(say(one, tell.words, tell.language) for one in sentences),
    )  # fmt: skip


def inbox_row(
    row: InboxRow, tell: Telling, zone: ZoneInfo, now: datetime, absent: Mapping[int, Named] = MappingProxyType({})
) -> Row:
    """Return a row of the inbox in the reader's language, its clock drawn.

    ``absent`` are the names of those in whose place tasks are done.
    """
    strip = strip_of(row.timing, now) if row.timing else None
    return Row(
        id=row.task, number=row.number, title=tell.title(row.kind, row.facts), kind=tell.kind(row.kind, "case"),
        step=tell.kind(row.kind, "case", f"{row.step}.name"), area=row.area.say(tell.language),
        organisation=row.org.say(tell.language), strip=strip, provenance=row.provenance, late=row.late,
        due=due_cell(Speech(tell.words, tell.language), zone, strip, now) if strip else Markup(),
        behalf=absent[row.behalf].say(tell.language) if row.behalf is not None and row.behalf in absent else "",
    )  # fmt: skip


def process_of(case: CaseView) -> Drawing:
    """Return the process of a case with done, present and late steps marked."""
    late = {view.task for view in case.clocks if view.task is not None and view.strip.urgency == "late"}
    marks: dict[str, Any] = {}
    for task in case.tasks:
        if task.state == "open":
            marks[task.step] = "late" if task.id in late else "now"
        elif task.state == "done":
            marks.setdefault(task.step, "done")
    for task in case.tasks:
        if task.state == "done" and marks.get(task.step) not in ("now", "late"):
            marks[task.step] = "done"
    return marked(draw(case.kind), marks)
