"""Pages of windows: whom a change of hours concerns is told before it is made; tickets; a window of others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client
from tests.faces.staged_windows import staged_claim, staged_window
from tests.faces.staging import actor

from zhihai.ground.refusal import Refused
from zhihai.kernel.journal import reads as clock
from zhihai.kernel.offers import acts, reads
from zhihai.kernel.offers.kinds import Session, read_sessions, write_sessions

WEEK = {f"hours-{day}": "09:00-17:00 3" for day in range(4)}
"""A week without Friday, on which the resident of the stage is booked."""


def _hours() -> Any:
    return reads.offer(staged_window()).week


def test_hours_that_concern_somebody_are_kept_only_when_that_was_said(
    worked: str, reader: Callable[..., Client]
) -> None:
    keeper, address = reader("service_keeper"), f"/desk/opening/{staged_window()}/hours"
    page = keeper.post(address, WEEK).content.decode()
    assert "这样改会影响 1 个预约" in page
    assert "示＊" in page
    assert "示居民" not in page
    assert 4 in _hours()
    assert keeper.post(address, {**WEEK, "sure": "1"}).status_code == 302
    assert 4 not in _hours()
    assert "1 个预约与现在的开放时间不符" in reader("window").get(f"/desk/windows/{staged_window()}").content.decode()
    assert keeper.post(address, {f"hours-{day}": "9:00-12:00 1" for day in range(5)}).status_code == 302


def test_a_day_is_closed_and_opened_again(worked: str, reader: Callable[..., Client]) -> None:
    keeper, address = reader("service_keeper"), f"/desk/opening/{staged_window()}/day"
    closed = {"day": "2014-02-24", "sessions": "", "why_zh": "培训", "why_en": "Training"}
    assert keeper.post(address, closed).status_code == 302
    assert "休：培训" in reader().get(f"/hall/windows/{staged_window()}").content.decode()
    assert keeper.post(address, {"day": "2014-02-24", "what": "clear"}).status_code == 302
    assert "培训" not in reader().get(f"/hall/windows/{staged_window()}").content.decode()
    assert keeper.post(address, {**closed, "why_en": ""}).status_code == 422


def test_a_special_day_with_people_booked_is_not_cleared_at_once(worked: str, reader: Callable[..., Client]) -> None:
    keeper, address = reader("service_keeper"), f"/desk/opening/{staged_window()}/day"
    opened = {"day": "2014-02-22", "sessions": "09:00-12:00 1", "why_zh": "周六加班", "why_en": "Open on Saturday"}
    assert keeper.post(address, opened).status_code == 302
    book = {"starts": "2014-02-22T09:00", "key": "saturday"}
    assert reader("resident").post(f"/hall/windows/{staged_window()}/claim", book).status_code == 302
    clear = {"day": "2014-02-22", "what": "clear"}
    assert "这样改会影响 1 个预约" in keeper.post(address, clear).content.decode()
    assert date(2014, 2, 22) in reads.offer(staged_window()).special
    assert keeper.post(address, {**clear, "sure": "1"}).status_code == 302
    assert date(2014, 2, 22) not in reads.offer(staged_window()).special


def test_a_window_is_made_by_who_keeps_it(worked: str, reader: Callable[..., Client]) -> None:
    keeper = reader("service_keeper")
    given = {
        "organisation": str(reads.offer(staged_window()).organisation), "kind": "zhihai.window", "name_zh": "二号窗口",
        "name_en": "Window 2", "place_zh": "二层", "place_en": "Upper floor", "slot_minutes": "20", "ahead_days": "7",
        "cancel_minutes": "60", "held_most": "1", "missed_most": "0", "missed_days": "1", "barred_days": "0",
    }  # fmt: skip
    assert keeper.post("/desk/opening/new", {**given, "slot_minutes": "3"}).status_code == 422
    assert keeper.post("/desk/opening/new", given).status_code == 302
    made = max(reads.offers(), key=lambda one: one.id)
    assert (made.name.zh, made.terms.slot_minutes, made.open) == ("二号窗口", 20, True)
    assert keeper.post(f"/desk/opening/{made.id}/terms", given).status_code == 302  # the tick for open was taken away
    assert not reads.offer(made.id).open


@pytest.mark.parametrize(
    ("text", "code"),
    [("nine", "offer_hours_text"), ("09:00-12:60 3", "offer_hours_text"), ("12:00-09:00 3", "offer_session")],
)
def test_hours_that_can_not_be_read_say_which_line(text: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        read_sessions(text, "hours-0")
    assert (refused.value.code, refused.value.field) == (code, "hours-0")


def test_hours_are_written_as_they_are_read() -> None:
    sessions = (Session(540, 720, 3), Session(780, 1020, 12))
    assert read_sessions(write_sessions(sessions), "hours-0") == sessions


def test_a_window_of_another_organisation_is_not_run_nor_kept_nor_a_kiosk(
    worked: str, reader: Callable[..., Client]
) -> None:
    east, window = reader("window-east"), staged_window()
    for address in (f"/desk/windows/{window}", f"/desk/windows/{window}/waits", f"/desk/kiosk/{window}"):
        assert east.get(address).status_code == 403, address
    assert east.post(f"/desk/kiosk/{window}/take", {"key": "x"}).status_code == 403
    assert east.post(f"/desk/windows/{window}/call", {"counter": "1"}).status_code == 403


def test_the_window_books_moves_calls_off_and_excuses(worked: str, reader: Callable[..., Client]) -> None:
    clerk, window, claim = reader("window"), staged_window(), staged_claim()
    change = f"/desk/windows/{window}/appointments/{claim}/change"
    assert clerk.post(change, {"starts": "2014-02-21T10:00"}).status_code == 302
    assert clerk.post(change, {"what": "cancel", "why": ""}).status_code == 422
    assert clerk.post(change, {"what": "cancel", "why": "停电"}).status_code == 302
    mine = reader("resident").get(f"/my/appointments/{claim}").content.decode()
    assert "停电" in mine
    wrong = {"name": "示居民", "number": "99010119700101009X", "starts": "2014-02-21T09:00", "key": "k"}
    answer = clerk.post(f"/desk/windows/{window}/book/for", wrong)
    assert answer.status_code == 422
    assert wrong["number"] not in answer.content.decode()


def test_a_wrong_time_in_an_address_is_refused_and_not_a_fault(worked: str, reader: Callable[..., Client]) -> None:
    resident, window = reader("resident"), staged_window()
    for starts in ("", "x", "9999-12-31T23:59", "2014-02-21T10:00+08:00", "2014-02-21T10:07"):
        page = resident.get(f"/hall/windows/{window}/book", {"starts": starts})
        assert page.status_code == 200, starts
        assert "这个时段不开放预约" in page.content.decode(), starts
    post = {"starts": "2014-02-21T10:00", "key": ""}
    assert resident.post(f"/hall/windows/{window}/claim", post).status_code == 422


def test_nobody_unknown_books_and_is_told_what_to_do_first(worked: str, reader: Callable[..., Client]) -> None:
    page = reader("newcomer").get(f"/hall/windows/{staged_window()}/book?starts=2014-02-21T10:00").content.decode()
    assert "/my/" in page
    assert "确认预约</button>" not in page


def test_a_ticket_shows_how_many_go_before_it(worked: str, reader: Callable[..., Client]) -> None:
    clerk, window = reader("window"), staged_window()
    assert acts.take_ticket(actor("window"), window, "other", at=clock.now()).label == "A005"
    page = clerk.post(f"/desk/kiosk/{window}/take", {"key": "mine"}, follow=True).content.decode()
    assert "A006" in page
    assert "前面还有 3 人" in page
    again = clerk.post(f"/desk/kiosk/{window}/take", {"key": "mine"}, follow=True).content.decode()
    assert "A006" in again
    assert clerk.post(f"/desk/kiosk/{window}/take", {"code": "NOTHING1"}).status_code == 404


def test_the_screen_names_nobody_and_is_drawn_anew_by_itself(worked: str, reader: Callable[..., Client]) -> None:
    answer = reader().get(f"/hall/windows/{staged_window()}/screen")
    assert answer.headers["Refresh"] == "10"
    page = answer.content.decode()
    assert "A002" in page
    assert "示居民" not in page


def test_a_kiosk_has_no_way_out(worked: str, reader: Callable[..., Client]) -> None:
    page = reader("window").get(f"/desk/kiosk/{staged_window()}").content.decode()
    assert "/sign-out/" not in page
    assert "窗口员甲" not in page
    assert "/account/" not in page
