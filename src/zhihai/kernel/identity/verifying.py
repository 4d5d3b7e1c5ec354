"""Real names (实名): whose account is whose, in levels, and what a resident sees of what is known.

Level 1: the contact is proved. Level 2: name and number fit the population base. Level 3: the person stood at a window
with a document. A name and a number are known to many, so level 2 opens nothing that was not said; level 3 does.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from zhihai.ground.actors import Actor
from zhihai.ground.named import Named
from zhihai.ground.reasons import kept_reason
from zhihai.ground.refusal import NotPermitted, Refused
from zhihai.kernel import records
from zhihai.kernel.identity import sealing
from zhihai.kernel.identity.account import Account
from zhihai.kernel.identity.corrections import Correction, corrections_here
from zhihai.kernel.identity.events import WayInChanged
from zhihai.kernel.identity.kinds import FIELDS, SET_PEOPLE
from zhihai.kernel.identity.looking import PersonFile, file_here
from zhihai.kernel.identity.people import DOCUMENT, read_number
from zhihai.kernel.identity.searching import LookRow, PersonLine, found_here, looks_here
from zhihai.kernel.identity.wall import condition, of_areas, of_own, of_person
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.wall import PLATFORM, asking, seeing

Level = Literal[1, 2, 3]
FAILURES, FAILURES_IN = 5, timedelta(hours=24)
"""So often in so long may name and number not fit; then the account waits."""


@dataclass(frozen=True, slots=True)
class MyData:
    """What a resident sees: the level of verification, what is known, who looked, what was asked to be put right.

    ``file`` is ``None`` at level 1.
    """

    level: Level
    file: PersonFile | None = field(default=None, repr=False)
    area: Named | None = None
    looks: tuple[LookRow, ...] = ()
    asked: tuple[Correction, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Claim:
    """An account that says it is this person's, and since when (district time)."""

    account: int
    username: str
    level: Level
    at: datetime


@dataclass(frozen=True, slots=True)
class PersonPage:
    """A person as an official finds it, and for whoever may confirm one, the accounts that claim it.

    ``shown_at`` is when the person stood at a window and was registered there (district time), ``None`` if never.
    """

    line: PersonLine
    claims: tuple[Claim, ...]
    shown_at: datetime | None


def sign_up(password: str | None, name: Named, language: str, *, at: datetime) -> int:
    """Make a resident's account and return its number; who has it is not known yet, nor whether the address is theirs.

    The name of sign-in is drawn, and tells nothing. Without a password another way must be tied to it.
    """
    with records.atomic():
        username = f"r{records.value('SELECT gen_random_uuid()::text')}".replace("-", "")[:20]
        account = Account.objects.create_user(
            username, password, name_zh=name.zh, name_en=name.en, language=language, sort="resident"
        )
        own = Actor(account=account.pk, name=name.zh, sort="resident")
        journal.record(own, "identity.sign_up", "account", account.pk, {}, at=at)
    return int(account.pk)


def prove_contact(account: int, email: str, *, at: datetime) -> None:
    """Write the address of an account to it, once somebody proved it by a code sent there (level 1).

    Whoever reads at the one it had before is told that it was replaced.
    """
    with records.atomic():
        part_with_email(account, email, at=at)
        records.execute("UPDATE account SET email = %s WHERE id = %s", (email, account))
        own = Actor(account=account, name="", sort="resident")
        journal.record(own, "identity.prove_contact", "account", account, {}, at=at)


def part_with_email(account: int, email: str, *, at: datetime) -> None:
    """Say that another address takes the place of one that was proved, before it does.

    A part of acts that write the address of an account. One that nobody proved may be a stranger's: nothing is said
    there.
    """
    former = records.value(
        """SELECT a.email FROM account a WHERE a.id = %s AND a.email <> '' AND lower(a.email) <> lower(%s)
           AND (a.sort = 'resident' OR EXISTS (SELECT FROM account_emailaddress e
               WHERE e.user_id = a.id AND e.verified AND lower(e.email) = lower(a.email)))""",
        (account, email),
    )
    if former:
        sealed = sealing.seal_secret(former, f"former:{account}")
        journal.emit(WayInChanged(account=account, what="email_replaced", former=sealed), at=at)


def claim_person(actor: Actor, name: str, number: str, *, at: datetime, at_machine: datetime) -> None:
    """Tie one's own account to the person of this name and number (level 2).

    Raises ``NotPermitted`` for anybody but a resident; ``Refused`` (``claim_wrong``) when they do not fit the base, in
    the same words whether the number, the name or both are wrong; ``claim_later`` (429) after five of these in a day;
    ``tied_already`` for an account that was confirmed at a window.
    """
    if actor.sort != "resident" or actor.narrowed:
        raise NotPermitted
    with seeing(of_own(actor)):
        _refuse_trying_on(actor, at_machine)
        if records.one("SELECT 1 FROM account_person WHERE account_id = %s AND level = 3", (actor.account,)):
            raise Refused("tied_already", status=409)
        person = named(name, number)
        if person is not None:
            _tie(actor, person, at)
            return
        _count_failure(actor, at_machine)
    raise Refused("claim_wrong", "number")


def _refuse_trying_on(actor: Actor, at_machine: datetime) -> None:
    """Hold the account, and refuse whoever named people that do not fit too often in a day."""
    records.one("SELECT id FROM account WHERE id = %s FOR UPDATE", (actor.account,))
    failed = records.value(
        "SELECT count(*) FROM claim_failure WHERE account_id = %s AND at > %s",
        (actor.account, at_machine - FAILURES_IN),
    )
    if failed >= FAILURES:
        raise Refused("claim_later", status=429)


def _count_failure(actor: Actor, at_machine: datetime) -> None:
    records.execute("INSERT INTO claim_failure VALUES (%s, %s)", (actor.account, at_machine))


def named_by_resident(actor: Actor, name: str, number: str, *, at_machine: datetime) -> int | None:
    """Return the person of this name and number, ``None`` where they fit nobody, which counts as a claim that failed.

    Raises ``Refused`` (``claim_later``) as :func:`claim_person` does: this is no second way to try numbers.
    """
    with seeing(of_own(actor)):
        _refuse_trying_on(actor, at_machine)
        person = named(name, number)
        if person is None:
            _count_failure(actor, at_machine)
    return person


def named(name: str, number: str) -> int | None:
    """Return the person of this name and number, where the wall is said. A number of another form fits nobody."""
    try:
        _, indexes = found_by(number)
    except Refused:
        return None
    with asking(PLATFORM):
        found = records.one("SELECT id, name FROM person WHERE number_index = ANY(%s)", (list(indexes),))
    return found[0] if found and _same(found[1]) == _same(name) else None


def found_by(number: str) -> tuple[str, tuple[bytes, ...]]:
    """Return a citizen's number in its one form, and what it is found by, as :func:`read_number`; nobody is sought."""
    read = read_number("natural", number)
    return read, tuple(sealing.index_of(keys, "natural", read) for keys in sealing.known_keys())


def person_named(name: str, number: str) -> int | None:
    """Return the person of this name and number, for a room above that has asked whether it may be told."""
    with seeing(PLATFORM):
        return named(name, number)


def _same(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def _tie(actor: Actor, person: int, at: datetime) -> None:
    records.execute(
        """INSERT INTO account_person (account_id, person_id, level, at, actor) VALUES (%s, %s, 2, %s, %s)
           ON CONFLICT (account_id) DO UPDATE SET person_id = EXCLUDED.person_id, at = EXCLUDED.at""",
        (actor.account, person, at, actor.account),
    )
    journal.record(actor, "identity.claim_person", "account", actor.account, {"person": person, "level": 2}, at=at)


def confirm_person(actor: Actor, person: int, account: int, document: str, reason: str | None, *, at: datetime) -> None:
    """Confirm at a window that an account that claimed a person is that person's (level 3).

    Other accounts that claimed the same person, or were confirmed before, are let go: who stands there with a document
    is right. ``reason`` says why by hand, and stands in the journal; ``None`` where the room above had a card read.
    Raises ``NotPermitted`` for nobody or without the power ``person.set`` over the person's area; ``Refused`` where the
    account did not claim the person, nothing was shown, or as :func:`~zhihai.ground.reasons.kept_reason` does.
    """
    shown, why = " ".join(document.split()), None if reason is None else kept_reason(reason, "reason")
    if not DOCUMENT[0] <= len(shown) <= DOCUMENT[1]:
        raise Refused("document_shown", "document", least=DOCUMENT[0], most=DOCUMENT[1])
    with seeing(of_areas(actor, SET_PEOPLE)):
        if not records.one(
            f"SELECT 1 FROM person WHERE id = %s AND {condition(actor, SET_PEOPLE)} FOR UPDATE", (person,)
        ):
            raise NotPermitted("no_person")
        with asking(of_person(person)):
            others = records.rows(
                "DELETE FROM account_person WHERE person_id = %s AND account_id <> %s RETURNING account_id",
                (person, account),
            )
            confirmed = records.execute(
                """UPDATE account_person SET level = 3, document = %s, at = %s, actor = %s
                   WHERE person_id = %s AND account_id = %s""",
                (shown, at, actor.account, person, account),
            )
            if not confirmed:
                raise Refused("not_claimed", "account")
        data = {"account": account, "level": 3, "let_go": sorted(row[0] for row in others), "by_hand": why}
        journal.record(actor, "identity.confirm_person", "person", person, data, at=at)


def my_data(actor: Actor, *, before: int | None = None, limit: int = 20) -> MyData:
    """Return what a resident may see of himself, the latest looks first. At level 2 only what he said himself."""
    with seeing(of_own(actor)):
        row = records.one(
            """SELECT p.id, p.sort, p.provenance, p.number_key, p.number, t.level, a.name_zh, a.name_en,
                   EXISTS (SELECT FROM correction c WHERE c.person_id = p.id)
               FROM account_person t JOIN person p ON p.id = t.person_id LEFT JOIN area a ON a.id = p.area_id
               WHERE t.account_id = %s""",
            (actor.account,),
        )
        if row is None:
            return MyData(1)
        whole = row[5] == 3
        file = file_here(row[:5], set(FIELDS[row[1]]) - {"number"} if whole else {"name"})
        looks = looks_here(row[0], before, limit) if whole else ()
        asked = corrections_here(row[0]) if whole and row[8] else ()
    return MyData(row[5], file, Named(*row[6:8]) if row[6] else None, looks, asked)


def person_page(actor: Actor, person: int) -> PersonPage:
    """Return one person as lists show them, and the accounts that claim it for whoever may confirm one.

    Raises ``NotPermitted`` for nobody, and for a person the actor may not see.
    """
    with seeing(of_person(person)):
        lines = found_here(actor, "p.id = %s", (person,))
        if not lines:
            raise NotPermitted("no_person")
        claims: list[records.Row] = []
        shown = None
        if actor.may_over(SET_PEOPLE, None, lines[0].area_lo):
            found = records.rows(
                """SELECT (SELECT max(s.at) FROM person_shown s WHERE s.person_id = p.id),
                       t.account_id, a.username, t.level, t.at
                   FROM person p LEFT JOIN account_person t ON t.person_id = p.id LEFT JOIN account a
                       ON a.id = t.account_id WHERE p.id = %s ORDER BY t.level DESC, t.at""",
                (person,),
            )
            shown, claims = found[0][0], [row[1:] for row in found if row[1] is not None]
    return PersonPage(lines[0], tuple(Claim(*row) for row in claims), shown)
