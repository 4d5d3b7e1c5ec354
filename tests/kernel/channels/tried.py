"""What acts of the room channels are tried on: one's own choice, and what waits to be told in a street."""

from __future__ import annotations

from collections.abc import Callable

from tests.kernel.acting import AT, EAST, MACHINE, WEST, Try, account
from tests.kernel.channels.reached import HOME, person, tell

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.kernel import records as store
from zhihai.kernel.channels import acts, reads


def _choose() -> Try:
    store.execute("UPDATE account SET email = 'reader@example.org' WHERE id = %s", (account("reader"),))
    return lambda by: acts.choose(by, ["email"], "en", ["zhihai.rating_answered"], at=AT)


def _waiting(act: Callable[[Actor, int], object]) -> Callable[[], Try]:
    def made() -> Try:
        tell(people=[person(1, **HOME)])
        (row,) = reads.waiting_by_hand(SYSTEM, "post")
        return lambda by: act(by, row.id)

    return made


def _choose_for() -> Try:
    one = person(1, **HOME)
    return lambda by: acts.choose_for(by, one, ["sms"], "en", at=AT)


def _prove() -> Try:
    acts.ask_number(_reader(), "139-1234-5678", at=AT, at_machine=MACHINE)
    got: list[acts.Message] = []
    acts.send_codes(got.append, at_machine=MACHINE)
    code = "".join(digit for digit in got[0].subject if digit.isdecimal())
    return lambda by: acts.prove_number(by, code, at=AT, at_machine=MACHINE)


def _drop() -> Try:
    acts.ask_number(_reader(), "139-1234-5678", at=AT, at_machine=MACHINE)
    return lambda by: acts.drop_number(by, at=AT)


def _reader() -> Actor:
    return Actor(account=account("reader"), name="", sort="person")


OWN: dict[str, tuple[str, Callable[[], Try]]] = {
    "channels.choose": ("reader", _choose),
    "channels.set_hook": ("reader", lambda: lambda by: acts.set_hook(by, "https://firm.example/", at=AT)),
    "channels.ask_number": (
        "reader", lambda: lambda by: acts.ask_number(by, "139-1234-5678", at=AT, at_machine=MACHINE),
    ),
    "channels.prove_number": ("reader", _prove),
    "channels.drop_number": ("reader", _drop),
}  # fmt: skip
TRIED: dict[str, tuple[Callable[[], Try], str, str]] = {
    "channels.choose_for": (_choose_for, WEST, EAST),
    "channels.open_by_hand": (
        _waiting(lambda by, id_: acts.open_by_hand(by, id_, at=AT, at_machine=MACHINE)), WEST, EAST,
    ),
    "channels.note_told": (
        _waiting(lambda by, id_: acts.note_told(by, id_, "letter", True, at=AT, at_machine=MACHINE)), WEST, EAST,
    ),
}  # fmt: skip
