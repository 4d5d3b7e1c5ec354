"""Whose matter it is and who reaches it: residents their own, officials that of whom they are serving (窗口受理)."""

from __future__ import annotations

from datetime import datetime

from zhihai.ground.actors import Actor
from zhihai.ground.refusal import NotFound
from zhihai.kernel import records
from zhihai.kernel.cases import reads as cases
from zhihai.kernel.forms import reads as forms
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.journal import reads as clock
from zhihai.kernel.services.applications import (
    APPLICATION,
    SERVICE,
    Application,
    has_matter,
    matters_of,
    own_application,
)


def reader_of(actor: Actor) -> str:
    """Return who asks behind the wall: a resident for their own, the platform once it is shown whom one serves."""
    return identity.of_own(actor) if actor.sort == "resident" else identity.PLATFORM


def applicant_of(actor: Actor, draft: forms.Draft, *, at: datetime) -> identity.Applicant:
    """Return whose matter a draft would be. Raises as :func:`~zhihai.kernel.identity.reads.applicant` does."""
    if draft.desk is None:
        return identity.applicant(actor, SERVICE, at=at, tie=draft.tie)
    if draft.desk.person is None:
        district = clock.clock().provenance
        return identity.Applicant(None, "natural", False, district)
    return identity.applicant_received(draft.desk.person)


_RECEIVED = """EXISTS (SELECT FROM reception r WHERE r.account_id = %s AND r.ended_at IS NULL
    AND (r.tie_id IS NULL OR EXISTS (SELECT FROM tie t WHERE t.id = r.tie_id AND t.valid_from <= %s
        AND coalesce(least(t.valid_to, t.ended_at), 'infinity') > %s))
    AND CASE r.way WHEN 'call'
    THEN a.way = 'call' AND a.account_id = r.account_id AND a.applied_at >= r.begun_at
    ELSE r.person_id = a.person_id END)"""
"""Matters ``a`` of whom an account is serving; of who calls only what was taken down in this call."""


def reached_application(actor: Actor, number: str, *, at: datetime) -> Application:
    """Return one's own matter by its number, or that of whom one is serving at a window or by their consent.

    Raises as :func:`~zhihai.kernel.services.applications.own_application` does.
    """
    if actor.sort == "resident":
        return own_application(actor, number, at=at)
    with identity.asking(identity.PLATFORM):
        found = matters_of(f"a.number = %s AND {_RECEIVED}", (number, actor.account, at, at))
    if not found:
        raise NotFound("no_matter", "number")
    return found[0]


def reaches_matter(actor: Actor, number: str, *, at: datetime) -> bool:
    """Say whether a number is that of a matter which an account reaches."""
    if actor.sort == "resident":
        return has_matter(actor, number)
    with identity.asking(identity.PLATFORM):
        asked = f"SELECT 1 FROM application a WHERE a.number = %s AND {_RECEIVED}"
        return bool(records.one(asked, (number, actor.account, at, at)))


def matters_received(received: forms.Reception, *, at: datetime) -> tuple[tuple[Application, cases.Progress], ...]:
    """Return the latest matters of whom an official is serving, the newest first; who calls is not asked for theirs.

    Raises ``Refused`` where it was by a tie that does not hold any more.
    """
    if received.person is None or received.way == "call":
        return ()
    if received.tie is not None:
        identity.tie_told(received.tie, SERVICE, at=at)
    with identity.asking(identity.PLATFORM):
        found = matters_of("a.person_id = %s", (received.person,))
    progress = cases.progress(APPLICATION, [one.id for one in found])
    return tuple((one, progress[one.id]) for one in found)
