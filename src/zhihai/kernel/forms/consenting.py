"""Papers of consent (代办委托书): in which somebody agreed that another acts for them, scanned and kept as evidence."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from zhihai.ground.actors import Actor
from zhihai.ground.forms.fields import MEBIBYTE, FileType
from zhihai.ground.forms.files import file_name, suited, type_of
from zhihai.ground.refusal import Conflict, NotFound, NotPermitted, Refused
from zhihai.kernel import records
from zhihai.kernel.forms.attaching import FileContent, FileLine
from zhihai.kernel.forms.receiving import SERVICE, Reception, receptions_here
from zhihai.kernel.forms.sending import SIGNED, SIGNED_PAPER
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.identity.kinds import SET_PEOPLE
from zhihai.kernel.journal import acts as journal

OFFICIALS = frozenset({"person", "simulated"})
"""Sorts of accounts that may help by a paper: those on duty."""


@dataclass(frozen=True, slots=True)
class Helped:
    """Somebody whom an official may help by a paper: the tie it belongs to, and the name of the person."""

    tie: int
    name: str = field(repr=False)
    kept_at: datetime


def place_of_paper(tie: int) -> str:
    """Return what a paper is bound to."""
    return f"tie_paper:{tie:d}"


def keep_paper(actor: Actor, tie: int, name: str, content: bytes, *, at: datetime, helper: str | None = None) -> None:
    """Keep the scan of the paper by which a tie was agreed to, once; an official called ``helper`` may help by it.

    Raises ``NotPermitted`` without the power ``person.set`` over the principal's area; ``Refused`` for a file that is
    none of the types, broken or too large, and for oneself as the helper: nobody attests what they help by;
    ``Conflict`` where one is kept already.
    """
    with records.atomic():
        held = _tie(actor, tie, at, SERVICE)
        account = None if helper is None else identity.account_named(helper)
        if account is not None and (account.sort not in OFFICIALS or account.id == actor.account):
            raise Refused("paper_helper", "helper")
        if len(content) > SIGNED_PAPER.size:
            raise Refused("file_large", SIGNED, name=file_name(name), most=SIGNED_PAPER.size // MEBIBYTE)
        sort = type_of(content, file_name(name), SIGNED_PAPER.types)
        write_paper(actor, held.id, account.id if account else None, sort, content, at)


def write_paper(actor: Actor, tie: int, helper: int | None, sort: FileType, content: bytes, at: datetime) -> None:
    """Keep the paper of a tie; the caller has asked. Raises ``Conflict`` where one is kept already."""
    sealed, digest = identity.seal_file(content, place_of_paper(tie)), hashlib.sha256(content).digest()
    with identity.seeing(identity.PLATFORM):
        kept = records.execute(
            """INSERT INTO tie_paper (tie_id, account_id, sort, size, digest, sealed_with, content, kept_by, at)
               VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING""",
            (tie, helper, sort, len(content), digest, sealed.key, sealed.text, actor.account, at),
        )
    if not kept:
        raise Conflict("paper_kept", "tie")
    journal.record(actor, "forms.keep_paper", "tie", tie, {"digest": digest.hex(), "helper": helper}, at=at)


def _tie(actor: Actor, tie: int, at: datetime, service: str | None = None) -> identity.Tie:
    held = identity.tie_told(tie, service, at=at)
    with identity.seeing(identity.PLATFORM):
        lies = records.value("SELECT area_lo FROM person WHERE id = %s", (held.principal.id,))
    if not actor.may_over(SET_PEOPLE, None, lies):
        raise NotPermitted("no_tie")
    return held


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper that is kept: since when, and the official who may help by it, ``None`` for nobody on duty."""

    at: datetime
    helper: int | None


def paper_of(actor: Actor, tie: int, *, at: datetime) -> tuple[identity.Tie, Paper | None]:
    """Return a tie and what is kept of its paper. Raises as :func:`keep_paper` does."""
    held = identity.tie_told(tie, None, at=at)
    with identity.seeing(identity.PLATFORM):
        row = records.one(
            """SELECT p.area_lo, k.at, k.account_id FROM person p LEFT JOIN tie_paper k ON k.tie_id = %s
               WHERE p.id = %s""",
            (tie, held.principal.id),
        )
    if row is None or not actor.may_over(SET_PEOPLE, None, row[0]):
        raise NotPermitted("no_tie")
    return held, None if row[1] is None else Paper(*row[1:])


def paper_told(actor: Actor, tie: int, *, at: datetime) -> FileContent:
    """Return the paper of a tie. Raises as :func:`keep_paper` does, ``NotFound`` where none is kept."""
    _tie(actor, tie, at)
    with identity.seeing(identity.PLATFORM):
        row = records.one("SELECT sort, size, digest, sealed_with, content FROM tie_paper WHERE tie_id = %s", (tie,))
    if row is None:
        raise NotFound("no_file")
    sort = cast("FileType", row[0])
    line = FileLine(f"{tie}", SIGNED, suited(f"tie-{tie}", sort), sort, row[1], bytes(row[2]))
    return FileContent(line, identity.open_file(identity.Sealed(row[3], bytes(row[4])), place_of_paper(tie)))


def served_by(actor: Actor, *, at: datetime, at_machine: datetime) -> tuple[tuple[Reception, ...], tuple[Helped, ...]]:
    """Return whom an official is serving now, and whom they may help by papers that name them."""
    with identity.seeing(identity.PLATFORM):
        found = records.rows(
            """SELECT p.tie_id, who.name, p.at FROM tie_paper p JOIN tie t ON t.id = p.tie_id
               JOIN person who ON who.id = t.principal_id
               WHERE p.account_id = %s AND t.valid_from <= %s AND t.accepted_at IS NOT NULL
               AND coalesce(least(t.valid_to, t.ended_at), 'infinity') > %s ORDER BY who.name, p.tie_id""",
            (actor.account, at, at),
        )
        return receptions_here(actor, at_machine), tuple(Helped(*row) for row in found)
