"""Parked events: an operator sees why they wait and gives them back; nobody else does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.test import Client

from zhihai.kernel import records as store
from zhihai.kernel.cases.events import CaseOpened
from zhihai.kernel.journal import reads as journal

MACHINE = datetime(2026, 3, 1, tzinfo=UTC)


def park(listener: str, body: str | None = None) -> int:
    """Park the newest event of an opened case, or a copy of it with another body."""
    event = int(store.value("SELECT max(id) FROM outbox WHERE topic = %s", (CaseOpened.topic,)))
    if body is not None:
        copy = "INSERT INTO outbox (at, topic, body) SELECT at, topic, %s FROM outbox WHERE id = %s RETURNING id"
        event = int(store.value(copy, (body, event)))
    store.execute("INSERT INTO parked_event VALUES (%s, %s, 'KeyError at told:9', %s)", (listener, event, MACHINE))
    return event


@pytest.mark.parametrize("language", ["zh", "en"])
def test_it_tells_what_waits_and_why(language: str, worked: str, reader: Callable[..., Client]) -> None:
    event = park("cases.notify")
    operator = reader("operator", language)
    led = operator.get("/desk/operation/").content.decode()
    assert 'href="/desk/parked/"' in led
    page = operator.get("/desk/parked/").content.decode()
    assert "KeyError at told:9" in page
    assert f'value="{event}"' in page


def test_given_back_it_is_heard_and_journalled(worked: str, reader: Callable[..., Client]) -> None:
    event = park("cases.notify")
    operator = reader("operator")
    answer = operator.post("/desk/parked/give", {"listener": "cases.notify", "event": event})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/desk/parked/")
    assert journal.parked() == ()
    assert [entry.act for entry in journal.entries("event", event)] == ["journal.give_parked"]
    again = operator.post("/desk/parked/give", {"listener": "cases.notify", "event": event})
    assert again.status_code == 404
    assert "没有滞留的事件" in operator.get("/desk/parked/").content.decode()


def test_what_fails_again_stays_with_its_new_reason(worked: str, reader: Callable[..., Client]) -> None:
    event = park("cases.notify", body="{}")
    answer = reader("operator", "en").post("/desk/parked/give", {"listener": "cases.notify", "event": event})
    assert answer.status_code == 409
    assert "It failed again" in answer.content.decode()
    (parked,) = journal.parked()
    assert parked.failure != "KeyError at told:9"
    assert journal.entries("event", event) == ()


@pytest.mark.parametrize("sent", [{}, {"listener": "cases.notify"}, {"listener": "nobody", "event": "1"}])
def test_what_no_form_of_ours_sends_is_refused(
    sent: dict[str, str], worked: str, reader: Callable[..., Client]
) -> None:
    assert reader("operator").post("/desk/parked/give", sent).status_code == 422


def test_who_may_only_look_finds_no_button(worked: str, reader: Callable[..., Client]) -> None:
    event = park("cases.notify")
    administrator = reader("administrator")
    page = administrator.get("/desk/parked/").content.decode()
    assert f'value="{event}"' not in page
    assert "operation.run" in page
    assert administrator.post("/desk/parked/give", {"listener": "cases.notify", "event": event}).status_code == 403
    assert len(journal.parked()) == 1
