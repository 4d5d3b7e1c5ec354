"""What happened on a case, said from its journal entries and tasks, newest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from zhihai.faces.naming import Telling, account_names
from zhihai.kernel.cases.reads import CaseView, TaskView
from zhihai.kernel.identity.reads import Organisation
from zhihai.kernel.journal import reads as journal

DIRECTED = {"paused": "cases.pause", "resumed": "cases.resume", "extended": "cases.extend"}
"""What is done to a clock, by the act that does it."""
STEPPED = ("cases.take_step", "cases.bring_in_step")
"""Entries that say which step ended with which outcome."""
MOVED = ("cases.hand_over", "cases.go_over")
"""Entries that say which organisation a task went to, or all that another one had."""
TONES = {"cases.warn_clocks": "warn", "cases.breach_clocks": "bad"}


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a case's course; ``at`` is district time."""

    at: datetime
    actor: str
    text: str
    note: str
    tone: str
    sort: str


def history_of(case: CaseView, tell: Telling, organisations: Mapping[int, Organisation]) -> list[Event]:
    """Return the course of a case, newest first; ``organisations`` by number: each is named as it was at the time."""
    entries = journal.case_entries(case.id)
    people = account_names(id_ for entry in entries for id_ in (entry.actor, int(entry.data.get("for") or entry.actor)))
    tasks = {task.id: task for task in case.tasks}
    causes = _causes(case)
    events = []
    for entry in reversed(entries):
        task = tasks.get(int(entry.data.get("task") or 0))
        name = people.get(entry.actor)
        who = name.say(tell.language) if name else tell.words.say("desk.system", tell.language)
        absent = people.get(int(entry.data.get("for") or 0))
        if absent:
            who = tell.words.say("desk.case.in_place", tell.language, deputy=who, name=absent.say(tell.language))
        stepped = task is not None and entry.act == "cases.take_step"
        note = tell.note(task.note) if task and stepped else causes.get((entry.act, entry.at), "")
        text = _text(case, entry, task, tell, organisations)
        events.append(Event(entry.at, who, text, note, TONES.get(entry.act, ""), entry.sort))
    return events


def _causes(case: CaseView) -> dict[tuple[str, datetime], str]:
    """Return why clocks were directed and tasks handed over, by act and instant: the journal itself keeps no words."""
    clocks = {
        (DIRECTED[event.what], event.at): event.cause
        for view in case.clocks
        for event in view.clock.events
        if event.what in DIRECTED
    }
    moves = {
        (act, datetime.fromisoformat(move["at"])): str(move["cause"])
        for task in case.tasks
        for move in task.moves
        for act in MOVED
    }
    return {**clocks, **moves}


def _text(
    case: CaseView,
    entry: journal.Entry,
    task: TaskView | None,
    tell: Telling,
    organisations: Mapping[int, Organisation],
) -> str:
    key, data = f"act.{entry.act}", entry.data
    clocks = {view.id: tell.kind(case.kind_name, "case", f"clock.{view.name}") for view in case.clocks}
    facts: dict[str, object] = {
        "clock": clocks.get(int(data.get("clock") or 0), ""),
        "clocks": " · ".join(clocks.get(int(id_), "") for id_ in data.get("clocks", ())),
    }
    if entry.act in STEPPED:
        facts["step"] = tell.kind(case.kind_name, "case", f"{data['step']}.name")
        facts["outcome"] = tell.kind(case.kind_name, "case", f"{data['step']}.{data['outcome']}")
    if entry.act in MOVED:
        to = organisations.get(int(data.get("to") or 0))
        facts["organisation"] = to.named(entry.at).say(tell.language) if to else ""
    return tell.words.say(key, tell.language, **facts) if key in tell.words else entry.act
