"""Choosing (告知方式): how somebody wants to be told, in which language, and what they do not want to be told."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast
from urllib.parse import urlsplit

from zhihai.ground.actors import ANY_TYPE, SYSTEM, Actor
from zhihai.ground.refusal import NotPermitted, Refused
from zhihai.ground.words import Language
from zhihai.kernel import house, records
from zhihai.kernel.channels.kinds import WAYS, NoticeKind, Way
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

    ``ways`` are empty and ``language`` is ``None`` where nothing was chosen. ``off`` are full names of kinds of notice
    that wait on the page alone, ``off_by`` ways and kinds that do not go together any more; ``address`` is that of
    their own system. ``email`` is the account's, and ``number`` the mobile number that was proved for it; ``phone`` and
    ``home`` say whether a telephone and an address are known of the person, ``person`` who that is.
    """

    ways: tuple[Way, ...]
    language: Language | None
    off: tuple[str, ...]
    off_by: tuple[tuple[Way, str], ...]
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
        """SELECT ways, language, off, off_by, address, email, person, phone, home, sealed_number
           FROM zh_choice(%s, %s)""",
        (account, person),
    )
    assert row is not None
    ways, language, off, off_by, address, email, whose, phone, home, sealed = row
    ordered = tuple(way for way in WAYS if way in ways)
    parted = tuple((cast("Way", way), kind) for way, _, kind in (one.partition(":") for one in off_by))
    number = open_number(sealed, account) if sealed and account is not None else ""
    return Choice(ordered, language, tuple(off), parted, address, email, whose, phone, home, number)


def choose(
    actor: Actor,
    ways: Collection[Way],
    language: Language | None,
    off: Collection[str] = (),
    off_by: Collection[tuple[Way, str]] | None = None,
    *,
    at: datetime,
) -> None:
    """Choose by which ways one's own account is told, each notice once by each; none: as if nothing was chosen.

    ``off`` are the kinds of notice that are to wait on the page alone, ``off_by`` ways and kinds that do not go
    together, ``None`` for those of before. Raises ``NotPermitted`` for nobody and for a token that holds less than its
    account; ``Refused`` for a way that lacks what it needs (an address is that which the district knows of whoever was
    shown in person, a telephone that or one proved by a code), and for a kind that must be told.
    """
    need_own(actor)
    with records.atomic():
        choice = choice_of(actor.account, None)
        _need_ways(choice, ways)
        stopped = choice.off_by if off_by is None else off_by
        for name in {*off, *(kind for _, kind in off_by or ())}:
            if not _may_stop(name):
                raise Refused("notice_duty", "off")
        _keep(Addressee(actor.account, None), ways, language, sorted(set(off)), at, off_by=stopped)
        data = {"ways": sorted(ways), "language": language, "off": sorted(set(off)), "off_by": _joined(stopped)}
        journal.record(actor, "channels.choose", "account", actor.account, data, at=at)


def choose_for(actor: Actor, person: int, ways: Collection[Way], language: Language, *, at: datetime) -> None:
    """Note at a window how somebody wants to be told who has no account, or does not use it.

    Raises ``NotPermitted`` for nobody or without the power ``person.set`` over the person's area; ``Refused`` for no
    way, for one that is not offered there, or that lacks a telephone or an address.
    """
    condition = identity.predicate(actor, SET_PEOPLE, org=None, area="area_lo", type_=str(ANY_TYPE))
    with records.atomic():
        with identity.seeing(identity.PLATFORM):
            row = records.one(f"SELECT id FROM person WHERE id = %s AND {condition}", (person,))
        if row is None:
            raise NotPermitted("no_person")
        if not ways or set(ways) - set(AT_WINDOW):
            raise Refused("notice_way", "way")
        _need_ways(choice_of(None, person), ways)
        _keep(Addressee(None, person), ways, language, None, at)
        data = {"ways": sorted(ways), "language": language}
        journal.record(actor, "channels.choose_for", "person", person, data, at=at)


def set_hook(actor: Actor, address: str, *, at: datetime) -> str:
    """Be told at an address of one's own system too from now on; returns what its messages are signed with, this once.

    The secret is new each time, as the Standard Webhooks write it: ``whsec_`` and 32 random bytes in base64. Raises
    ``NotPermitted`` as :func:`choose`; ``Refused`` for what is no address in ``https``.
    """
    need_own(actor)
    where = address.strip()
    if not _is_hook(where):
        raise Refused("notice_hook", "address")
    secret = f"whsec_{base64.b64encode(secrets.token_bytes(HOOK_BYTES)).decode()}"
    with records.atomic():
        whom, before = Addressee(actor.account, None), choice_of(actor.account, None)
        _keep(whom, before.ways, before.language, list(before.off), at, only_row=True, off_by=before.off_by)
        with identity.seeing(identity.PLATFORM):
            id_ = records.value("SELECT id FROM notice_choice WHERE account_id = %s", (actor.account,))
            records.execute(
                """UPDATE notice_choice SET ways = array_append(array_remove(ways, 'webhook'), 'webhook'), address = %s,
                       sealed = %s, at = %s WHERE id = %s""",
                (where, identity.seal_secret(secret, _place(id_)), at, id_),
            )
        data = {"host": urlsplit(where).hostname}
        journal.record(actor, "channels.set_hook", "account", actor.account, data, at=at)
    return secret


def stop(addressee: Addressee, way: Way, kinds: Collection[str], *, at: datetime) -> tuple[str, ...]:
    """Stop kinds of notice by one way, for whoever opened the link in one that came by it; other ways go on.

    Returns those that may be stopped, stopped or not. The platform's own work: the link is the authority, and it can do
    nothing else.
    """
    off = sorted(one for one in set(kinds) if _may_stop(one))
    noun, id_ = ("account", addressee.account) if addressee.account is not None else ("person", addressee.person)
    with records.atomic():
        before = choice_of(addressee.account, addressee.person)
        if {(way, kind) for kind in off} - set(before.off_by):
            # what a window noted of the person holds on for the account
            _keep(addressee, before.ways, before.language, list(before.off), at, only_row=True, off_by=before.off_by)
            with identity.seeing(identity.PLATFORM):
                records.execute(
                    f"""UPDATE notice_choice SET at = %s, off_by = ARRAY(
                            SELECT DISTINCT one FROM unnest(off_by || %s::text[]) one ORDER BY 1)
                        WHERE {noun}_id = %s""",
                    (at, _joined((way, kind) for kind in off), id_),
                )
            journal.record(SYSTEM, "channels.stop", noun, id_, {"off": off, "way": way}, at=at)
    return tuple(off)


def _need_ways(choice: Choice, ways: Collection[Way]) -> None:
    for way in ways:
        if (lack := choice.lacks(way)) is not None:
            raise Refused(lack, "way")


def _joined(off_by: Iterable[tuple[Way, str]]) -> list[str]:
    return sorted({f"{way}:{kind}" for way, kind in off_by})


def _keep(
    whom: Addressee, ways: Collection[Way], language: Language | None, off: list[str] | None, at: datetime,
    *, only_row: bool = False, off_by: Iterable[tuple[Way, str]] | None = None,
) -> None:  # fmt: skip
    """Write a choice down; with ``only_row`` see that there is a row, and change nothing of one that is there."""
    noun, id_ = ("account_id", whom.account) if whom.account is not None else ("person_id", whom.person)
    values = {
        "id": id_, "ways": sorted(set(ways)), "language": language, "off": off, "at": at,
        "off_by": None if off_by is None else _joined(off_by),
    }  # fmt: skip
    with identity.seeing(identity.PLATFORM):
        # a row begins without the way of an address it has not yet: what is there already has its own
        records.execute(
            f"""INSERT INTO notice_choice ({noun}, ways, language, off, off_by, at)
                VALUES (%(id)s, array_remove(%(ways)s::text[], 'webhook'), %(language)s,
                    coalesce(%(off)s::text[], '{{}}'), coalesce(%(off_by)s::text[], '{{}}'), %(at)s)
                ON CONFLICT ({noun}) DO NOTHING""",
            values,
        )
        if not only_row:
            records.execute(
                f"""UPDATE notice_choice SET ways = %(ways)s, language = %(language)s, at = %(at)s,
                        off = coalesce(%(off)s::text[], off), off_by = coalesce(%(off_by)s::text[], off_by)
                    WHERE {noun} = %(id)s""",
                values,
            )


def forget_way(whom: Addressee, way: Way, *, at: datetime) -> None:
    """Choose a way no more that lacks now what it needs; who chose nothing else is told as nobody chose.

    A part of acts that take away what a way needs, in their transaction.
    """
    choice = choice_of(whom.account, whom.person)
    if way in choice.ways and choice.lacks(way):
        _keep(whom, [one for one in choice.ways if one != way], choice.language, None, at)


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
