"""What the tests of card readers share: a machine at the counter of the east, and what it says of invented cards."""

from __future__ import annotations

from datetime import date

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.kernel.acting import AT, DISTRICT, EAST, MACHINE, Try, holder, office
from tests.kernel.identity.peopled import number, registered, somebody

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.named import Named
from zhihai.ground.powers import SEE_PEOPLE
from zhihai.kernel.identity import acts as identity
from zhihai.kernel.trust import acts
from zhihai.site.card_machine import CardMachine, SimulatedCard, card_of, public_pem
from zhihai.site.invented import Invented

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
ON_CARD = "只写在卡上的地址 9 号"
ADDRESS, NONCE = "http://127.0.0.1:9101", "a nonce of a test"


def a_card(n: int, name: str, **other: str) -> SimulatedCard:
    """The card of the invented person of a number; ``other`` fields are as given."""
    made = card_of(Invented(name, number(n), "male", date(1970, 1, 1), ON_CARD))
    return SimulatedCard({**made.fields, **other})


def machine(key: Ed25519PrivateKey | None = None, origins: tuple[str, ...] = (), *cards: SimulatedCard) -> CardMachine:
    """A machine at a free port of this computer; whoever makes it closes it."""
    return CardMachine(0, origins, cards, lambda key, **facts: key, key)


def said(card: SimulatedCard, key: Ed25519PrivateKey | None = None, nonce: str = NONCE) -> tuple[str, str]:
    """Statement and signature as a machine answers with them."""
    with machine(key) as one:
        one.card = card
        told = one.answer(nonce)
    assert told is not None
    return str(told["statement"]), str(told["signature"])


def a_reader(
    key: Ed25519PrivateKey | None = None, name: str = "3 号窗口", organisation: str = EAST, **more: object
) -> int:
    given = {"organisation": office(organisation), "name": name, "address": ADDRESS, **more}
    return acts.set_card_reader(SYSTEM, acts.CardReaderInput(key=public_pem(key) if key else "", **given), at=AT)


def read(by: Actor, reader: int, card: SimulatedCard, key: Ed25519PrivateKey | None = None) -> int:
    """Let an official have a card read; returns whose it is."""
    return acts.read_card(by, reader, NONCE, *said(card, key), at=AT, at_machine=MACHINE)


def _set_card_reader() -> Try:
    given = acts.CardReaderInput(organisation=office(EAST), name="3 号窗口", address=ADDRESS)
    return lambda by: acts.set_card_reader(by, given, at=AT)


def _read_card() -> Try:
    registered(somebody(1, "曾示例1", EAST))
    one = a_reader()
    return lambda by: read(by, one, a_card(1, "曾示例1"))


def _confirm_by_card() -> Try:
    (person,) = registered(somebody(1, "曾示例1", EAST))
    made = identity.sign_up("a password of a test", Named("居民", "Resident"), "zh", at=AT)
    own = Actor(account=made, name="曾示例1", sort="resident")
    identity.claim_person(own, "曾示例1", number(1), at=AT, at_machine=MACHINE)
    reads_cards = holder({SEE_PEOPLE}, DISTRICT, DISTRICT, "zhihai.window_clerk")  # the account that tries it
    read(reads_cards, a_reader(), a_card(1, "曾示例1"))
    return lambda by: acts.confirm_by_card(by, person, made, at=AT, at_machine=MACHINE)


TRIED = {
    "trust.confirm_by_card": (_confirm_by_card, EAST, EAST),
    "trust.set_card_reader": (_set_card_reader, EAST, EAST),
    "trust.read_card": (_read_card, EAST, EAST),
}
