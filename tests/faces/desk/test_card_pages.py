"""What a machine said of a card is taken once, from the session that asked it, and soon."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.http import HttpResponse
from django.test import Client
from tests.kernel.acting import DISTRICT, EAST, area
from tests.kernel.identity.peopled import number, registered, somebody
from tests.kernel.trust.cards_read import KEY, a_card, a_reader, said

from zhihai.faces.desk.serving import carded, cards
from zhihai.ground.actors import SYSTEM
from zhihai.ground.powers import SET_DISTRICT
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


def read_of(client: Client, n: int, name: str) -> HttpResponse:
    """Post what the machine said of somebody's card."""
    machine = a_reader(KEY, organisation=DISTRICT)
    nonce = client.post("/desk/card/ask", {"reader": machine}).json()["nonce"]
    statement, signature = said(a_card(n, name), KEY, nonce)
    return client.post("/desk/card/read", {"reader": machine, "statement": statement, "signature": signature})


def form_of(page: HttpResponse) -> dict[str, str]:
    """What the form that registers somebody would send as it stands, with a street chosen."""
    text = page.content.decode()
    fields = dict(re.findall(r'<input[^>]*? name="(\w+)"[^>]*? value="([^"]*)"', text))
    fields |= {name: value for value, name in re.findall(r'<input[^>]*? value="([^"]*)"[^>]*? name="(\w+)"', text)}
    fields |= {"sex": "male", "area": str(area(EAST))}
    return fields


def test_a_card_of_nobody_known_fills_in_the_form_that_registers_them(window: Client) -> None:
    page = read_of(window, 2, "新来的")
    assert page.status_code == 200
    form = form_of(page)
    assert (form["name"], form["number"], form["document"][:5]) == ("新来的", number(2), "居民身份证")
    made = window.post("/desk/people/register", form)
    assert made.status_code == 302
    found = identity.by_number(SYSTEM, "natural", number(2))
    assert found is not None
    assert (found.name, found.provenance) == ("新来的", "synthetic")
    assert number(2) not in made["Location"]
    assert taken() == 0


def test_a_number_that_was_changed_is_one_that_was_typed(window: Client) -> None:
    """The card of one person marks nobody else as invented, and a page that was made up fills nothing in."""
    form = form_of(read_of(window, 2, "新来的"))
    window.post("/desk/people/register", {**form, "number": number(3)})
    changed = identity.by_number(SYSTEM, "natural", number(3))
    assert changed is not None
    assert changed.provenance == "real"
    wrong = window.post("/desk/people/register", {**form, "area": ""})
    assert wrong.status_code == 422
    assert number(2) in wrong.content.decode()
    made_up = window.post("/desk/people/register", {**form, "area": "", "reading": form["reading"][:-2] + "xx"})
    assert number(2) not in made_up.content.decode()


def test_who_may_register_nobody_is_told_and_shown_nothing_of_the_card(
    window: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carded, "SET_PEOPLE", SET_DISTRICT)  # a power that the window lacks
    page = read_of(window, 2, "新来的")
    assert page.status_code == 403
    assert number(2) not in page.content.decode()
    assert "新来的" not in page.content.decode()
