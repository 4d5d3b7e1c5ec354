"""What a case looks like before it is drawn: clocks with their reasons, marks of the process, the course of events."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from tests.faces.staging import EAST, actor, number_of, open_inspection, step

from zhihai.faces.desk.history import history_of
from zhihai.faces.desk.showing import clock_lines, inbox_row, process_of
from zhihai.faces.naming import organisations_named, telling
from zhihai.ground.actors import SYSTEM
from zhihai.ground.named import Named
from zhihai.ground.words import LANGUAGES, Said
from zhihai.kernel.cases import acts
from zhihai.kernel.cases import reads as cases
from zhihai.kernel.identity import acts as changes
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.journal import reads as clock

CAUSE = "检测告知书 2014-0211"


def view(number: str, who: str = "dispatcher") -> cases.CaseView:
    """Return a case as somebody sees it now."""
    return cases.case_view(actor(who), number, clock.now())


def marks(number: str) -> dict[str, str]:
    """Return the mark of each step of a case's drawing, by the step's name in English."""
    tell, shown = telling("en"), view(number)
    found = (node for node in process_of(shown).nodes if node.sort == "task")
    return {tell.kind(shown.kind_name, "case", node.label): node.mark for node in found}


def test_clocks_are_shown_running_first_each_with_its_reason(worked: str) -> None:
    lines = clock_lines(view(number_of(0)), telling("en"), clock.now())
    assert [line.state for line in lines] == sorted((line.state for line in lines), key=["running", "stopped"].index)
    assert {line.name for line in lines} == {"Whole case", "On site", "Mending"}
    assert all("Due" in " ".join(line.sentences) for line in lines)
    on_site = next(line for line in lines if line.name == "On site")
    assert on_site.strip.urgency == "done"
    assert any("湖畔示例区服务承诺" in sentence for sentence in on_site.sentences)


def test_a_paused_clock_has_a_hatched_strip_without_a_due_instant(district: str) -> None:
    number = open_inspection(EAST, hours_ago=20)
    shown, who = view(number), actor("dispatcher")
    acts.pause(who, shown.id, shown.clocks[0].id, CAUSE, at=clock.now())
    (line,) = clock_lines(view(number), telling("zh"), clock.now() + timedelta(hours=5))
    assert (line.state, line.strip.urgency, line.strip.due) == ("paused", "paused", None)
    assert any(CAUSE in sentence for sentence in line.sentences)


def test_a_second_round_is_told_from_the_first(worked: str) -> None:
    number = number_of(0)
    for who, outcome in (("street-east", "done"), ("inspector", "served"), ("inspector", "unsolved")):
        step(who, number, outcome)
    names = [line.name for line in clock_lines(view(number), telling("en"), clock.now())]
    assert "Mending (round 2)" in names
    assert marks(number)["Have it mended"] == "now"
    assert marks(number)["Verify"] == "done"


def test_the_process_marks_what_is_done_in_hand_and_late(worked: str) -> None:
    assert marks(number_of(0)) == {
        "Dispatch": "done",
        "Inspect on site": "done",
        "Have it mended": "now",
        "Order to correct": "now",
        "Verify": "",
        "Report": "",
    }
    assert marks(number_of(1))["Inspect on site"] == "late"


def test_a_row_of_the_inbox_says_it_all_in_one_language(worked: str) -> None:
    now, tell = clock.now(), telling("en")
    found = cases.inbox(actor("inspector"), now).rows
    rows = [inbox_row(row, tell, ZoneInfo("Asia/Shanghai"), now) for row in found]
    late = next(row for row in rows if row.number == number_of(1))
    assert (late.step, late.area) == ("Inspect on site", "East Shore Example Subdistrict")
    assert late.organisation == "Environment Department (example)"
    assert (late.late, late.urgency) == (True, "late")
    assert next(row for row in rows if row.number == number_of(0)).urgency == ""


def test_what_the_platform_noted_is_told_in_the_language_of_the_reader(worked: str) -> None:
    case = view(number_of(0))
    open_ = next(task for task in case.tasks if task.state == "open")
    outcome = case.kind.step(open_.step).outcomes[0].id
    acts.take_step(SYSTEM, case.id, open_.id, outcome, note=Said("simulated.note"), at=clock.now())
    notes = {
        language: [event.note for event in history_of(view(number_of(0)), telling(language), organisations_named())]
        for language in LANGUAGES
    }
    assert any(note.startswith("模拟办理") for note in notes["zh"])
    assert any(note.startswith("Simulated: ") for note in notes["en"])
    assert not any(note.startswith("模拟办理") for note in notes["en"])
    assert telling("en").note(Said("a.pack.taken.out")) == "a.pack.taken.out"


def test_the_course_of_a_case_is_told_newest_first(worked: str) -> None:
    told = history_of(view(number_of(0)), telling("en"), organisations_named())
    assert [event.text for event in told[-3:]] == [
        "Inspect on site: Violations found",
        "Dispatch: Send inspectors",
        "Case opened",
    ]
    assert [event.actor for event in told[-3:]] == ["Inspector A", "Dispatcher A", "System"]
    assert told[-3].note == "核查记录"
    assert [event.at for event in told] == sorted((event.at for event in told), reverse=True)


def test_what_was_paused_and_handed_over_is_told_with_its_cause(worked: str) -> None:
    number, who = number_of(2), actor("dispatcher")
    shown = view(number)
    acts.pause(who, shown.id, shown.clocks[0].id, CAUSE, at=clock.now())
    water = identity.organisation_by_code("990101-water")
    acts.hand_over(who, shown.id, shown.tasks[0].id, water.id, "职责调整", at=clock.now())
    told = history_of(view(number), telling("zh"), organisations_named())
    assert [event.text for event in told[:2]] == [f"改派至{water.name.zh}", "暂停计时：全程"]
    assert [event.note for event in told[:2]] == ["职责调整", CAUSE]
    late = history_of(view(number_of(1)), telling("zh"), {})
    assert [event.tone for event in late if event.text.startswith("系统")] == ["bad"]


def test_a_takeover_is_told_by_the_name_the_successor_had_then(worked: str) -> None:
    number = number_of(2)
    water = identity.organisation_by_code("990101-water")
    office = view(number).tasks[0].org
    changes.succeed(SYSTEM, office, water.id, "机构改革方案", at=clock.now(), kinds=["air.inspection"])
    codes = {one.id: one.code for one in identity.organisations()}
    tree = [
        changes.OrganisationInput(
            code=one.code, sort=one.sort, parent=codes.get(one.parent or 0),
            name=Named("水务局（新名）", "Water Bureau") if one.id == water.id else one.name,
        )
        for one in identity.organisations()
    ]  # fmt: skip
    changes.load_organisations(SYSTEM, tree, at=clock.now() + timedelta(seconds=1))
    (told, *_) = history_of(view(number), telling("zh"), organisations_named())
    assert (told.text, told.note) == (f"机构改革，由{water.name.zh}承接", "机构改革方案")
    assert organisations_named()[water.id].name.zh == "水务局（新名）"
