"""The generated pages of the reference are current, and the map of events is whole and shallow."""

from __future__ import annotations

from importlib import import_module

import pytest
from tools import pages, reference
from tools.lint import ROOT

from zhihai.ground.kind import Kind
from zhihai.site.plan import register


@pytest.mark.parametrize("name", reference.PAGES)
def test_a_page_is_current(name: str) -> None:
    committed = reference.REFERENCE / name
    assert committed.is_file(), "write it with: python -m tools.reference"
    made = reference.PAGES[name]()
    assert committed.read_text(encoding="utf-8") == made, "write it with: python -m tools.reference"


def test_every_kind_of_every_room_is_offered_by_the_kit() -> None:
    offered = set(reference.kind_sorts())
    for path in sorted((ROOT / "src" / "zhihai" / "kernel").glob("*/kinds.py")):
        module = import_module(f"zhihai.kernel.{path.parent.name}.kinds")
        own = {
            thing for thing in vars(module).values() if isinstance(thing, type) and thing.__module__ == module.__name__
        }
        assert {kind for kind in own if issubclass(kind, Kind)} <= offered, path


def test_every_event_that_is_heard_is_told_by_a_room() -> None:
    told = {event for _, event in reference.rooms_with_events()}
    heard = {event for listener in import_module("zhihai.kernel.wiring").LISTENERS for event in listener.hears}
    assert heard
    assert heard <= told


def test_a_table_keeps_its_columns() -> None:
    made = pages.table(("a", "b"), iter([("x | y", "one\ntwo")]))
    assert made == "| a | b |\n| --- | --- |\n| x \\| y | one two |"


def test_the_page_of_the_plan_has_a_line_for_each_row_and_function() -> None:
    page = reference.plan_page()
    for row in register():
        assert page.count(f"\n| **{row.id}** | ") == 1
        for function in row.functions if row.does is None else ():
            assert page.count(f"\n| {function.id} | ") == 1
