"""Passkeys (通行密钥, WebAuthn Level 3): which keys sign an account in, and how often each has signed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.refusal import NotFound, NotPermitted, Refused
from zhihai.kernel import records
from zhihai.kernel.identity.events import WayInChanged
from zhihai.kernel.identity.second_factor import hold_account, settle_second_factor
from zhihai.kernel.journal import acts as journal

MOST = 10
"""So many keys an account has at most."""
NAME_MOST = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyInput:
    """A key as its authenticator gave it, its parts as base64url.

    ``credential`` is the number by which the authenticator knows it, ``key`` the attested credential data, ``handle``
    by what it knows the account; ``alone`` says that it can be found without a name and asked who held it.
    """

    name: str
    credential: str = field(repr=False)
    key: str = field(repr=False)
    handle: str = field(repr=False)
    count: int
    alone: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey(PasskeyInput):
    """A key that is kept; when it was added and last used is machine time."""

    id: int
    account: int
    added: datetime
    used: datetime | None


_PASSKEY = """SELECT id, user_id, data->>'name', data->>'credential', data->>'key', data->>'handle',
    (data->>'count')::bigint, (data->>'alone')::boolean, created_at, last_used_at
    FROM mfa_authenticator WHERE type = 'webauthn'"""


def passkeys(account: int) -> tuple[Passkey, ...]:
    """Return the keys of an account, the oldest first."""
    return tuple(_read(row) for row in records.rows(f"{_PASSKEY} AND user_id = %s ORDER BY id", (account,)))


def passkey_of(credential: str) -> Passkey | None:
    """Return the key that an authenticator knows by this number; ``None`` where nobody has it."""
    row = records.one(f"{_PASSKEY} AND data->>'credential' = %s", (credential,))
    return None if row is None else _read(row)


def _read(row: records.Row) -> Passkey:
    return Passkey(
        id=row[0], account=row[1], name=row[2], credential=row[3], key=row[4], handle=row[5], count=row[6],
        alone=row[7], added=row[8], used=row[9],
    )  # fmt: skip


def add_passkey(actor: Actor, account: int, given: PasskeyInput, *, at: datetime, at_machine: datetime) -> int:
    """Add a key to one's own account, which then has a second factor, and return its number.

    Raises ``NotPermitted`` for anybody but the account; ``Refused`` without a name, for an eleventh key, and for one
    that is known here already, whoever has it (WebAuthn, 7.1 step 26).
    """
    if actor.narrowed or actor.account != account:
        raise NotPermitted
    name = _named(given.name)
    data = {
        "name": name, "credential": given.credential, "key": given.key, "handle": given.handle, "count": given.count,
        "alone": given.alone,
    }  # fmt: skip
    with records.atomic():
        hold_account(account)
        if len(passkeys(account)) >= MOST:
            raise Refused("passkey_many", "name", status=409, most=MOST)
        made = records.value(
            """INSERT INTO mfa_authenticator (user_id, type, data, created_at) VALUES (%s, 'webauthn', %s, %s)
               ON CONFLICT ((data->>'credential')) WHERE type = 'webauthn' DO NOTHING RETURNING id""",
            (account, records.as_json(data), at_machine),
        )
        if made is None:
            raise Refused("passkey_known", "name", status=409)
        settle_second_factor(account)
        journal.record(actor, "identity.add_passkey", "account", account, {"passkey": made}, at=at)
        journal.emit(WayInChanged(account=account, what="passkey_added", name=name), at=at)
    return int(made)


def _named(name: str) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= NAME_MOST or not name.isprintable():
        raise Refused("passkey_name", "name", most=NAME_MOST)
    return name


def rename_passkey(actor: Actor, passkey: int, name: str, *, at: datetime) -> None:
    """Give a key of one's own another name. Raises ``NotFound`` for any other, ``Refused`` without a name."""
    kept = _named(name)
    with records.atomic():
        renamed = not actor.narrowed and records.execute(
            """UPDATE mfa_authenticator SET data = jsonb_set(data, '{name}', to_jsonb(%s::text))
               WHERE id = %s AND user_id = %s AND type = 'webauthn'""",
            (kept, passkey, actor.account),
        )
        if not renamed:
            raise NotFound("no_passkey")
        journal.record(actor, "identity.rename_passkey", "account", actor.account, {"passkey": passkey}, at=at)


def remove_passkey(actor: Actor, passkey: int, *, at: datetime) -> None:
    """Take a key of one's own away at once; with the last way of a second step its recovery codes go too.

    Raises ``NotFound`` for any other key.
    """
    with records.atomic():
        hold_account(actor.account)
        removed = None if actor.narrowed else records.one(
            """DELETE FROM mfa_authenticator WHERE id = %s AND user_id = %s AND type = 'webauthn'
               RETURNING data->>'name'""",
            (passkey, actor.account),
        )  # fmt: skip
        if removed is None:
            raise NotFound("no_passkey")
        settle_second_factor(actor.account)
        journal.record(actor, "identity.remove_passkey", "account", actor.account, {"passkey": passkey}, at=at)
        journal.emit(WayInChanged(account=actor.account, what="passkey_removed", name=removed[0]), at=at)


def use_passkey(passkey: Passkey, count: int, *, at: datetime, at_machine: datetime) -> bool:
    """Note that a key has signed for the ``count``-th time, and say whether it may.

    An authenticator counts on, or not at all. One that goes back has signed elsewhere meanwhile, so a copy of it is
    about (WebAuthn, 7.2 step 22): that is noted in the journal and told to its owner, and the key may not.
    """
    with records.atomic():
        used = records.execute(
            """UPDATE mfa_authenticator SET data = jsonb_set(data, '{count}', to_jsonb(%s::bigint)), last_used_at = %s
               WHERE id = %s AND ((data->>'count')::bigint < %s OR ((data->>'count')::bigint = 0 AND %s = 0))""",
            (count, at_machine, passkey.id, count, count),
        )
        if not used:
            facts = {"passkey": passkey.id}
            journal.record(SYSTEM, "identity.passkey_went_back", "account", passkey.account, facts, at=at)
            told = WayInChanged(account=passkey.account, what="passkey_went_back", name=passkey.name)
            journal.emit(told, at=at)
    return bool(used)
