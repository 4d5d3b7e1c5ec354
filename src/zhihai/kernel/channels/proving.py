"""Proving (验证手机号): a mobile number that somebody typed in, and the code by which they show that it is theirs.

The code is made by the worker that sends it and is nowhere else: the store keeps a digest under a key, and no notice,
entry or log has it. Time is the machine's, since a code is waited for by people's own clocks.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import secrets
import time
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from zhihai.ground.actors import Actor
from zhihai.ground.identifiers.mobile import read_mobile
from zhihai.ground.refusal import Refused
from zhihai.kernel import house, records
from zhihai.kernel.channels.choosing import Addressee, forget_way, need_own
from zhihai.kernel.channels.delivering import Message, RefusedForGood
from zhihai.kernel.channels.former import reseal_former, seal_former, tell_former
from zhihai.kernel.channels.numbers import open_number, seal_number
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.journal import acts as journal

logger = logging.getLogger(__name__)

HOLDS = timedelta(minutes=10)
"""So long a code holds from when it was made, and so long one that was asked for waits to leave."""
BETWEEN = timedelta(minutes=1)
"""Between two codes for one account, and for one number."""
MOST_TRIES, MOST_CODES = 5, 10
"""Wrong codes after which a code holds no more; codes within a day for one account, and for one number."""
DAY = timedelta(days=1)
LEASE, MOST_ATTEMPTS = timedelta(seconds=45), 3
"""How long a worker may take to hand one over, and how often it is tried."""
TELLING = "/account/notices/"
CODE = re.compile(r"[0-9]{6}")

CodeState = Literal["waiting", "sent", "unsure", "failed", "expired", "spent"]
"""What became of a code: it waits to leave, was sent, may have come though the gateway never said so, did not leave,
holds no more, or was guessed at too often."""


@dataclass(frozen=True, slots=True)
class Number:
    """The mobile number of an account, and the one that waits to be proved; ``""`` for none.

    ``proved_at`` is district time; ``until``, machine time, is how long the code that was sent holds; ``left`` says how
    many more wrong ones may be typed.
    """

    proved: str = field(repr=False)
    proved_at: datetime | None
    waiting: str = field(repr=False)
    state: CodeState | None
    until: datetime | None
    left: int


def number_of(account: int, *, at_machine: datetime) -> Number:
    """Return the mobile number of an account and what is being proved. One question; the caller has asked who may."""
    row = records.one("SELECT proved, proved_at, waiting, state, until, tries, asked_at FROM zh_number(%s)", (account,))
    assert row is not None
    proved = open_number(row[0], account) if row[0] else ""
    if row[3] in (None, "over"):
        return Number(proved, row[1], "", None, None, 0)
    state = _state(row[3], row[4], row[5], row[6], at_machine)
    return Number(proved, row[1], open_number(row[2], account), state, row[4], MOST_TRIES - row[5])


def ask_number(actor: Actor, number: str | None, *, at: datetime, at_machine: datetime) -> None:
    """Ask for a code at a number one types in; ``None`` asks anew at the one that waits.

    The code of before holds no more. Raises ``NotPermitted`` as :func:`choose`; ``Refused`` as :func:`read_mobile`, for
    a second code within a minute and an eleventh within a day, by account and by number alike, and where none waits.
    """
    need_own(actor)
    typed = None if number is None else read_mobile(number, "number")
    with records.atomic(), identity.seeing(identity.PLATFORM):
        # one after the other, by account and by number: two at once would both find that there is room
        records.execute("SELECT FROM account WHERE id = %s FOR NO KEY UPDATE", (actor.account,))
        before = number_of(actor.account, at_machine=at_machine).waiting
        whole = typed or before
        if not whole:
            raise Refused("number_none", "number")
        counted = identity.keyed_digest(f"number:{whole}")
        records.value("SELECT pg_advisory_xact_lock(hashtextextended(%s, 26235))::text", (counted,))
        _need_room(actor.account, counted, at_machine)
        records.execute("UPDATE number_code SET state = 'over' WHERE account_id = %s", (actor.account,))
        records.execute(
            """INSERT INTO number_code (account_id, number, sealed, next_at, asked_at) VALUES (%s, %s, %s, %s, %s)""",
            (actor.account, counted, seal_number(whole, actor.account), at_machine, at_machine),
        )
        journal.record(actor, "channels.ask_number", "account", actor.account, {}, at=at)


def prove_number(actor: Actor, code: str, *, at: datetime, at_machine: datetime) -> None:
    """Prove that a number is one's own by the code that came there; short messages go to it from now on.

    A number that it takes the place of is told so.

    A number may be proved by several people, who share a telephone; none of them learns of the others. Raises
    ``NotPermitted`` as :func:`choose`; ``Refused`` where no code waits, where none has left yet or none could, for one
    that holds no more, for what is no code, and for a wrong one, which counts: of those there are five.
    """
    need_own(actor)
    typed = "".join(unicodedata.normalize("NFKC", code).split())
    if not (typed.isascii() and CODE.fullmatch(typed)):
        raise Refused("number_code_form", "code")
    with records.atomic(), identity.seeing(identity.PLATFORM):
        row = records.one(f"{_LATEST} FOR UPDATE", (actor.account,))
        if row is None or row[2] == "over":
            raise Refused("number_no_code", "code")
        if row[3] is None:  # no worker has made one yet, or the gateway refused the number
            waits = "number_still_waits" if row[6] + HOLDS > at_machine else "number_expired"
            raise Refused("number_not_sent" if row[2] == "failed" else waits, "code")
        id_, sealed, _, digest, until, tries, _ = row
        if tries >= MOST_TRIES:
            raise Refused("number_spent", "code")
        given = identity.keyed_digest(_what(id_, typed))
        if until is None or until <= at_machine or given.partition(":")[0] != digest.partition(":")[0]:
            raise Refused("number_expired", "code")  # or the platform's secret has changed since
        right = hmac.compare_digest(digest, given)
        if right:
            _part_with(actor.account, open_number(sealed, actor.account), at)
            records.execute("UPDATE number_code SET state = 'over' WHERE id = %s", (id_,))
            records.execute(
                """INSERT INTO notice_number (account_id, sealed, proved_at) VALUES (%s, %s, %s)
                   ON CONFLICT (account_id) DO UPDATE SET sealed = excluded.sealed, proved_at = excluded.proved_at""",
                (actor.account, sealed, at),
            )
        else:
            records.execute("UPDATE number_code SET tries = tries + 1 WHERE id = %s", (id_,))
        journal.record(actor, "channels.prove_number", "account", actor.account, {"right": right}, at=at)
    if not right:  # said after the try was counted
        left = MOST_TRIES - tries - 1
        raise Refused("number_wrong" if left else "number_spent", "code", **({"left": left} if left else {}))


def drop_number(actor: Actor, *, at: datetime) -> None:
    """Take one's number away, and one that waits to be proved; where no other is known, short messages end with it.

    A number that was proved is told so.

    Raises ``NotPermitted`` as :func:`choose`; ``Refused`` where there is none.
    """
    need_own(actor)
    with records.atomic(), identity.seeing(identity.PLATFORM):
        _part_with(actor.account, "", at)
        gone = records.execute("DELETE FROM notice_number WHERE account_id = %s", (actor.account,))
        gone += records.execute(
            "UPDATE number_code SET state = 'over' WHERE account_id = %s AND state <> 'over'", (actor.account,)
        )
        if not gone:
            raise Refused("number_none", "number")
        forget_way(Addressee(actor.account, None), "sms", at=at)
        journal.record(actor, "channels.drop_number", "account", actor.account, {}, at=at)


def send_codes(send: Callable[[Message], object], *, at_machine: datetime, limit: int = 20) -> int:
    """Make codes that were asked for and hand them to the gateway; returns how many it took.

    The platform's own work. Each attempt makes a code of its own, whose digest is kept before it is sent and takes the
    place of that before: the code of the latest attempt can be used, even where the gateway took it and its answer was
    lost; those of earlier attempts can not. Given up when the gateway refuses the number, which ends the code too,
    after three attempts, and when it waited for ten minutes. Quiet hours do not hold it: somebody waits for it.

    Each is taken under a lease from the instant of its own taking, however long the gateway took over those before.
    """
    began, sent = time.monotonic(), 0
    for _ in range(limit):
        made = _make(at_machine + timedelta(seconds=time.monotonic() - began))
        if made is None:
            break
        id_, attempt, message = made
        fault = _hand_over(id_, message, send)
        state, refused = "sent", isinstance(fault, RefusedForGood)
        if fault is not None:
            state = "failed" if refused or attempt >= MOST_ATTEMPTS else "asked"
        next_at = at_machine + timedelta(seconds=time.monotonic() - began) + (LEASE if fault else timedelta())
        with records.atomic(durable=True), identity.seeing(identity.PLATFORM):
            records.execute(
                """UPDATE number_code SET state = %(state)s, next_at = %(next)s,
                       digest = CASE WHEN %(refused)s THEN NULL ELSE digest END,
                       until = CASE WHEN %(refused)s THEN NULL ELSE until END
                   WHERE id = %(id)s AND attempts = %(attempt)s AND state = 'asked'""",
                {"state": state, "next": next_at, "refused": refused, "id": id_, "attempt": attempt},
            )
        sent += fault is None
    return sent


def _hand_over(id_: int, message: Message, send: Callable[[Message], object]) -> Exception | None:
    """Hand a code to the gateway; return what went wrong, which may name the number and is not written down."""
    try:
        send(message)
    except Exception as fault:  # whatever stands between us and the gateway
        logger.warning("code %s was not sent: %s", id_, type(fault).__name__)
        return fault
    return None


def sweep_codes(*, at_machine: datetime) -> int:
    """Forget codes of more than a day ago, and those of a clock that stood ahead; returns how many.

    It leaves no entry.
    """
    with identity.seeing(identity.PLATFORM):
        return records.execute(
            "DELETE FROM number_code WHERE asked_at < %s OR asked_at > %s", (at_machine - DAY, at_machine + DAY)
        )


def reseal_numbers() -> int:
    """Seal anew what a former secret of the platform sealed; returns how many (换钥). It leaves no entry."""
    former, done = identity.former_keys(), reseal_former()
    for table in ("notice_number", "number_code") if former else ():
        with identity.seeing(identity.PLATFORM):
            found = records.rows(
                f"""SELECT account_id, sealed FROM {table} WHERE split_part(sealed, ':', 1) = ANY(%s)
                    LIMIT 500 FOR UPDATE SKIP LOCKED""",
                (former,),
            )
            for account, sealed in found:
                again = seal_number(open_number(sealed, account), account)
                records.execute(
                    f"UPDATE {table} SET sealed = %s WHERE account_id = %s AND sealed = %s", (again, account, sealed)
                )
            done += len(found)
    return done


_LATEST = """SELECT id, sealed, state, digest, until, tries, asked_at FROM number_code WHERE account_id = %s
    ORDER BY id DESC LIMIT 1"""


def _make(at_machine: datetime) -> tuple[int, int, Message] | None:
    """Take the code that has waited longest, make one, keep its digest, and return what is to be sent."""
    with records.atomic(durable=True), identity.seeing(identity.PLATFORM):
        records.execute(
            "UPDATE number_code SET state = 'failed' WHERE state = 'asked' AND asked_at <= %s", (at_machine - HOLDS,)
        )
        row = records.one(
            """SELECT c.id, c.account_id, c.sealed, c.attempts + 1, a.language FROM number_code c
               JOIN account a ON a.id = c.account_id WHERE c.state = 'asked' AND c.next_at <= %s
               ORDER BY c.next_at, c.id LIMIT 1 FOR UPDATE OF c SKIP LOCKED""",
            (at_machine,),
        )
        if row is None:
            return None
        id_, account, sealed, attempt, language = row
        code = f"{secrets.randbelow(10**6):06d}"
        records.execute(
            "UPDATE number_code SET digest = %s, until = %s, attempts = %s, next_at = %s WHERE id = %s",
            (identity.keyed_digest(_what(id_, code)), at_machine + HOLDS, attempt, at_machine + LEASE, id_),
        )
    say, minutes = house.words().say, int(HOLDS.total_seconds() // 60)
    return id_, attempt, Message(
        "sms", open_number(sealed, account), language, say("channels.code.subject", language, code=code),
        say("channels.code.text", language, n=minutes), "", f"code.{id_}.{attempt}",
        Addressee(account, None), (), (),
    )  # fmt: skip


def _part_with(account: int, number: str, at: datetime) -> None:
    """Tell the number that was proved that another takes its place, or none does."""
    sealed = records.value("SELECT sealed FROM notice_number WHERE account_id = %s", (account,))
    former = open_number(sealed, account) if sealed else number
    if former != number:
        once = f"number:{hashlib.sha256(sealed.encode()).hexdigest()[:32]}"  # each sealing is another
        tell_former(account, "sms", seal_former(former, account), {"tail": former[-4:]}, TELLING, once, at=at)


def _need_room(account: int, counted: str, at_machine: datetime) -> None:
    since, ahead = at_machine - DAY, at_machine + BETWEEN  # what a clock that stood ahead noted holds up nobody
    row = records.one(
        """SELECT count(*) FILTER (WHERE account_id = %(account)s), count(*) FILTER (WHERE number = %(number)s),
               max(asked_at) FROM number_code
           WHERE (account_id = %(account)s OR number = %(number)s) AND asked_at > %(since)s AND asked_at < %(ahead)s""",
        {"account": account, "number": counted, "since": since, "ahead": ahead},
    )
    assert row is not None
    if max(row[0], row[1]) >= MOST_CODES:
        raise Refused("number_day", "number", status=429, n=MOST_CODES)
    if row[2] is not None and row[2] > at_machine - BETWEEN:
        raise Refused("number_minute", "number", status=429)


def _state(state: str, until: datetime | None, tries: int, asked_at: datetime, at_machine: datetime) -> CodeState:
    if tries >= MOST_TRIES:
        return "spent"
    if state == "failed":
        return "unsure" if until is not None and until > at_machine else "failed"
    if (until or asked_at + HOLDS) <= at_machine:
        return "expired"
    return "sent" if state == "sent" else "waiting"


def _what(id_: int, code: str) -> str:
    return f"number_code:{id_}:{code}"
