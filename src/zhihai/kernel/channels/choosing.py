"""Choosing (告知方式): how somebody wants to be told, in which language, and what they do not want to be told."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from zhihai.ground.actors import ANY_TYPE, SYSTEM, Actor
from zhihai.ground.refusal import NotPermitted, Refused
from zhihai.ground.words import Language
from zhihai.kernel import house, records
from zhihai.kernel.channels.kinds import NoticeKind, Way
from zhihai.kernel.channels.numbers import open_number
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.identity.kinds import SET_PEOPLE
from zhihai.kernel.journal import acts as journal

HOOK_BYTES = 32
LONGEST_ADDRESS = 500
AT_WINDOW: tuple[Way, ...] = ("sms", "post", "person")
"""Ways that somebody without an account may choose at a window."""
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Addressee:
    """Whom a notice is told to: an account, a person, or a person by their account."""

    account: int | None
    person: int | None


@dataclass(frozen=True, slots=True)
class Choice:
    """How somebody wants to be told, and how they could be.

    ``way`` and ``language`` are ``None`` where nothing was chosen. ``off`` are full names of kinds of notice that wait
    on the page alone; ``address`` is that of their own system. ``email`` is the account's, and ``number`` the
    mobile number that was proved for it; ``phone`` and ``home`` say whether a telephone and an address are known of the
    person, ``person`` who that is.
    """

    way: Way | None
    language: Language | None
    off: tuple[str, ...]
    address: str
    email: str = field(repr=False)
    person: int | None
    phone: str | None = field(repr=False)
    home: str | None = field(repr=False)
    number: str = field(repr=False)

    def lacks(self, way: Way) -> str | None:
        """Return the code of what stands against a way, ``None`` where nothing does."""
        needs: dict[Way, tuple[object, str]] = {
            "email": (self.email, "notice_no_email"), "sms": (self.number or self.phone, "notice_no_phone"),
            "webhook": (self.address, "notice_no_hook"), "post": (self.home, "notice_no_home"),
            "person": (self.person, "notice_no_person"),
        }  # fmt: skip
        return None if needs[way][0] else needs[way][1]


def choice_of(account: int | None, person: int | None) -> Choice:
    """Return how an account, or a person without one, wants to be told. One question; the caller has asked who may."""
    row = records.one(
        "SELECT way, language, off, address, email, person, phone, home, sealed_number FROM zh_choice(%s, %s)",
        (account, person),
    )
    assert row is not None
    way, language, off, address, email, whose, phone, home, sealed = row
    number = open_number(sealed, account) if sealed and account is not None else ""
    return Choice(way, language, tuple(off), address, email, whose, phone, home, number)


def choose(
    actor: Actor, way: Way | None, language: Language | None, off: Collection[str] = (), *, at: datetime
) -> None:
    """Choose how one's own account is told; ``off`` are the kinds of notice that are to wait on the page alone.

    Raises ``NotPermitted`` for nobody and for a token that holds less than its account; ``Refused`` for a way that
    lacks what it needs (an address is that which the district knows of whoever was shown in person, a telephone that or
    one proved by a code), and for a kind that must be told.
    """
    need_own(actor)
    with records.atomic():
        if way is not None and (lack := choice_of(actor.account, None).lacks(way)) is not None:
            raise Refused(lack, "way")
        for name in off:
            if not _may_stop(name):
                raise Refused("notice_duty", "off")
        _keep(Addressee(actor.account, None), way, language, sorted(set(off)), at)
        data = {"way": way, "language": language, "off": sorted(set(off))}
        journal.record(actor, "channels.choose", "account", actor.account, data, at=at)


def choose_for(actor: Actor, person: int, way: Way, language: Language, *, at: datetime) -> None:
    """Note at a window how somebody wants to be told who has no account, or does not use it.

    Raises ``NotPermitted`` for nobody or without the power ``person.set`` over the person's area; ``Refused`` for a way
    that is not offered there, or that lacks a telephone or an address.
    """
    condition = identity.predicate(actor, SET_PEOPLE, org=None, area="area_lo", type_=str(ANY_TYPE))
    with records.atomic():
        with identity.seeing(identity.PLATFORM):
            row = records.one(f"SELECT id FROM person WHERE id = %s AND {condition}", (person,))
        if row is None:
            raise NotPermitted("no_person")
        if way not in AT_WINDOW:
            raise Refused("notice_way", "way")
        if (lack := choice_of(None, person).lacks(way)) is not None:
            raise Refused(lack, "way")
        _keep(Addressee(None, person), way, language, None, at)
        journal.record(actor, "channels.choose_for", "person", person, {"way": way, "language": language}, at=at)


def set_hook(actor: Actor, address: str, *, at: datetime) -> str:
    """Be told at an address of one's own system from now on; returns what its messages are signed with, this once.

    The secret is new each time, as the Standard Webhooks write it: ``whsec_`` and 32 random bytes in base64. Raises
    ``NotPermitted`` as :func:`choose`; ``Refused`` for what is no address in ``https``.
    """
    need_own(actor)
    where = address.strip()
    if not _is_hook(where):
        raise Refused("notice_hook", "address")
    secret = f"whsec_{base64.b64encode(secrets.token_bytes(HOOK_BYTES)).decode()}"
    with records.atomic():
        _keep(Addressee(actor.account, None), None, None, None, at, only_row=True)
        with identity.seeing(identity.PLATFORM):
            id_ = records.value("SELECT id FROM notice_choice WHERE account_id = %s", (actor.account,))
            records.execute(
                "UPDATE notice_choice SET way = 'webhook', address = %s, sealed = %s, at = %s WHERE id = %s",
                (where, identity.seal_secret(secret, _place(id_)), at, id_),
            )
        data = {"host": urlsplit(where).hostname}
        journal.record(actor, "channels.set_hook", "account", actor.account, data, at=at)
    return secret


def stop(addressee: Addressee, kinds: Collection[str], *, at: datetime) -> tuple[str, ...]:
    """Stop kinds of notice for whoever opened the link in one; returns those that may be stopped, stopped or not.

    The platform's own work: the link is the authority, and it can do nothing else.
    """
    off = sorted(one for one in set(kinds) if _may_stop(one))
    noun, id_ = ("account", addressee.account) if addressee.account is not None else ("person", addressee.person)
    with records.atomic():
        before = choice_of(addressee.account, addressee.person)
        if set(off) - set(before.off):
            # what a window noted of the person holds on for the account
            _keep(addressee, before.way, before.language, None, at, only_row=True)
            with identity.seeing(identity.PLATFORM):
                records.execute(
                    f"""UPDATE notice_choice SET at = %s, off = ARRAY(
                            SELECT DISTINCT one FROM unnest(off || %s::text[]) one ORDER BY 1)
                        WHERE {noun}_id = %s""",
                    (at, [*before.off, *off], id_),
                )
            journal.record(SYSTEM, "channels.stop", noun, id_, {"off": off}, at=at)
    return tuple(off)


def _keep(
    whom: Addressee, way: Way | None, language: Language | None, off: list[str] | None, at: datetime,
    *, only_row: bool = False,
) -> None:  # fmt: skip
    """Write a choice down; with ``only_row`` see that there is a row, and change nothing of one that is there."""
    noun, id_ = ("account_id", whom.account) if whom.account is not None else ("person_id", whom.person)
    then = "NOTHING" if only_row else (
        "UPDATE SET way = excluded.way, language = excluded.language, at = excluded.at, "
        "off = coalesce(%s::text[], notice_choice.off)"
    )  # fmt: skip
    with identity.seeing(identity.PLATFORM):
        records.execute(
            f"""INSERT INTO notice_choice ({noun}, way, language, off, at)
                VALUES (%s, %s, %s, coalesce(%s::text[], '{{}}'), %s)
                ON CONFLICT ({noun}) DO {then}""",
            (id_, way, language, off, at, *(() if only_row else (off,))),
        )


def forget_way(whom: Addressee, way: Way, *, at: datetime) -> None:
    """Choose a way no more that lacks now what it needs; who chose nothing else is told as nobody chose.

    A part of acts that take away what a way needs, in their transaction.
    """
    choice = choice_of(whom.account, whom.person)
    if choice.way == way and choice.lacks(way):
        _keep(whom, None, choice.language, None, at)


def need_own(actor: Actor) -> None:
    """Raise ``NotPermitted`` for nobody, for an account switched off, and for a token that holds less than its own."""
    asked = "SELECT true FROM account WHERE id = %s AND is_active"
    if actor.narrowed or not records.value(asked, (actor.account,)):
        raise NotPermitted("not_your_choice")


def _may_stop(name: str) -> bool:
    try:
        return not house.registry().get(NoticeKind, name).duty
    except KeyError:  # its pack was taken away: there is nothing to stop
        return False


def _is_hook(address: str) -> bool:
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return False
    plain = address.isascii() and address.isprintable() and " " not in address and len(address) <= LONGEST_ADDRESS
    whole = parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc and not parts.fragment
    return plain and whole and port != 0


def _place(choice: int) -> str:
    return f"notice_choice:{choice}"


def hook_secret(choice: int, sealed: str) -> str:
    """Return what messages to a system are signed with."""
    return identity.open_secret(sealed, _place(choice)) if sealed else ""


def reseal_hooks() -> int:
    """Seal anew what a former secret of the platform sealed; returns how many (换钥). It leaves no entry."""
    former = identity.former_keys()
    if not former:
        return 0
    with identity.seeing(identity.PLATFORM):
        found = records.rows(
            f"""SELECT id, sealed FROM notice_choice WHERE split_part(sealed, ':', 1) = ANY(%s)
                LIMIT {AT_ONCE} FOR UPDATE SKIP LOCKED""",
            (former,),
        )
        for id_, sealed in found:
            again = identity.seal_secret(identity.open_secret(sealed, _place(id_)), _place(id_))
            records.execute("UPDATE notice_choice SET sealed = %s WHERE id = %s", (again, id_))
    return len(found)
