"""What a reading machine tells of a resident identity card (居民身份证阅读机具), and what of it can not be right.

The fields and their codes are those of the card's own record (GA 450, read as GA/T 1011 machines give them out): sex by
GB/T 2261.1, nation by GB/T 3304, days as eight digits, the end of validity a day, or ``forever`` for 长期. A statement
is the text of one JSON object, so that what is signed is exactly what was sent; docs/reference/card-readers.md has the
whole contract.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from zhihai.ground.identifiers.citizen import CitizenId, read_citizen_id
from zhihai.ground.refusal import Refused

LONGEST = 4000
"""Characters of a statement."""
FOREVER = "forever"
DAY = re.compile(r"[0-9]{8}")
MOST = {
    "name": 60, "sex": 1, "nation": 2, "birth": 8, "address": 140, "number": 18, "issuer": 60, "from": 8, "until": 8,
}  # fmt: skip
"""The fields of a card, with how many characters each has at most."""
SEXES = {"1": "male", "2": "female"}


@dataclass(frozen=True, slots=True)
class Card:
    """A card as a machine read it. ``until`` is ``None`` where it holds for good; ``device`` is the machine's serial.

    ``nonce`` is what the machine was asked to answer to. ``simulated`` says that there is no such card.
    """

    name: str = field(repr=False)
    number: CitizenId = field(repr=False)
    sex: str = field(repr=False)
    birth: date = field(repr=False)
    address: str = field(repr=False)
    begins: date
    until: date | None
    nonce: str = field(repr=False)
    device: str
    simulated: bool


def read_card(statement: str) -> Card:
    """Read a statement. Raises ``Refused`` (``card_unreadable``) for anything that is not what the contract says.

    Nothing of the card is in the refusal.
    """
    try:
        told = json.loads(statement) if len(statement) <= LONGEST else None
    except (ValueError, RecursionError):
        told = None
    card = told.get("card") if isinstance(told, dict) else None
    if told is None or not isinstance(card, dict):
        raise Refused("card_unreadable", "card")
    given = {name: _text(card, name, most) for name, most in MOST.items()}
    if given["sex"] not in SEXES or not given["name"]:
        raise Refused("card_unreadable", "card")
    until = given["until"]
    return Card(
        given["name"], _number(given["number"]), SEXES[given["sex"]], _day(given["birth"]),
        given["address"], _day(given["from"]),
        None if until == FOREVER else _day(until), _text(told, "nonce", 100), _text(told, "device", 60),
        told.get("simulated") is True,
    )  # fmt: skip


def refuse_card(card: Card, on: date) -> None:
    """Refuse a card that contradicts itself, or does not hold on a day.

    Raises ``Refused``: ``number_check`` for a check digit that does not fit, ``card_disagrees`` where birth or sex are
    not those of the number, ``card_begins`` and ``card_over`` for a card that does not hold yet or any more.
    """
    if card.number.check_ok is not True:
        raise Refused("number_check", "card")
    if card.number.birth != card.birth or card.number.sex != card.sex:
        raise Refused("card_disagrees", "card")
    if card.begins > on:
        raise Refused("card_begins", "card", day=card.begins.isoformat())
    if card.until is not None and card.until < on:
        raise Refused("card_over", "card", day=card.until.isoformat())


def _text(told: Mapping[str, Any], name: str, most: int) -> str:
    value = told.get(name, "")
    kept = " ".join(value.split()) if isinstance(value, str) else None
    if kept is None or len(kept) > most or not kept.isprintable():
        raise Refused("card_unreadable", "card")
    return kept


def _number(text: str) -> CitizenId:
    try:
        return read_citizen_id(text)
    except Refused:
        raise Refused("card_unreadable", "card") from None


def _day(text: str) -> date:
    try:
        if DAY.fullmatch(text):
            return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        pass
    raise Refused("card_unreadable", "card")
