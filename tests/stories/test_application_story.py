"""An application at the desk: asked once for what is missing, accepted, decided with reasons, served."""

from __future__ import annotations

from playwright.sync_api import Page, expect
from tests.kernel.acting import DISTRICT, OFFICE, area, office
from tests.stories.people import Enter

from zhihai.ground.actors import Actor
from zhihai.kernel.cases import acts, reads
from zhihai.kernel.journal import reads as journal

RESIDENT = Actor(account=4711, name="某人", sort="resident")
ABOUT = ("application", 1)
ITEM = {"item": {"zh": "食品经营许可", "en": "Food business licence"}}
MISSING, RESULT = "请补交健康证明", "准予许可，十日内送达许可证"


def course() -> reads.Course:
    found = reads.course_about(ABOUT, journal.now())
    assert found is not None
    return found


def end(page: Page, button: str, note: str = "") -> None:
    """End the open task on the page of the only application."""
    page.get_by_role("link", name="食品经营许可").first.click()
    page.get_by_label("办理说明").fill(note)
    page.get_by_role("button", name=button, exact=True).click()
    expect(page.get_by_role("heading", name="食品经营许可")).to_be_visible()


def test_the_window_and_the_department_work_on_an_application(enter: Enter, page: Page, live: str) -> None:
    at = journal.now()
    acts.open_about(RESIDENT, ABOUT, at=at, area=area(DISTRICT), organisation=office(OFFICE), facts=ITEM)

    enter("window")
    page.get_by_role("link", name="食品经营许可").first.click()
    expect(page.get_by_text("选“一次告知补正”“不予受理，说明理由”时，本人看得到这段说明")).to_be_visible()
    expect(page.get_by_role("button", name="视为受理")).to_have_count(0)
    page.get_by_role("button", name="一次告知补正").click()
    expect(page.get_by_role("alert")).to_contain_text("写明情况")
    page.get_by_label("办理说明").fill(MISSING)
    page.get_by_role("button", name="一次告知补正").click()
    assert course().stages[0].told == MISSING
    page.goto(f"{live}/desk/")
    end(page, "已补正")
    page.goto(f"{live}/desk/")
    end(page, "受理")

    enter("reviewer")
    end(page, "准予，写明结果", RESULT)
    assert [one.told for one in course().stages] == [MISSING, None, None, RESULT, None]

    enter("window")
    end(page, "已送达")
    assert (course().state, course().closing) == ("closed", "granted")
