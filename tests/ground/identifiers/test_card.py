"""What a machine tells of an identity card: what is read, what contradicts itself, and what is no card at all."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from stdnum.cn import ric

from zhihai.ground.identifiers.card import Card, read_card, refuse_card
from zhihai.ground.refusal import Refused

DAY = date(2014, 2, 17)
NUMBER = "99010119700101001" + ric.calc_check_digit("990101197001010010")
GIVEN = {
    "name": "曾示例", "sex": "1", "nation": "01", "birth": "19700101", "address": "示例路 1 号", "number": NUMBER,
    "issuer": "", "from": "20100101", "until": "forever",
}  # fmt: skip


def told(**other: Any) -> str:
    return json.dumps({"card": {**GIVEN, **other}, "nonce": "n", "device": "d", "simulated": True}, ensure_ascii=False)


def fault(card: Card) -> str:
    with pytest.raises(Refused) as refused:
        refuse_card(card, DAY)
    return refused.value.code


def test_a_card_is_read_with_its_days_and_its_codes() -> None:
    card = read_card(told(until="20300101"))
    assert (card.name, card.number.number, card.sex, card.birth) == ("曾示例", NUMBER, "male", date(1970, 1, 1))
    assert (card.begins, card.until) == (date(2010, 1, 1), date(2030, 1, 1))
    assert (card.nonce, card.device, card.simulated) == ("n", "d", True)
    assert read_card(told()).until is None
    assert NUMBER not in repr(card)
    assert "曾示例" not in repr(card)
    refuse_card(card, DAY)


def test_a_card_holds_on_its_first_and_its_last_day() -> None:
    for until in ("20140217", "forever"):
        refuse_card(read_card(told(**{"from": "20140217", "until": until})), DAY)
    assert fault(read_card(told(until="20140216"))) == "card_over"
    assert fault(read_card(told(**{"from": "20140218"}))) == "card_begins"


def test_what_contradicts_its_number_is_refused() -> None:
    assert fault(read_card(told(number=f"{NUMBER[:17]}{'1' if NUMBER[17] != '1' else '2'}"))) == "number_check"
    assert fault(read_card(told(birth="19700102"))) == "card_disagrees"
    assert fault(read_card(told(sex="2"))) == "card_disagrees"


@pytest.mark.parametrize(
    "statement",
    [
        "", "[]", "null", "{", "{}", '{"card": 7}', told(number="7"), told(number=7), told(sex="9"), told(name=""),
        told(name="一" * 61), told(birth="1970-1-1"), told(birth="19701399"), told(until="never"),
        told(name="甲\u202e"),
        told(address="一" * 141), "[" * 3000, "x" * 5000,
    ],
)  # fmt: skip
def test_what_no_machine_says_is_refused_in_one_word(statement: str) -> None:
    with pytest.raises(Refused) as refused:
        read_card(statement)
    assert refused.value.code == "card_unreadable"
    assert refused.value.facts == {}
