"""Sign-ins at systems as parts of one here (单点登录会话), and telling those systems that it has ended (统一退出).

A sign-in here may end anywhere: by its owner on any device, by a new password, by an office that lets somebody go. The
store parts what systems know of it in that very transaction; from then on no code and no refresh token of it is worth
anything. A worker then ends what access tokens are left and tells each system that wants to be told (OpenID Connect
Back-Channel Logout 1.0), never within the request of whoever signed out. A sign-in that ran out unused signs nobody
out elsewhere. Machine time.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from zhihai.kernel import records
from zhihai.kernel.identity.events import WayInChanged
from zhihai.kernel.journal.acts import Heard
from zhihai.kernel.trust.consents import subject_of
from zhihai.kernel.trust.tokens import FAMILY_GOOD_FOR

logger = logging.getLogger(__name__)

SID_BYTES = 24
AT_ONCE = 200
LEASE = timedelta(minutes=2)
"""How long telling one system may take before another worker believes this one dead."""
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=15), timedelta(hours=1)
MOST_ATTEMPTS = 30
"""With the waits above: given up after about a day."""
SHOWN_FOR = timedelta(days=30)
"""So long a system that could not be told is shown."""


@dataclass(frozen=True, slots=True)
class Parting:
    """That a sign-in at a system has ended: ``address`` is where it wants to be told, ``subject`` whose it was."""

    address: str
    client: str
    subject: str
    sid: str


@dataclass(frozen=True, slots=True)
class PartingState:
    """How many sign-ins a system is still to be told of, how many were given up, and why the last attempt failed."""

    waiting: int
    given_up: int
    failure: str | None


def begin_at_system(account: int, client: str, key: str | None, *, at_machine: datetime) -> str:
    """Return by which name a system knows the sign-in of a session, one for all its codes; empty for no sign-in."""
    found = records.value(
        """INSERT INTO system_sign_in (sid, client_id, account_id, sign_in_id, begun_at)
           SELECT %s, %s, i.account_id, i.id, %s FROM sign_in i WHERE i.session_key = %s AND i.account_id = %s
           ON CONFLICT (sign_in_id, client_id) DO UPDATE SET client_id = EXCLUDED.client_id RETURNING sid""",
        (secrets.token_urlsafe(SID_BYTES), client, at_machine, key, account),
    )
    return str(found or "")


def leave_system(key: str | None, client: str) -> None:
    """Forget the sign-in of a session at a system that signs out there itself: it need not be told."""
    records.execute(
        """DELETE FROM system_sign_in s USING sign_in i
           WHERE i.id = s.sign_in_id AND i.session_key = %s AND s.client_id = %s""",
        (key, client),
    )


def let_sign_ins_expire(*, at_machine: datetime) -> int:
    """Note which sign-ins ran out, before they are swept, and forget what is of no use any more; returns how many.

    The platform's own work, to be called right before expired sessions are removed, with the same instant.
    """
    noted = records.execute(
        """UPDATE system_sign_in s SET expired_at = %s FROM sign_in i JOIN django_session d USING (session_key)
           WHERE i.id = s.sign_in_id AND d.expire_date <= %s AND s.expired_at IS NULL""",
        (at_machine, at_machine),
    )
    return noted + records.execute(
        """DELETE FROM system_sign_in
           WHERE expired_at < %s OR (ended_at < %s AND next_at IS NULL)""",
        (at_machine - FAMILY_GOOD_FOR, at_machine - SHOWN_FOR),
    )


def part_expired(heard: Sequence[Heard]) -> None:
    """Listener: after a new password also what expired sign-ins led to ends: it may be another's who knew the old."""
    accounts = [
        one.event.account
        for one in heard
        if isinstance(one.event, WayInChanged) and one.event.what == "password_changed"
    ]
    records.execute(
        "UPDATE system_sign_in SET expired_at = NULL WHERE account_id = ANY(%s) AND expired_at IS NOT NULL", (accounts,)
    )


def end_at_systems(*, at_machine: datetime) -> int:
    """End the tokens of sign-ins that have ended, and see who is to be told; returns how many sign-ins those were."""
    with records.atomic():
        found = records.rows(
            """SELECT sid FROM system_sign_in WHERE sign_in_id IS NULL AND expired_at IS NULL AND ended_at IS NULL
               ORDER BY begun_at LIMIT %s FOR UPDATE SKIP LOCKED""",
            (AT_ONCE,),
        )
        sids = [sid for (sid,) in found]
        if not sids:
            return 0
        records.execute(
            """DELETE FROM allauth_idp_oidc_token t USING system_sign_in s WHERE s.sid = ANY(%s)
               AND t.user_id = s.account_id AND t.client_id = s.client_id AND t.data->>'sid' = s.sid""",
            (sids,),
        )
        records.execute(
            "UPDATE system_sign_in SET ended_at = %s, next_at = %s WHERE sid = ANY(%s)", (at_machine, at_machine, sids)
        )
        records.execute(
            """DELETE FROM system_sign_in s WHERE s.sid = ANY(%s) AND NOT EXISTS (
                   SELECT FROM oidc_client c JOIN allauth_idp_oidc_client l ON l.id = c.client_id
                   WHERE c.client_id = s.client_id AND c.ended_at IS NULL
                   AND l.data #>> '{client_metadata,backchannel_logout_uri}' <> '')""",
            (sids,),
        )
    return len(sids)


def tell_systems(send: Callable[[Parting], object], *, at_machine: datetime, limit: int = 50) -> int:
    """Tell systems that somebody's sign-in there has ended, up to ``limit`` of them; returns how many took it.

    ``send`` returns when the system has answered that it did, and raises otherwise, well within the lease. What fails
    waits 15 s, then twice as long each time up to an hour, and all else of that system with it, so that one that is
    away holds nobody up; it is given up, and shown, after thirty attempts. A system may be told twice (where a worker
    dies before it notes that it told), which ends nothing twice.
    """
    began, told = time.monotonic(), 0
    for _ in range(limit):
        now = at_machine + timedelta(seconds=time.monotonic() - began)
        taken = _take(now)
        if taken is None:
            break
        parting, attempt = taken
        fault = _send(parting, send)
        _note(parting, attempt, fault, at_machine + timedelta(seconds=time.monotonic() - began))
        told += fault is None
    return told


def _take(now: datetime) -> tuple[Parting, int] | None:
    with records.atomic(durable=True):
        row = records.one(
            """UPDATE system_sign_in s SET lease_until = %s, attempts = s.attempts + 1
               FROM allauth_idp_oidc_client l WHERE l.id = s.client_id AND s.sid = (
                   SELECT d.sid FROM system_sign_in d
                   WHERE d.next_at <= %s AND (d.lease_until IS NULL OR d.lease_until <= %s)
                   ORDER BY d.next_at, d.sid LIMIT 1 FOR UPDATE SKIP LOCKED)
               RETURNING s.sid, s.client_id, s.account_id, s.attempts,
                   l.data #>> '{client_metadata,backchannel_logout_uri}'""",
            (now + LEASE, now, now),
        )
        if row is None:
            return None
        return Parting(row[4] or "", row[1], subject_of(row[1], row[2]), row[0]), row[3]


def _send(parting: Parting, send: Callable[[Parting], object]) -> str | None:
    """Tell one system; return what went wrong, by the type of the error. One that wants it no more was told enough."""
    try:
        if parting.address:
            send(parting)
    except Exception as fault:  # whatever stands between us and the system: it is tried again
        logger.warning("system %s was not told of a sign-out: %s", parting.client, type(fault).__name__)
        return type(fault).__name__
    return None


def _note(parting: Parting, attempt: int, fault: str | None, now: datetime) -> None:
    """Note how an attempt ended, unless its lease has run out and another worker has begun the next."""
    with records.atomic(durable=True):
        if fault is None:
            records.execute("DELETE FROM system_sign_in WHERE sid = %s AND attempts = %s", (parting.sid, attempt))
            return
        later = None if attempt >= MOST_ATTEMPTS else now + min(FIRST_WAIT * 2 ** min(attempt - 1, 20), LONGEST_WAIT)
        records.execute(
            """UPDATE system_sign_in SET next_at = %s, lease_until = NULL, failure = %s
               WHERE sid = %s AND attempts = %s""",
            (later, fault, parting.sid, attempt),
        )
        records.execute(
            "UPDATE system_sign_in SET next_at = %s WHERE client_id = %s AND next_at <= %s AND lease_until IS NULL",
            (later or now + LONGEST_WAIT, parting.client, now),
        )


def partings_of(client: str) -> PartingState:
    """Return what a system is still to be told, and what could not be."""
    row = records.one(
        """SELECT count(*) FILTER (WHERE next_at IS NOT NULL), count(*) FILTER (WHERE next_at IS NULL),
               (array_agg(failure ORDER BY ended_at DESC) FILTER (WHERE failure IS NOT NULL))[1]
           FROM system_sign_in WHERE client_id = %s AND ended_at IS NOT NULL""",
        (client,),
    )
    assert row is not None
    return PartingState(*row)
