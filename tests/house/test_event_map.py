"""The map of events is read from the code, knows no circle, and no event leads further than the budget."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from tools import event_map
from tools.lint import Source, budgets, example

from zhihai.kernel.cases import acts as cases
from zhihai.kernel.cases.events import CaseClosed, CaseOpened
from zhihai.kernel.journal.acts import Heard, Listener
from zhihai.kernel.sensing.events import ReadingsRecorded
from zhihai.kernel.wiring import LISTENERS


def open_one(heard: Sequence[Heard]) -> None:
    """A listener that emits one event through another module."""


def look_only(heard: Sequence[Heard]) -> None:
    """A listener that names an event and emits none."""


HERE = f"{event_map.KERNEL}/cases/{{}}.py"
MADE_UP: tuple[Source, ...] = (
    example(
        HERE.format("listening"),
        "from zhihai.kernel.cases import writing as w",
        "from zhihai.kernel.cases.events import CaseOpened",
        "def open_one(heard): return w.write(heard)",
        "def look_only(heard): return [one for one in heard if isinstance(one, CaseOpened)]",
    ),
    example(HERE.format("writing"), "from zhihai.kernel.cases.further import write"),
    example(
        HERE.format("further"),
        "from zhihai.kernel.cases.events import CaseOpened as Opened",
        "def write(heard): return _Writer().write()",
        "class _Writer:",
        "    def write(self): return [Opened(case=1)]",
    ),
)


@pytest.mark.parametrize("event", sorted({event.topic for one in LISTENERS for event in one.hears}))
def test_no_event_leads_further_than_the_budget(event: str) -> None:
    assert event_map.hops(event, LISTENERS) <= budgets()["events"]["hops"]


def test_what_acts_of_the_kernel_emit_is_seen() -> None:
    assert event_map.emitted(cases.open_case) == {CaseOpened.topic}
    judge = next(one for one in LISTENERS if one.name == "rules.judge")
    assert event_map.emitted(judge.act) == {CaseOpened.topic}


@pytest.mark.parametrize(("act", "topics"), [(open_one, {CaseOpened.topic}), (look_only, set())])
def test_an_event_is_found_through_renames_re_exports_and_classes(
    act: type, topics: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(act, "__module__", "zhihai.kernel.cases.listening")
    assert event_map.emitted(act, event_map.Code(MADE_UP)) == topics


def _listeners(monkeypatch: pytest.MonkeyPatch, emits: dict[str, set[str]]) -> None:
    monkeypatch.setattr(event_map, "emitted", lambda act: emits[act.__name__])


def test_hops_are_counted_along_the_longest_way(monkeypatch: pytest.MonkeyPatch) -> None:
    _listeners(monkeypatch, {"open_one": {CaseOpened.topic}, "look_only": {CaseClosed.topic}})
    listeners = (Listener("a", (ReadingsRecorded,), open_one), Listener("b", (CaseOpened,), look_only))
    assert event_map.hops(ReadingsRecorded.topic, listeners) == 2
    assert event_map.hops(CaseOpened.topic, listeners) == 1
    assert event_map.hops(CaseClosed.topic, listeners) == 0


def test_a_circle_of_events_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    _listeners(monkeypatch, {"open_one": {CaseOpened.topic}, "look_only": {ReadingsRecorded.topic}})
    listeners = (Listener("a", (ReadingsRecorded,), open_one), Listener("b", (CaseOpened,), look_only))
    with pytest.raises(ValueError, match=r"a circle of events: .*ReadingsRecorded → .*CaseOpened → .*Readings"):
        event_map.hops(ReadingsRecorded.topic, listeners)
