"""Deciding on requests to act for another (代办申请审核): an official looks at the scan, accepts or refuses."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from zhihai.ground.actors import ANY_TYPE, SYSTEM, Actor
from zhihai.ground.forms.values import KEY
from zhihai.ground.refusal import Conflict, NotPermitted, Refused
from zhihai.kernel import records
from zhihai.kernel.channels import acts as channels
from zhihai.kernel.forms.attaching import FileContent
from zhihai.kernel.forms.consenting import write_paper
from zhihai.kernel.forms.requesting import (
    GROUND,
    REASONS,
    REQUEST,
    SCAN,
    TieRequest,
    kind_words,
    request_here,
    scan_here,
    words_of,
)
from zhihai.kernel.forms.sweeping import KEPT
from zhihai.kernel.identity import acts as identity_acts
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.identity.kinds import SET_PEOPLE
from zhihai.kernel.journal import acts as journal

AT_ONCE = 200
SCAN_DAYS = KEPT.days
"""Days after which the scan of what was refused or taken back is deleted: as long as a draft is kept."""
ACTING = "/my/acting/"
_FROM = """tie_request r LEFT JOIN person p ON p.number_index = r.number_index JOIN person a ON a.id = r.acting_id"""
_AREA = "coalesce(p.area_lo, a.area_lo)"
"""Who decides: whoever sets people where the person lives; where nobody has that number, where lives who asks."""


@dataclass(frozen=True, slots=True)
class WaitingTie:
    """A request in the list of those that wait: ``id`` is what the next page goes on from, ``asking`` who asks."""

    id: int
    request: TieRequest
    asking: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AskedTie:
    """A request as an official reads it.

    ``asking`` is the name of who asks; ``person`` is the person of the name and number that were written, ``None``
    where they fit nobody.
    """

    request: TieRequest
    asking: str = field(repr=False)
    person: int | None


def tie_requests(actor: Actor, *, after: int = 0, limit: int = 50) -> tuple[WaitingTie, ...]:
    """Return requests that wait and that one may decide on, oldest first."""
    wall = identity.predicate(actor, SET_PEOPLE, org=None, area=_AREA, type_=str(ANY_TYPE))
    with identity.seeing(identity.PLATFORM):
        found = records.rows(
            f"""SELECT r.id, a.name, {REQUEST} FROM {_FROM}
                WHERE r.state = 'waiting' AND r.id > %s AND {wall} ORDER BY r.id LIMIT {limit:d}""",
            (after,),
        )
    return tuple(WaitingTie(row[0], request_here(row[2:]), row[1]) for row in found)


def _open(actor: Actor, key: str, *, lock: bool = False) -> records.Row:
    """Return a request that one may decide on; asked where the wall shows all.

    Columns: number, account and person of who asks, their name, where it lies, then :data:`REQUEST`.
    """
    row = records.one(
        f"""SELECT r.id, r.account_id, r.acting_id, a.name, {_AREA}, {REQUEST} FROM {_FROM} WHERE r.key = %s
            {"FOR UPDATE OF r" if lock else ""}""",
        (key,),
    ) if KEY.fullmatch(key) else None  # fmt: skip
    if row is None or actor.account == row[1] or not actor.may_over(SET_PEOPLE, None, row[4]):
        raise NotPermitted("no_tie_request")
    return row


def tie_request(actor: Actor, key: str) -> AskedTie:
    """Return a request. Raises ``NotPermitted`` for none, one's own, and without ``person.set`` where it lies."""
    with identity.seeing(identity.PLATFORM):
        row = _open(actor, key)
        person = identity.person_named(*words_of(row[5], row[6]))
    return AskedTie(request_here(row[5:]), row[3], person)


def scan_asked(actor: Actor, key: str) -> FileContent:
    """Return the scan of a request. Raises as :func:`tie_request`, ``NotFound`` where it is not kept any more."""
    with identity.seeing(identity.PLATFORM):
        _open(actor, key)
        row = records.one(f"SELECT {SCAN} FROM tie_request r WHERE r.key = %s", (key,))
    return scan_here(key, row)


def accept_tie_request(actor: Actor, key: str, evidence: str, *, at: datetime) -> int:
    """Make the tie that was asked for, with its paper; ``evidence`` is how the person was asked. Returns its number.

    The person is told, by letter where they have no account, and can end it. Raises as :func:`tie_request`;
    ``Conflict`` once it is decided; ``Refused`` where name and number fit nobody, for whoever is tied to either side,
    where who asks is not shown in person any more, and as :func:`~.identity.acts.record_tie` does.
    """
    with identity.seeing(identity.PLATFORM):
        row = _waiting(actor, key)
        asked = request_here(row[5:])
        person = identity.person_named(*words_of(row[5], row[6]))
        if person is None:
            raise Refused("tie_request_nobody", "key")
        _refuse_tied(actor, row[2], person, at)
        _refuse_gone(row[1], row[2])
        given = identity_acts.TieInput(
            kind=asked.kind, principal=person, name="", number="", services=asked.services, valid_from=at,
            valid_to=asked.valid_to, ground=GROUND, evidence=evidence,
        )  # fmt: skip
        scan = scan_here(key, records.one(f"SELECT {SCAN} FROM tie_request r WHERE r.key = %s", (key,)))
        tie = identity_acts.record_tie(actor, given, at=at, acting=row[2])
        write_paper(actor, tie, None, scan.line.sort, scan.content, at)
        records.execute(
            """UPDATE tie_request SET state = 'accepted', decided_at = %s, decided_by = %s, tie_id = %s,
                   content = NULL, sealed_with = NULL WHERE id = %s""",
            (at, actor.account, tie, row[0]),
        )
        journal.record(actor, "forms.accept_tie_request", "tie_request", row[0], {"tie": tie}, at=at)
    return tie


def refuse_tie_request(actor: Actor, key: str, reason: str, *, at: datetime) -> None:
    """Refuse what was asked for, for one of a few reasons, which who asked is told.

    Raises as :func:`tie_request`; ``Conflict`` once it is decided; ``Refused`` without a reason.
    """
    if reason not in REASONS:
        raise Refused("tie_request_reason", "reason")
    with identity.seeing(identity.PLATFORM):
        row = _waiting(actor, key)
        records.execute(
            "UPDATE tie_request SET state = 'refused', decided_at = %s, decided_by = %s, reason = %s WHERE id = %s",
            (at, actor.account, reason, row[0]),
        )
        journal.record(actor, "forms.refuse_tie_request", "tie_request", row[0], {"reason": reason}, at=at)
        why = channels.Said(f"forms.tie_request.reason.{reason}", {})
        facts = {"kind": channels.Said(kind_words(row[7]), {}), "reason": why}
        once = f"tie_request:{row[0]}"
        channels.tell([channels.Telling([row[1]], "zhihai.tie_request_refused", facts, ACTING, once, at)])


def _waiting(actor: Actor, key: str) -> records.Row:
    row = _open(actor, key, lock=True)
    if row[11] != "waiting":
        raise Conflict("tie_request_done", "key")
    return row


def _refuse_tied(actor: Actor, acting: int, principal: int, at: datetime) -> None:
    """Refuse whoever is one of the two, or helps the person by a paper of theirs: nobody decides where they gain."""
    tied = records.value(
        """SELECT EXISTS (SELECT FROM account_person WHERE account_id = %s AND person_id IN (%s, %s)) OR EXISTS (
               SELECT FROM tie_paper k JOIN tie t ON t.id = k.tie_id WHERE k.account_id = %s AND t.principal_id = %s
               AND coalesce(least(t.valid_to, t.ended_at), 'infinity') > %s)""",
        (actor.account, acting, principal, actor.account, principal, at),
    )
    if tied:
        raise Refused("tie_request_tied", "key", status=403)


def _refuse_gone(account: int, person: int) -> None:
    shown = records.one(
        "SELECT FROM account_person WHERE account_id = %s AND person_id = %s AND level = 3", (account, person)
    )
    if shown is None:
        raise Refused("tie_request_gone", "key", status=409)


def sweep_tie_requests(*, at: datetime) -> int:
    """Delete the scans of requests that were refused or taken back as long ago as a draft is kept; returns how many.

    What was asked and what was answered stays. The platform's own work, to be called every now and then.
    """
    with identity.seeing(identity.PLATFORM):
        gone = records.rows(
            f"""UPDATE tie_request SET content = NULL, sealed_with = NULL WHERE id IN (SELECT id FROM tie_request
                WHERE content IS NOT NULL AND state <> 'waiting' AND decided_at <= %s ORDER BY id LIMIT {AT_ONCE}
                FOR UPDATE SKIP LOCKED) RETURNING id""",
            (at - KEPT,),
        )
        for (id_,) in gone:
            journal.record(SYSTEM, "forms.sweep_tie_requests", "tie_request", id_, {}, at=at)
    return len(gone)
