"""Whom another provider of OpenID Connect signs in here (外部统一身份认证): an account is tied to issuer and subject.

Never to an address or a name: those change hands. An account that there is already is tied by whoever is signed in to
it, and by nobody else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from zhihai.ground.actors import Actor
from zhihai.ground.named import Named
from zhihai.ground.refusal import NotFound, NotPermitted, Refused
from zhihai.kernel import records
from zhihai.kernel.identity import acts as identity
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.trust.events import ElsewhereChanged


@dataclass(frozen=True, slots=True)
class TiedElsewhere:
    """That an account is tied to a provider: since when, and when it last signed in so (district time)."""

    issuer: str
    tied: datetime
    used: datetime | None


def tied_elsewhere(account: int, issuer: str) -> TiedElsewhere | None:
    """Return how an account is tied to a provider; ``None`` where it is not."""
    row = records.one(
        "SELECT issuer, tied_at, used_at FROM sign_in_elsewhere WHERE account_id = %s AND issuer = %s",
        (account, issuer),
    )
    return None if row is None else TiedElsewhere(*row)


def use_elsewhere(issuer: str, subject: str, *, at: datetime) -> int | None:
    """Return the account tied to this subject of this provider, noting that it signs in; ``None`` for nobody's."""
    account = records.value(
        "UPDATE sign_in_elsewhere SET used_at = %s WHERE issuer = %s AND subject = %s RETURNING account_id",
        (at, issuer, subject),
    )
    return None if account is None else int(account)


def sign_up_elsewhere(issuer: str, subject: str, name: Named, language: str, *, at: datetime) -> tuple[int, bool]:
    """Return the account of a subject that signs in for the first time, and whether it was made just now.

    It is a resident's, without a password and without an address. Two who come at once get one account.
    """
    with records.atomic():
        records.one("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"{issuer} {subject}",))
        known = use_elsewhere(issuer, subject, at=at)
        if known is not None:
            return known, False
        made = identity.sign_up(None, name, language, at=at)
        _tie(Actor(account=made, name=name.zh, sort="resident"), issuer, subject, at)
    return made, True


def tie_elsewhere(actor: Actor, account: int, issuer: str, subject: str, name: Named, *, at: datetime) -> None:
    """Tie one's own account to a subject of a provider of this name, which then signs it in.

    Raises ``NotPermitted`` for anybody but the account; ``Refused`` where either is tied already.
    """
    if actor.narrowed or actor.account != account:
        raise NotPermitted
    with records.atomic():
        _tie(actor, issuer, subject, at)
        _tell(account, "elsewhere_tied", name, at)


def _tell(account: int, what: Literal["elsewhere_tied", "elsewhere_untied"], name: Named, at: datetime) -> None:
    journal.emit(ElsewhereChanged(account=account, what=what, name_zh=name.zh, name_en=name.en), at=at)


def _tie(actor: Actor, issuer: str, subject: str, at: datetime) -> None:
    tied = records.execute(
        """INSERT INTO sign_in_elsewhere (issuer, subject, account_id, tied_at) VALUES (%s, %s, %s, %s)
           ON CONFLICT DO NOTHING""",
        (issuer, subject, actor.account, at),
    )
    if not tied:
        raise Refused("elsewhere_tied", status=409)
    journal.record(actor, "trust.tie_elsewhere", "account", actor.account, {"issuer": issuer}, at=at)


def untie_elsewhere(actor: Actor, issuer: str, name: Named, *, at: datetime) -> None:
    """Untie one's own account from a provider, which then signs it in no more.

    Raises ``NotFound`` where it is not tied, ``Refused`` where nothing else would sign it in: neither a password nor a
    passkey that is enough by itself.
    """
    with records.atomic():
        row = records.one(
            """SELECT a.password LIKE '!%%' AND NOT EXISTS (SELECT FROM mfa_authenticator m
                   WHERE m.user_id = a.id AND m.type = 'webauthn' AND (m.data->>'alone')::boolean)
               FROM account a JOIN sign_in_elsewhere e ON e.account_id = a.id AND e.issuer = %s
               WHERE a.id = %s FOR UPDATE OF a""",
            (issuer, actor.account),
        )
        if row is None or actor.narrowed:
            raise NotFound("not_tied_elsewhere")
        if row[0]:
            raise Refused("elsewhere_only_way", status=409)
        records.execute("DELETE FROM sign_in_elsewhere WHERE account_id = %s AND issuer = %s", (actor.account, issuer))
        journal.record(actor, "trust.untie_elsewhere", "account", actor.account, {"issuer": issuer}, at=at)
        _tell(actor.account, "elsewhere_untied", name, at)
