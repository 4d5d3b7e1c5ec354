"""What happened on a case, said from its journal entries and tasks, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from zhihai.faces.naming import Telling, account_names, organisation_names
from zhihai.kernel.cases.reads import CaseView, TaskView
from zhihai.kernel.journal import reads as journal

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


def history_of(case: CaseView, tell: Telling) -> list[Event]:
    """Return the course of a case, newest first."""
    entries = journal.case_entries(case.id)
    people = account_names(entry.actor for entry in entries)
    tasks = {task.id: task for task in case.tasks}
    events = []
    for entry in reversed(entries):
        task = tasks.get(int(entry.data.get("task") or 0))
        name = people.get(entry.actor)
        who = name.say(tell.language) if name else tell.words.say("desk.system", tell.language)
        text = _text(case, entry.act, entry.data, task, tell)
        note = task.note if task and entry.act == "cases.take_step" else ""
        events.append(Event(entry.at, who, text, note, TONES.get(entry.act, ""), entry.sort))
    return events


def _text(case: CaseView, act: str, data: Any, task: TaskView | None, tell: Telling) -> str:
    key = f"act.{act}"
    clocks = {view.id: tell.kind(case.kind_name, "case", f"clock.{view.name}") for view in case.clocks}
    facts: dict[str, object] = {}
    if act == "cases.take_step" and task is not None:
        facts["step"] = tell.kind(case.kind_name, "case", f"{task.step}.name")
        facts["outcome"] = tell.kind(case.kind_name, "case", f"{task.step}.{data.get('outcome')}")
    facts["clock"] = clocks.get(int(data.get("clock") or 0), "")
    facts["clocks"] = " · ".join(clocks.get(int(id_), "") for id_ in data.get("clocks", ()))
    if act == "cases.hand_over":
        names = organisation_names()
        facts["organisation"] = names[data["to"]].say(tell.language) if data.get("to") in names else ""
    return tell.words.say(key, tell.language, **facts) if key in tell.words else act
