"""Identity cards read by a machine (读卡核验): that the card of a person lay before an official, at which counter.

What stood on the card is compared and not kept, its photograph never comes here: the official compares it with who
stands there. A page can send anything; what a reading proves is said in docs/decisions/0048.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from zhihai.ground.actors import Actor
from zhihai.ground.identifiers.card import Card, refuse_card
from zhihai.ground.refusal import NotPermitted, Refused
from zhihai.kernel import house, records
from zhihai.kernel.identity import acts as identity_acts
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.journal import reads as clock

Proof = Literal["read", "signed"]
"""What a reading rests on: the official's word that the page showed what the machine read, or the machine's key too."""
FRESH = timedelta(minutes=10)
"""So long does a reading stand for whoever is at the counter, by machine time."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A card was read before an official: whose, by which machine. ``at`` is district time.

    ``same_name`` says that the name on the card is that on record; a reading without it proves nobody.
    """

    id: int
    person: int
    reader: str
    proof: Proof
    same_name: bool
    simulated: bool
    at: datetime

    @property
    def shown(self) -> str:
        """What is kept of it where it is asked what document was shown."""
        return shown_by(self.proof, self.reader)


class NobodyKnown(NotPermitted):
    """A card was read whose number is nobody's here, or of nobody whom the official may see.

    ``card`` is for the form by which they are registered, ``shown`` what is kept of it as the document.
    """

    def __init__(self, card: Card, shown: str) -> None:
        super().__init__("no_person_here", "card")
        self.card, self.shown = card, shown


def shown_by(proof: Proof, reader: str) -> str:
    """Return what is kept of a card where it is asked what document was shown."""
    return house.words().say(f"trust.card.{proof}", "zh", reader=reader)


def note_card(
    actor: Actor, card: Card, reader: int, shown: str, proof: Proof, *, at: datetime, at_machine: datetime
) -> int:
    """Note that a card lay on a machine before an official, and return whose it is; what stood on it is not kept.

    Raises ``Refused`` as :func:`~zhihai.ground.identifiers.card.refuse_card` does, and (``card_simulated``) for a
    simulated card of anybody but an invented person; :class:`NobodyKnown`, with the card and how it was ``shown``, for
    whom the official may not see or nobody knows.
    """
    refuse_card(card, at.astimezone(clock.clock().zone).date())
    line = identity.by_number(actor, "natural", card.number.number)
    if line is None:
        raise NobodyKnown(card, shown)
    if card.simulated and line.provenance != "synthetic":
        raise Refused("card_simulated", "card", status=403)
    same = identity.person_named(card.name, card.number.number) == line.id
    with records.atomic():
        id_ = records.value(
            """INSERT INTO card_reading (reader_id, account_id, person_id, proof, device, same_name, simulated, at,
                   recorded_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id""",
            (reader, actor.account, line.id, proof, card.device, same, card.simulated, at, at_machine),
        )
        data = {"reading": id_, "reader": reader, "proof": proof, "same_name": same, "simulated": card.simulated}
        journal.record(actor, "trust.read_card", "person", line.id, data, at=at)
    return line.id


def readings_here(actor: Actor, people: Collection[int], *, at_machine: datetime) -> dict[int, Reading]:
    """Return the latest card that an official had read of each of some people, a moment ago by a machine in use."""
    found = records.rows(
        """SELECT DISTINCT ON (c.person_id) c.id, c.person_id, r.name, c.proof, c.same_name, c.simulated, c.at
           FROM card_reading c JOIN card_reader r ON r.id = c.reader_id
           WHERE r.open AND c.account_id = %s AND c.recorded_at > %s AND c.person_id = ANY(%s)
           ORDER BY c.person_id, c.id DESC""",
        (actor.account, at_machine - FRESH, sorted(people)),
    )
    return {row[1]: Reading(*row) for row in found}


def reading_of(actor: Actor, person: int, *, at_machine: datetime) -> Reading | None:
    """Return the card by which an official may say that somebody was shown; ``None`` where it bore another name."""
    found = readings_here(actor, [person], at_machine=at_machine).get(person)
    return found if found is not None and found.same_name else None


def confirm_by_card(actor: Actor, person: int, account: int, *, at: datetime, at_machine: datetime) -> None:
    """Confirm at a window that an account is a person's (level 3) by their card, which was read a moment ago.

    Raises ``Refused`` (``card_not_read``) where none was, and as
    :func:`~zhihai.kernel.identity.verifying.confirm_person` does.
    """
    with records.atomic():
        reading = reading_of(actor, person, at_machine=at_machine)
        if reading is None:
            raise Refused("card_not_read", "account")
        identity_acts.confirm_person(actor, person, account, reading.shown, None, at=at)
        data = {"account": account, "reading": reading.id}
        journal.record(actor, "trust.confirm_by_card", "person", person, data, at=at)
