"""Messages of a resident, how they are told, and the link that stops a kind of notice without signing in."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.core import mail, signing
from django.test import Client
from tests.faces.notice_addresses import staged_letter
from tests.faces.staging import actor, staged_person

from zhihai.kernel import records as store
from zhihai.kernel.channels import acts, reads
from zhihai.kernel.journal import reads as clock
from zhihai.site.post import post

FREE, DUTY = "zhihai.rating_answered", "zhihai.matter_closed"
LATER = timedelta(minutes=1)


@pytest.fixture
def own(worked: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """The resident's account, which has an address; mail is kept in memory."""
    monkeypatch.setattr(settings, "EMAIL_BACKEND", "django.core.mail.backends.locmem.EmailBackend")
    monkeypatch.setattr(mail, "outbox", [], raising=False)
    account = actor("resident").account
    store.execute("UPDATE account SET email = 'resident@example.org' WHERE id = %s", (account,))
    return account


def told(account: int, kind: str, once: str) -> None:
    facts = {"number": "LS-2014-000001"}
    acts.tell([acts.Telling([account], kind, facts, "/my/matters/", once, clock.now())])


def mailed() -> list[mail.EmailMessage]:
    """Return the mail that leaves now."""
    mail.outbox.clear()
    acts.deliver(post, at_machine=datetime.now(UTC) + LATER)
    return list(mail.outbox)


def test_a_mail_that_may_be_stopped_says_how_and_one_that_must_be_told_does_not(own: int) -> None:
    told(own, FREE, "free")
    told(own, DUTY, "duty")
    free, duty = sorted(mailed(), key=lambda one: "List-Unsubscribe" not in one.extra_headers)
    link = str(free.extra_headers["List-Unsubscribe"]).strip("<>")
    assert link in free.body
    assert free.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "List-Unsubscribe" not in duty.extra_headers
    assert "/stop/" not in duty.body
    assert "/my/matters/" in duty.body


def test_one_click_stops_and_a_visit_does_not(own: int) -> None:
    told(own, FREE, "first")
    (sent,) = mailed()
    path = re.sub(r"^https?://[^/]+", "", str(sent.extra_headers["List-Unsubscribe"]).strip("<>"))
    anybody = Client(enforce_csrf_checks=True, SERVER_NAME="127.0.0.1")
    assert anybody.get(path).status_code == 200
    assert reads.choice_of(own, None).off_by == ()
    answer = anybody.post(path, {"List-Unsubscribe": "One-Click"})
    assert (answer.status_code, reads.choice_of(own, None).off_by) == (200, (("email", FREE),))
    told(own, FREE, "second")
    told(own, DUTY, "third")
    assert len(mailed()) == 1
    assert reads.unread(own) >= 3, "what was stopped still stands on the page"


def test_a_link_of_before_ways_were_several_still_stops_mails(own: int) -> None:
    token = signing.dumps([own, None, [FREE]], salt="zhihai.stop", compress=True)
    page = Client(SERVER_NAME="127.0.0.1").post(f"/stop/{token}").content.decode()
    assert "不再用“电子邮件”发给您的通知" in page
    assert reads.choice_of(own, None).off_by == (("email", FREE),)


def test_two_ways_are_chosen_each_is_shown_and_what_a_link_stopped_is_wanted_again(
    own: int, reader: Callable[..., Client]
) -> None:
    client, kinds = reader("resident"), [name for name, _ in reads.stoppable("zh", office=False)]
    both = {"way": ["email", "post"], "language": "zh", "kinds": kinds}
    client.post("/account/notices/choose", both)
    assert reads.choice_of(own, None).ways == ("email", "post")
    told(own, DUTY, "one")
    mailed()
    page = client.get("/my/messages/").content.decode()
    assert "电子邮件：已送出" in page
    assert "邮寄信函：" in page
    acts.stop(reads.Addressee(own, None), "email", [FREE], at=clock.now())
    assert "您从链接退订的通知" in client.get("/account/notices/").content.decode()
    client.post("/account/notices/choose", both)
    assert reads.choice_of(own, None).off_by == (("email", FREE),)
    client.post("/account/notices/choose", {**both, "resume": f"email:{FREE}"})
    assert reads.choice_of(own, None).off_by == ()


@pytest.mark.parametrize("token", ["x", "WzEsbnVsbCxbXV0:1abc:forged", "x" * 3000])
def test_a_link_that_is_not_ours_stops_nothing(own: int, token: str) -> None:
    anybody = Client(SERVER_NAME="127.0.0.1")
    assert anybody.get(f"/stop/{token}").status_code == 404
    assert anybody.post(f"/stop/{token}").status_code == 404


def test_the_page_shows_how_each_was_told_and_reading_marks_it(own: int, reader: Callable[..., Client]) -> None:
    told(own, DUTY, "one")
    mailed()
    client = reader("resident")
    page = client.get("/my/messages/").content.decode()
    assert "电子邮件：已送出" in page
    assert "未读" in page
    (first,) = reads.notices(own, limit=1)
    assert client.post(f"/desk/notices/{first.id}").headers["Location"] == "/my/matters/"
    assert reads.notices(own, limit=1)[0].read_at is not None
    assert reader("window").get("/my/messages/").status_code == 403


def test_somebody_chooses_and_what_is_ticked_off_is_stopped(own: int, reader: Callable[..., Client]) -> None:
    client, kinds = reader("resident"), [name for name, _ in reads.stoppable("zh", office=False)]
    kept = [name for name in kinds if name != FREE]
    answer = client.post("/account/notices/choose", {"way": "person", "language": "en", "kinds": kept}, follow=True)
    assert "已保存" in answer.content.decode()
    choice = reads.choice_of(own, None)
    assert (choice.ways, choice.language, choice.off) == (("person",), "en", (FREE,))
    for wrong in ({"way": ["email", "pigeon"], "language": "zh"}, {"way": "email", "language": "de"}, {}):
        assert client.post("/account/notices/choose", wrong).status_code == 422
    assert reads.choice_of(own, None) == choice


def test_the_secret_of_a_system_is_shown_once(own: int, reader: Callable[..., Client]) -> None:
    client = reader("resident")
    wrong = client.post("/account/notices/system", {"address": "http://firm.example/"})
    assert (wrong.status_code, "whsec_" in wrong.content.decode()) == (422, False)
    shown = client.post("/account/notices/system", {"address": "https://firm.example/notices"}).content.decode()
    assert len(re.findall(r"whsec_[A-Za-z0-9+/=]{44}", shown)) == 1
    again = client.get("/account/notices/").content.decode()
    assert "https://firm.example/notices" in again
    assert "whsec_" not in again


def test_a_letter_is_opened_noted_and_gone(worked: str, reader: Callable[..., Client]) -> None:
    delivery, window = staged_letter(), reader("window")
    listed = window.get("/desk/letters/").content.decode()
    assert f"/desk/letters/{delivery}" in listed
    assert "曾示例丁" not in listed + window.get(f"/desk/letters/{delivery}").content.decode()
    opened = window.post(f"/desk/letters/{delivery}/open").content.decode()
    assert "曾示例丁" in opened
    assert "东岸街 9 号" in opened
    bad = {"how": "letter", "reached": "1", "letter": "<x>"}
    assert window.post(f"/desk/letters/{delivery}/note", bad).status_code == 422
    assert window.post(f"/desk/letters/{delivery}/note", {"how": "letter"}).status_code == 422
    done = window.post(f"/desk/letters/{delivery}/note", {**bad, "letter": "XA-1"}, follow=True).content.decode()
    assert "已登记" in done
    assert f"/desk/letters/{delivery}" not in done
    assert window.post(f"/desk/letters/{delivery}/open").status_code == 403


def test_a_window_notes_how_somebody_is_told(worked: str, reader: Callable[..., Client]) -> None:
    person, window = staged_person(), reader("window")
    address = f"/desk/people/{person}/told/choose"
    assert window.post(address, {"way": "person", "language": "en"}, follow=True).status_code == 200
    assert reads.choice_of(None, person).ways == ("person",)
    for wrong in ({"way": "email", "language": "zh"}, {"way": "person"}, {}):
        assert window.post(address, wrong).status_code == 422
    assert reader("inspector").post(address, {"way": "person", "language": "zh"}).status_code == 403
