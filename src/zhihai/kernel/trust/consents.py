"""Consents (授权): what one agreed that a system may know, and what it is then told."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from zhihai.ground.actors import Actor
from zhihai.ground.named import Named
from zhihai.ground.refusal import NotFound, NotPermitted, Refused
from zhihai.kernel import records
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.trust.kinds import SCOPES

LOCALES = {"zh": "zh-CN", "en": "en"}


@dataclass(frozen=True, slots=True)
class Consent:
    """A system that may know something of somebody, since when, and when it last asked (district time)."""

    client: str
    name: Named
    owner: Named
    scopes: tuple[str, ...]
    given: datetime
    used: datetime | None


def consents(actor: Actor) -> tuple[Consent, ...]:
    """Return what one has agreed to and not withdrawn, the latest first."""
    found = records.rows(
        """SELECT n.client_id, c.name_zh, c.name_en, o.name_zh, o.name_en, n.scopes, n.given_at, n.used_at
           FROM consent n JOIN oidc_client c USING (client_id) JOIN organisation o ON o.id = c.organisation_id
           WHERE n.account_id = %s AND n.withdrawn_at IS NULL ORDER BY n.id DESC LIMIT 200""",
        (actor.account,),
    )
    return tuple(Consent(row[0], Named(*row[1:3]), Named(*row[3:5]), tuple(row[5]), *row[6:]) for row in found)


def agreed(account: int, client: str) -> frozenset[str]:
    """Return the scopes that an account agreed to tell a system; empty where it agreed to nothing."""
    found = records.value(
        "SELECT scopes FROM consent WHERE account_id = %s AND client_id = %s AND withdrawn_at IS NULL",
        (account, client),
    )
    return frozenset(found or ())


def give_consent(actor: Actor, client: str, scopes: Collection[str], *, at: datetime) -> None:
    """Agree that a system may know this of oneself, in place of what was agreed before.

    Raises ``NotPermitted`` for what is no person or comes by a token, ``NotFound`` for an account that there is not;
    ``Refused`` for scopes that there are not, or that lack ``openid``, without which there is nothing to tell.
    """
    if actor.narrowed or actor.account < 0 or actor.sort not in ("person", "resident"):
        raise NotPermitted
    kept = [scope for scope in SCOPES if scope in scopes]
    if "openid" not in kept or len(kept) != len(set(scopes)):
        raise Refused("client_scopes", "scopes", scopes=", ".join(SCOPES))
    with records.atomic():
        before = records.execute(
            """UPDATE consent SET withdrawn_at = %s
               WHERE account_id = %s AND client_id = %s AND withdrawn_at IS NULL""",
            (at, actor.account, client),
        )
        given = records.execute(
            """INSERT INTO consent (account_id, client_id, scopes, given_at)
               SELECT a.id, %s, %s, %s FROM account a WHERE a.id = %s AND a.is_active""",
            (client, kept, at, actor.account),
        )
        if not given:
            raise NotFound("no_account")
        data = {"client": client, "scopes": kept, "anew": bool(before)}
        journal.record(actor, "trust.give_consent", "account", actor.account, data, at=at)


def withdraw_consent(actor: Actor, client: str, *, at: datetime) -> None:
    """Take back what one agreed to: the system's tokens end at once, it is told so, and it must ask anew.

    Raises ``NotPermitted`` for who comes by a token, ``Refused`` where nothing was agreed or it was withdrawn.
    """
    if actor.narrowed:
        raise NotPermitted
    with records.atomic():
        withdrawn = records.execute(
            """UPDATE consent SET withdrawn_at = %s
               WHERE account_id = %s AND client_id = %s AND withdrawn_at IS NULL""",
            (at, actor.account, client),
        )
        if not withdrawn:
            raise Refused("no_consent", "client", status=409)
        records.execute(
            "DELETE FROM allauth_idp_oidc_token WHERE user_id = %s AND client_id = %s", (actor.account, client)
        )
        records.execute(
            """UPDATE system_sign_in SET sign_in_id = NULL, expired_at = NULL WHERE account_id = %s AND client_id = %s
               AND ended_at IS NULL""",
            (actor.account, client),
        )
        journal.record(actor, "trust.withdraw_consent", "account", actor.account, {"client": client}, at=at)


def claims_of(account: int, scopes: Collection[str]) -> dict[str, Any]:
    """Return what a system is told of an account for these scopes (OpenID Connect Core 1.0, 5.1).

    Of a resident the name is told that was compared with the base, so from level 2 on. An identity number is in no
    scope. What is not known is left out.
    """
    known = identity.standing_of(account)
    if known is None:
        return {}
    resident = known.sort == "resident"
    claims: dict[str, Any] = {}
    if "profile" in scopes:
        name = known.real_name if resident else known.name.say(known.language)
        claims |= {"locale": LOCALES[known.language], "zhihai_account": "resident" if resident else "official"}
        claims |= {"name": name} if name else {}
    if "email" in scopes and known.email:
        claims |= {"email": known.email, "email_verified": resident or known.proved}
    if "zhihai_level" in scopes and resident:
        claims |= {"zhihai_level": known.level}
    return claims


def subject_of(client: str, account: int) -> str:
    """Return by which name a system knows an account: drawn from its sector and the account, kept from then on.

    It is the account's and not the person's: a tie of the two that was wrong may be undone, and a name that a system
    knows somebody by must never become somebody else's (OpenID Connect Core 1.0, 2 and 8.1).
    """
    found = records.one(
        """SELECT c.sector, s.subject FROM oidc_client c
           LEFT JOIN oidc_subject s ON s.sector = c.sector AND s.account_id = %s WHERE c.client_id = %s""",
        (account, client),
    )
    if found is None:
        raise Refused("no_client", "client")
    sector, subject = found
    if subject is not None:
        return str(subject)
    records.execute(
        "INSERT INTO oidc_subject (sector, account_id, subject) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        (sector, account, identity.subject_digest(sector, account)),
    )
    return str(
        records.value("SELECT subject FROM oidc_subject WHERE sector = %s AND account_id = %s", (sector, account))
    )


def account_by_subject(client: str, subject: str) -> int | None:
    """Return the account that a system knows by this name; ``None`` for no such account, or one switched off."""
    found = records.value(
        """SELECT a.id FROM oidc_client c JOIN oidc_subject s ON s.sector = c.sector AND s.subject = %s
           JOIN account a ON a.id = s.account_id AND a.is_active WHERE c.client_id = %s""",
        (subject, client),
    )
    return None if found is None else int(found)
