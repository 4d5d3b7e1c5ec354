"""Accounts that another user centre kept, brought in with whom they are of and who looked at them (账号迁入)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import psycopg
from django.db import IntegrityError

from zhihai.ground.actors import Actor
from zhihai.ground.named import Named
from zhihai.ground.refusal import Refused
from zhihai.ground.words import Language
from zhihai.kernel import records
from zhihai.kernel.identity.kinds import SET_PEOPLE
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.wall import PLATFORM, seeing


@dataclass(frozen=True, slots=True)
class PastLook:
    """Who looked at a person's data in the former system, as the person reads it; ``at`` is district time, UTC."""

    account: int
    role: str
    organisation: int
    fields: tuple[str, ...]
    ground: str
    reference: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountInput:
    """A resident's account as it was kept: ``password`` is a hash in Django's form, ``email`` was proved there.

    ``person`` is the number of the record of whose it is, ``None`` where only the address is known (level 1);
    ``document`` what was shown at a window (level 3), empty where name and number fitted alone (level 2). ``looks`` are
    those at the person.
    """

    username: str
    name: Named
    email: str = field(repr=False)
    password: str = field(repr=False)
    person: int | None = None
    document: str = ""
    language: Language = "zh"
    looks: tuple[PastLook, ...] = ()


def bring_in_accounts(
    actor: Actor, inputs: Sequence[AccountInput], source: str, *, at: datetime, at_machine: datetime
) -> tuple[int, ...]:
    """Bring residents' accounts in, all or none, with one entry that names their source; returns their numbers.

    Raises ``NotPermitted`` without the power ``person.set`` over the whole district; ``Refused`` without a source or an
    account, for a name of sign-in, an address or a person that somebody has already, and for a look at nobody.
    """
    actor.need(SET_PEOPLE)
    named = " ".join(source.split())
    if not named or not inputs:
        raise Refused("accounts_source", "source")
    if any(one.person is None and (one.document or one.looks) for one in inputs):
        raise Refused("accounts_nobody", "person")
    try:
        with seeing(PLATFORM):
            ids = records.new_numbers("account", len(inputs))
            _write_accounts(ids, inputs)
            _tie(actor, ids, inputs, at)
            looks = _write_looks(inputs, at_machine)
            data = {"n": len(ids), "first": min(ids), "last": max(ids), "looks": looks, "source": named}
            journal.record(actor, "identity.bring_in_accounts", "account", None, data, at=at)
    except (IntegrityError, psycopg.IntegrityError) as fault:  # COPY raises the driver's own
        raise Refused("accounts_taken", "accounts", status=409) from fault
    return ids


def _write_accounts(ids: Sequence[int], inputs: Sequence[AccountInput]) -> None:
    records.copy_in(
        """COPY account (id, username, password, name_zh, name_en, email, language, sort, is_active, grants_version,
               second_factor, sound) FROM STDIN""",
        (
            (id_, one.username, one.password, one.name.zh, one.name.en, one.email.lower(), one.language, "resident",
             True, 1, False, "")
            for id_, one in zip(ids, inputs, strict=True)
        ),
    )  # fmt: skip
    records.copy_in(
        'COPY account_emailaddress (user_id, email, verified, "primary") FROM STDIN',
        ((id_, one.email.lower(), True, True) for id_, one in zip(ids, inputs, strict=True) if one.email),
    )


def _tie(actor: Actor, ids: Sequence[int], inputs: Sequence[AccountInput], at: datetime) -> None:
    rows = [
        (id_, one.person, 3 if one.document else 2, one.document)
        for id_, one in zip(ids, inputs, strict=True)
        if one.person is not None
    ]
    if rows:
        records.execute(
            """INSERT INTO account_person (account_id, person_id, level, document, at, actor)
               SELECT t.*, %s, %s FROM unnest(%s::bigint[], %s::bigint[], %s::smallint[], %s::text[]) AS t""",
            (at, actor.account, *(list(column) for column in zip(*rows, strict=True))),
        )


def _write_looks(inputs: Sequence[AccountInput], at_machine: datetime) -> int:
    rows = [
        (one.person, records.as_json(past.fields), past.ground, past.reference, past.account, past.role,
         past.organisation, past.at)
        for one in inputs
        for past in one.looks
    ]  # fmt: skip
    if rows:
        records.execute(
            """INSERT INTO look (person_id, fields, ground, reference, account_id, role, organisation_id, at,
                   recorded_at)
               SELECT t.person, ARRAY(SELECT json_array_elements_text(t.fields::json)), t.ground, t.reference,
                   t.account, t.role, t.office, t.at, %s
               FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::bigint[], %s::text[], %s::int[],
                   %s::timestamptz[]) AS t(person, fields, ground, reference, account, role, office, at)
               ORDER BY t.at""",
            (at_machine, *(list(column) for column in zip(*rows, strict=True))),
        )
    return len(rows)
