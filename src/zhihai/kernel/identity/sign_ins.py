"""Sign-ins that last (登录会话): which an account has, and ending them. All times are machine time.

Of a browser is kept of what sort it is, in two words: no address, no user agent, nothing that would tell where somebody
was. A row goes with its session: when that ends, is ended, or has expired and is swept.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from zhihai.ground.actors import Actor
from zhihai.ground.refusal import NotFound
from zhihai.kernel import records
from zhihai.kernel.journal import acts as journal

ROUGHLY = timedelta(minutes=10)
"""When somebody was seen is kept no finer, so that a page asks one question and seldom writes."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """A sign-in that lasts; ``here`` says that it is the one that asks."""

    id: int
    browser: str
    system: str
    at: datetime
    seen: datetime
    here: bool


@dataclass(frozen=True, slots=True)
class Session:
    """What a session keeps, signed as it is; ``unseen`` says that it is time to note that somebody is there."""

    data: str
    unseen: bool


def session_kept(key: str, *, at_machine: datetime) -> Session | None:
    """Return a session that has not expired; ``None`` for no such session. A copy that only reads notes nothing."""
    row = records.one(
        """SELECT d.session_data, s.seen_at <= %s AND NOT pg_is_in_recovery()
           FROM django_session d LEFT JOIN sign_in s ON s.session_key = d.session_key
           WHERE d.session_key = %s AND d.expire_date > %s""",
        (at_machine - ROUGHLY, key, at_machine),
    )
    return None if row is None else Session(str(row[0]), bool(row[1]))


def sign_ins(actor: Actor, key: str | None, *, at_machine: datetime) -> tuple[SignIn, ...]:
    """Return one's own sign-ins that last, that of session ``key`` first, then those seen last."""
    found = records.rows(
        """SELECT s.id, s.browser, s.system, s.at, s.seen_at, coalesce(s.session_key = %s, false) AS here
           FROM sign_in s JOIN django_session d ON d.session_key = s.session_key AND d.expire_date > %s
           WHERE s.account_id = %s ORDER BY here DESC, s.seen_at DESC, s.id DESC""",
        (key, at_machine, actor.account),
    )
    return tuple(SignIn(*row) for row in found)


def note_sign_in(account: int, key: str, browser: str, system: str, *, at_machine: datetime) -> None:
    """Note that an account has signed in, in this session."""
    records.execute(
        """INSERT INTO sign_in (session_key, account_id, browser, system, at, seen_at) VALUES (%s, %s, %s, %s, %s, %s)
           ON CONFLICT (session_key) DO UPDATE SET account_id = EXCLUDED.account_id, browser = EXCLUDED.browser,
               system = EXCLUDED.system, at = EXCLUDED.at, seen_at = EXCLUDED.seen_at""",
        (key, account, browser, system, at_machine, at_machine),
    )


def see_sign_in(key: str, *, at_machine: datetime) -> None:
    """Note that somebody is there."""
    records.execute(
        "UPDATE sign_in SET seen_at = %s WHERE session_key = %s AND seen_at <= %s",
        (at_machine, key, at_machine - ROUGHLY),
    )


def end_sign_in(actor: Actor, sign_in: int, *, at: datetime) -> None:
    """End one of one's own sign-ins at once. Raises ``NotFound`` for any other, and for one that has ended."""
    with records.atomic():
        if actor.narrowed or not _end("s.account_id = %s AND s.id = %s", actor.account, sign_in):
            raise NotFound("no_sign_in")
        journal.record(actor, "identity.end_sign_in", "account", actor.account, {"ended": 1}, at=at)


def end_other_sign_ins(actor: Actor, key: str | None, *, at: datetime) -> int:
    """End all of one's own sign-ins but that of session ``key``, at once; returns how many that were.

    Raises ``NotFound`` where there is no other.
    """
    with records.atomic():
        ended = 0 if actor.narrowed else _end("s.account_id = %s AND s.session_key <> %s", actor.account, key or "")
        if not ended:
            raise NotFound("no_sign_in")
        journal.record(actor, "identity.end_sign_in", "account", actor.account, {"ended": ended}, at=at)
    return ended


def end_sign_ins(account: int, keep: str | None = None) -> None:
    """End all sign-ins of an account, whose password was changed, but that of session ``keep``."""
    _end("s.account_id = %s AND s.session_key <> %s", account, keep or "")


def carry_sign_in(before: str, key: str) -> None:
    """Note that a sign-in goes on in a session of another key: it is the same sign-in still."""
    records.execute("UPDATE sign_in SET session_key = %s WHERE session_key = %s", (key, before))


def _end(which: str, *given: object) -> int:
    return records.execute(
        f"DELETE FROM django_session d USING sign_in s WHERE d.session_key = s.session_key AND {which}", given
    )


def sweep_sessions(*, at_machine: datetime) -> int:
    """Remove sessions that have expired, by their index; returns how many that were."""
    return records.execute("DELETE FROM django_session WHERE expire_date <= %s", (at_machine,))
