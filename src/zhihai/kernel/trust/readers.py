"""Machines that read identity cards (居民身份证阅读机具): at which counters, at what address, and what they sign with.

A machine answers the page at its own counter, never our server. One that has a key signs what it read together with a
nonce of ours, so that neither another program nor an older answer can speak for it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from zhihai.ground.actors import Actor
from zhihai.ground.identifiers.card import read_card as card_of
from zhihai.ground.named import Named
from zhihai.ground.powers import SEE_PEOPLE, SET_WINDOWS
from zhihai.ground.refusal import Conflict, NotFound, NotPermitted, Refused
from zhihai.kernel import records
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.trust.cards import Proof, note_card, shown_by

ADDRESS = re.compile(r"https?://(?:127\.0\.0\.1|localhost):([1-9][0-9]{1,4})")
"""The counter's own machine: what another one reads is nobody's to vouch for here."""
NAME = (2, 60)
KEY = 2000
"""Characters of a key as it is given in."""


@dataclass(frozen=True, slots=True)
class CardReader:
    """A machine at a counter of an organisation; ``org_lo`` is the organisation's place in its tree."""

    id: int
    organisation: int
    org_lo: int
    office: Named
    name: str
    address: str
    signs: bool
    open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CardReaderInput:
    """A machine as it is set up. ``key`` is its public key (Ed25519, PEM); empty for one that does not sign."""

    organisation: int
    name: str
    address: str
    key: str = ""
    open: bool = True


_ASK = """SELECT r.id, r.organisation_id, o.lo, o.name_zh, o.name_en, r.name, r.address, r.key IS NOT NULL, r.open
    FROM card_reader r JOIN organisation o ON o.id = r.organisation_id"""


def _made(row: records.Row) -> CardReader:
    return CardReader(row[0], row[1], row[2], Named(row[3], row[4]), row[5], row[6], row[7], row[8])


def card_readers() -> tuple[CardReader, ...]:
    """Return all machines, in order of their organisations' tree and by name."""
    return tuple(_made(row) for row in records.rows(f"{_ASK} ORDER BY o.lo, r.name"))


def card_readers_for(actor: Actor) -> tuple[CardReader, ...]:
    """Return the machines in use by which an official may find people: those of the offices where they serve."""
    return tuple(one for one in card_readers() if one.open and actor.may_over(SEE_PEOPLE, one.org_lo, None))


def set_card_reader(actor: Actor, given: CardReaderInput, reader: int | None = None, *, at: datetime) -> int:
    """Set a machine up, or change one; returns its number. An empty key keeps the one there is.

    Raises ``NotPermitted`` without the power ``window.set`` over the organisation, and over the one it stood in;
    ``Refused`` for a name of another length, an address that is not the counter's own machine, and a key that is no
    Ed25519 key; ``Conflict`` for a name that the organisation has given already.
    """
    name, address = " ".join(given.name.split()), given.address.strip().rstrip("/")
    if not NAME[0] <= len(name) <= NAME[1]:
        raise Refused("reader_name", "name", least=NAME[0], most=NAME[1])
    found = ADDRESS.fullmatch(address)
    if found is None or int(found[1]) > 65535:
        raise Refused("reader_address", "address")
    key = _key(given.key)
    with records.atomic():
        organisation = records.value("SELECT lo FROM organisation WHERE id = %s", (given.organisation,))
        if organisation is None:
            raise NotFound("no_organisation", "organisation")
        actor.need(SET_WINDOWS, organisation, None)
        if reader is not None:
            actor.need(SET_WINDOWS, _reader(reader).org_lo, None)
        id_ = _write(given, name, address, key, reader, at)
        held = records.value("SELECT key FROM card_reader WHERE id = %s", (id_,))
        print_ = None if held is None else hashlib.sha256(bytes(held)).hexdigest()
        data = {"address": address, "signs": held is not None, "key": print_, "open": given.open}
        journal.record(actor, "trust.set_card_reader", "card_reader", id_, data, at=at)
    return id_


def _write(given: CardReaderInput, name: str, address: str, key: bytes | None, reader: int | None, at: datetime) -> int:
    if records.one(
        "SELECT 1 FROM card_reader WHERE organisation_id = %s AND name = %s AND id IS DISTINCT FROM %s::int",
        (given.organisation, name, reader),
    ):
        raise Conflict("reader_known", "name")
    if reader is None:
        return int(
            records.value(
                """INSERT INTO card_reader (organisation_id, name, address, key, open, changed_at)
                   VALUES (%s, %s, %s, %s, %s, %s) RETURNING id""",
                (given.organisation, name, address, key, given.open, at),
            )
        )
    records.execute(
        """UPDATE card_reader SET organisation_id = %s, name = %s, address = %s, key = coalesce(%s, key), open = %s,
           changed_at = %s WHERE id = %s""",
        (given.organisation, name, address, key, given.open, at, reader),
    )
    return reader


def _key(text: str) -> bytes | None:
    written = text.strip()
    if not written:
        return None
    try:
        key = load_pem_public_key(written.encode("ascii")) if len(written) <= KEY else None
    except ValueError:
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise Refused("reader_key", "key")
    return key.public_bytes_raw()


def _reader(id_: int) -> CardReader:
    row = records.one(f"{_ASK} WHERE r.id = %s", (id_,))
    if row is None:
        raise NotFound("no_reader", "reader")
    return _made(row)


def card_reader_for(actor: Actor, reader: int) -> CardReader:
    """Return a machine by which an official may find people.

    Raises ``NotPermitted`` without the power ``person.see``, ``Refused`` for the machine of another office and for
    none.
    """
    if not actor.may(SEE_PEOPLE) or actor.narrowed:
        raise NotPermitted
    found = next((one for one in card_readers_for(actor) if one.id == reader), None)
    if found is None:
        raise Refused("no_reader", "reader")
    return found


def read_card(
    actor: Actor, reader: int, nonce: str, statement: str, signature: str, *, at: datetime, at_machine: datetime
) -> int:
    """Take what a machine read before an official, and return whose card it is.

    ``nonce`` is what the page had the machine answer to, once. Where the machine has a key, the statement must be
    signed with it: Ed25519 (RFC 8032) over its UTF-8 bytes, in base64url. Raises as :func:`card_reader_for` and
    :func:`~zhihai.kernel.trust.cards.note_card` do; ``Refused`` for what no machine says (``card_unreadable``), an
    answer to something else (``card_late``), and a missing or wrong signature (``card_signature``).
    """
    card, found = card_of(statement), card_reader_for(actor, reader)
    if not nonce or not hmac.compare_digest(card.nonce.encode(), nonce.encode()):
        raise Refused("card_late", "card", status=409)
    if found.signs:
        key = records.value("SELECT key FROM card_reader WHERE id = %s", (found.id,))
        _refuse_signature(bytes(key), statement, signature)
    proof: Proof = "signed" if found.signs else "read"
    shown = shown_by(proof, found.name)
    return note_card(actor, card, found.id, shown, proof, at=at, at_machine=at_machine)


def _refuse_signature(key: bytes, statement: str, signature: str) -> None:
    try:
        raw = urlsafe_b64decode(f"{signature[:200]}{'=' * (-len(signature) % 4)}".encode("ascii"))
        Ed25519PublicKey.from_public_bytes(key).verify(raw, statement.encode())
    except (ValueError, InvalidSignature):
        raise Refused("card_signature", "card") from None
