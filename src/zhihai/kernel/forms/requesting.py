"""Requests to act for another (代办申请): what a relative asks for, with the scan of the paper that the person signed.

A request gives no right and looks nobody up: who asks learns neither whether the number is known here nor whose it is.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, cast, get_args

from zhihai.ground.actors import Actor
from zhihai.ground.forms.fields import MEBIBYTE, FileType
from zhihai.ground.forms.files import file_name, suited, type_of
from zhihai.ground.forms.values import KEY
from zhihai.ground.identifiers.citizen import masked
from zhihai.ground.kind import word
from zhihai.ground.refusal import Conflict, NotFound, NotPermitted, Refused
from zhihai.kernel import house, records
from zhihai.kernel.forms.attaching import KEY_BYTES, FileContent, FileLine
from zhihai.kernel.forms.sending import SIGNED, SIGNED_PAPER
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.identity.kinds import TieKind
from zhihai.kernel.journal import acts as journal

Relation = Literal["spouse", "child", "parent", "sibling", "other_kin", "neighbour", "other"]
"""What who asks is to the person. Words: ``forms.relation.<relation>``."""
RELATIONS: tuple[Relation, ...] = get_args(Relation)
RequestState = Literal["waiting", "withdrawn", "refused", "accepted"]
"""Words: ``forms.tie_request.<state>``."""
Reason = Literal["unreadable", "unsigned", "differs", "unproved", "at_window"]
"""Why it was refused: one of a few, since a sentence of one's own would tell who is known here.
Words: ``forms.tie_request.reason.<reason>``."""
REASONS: tuple[Reason, ...] = get_args(Reason)
GROUND = "written"
SCAN_MEBIBYTES = SIGNED_PAPER.size // MEBIBYTE
REQUESTS_A_DAY, IN_A_DAY = 3, timedelta(hours=24)
"""So many requests in so long, by machine time, may one person send, by whichever account."""
NAME = (1, 60)
"""Characters of a name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TieRequestInput:
    """What a relative asks for: ``name`` and ``number`` are the person's, ``services`` ``None`` is all there are.

    ``valid_to`` is the instant from which it is to hold no more; it begins when it is accepted.
    """

    kind: str
    name: str = field(repr=False)
    number: str = field(repr=False)
    relation: str
    services: Collection[str] | None
    valid_to: datetime
    file: str = field(repr=False)
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class TieRequest:
    """A request as who sent it reads it; instants are district time, UTC. ``scan`` says whether the scan is kept."""

    key: str
    name: str = field(repr=False)
    number: str = field(repr=False)
    kind: str
    relation: Relation
    services: tuple[str, ...] | None
    valid_to: datetime
    state: RequestState
    at: datetime
    decided_at: datetime | None
    reason: Reason | None
    tie: int | None
    scan: bool


def place_of_request(key: str, part: str) -> str:
    """Return what a part of a request, its words or its scan, is bound to."""
    return f"tie_request:{key}:{part}"


def kinds_asked() -> tuple[str, ...]:
    """Return the full names of kinds of tie that may be asked for: those that people end themselves, by a paper."""
    return tuple(
        name
        for name, kind in house.registry().all(TieKind)
        if kind.parties and kind.principal == "natural" and GROUND in kind.grounds
    )


def request_tie(actor: Actor, given: TieRequestInput, *, at: datetime, at_machine: datetime) -> str:
    """Ask to act for somebody by a paper that they signed; returns the key of the request, which waits.

    The answer is the same whether the number is known here or not. Raises ``NotPermitted`` for whoever was not shown in
    person; ``Refused`` naming the field for a kind, relation, name, number, scope or term that is none, one's own
    number, and a file that is none of the types, broken, active or too large; ``Conflict`` while another request for
    the same person waits; ``tie_request_later`` (429) after three in a day.
    """
    if given.kind not in kinds_asked():
        raise Refused("no_tie_kind", "kind")
    if given.relation not in RELATIONS:
        raise Refused("tie_relation", "relation")
    name = " ".join(given.name.split())
    if not NAME[0] <= len(name) <= NAME[1] or not name.isprintable():
        raise Refused("tie_request_name", "name", most=NAME[1])
    number, indexes = identity.found_by(given.number)
    services = None if given.services is None else sorted(set(given.services))
    identity.refuse_terms(given.kind, services, at, given.valid_to, at)
    with identity.seeing(identity.of_own(actor)):
        own = _own_person(actor, indexes)
        _refuse_more(actor, own, indexes, at_machine)
        sort = _scanned(given)
        key = secrets.token_urlsafe(KEY_BYTES)
        sealed = identity.seal_file(given.content, place_of_request(key, "scan"))
        digest = hashlib.sha256(given.content).digest()
        words = identity.seal_secret(records.as_json({"name": name, "number": number}), place_of_request(key, "words"))
        id_: int | None = records.value(
            """INSERT INTO tie_request (key, account_id, acting_id, number_index, sealed, kind, relation, services,
                   valid_to, sort, size, digest, sealed_with, content, at, recorded_at)
               VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
               ON CONFLICT DO NOTHING RETURNING id""",
            (
                key, actor.account, own, indexes[0], words, given.kind, given.relation, services, given.valid_to, sort,
                len(given.content), digest, sealed.key, sealed.text, at, at_machine,
            ),
        )  # fmt: skip
        if id_ is None:  # another account of the same person was first
            raise Conflict("tie_request_twice", "number")
        data = {"kind": given.kind, "relation": given.relation, "services": services, "digest": digest.hex()}
        journal.record(actor, "forms.request_tie", "tie_request", id_, data, at=at)
    return key


def _own_person(actor: Actor, indexes: tuple[bytes, ...]) -> int:
    """Return whom an account was shown to be; asked where the wall shows one's own."""
    own = identity.proved_person(actor)
    if own is None:
        raise NotPermitted("tie_request_level")
    if records.one("SELECT FROM person WHERE id = %s AND number_index = ANY(%s)", (own, list(indexes))) is not None:
        raise Refused("tie_request_self", "number")
    return own


def _refuse_more(actor: Actor, own: int, indexes: tuple[bytes, ...], at_machine: datetime) -> None:
    """Hold the account; refuse a second request for the same person, and more than so many in a day.

    Counted is what the person asked for by whichever account: one that was replaced is not seen by the next.
    """
    records.one("SELECT id FROM account WHERE id = %s FOR UPDATE", (actor.account,))
    with identity.asking(identity.PLATFORM):
        row = records.one(
            """SELECT count(*) FILTER (WHERE recorded_at > %s),
                   count(*) FILTER (WHERE state = 'waiting' AND number_index = ANY(%s))
               FROM tie_request WHERE acting_id = %s AND (recorded_at > %s OR state = 'waiting')""",
            (at_machine - IN_A_DAY, list(indexes), own, at_machine - IN_A_DAY),
        )
    assert row is not None
    if row[1]:
        raise Conflict("tie_request_twice", "number")
    if row[0] >= REQUESTS_A_DAY:
        raise Refused("tie_request_later", status=429, most=REQUESTS_A_DAY)


def _scanned(given: TieRequestInput) -> FileType:
    shown = file_name(given.file)
    if not given.content:
        raise Refused("paper_scan", "scan")
    if len(given.content) > SIGNED_PAPER.size:
        raise Refused("file_large", "scan", name=shown, most=SCAN_MEBIBYTES)
    return type_of(given.content, shown, SIGNED_PAPER.types)


def withdraw_tie_request(actor: Actor, key: str, *, at: datetime) -> None:
    """Take one's own request back. Raises ``NotFound`` for none of one's own, ``Conflict`` once it is decided."""
    with identity.seeing(identity.of_own(actor)):
        row = records.one(
            "SELECT id, state FROM tie_request WHERE key = %s AND account_id = %s FOR UPDATE", (key, actor.account)
        ) if KEY.fullmatch(key) else None  # fmt: skip
        if row is None:
            raise NotFound("no_tie_request")
        if row[1] != "waiting":
            raise Conflict("tie_request_done", "key")
        records.execute(
            "UPDATE tie_request SET state = 'withdrawn', decided_at = %s, decided_by = %s WHERE id = %s",
            (at, actor.account, row[0]),
        )
        journal.record(actor, "forms.withdraw_tie_request", "tie_request", row[0], {}, at=at)


REQUEST = """r.key, r.sealed, r.kind, r.relation, r.services, r.valid_to, r.state, r.at, r.decided_at, r.reason,
    r.tie_id, r.content IS NOT NULL"""


def request_here(row: records.Row) -> TieRequest:
    """Make a request of a row of :data:`REQUEST`; the number is masked."""
    name, number = words_of(row[0], row[1])
    services = None if row[4] is None else tuple(row[4])
    return TieRequest(row[0], name, masked(number), row[2], row[3], services, *row[5:])


def words_of(key: str, sealed: str) -> tuple[str, str]:
    """Return the name and the number that a request names."""
    said = records.json_object(identity.open_secret(sealed, place_of_request(key, "words")))
    return str(said["name"]), str(said["number"])


def my_tie_requests(actor: Actor) -> tuple[TieRequest, ...]:
    """Return one's own requests, the latest first, at most fifty."""
    with identity.seeing(identity.of_own(actor)):
        found = records.rows(
            f"SELECT {REQUEST} FROM tie_request r WHERE r.account_id = %s ORDER BY r.id DESC LIMIT 50", (actor.account,)
        )
    return tuple(request_here(row) for row in found)


SCAN = "r.sort, r.size, r.digest, r.sealed_with, r.content"


def scan_here(key: str, row: records.Row | None) -> FileContent:
    """Make the scan of a row of :data:`SCAN`. Raises ``NotFound`` where it is not kept any more."""
    if row is None or row[4] is None:
        raise NotFound("no_file")
    sort = cast("FileType", row[0])
    line = FileLine(key, SIGNED, suited("consent", sort), sort, row[1], bytes(row[2]))
    content = identity.open_file(identity.Sealed(row[3], bytes(row[4])), place_of_request(key, "scan"))
    return FileContent(line, content)


def own_scan(actor: Actor, key: str) -> FileContent:
    """Return the scan of one's own request. Raises ``NotFound`` for none of one's own, and for one not kept."""
    with identity.seeing(identity.of_own(actor)):
        row = records.one(
            f"SELECT {SCAN} FROM tie_request r WHERE r.key = %s AND r.account_id = %s", (key, actor.account)
        ) if KEY.fullmatch(key) else None  # fmt: skip
    return scan_here(key, row)


def kind_words(kind: str) -> str:
    """Return the words key of the name of a kind of tie."""
    return word(kind, "tie", "name")
