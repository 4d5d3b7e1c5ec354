"""Cards read at a counter: by which machine, with which key, of whom, and what rests on it."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.kernel.acting import AT, EAST, MACHINE, WEST, holder, office
from tests.kernel.identity.peopled import clerk, everything_written, helping, number, registered, somebody
from tests.kernel.trust.cards_read import ADDRESS, KEY, NONCE, ON_CARD, a_card, a_reader, read, said

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.named import Named
from zhihai.ground.powers import SEE_PEOPLE, SET_PEOPLE, TAKE_MATTERS
from zhihai.ground.refusal import Conflict, Refused
from zhihai.kernel import records as store
from zhihai.kernel.forms import acts as forms
from zhihai.kernel.forms import reads as form_reads
from zhihai.kernel.identity import acts as identity
from zhihai.kernel.trust import acts, reads
from zhihai.site.card_machine import with_fault

NAME, LATER = "曾示例1", MACHINE + timedelta(minutes=10)
POWERS = {SEE_PEOPLE, SET_PEOPLE, TAKE_MATTERS}


@pytest.fixture
def person(district: str) -> int:
    return registered(somebody(1, NAME, EAST))[0]


def by() -> Actor:
    return clerk(POWERS)


def code(act: object, *given: object, **more: object) -> str:
    with pytest.raises(Refused) as refused:
        act(*given, **more)  # type: ignore[operator]
    return refused.value.code


def received(person: int, shown: str = "", **more: object) -> form_reads.Reception:
    made = forms.receive(by(), person, shown, at=AT, at_machine=MACHINE, **more)  # type: ignore[arg-type]
    return form_reads.reception(by(), made, at_machine=MACHINE)


def test_a_machine_is_set_up_changed_and_kept_to_its_own_computer(district: str) -> None:
    one = a_reader()
    (kept,) = reads.card_readers()
    assert (kept.id, kept.name, kept.address, kept.signs, kept.open) == (one, "3 号窗口", ADDRESS, False, True)
    given = acts.CardReaderInput(
        organisation=office(EAST), name="4 号窗口", address="http://localhost:9102/", open=False
    )
    assert acts.set_card_reader(SYSTEM, given, one, at=AT) == one
    (kept,) = reads.card_readers()
    assert (kept.name, kept.address, kept.open) == ("4 号窗口", "http://localhost:9102", False)
    for wrong in ("http://192.168.0.7:80", "http://127.0.0.1", "http://127.0.0.1:99999", "http://127.0.0.1:80 *", "ws://localhost:1",
                  "http://127.0.0.1:80/x", "http://127.0.0.1:80;script-src *"):  # fmt: skip
        assert code(a_reader, address=wrong, name="另一台") == "reader_address"
    assert code(a_reader, name="一") == "reader_name"
    with pytest.raises(Conflict):
        a_reader(name="4 号窗口")


def test_a_key_that_is_none_is_refused_and_an_empty_one_keeps_what_there_is(district: str) -> None:
    given = {"organisation": office(EAST), "name": "3 号窗口", "address": ADDRESS}
    for wrong in ("x", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "钥"):
        assert code(acts.set_card_reader, SYSTEM, acts.CardReaderInput(key=wrong, **given), at=AT) == "reader_key"
    one = a_reader(KEY)
    acts.set_card_reader(SYSTEM, acts.CardReaderInput(**given), one, at=AT)
    assert reads.card_readers()[0].signs
    told = store.rows("SELECT data::json ->> 'key' FROM journal_entry WHERE act = 'trust.set_card_reader' ORDER BY id")
    prints = [key for (key,) in told]
    assert prints == [hashlib.sha256(KEY.public_key().public_bytes_raw()).hexdigest()] * 2, (
        "an empty field keeps the key"
    )


def test_a_card_that_was_read_stands_for_what_was_shown(person: int) -> None:
    one = a_reader()
    assert read(by(), one, a_card(1, NAME)) == person
    served = received(person)
    assert (served.proof, served.typed_why) == ("read", None)
    assert "3 号窗口" in served.shown
    kept = everything_written()
    assert (number(1) in kept, ON_CARD in kept) == (False, False)


def test_another_official_and_a_later_hour_have_to_be_shown_it_again(person: int) -> None:
    one = a_reader()
    read(by(), one, a_card(1, NAME))
    assert reads.reading_of(by(), person, at_machine=LATER - timedelta(seconds=1)) is not None
    assert reads.reading_of(by(), person, at_machine=LATER) is None
    assert reads.reading_of(clerk(POWERS, account=77), person, at_machine=MACHINE) is None


def test_what_a_machine_out_of_use_read_stands_for_nothing(person: int) -> None:
    one = a_reader()
    read(by(), one, a_card(1, NAME))
    given = {"organisation": office(EAST), "name": "3 号窗口", "address": ADDRESS}
    acts.set_card_reader(SYSTEM, acts.CardReaderInput(**given, open=False), one, at=AT)
    assert reads.reading_of(by(), person, at_machine=MACHINE) is None


def test_who_types_where_a_machine_stands_says_why(person: int) -> None:
    assert received(person, "居民身份证原件").typed_why is None
    a_reader()
    assert code(received, person, "居民身份证原件") == "reception_why"
    assert code(received, person, "居民身份证原件", why="no") == "reception_why"
    served = received(person, "居民身份证原件", why="unread")
    assert (served.proof, served.typed_why) == (None, "unread")


def test_another_name_on_the_card_proves_nobody(person: int) -> None:
    assert read(by(), a_reader(), with_fault(a_card(1, NAME), "name")) == person
    assert reads.readings_here(by(), [person], at_machine=MACHINE)[person].same_name is False
    assert code(received, person) == "reception_shown"


def test_a_card_that_is_over_or_miswritten_is_not_used(person: int) -> None:
    one = a_reader()
    assert code(read, by(), one, with_fault(a_card(1, NAME, **{"from": "20000101"}), "over")) == "card_over"
    assert code(read, by(), one, with_fault(a_card(1, NAME), "digit")) == "number_check"
    assert reads.readings_here(by(), [person], at_machine=MACHINE) == {}


def test_what_a_machine_signed_is_told_apart_and_nothing_else_is_used(person: int) -> None:
    one, card = a_reader(KEY), a_card(1, NAME)
    assert code(read, by(), one, card) == "card_signature"
    assert code(read, by(), one, card, Ed25519PrivateKey.from_private_bytes(bytes(32))) == "card_signature"
    statement, signature = said(card, KEY)
    changed = statement.replace(NAME, "曾示例2")
    assert code(acts.read_card, by(), one, NONCE, changed, signature, at=AT, at_machine=MACHINE) == "card_signature"
    assert code(acts.read_card, by(), one, "other", statement, signature, at=AT, at_machine=MACHINE) == "card_late"
    assert code(acts.read_card, by(), one, "", statement, signature, at=AT, at_machine=MACHINE) == "card_late"
    assert read(by(), one, card, KEY) == person
    assert received(person).proof == "signed"


def test_a_machine_of_another_office_or_out_of_use_reads_for_nobody(person: int) -> None:
    card = a_card(1, NAME)
    assert code(read, by(), a_reader(open=False), card) == "no_reader"
    elsewhere = holder(POWERS, WEST, EAST, "zhihai.window_clerk")
    assert code(read, elsewhere, a_reader(name="4 号窗口"), card) == "no_reader"
    assert code(read, by(), 999, card) == "no_reader"


def test_a_simulated_card_is_an_invented_persons(district: str) -> None:
    registered(somebody(2, "实有人", EAST, provenance="real"))
    assert code(read, by(), a_reader(), a_card(2, "实有人")) == "card_simulated"


def test_a_relative_is_received_by_their_own_card(person: int) -> None:
    (relative,) = registered(somebody(2, "曾示例2", EAST))
    tie = identity.record_tie(SYSTEM, helping(person, 2, services=("zhihai.applications",)), at=AT)
    one = a_reader()
    read(by(), one, a_card(1, NAME))
    assert code(received, person, tie=tie) == "reception_shown"
    assert read(by(), one, a_card(2, "曾示例2")) == relative
    assert received(person, tie=tie).proof == "read"


def test_a_card_confirms_an_account(person: int) -> None:
    made = identity.sign_up("a password of a test", Named("居民", "Resident"), "zh", at=AT)
    own = Actor(account=made, name=NAME, sort="resident")
    identity.claim_person(own, NAME, number(1), at=AT, at_machine=MACHINE)
    given = {"at": AT, "at_machine": MACHINE}
    assert code(acts.confirm_by_card, by(), person, made, **given) == "card_not_read"
    read(by(), a_reader(), a_card(1, NAME))
    acts.confirm_by_card(by(), person, made, **given)
    with store.atomic():
        store.value("SELECT zh_read_as('platform')")
        row = store.one("SELECT level, document FROM account_person WHERE account_id = %s", (made,))
    assert row == (3, "居民身份证（由3 号窗口读取）")
