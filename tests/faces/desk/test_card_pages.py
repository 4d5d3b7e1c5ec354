"""What a machine said of a card is taken once, from the session that asked it, and soon."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from tests.kernel.acting import DISTRICT
from tests.kernel.identity.peopled import registered, somebody
from tests.kernel.trust.cards_read import KEY, a_card, a_reader, said

from zhihai.faces.desk.serving import cards
from zhihai.kernel import records
from zhihai.kernel.identity import reads as identity

NAME = "某人"
Reader = Callable[..., Client]


@pytest.fixture
def window(worked: str, reader: Reader) -> Client:
    """The official at a window, where somebody stands whose card can be read."""
    registered(somebody(1, NAME))
    return reader("window")


def asked(client: Client, machine: int) -> dict[str, object]:
    """Have the machine asked; return what the page would post of its answer."""
    nonce = client.post("/desk/card/ask", {"reader": machine}).json()["nonce"]
    statement, signature = said(a_card(1, NAME), KEY, nonce)
    return {"reader": machine, "statement": statement, "signature": signature}


def taken() -> int:
    with identity.seeing(identity.PLATFORM):
        return int(records.value("SELECT count(*) FROM card_reading"))


def test_an_answer_is_taken_once(window: Client) -> None:
    answer = asked(window, a_reader(KEY, organisation=DISTRICT))
    assert window.post("/desk/card/read", answer).status_code == 302
    assert window.post("/desk/card/read", answer).status_code == 409
    assert taken() == 1


def test_an_answer_of_another_session_is_not_taken(window: Client, reader: Reader) -> None:
    answer, other = asked(window, a_reader(KEY, organisation=DISTRICT)), reader("window")
    assert other.post("/desk/card/read", answer).status_code == 409
    other.post("/desk/card/ask", {"reader": answer["reader"]})
    assert other.post("/desk/card/read", answer).status_code == 409
    assert taken() == 0


def test_an_answer_is_not_taken_for_another_machine(window: Client) -> None:
    machine, other = (a_reader(KEY, name, DISTRICT) for name in ("1 号窗口", "2 号窗口"))
    answer = asked(window, machine)
    assert window.post("/desk/card/read", {**answer, "reader": other}).status_code == 409
    assert taken() == 0


def test_an_answer_that_comes_late_is_not_taken(window: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = asked(window, a_reader(KEY, organisation=DISTRICT))
    monkeypatch.setattr(cards, "GOOD_FOR", -1)
    assert window.post("/desk/card/read", answer).status_code == 409
    assert taken() == 0
