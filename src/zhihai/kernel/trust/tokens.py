"""Codes and tokens of systems that people sign in to (授权码、令牌): only their digests are kept, and each ends.

All that one sign-in led to is a family. A code is used up when it is redeemed; a refresh token when it is used, and its
row then holds the next one, so that a sign-in that lasts keeps one row. A code or a refresh token that comes a second
time was stolen, by the first who brought it or by the second: the family ends (RFC 9700, 2.1.1 and 4.14). But who lost
the answer may bring the same refresh token again for some seconds, as long as nobody has used what it led to; the next
one then takes the place of the one that was lost, and if that was not lost but stolen, its use ends the family.
Machine time.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from zhihai.ground.actors import SYSTEM
from zhihai.kernel import records
from zhihai.kernel.journal import acts as journal

CODE, ACCESS, REFRESH = "ac", "at", "rt"
"""Sorts of tokens, as the library's table calls them."""
CODE_GOOD_FOR = timedelta(seconds=60)
ACCESS_GOOD_FOR = timedelta(minutes=10)
REFRESH_GOOD_FOR = timedelta(days=30)
"""Since it was last used."""
FAMILY_GOOD_FOR = timedelta(days=180)
"""Since the sign-in: then one signs in anew."""

LOST_FOR = timedelta(seconds=10)
"""So long after it was used a refresh token may come again, from whom the answer did not reach."""


@dataclass(frozen=True, slots=True)
class Granted:
    """What somebody who signed in let a system have: ``since`` is when the account signed in, ``methods`` is how.

    ``sid`` names the sign-in for that system, so that what it led to ends with it; empty where none is noted.
    """

    account: int
    client: str
    scopes: tuple[str, ...]
    since: int
    methods: tuple[str, ...]
    redirect: str = ""
    nonce: str | None = field(default=None, repr=False)
    challenge: str = field(default="", repr=False)
    family: str = field(default="", repr=False)
    brought: str = field(default="", repr=False)
    sid: str = field(default="", repr=False)


_LASTS = """(coalesce(t.data->>'sid', '') = '' OR EXISTS (SELECT FROM system_sign_in s WHERE s.sid = t.data->>'sid'
    AND (s.sign_in_id IS NOT NULL OR s.expired_at IS NOT NULL)))"""
"""The sign-in that led to a token has not ended: it lasts, or has run out unused."""


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def family_of(token: str) -> str:
    """Return the family of a code, which is drawn from it, or of a refresh token, which begins with it."""
    head, dot, _ = token.partition(".")
    if dot:
        return head
    return urlsafe_b64encode(hashlib.sha256(b"family " + token.encode()).digest()[:16]).rstrip(b"=").decode()


def keep_code(grant: Granted, code: str, *, at_machine: datetime) -> None:
    """Keep a code until it is redeemed or a minute has gone."""
    data = {
        "family": family_of(code), "redirect": grant.redirect, "nonce": grant.nonce, "challenge": grant.challenge,
        "since": grant.since, "methods": grant.methods, "sid": grant.sid,
    }  # fmt: skip
    _insert(CODE, code, grant, grant.scopes, data, at_machine, at_machine + CODE_GOOD_FOR)


def redeem_code(client: str, code: str, *, at: datetime, at_machine: datetime) -> Granted | None:
    """Use a code up and return what it stands for; ``None`` for one that is unknown, late or another system's.

    Or whose sign-in has ended. One that was redeemed before ends all that it led to.
    """
    row = records.one(
        f"""DELETE FROM allauth_idp_oidc_token t USING account a
           WHERE t.type = %s AND t.hash = %s AND t.client_id = %s AND a.id = t.user_id
           RETURNING t.user_id, t.client_id, t.scopes, t.data::text, t.expires_at > %s AND a.is_active AND {_LASTS}""",
        (CODE, _digest(code), client, at_machine),
    )
    if row is None:
        _end_stolen(client, family_of(code), at)
        return None
    return _granted(row) if row[4] else None


@contextmanager
def taking_turns() -> Iterator[None]:
    """Hold what is redeemed within the block until the next token is written, so that two who bring it take turns."""
    with records.atomic():
        yield


def redeem_refresh(client: str, token: str, *, at: datetime, at_machine: datetime) -> Granted | None:
    """Return what a refresh token stands for, and hold its row until the next one is written to it.

    ``None`` for one that is unknown, late, another system's or of a sign-in that has ended; one that was used before
    ends its family, unless its answer was lost.
    """
    row = records.one(
        f"""SELECT t.user_id, t.client_id, t.scopes, t.data::text, t.expires_at > %s AND a.is_active AND {_LASTS},
               t.hash
           FROM allauth_idp_oidc_token t JOIN account a ON a.id = t.user_id
           WHERE t.data->>'family' = %s AND t.type = %s AND t.client_id = %s FOR UPDATE OF t""",
        (at_machine, family_of(token), REFRESH, client),
    )
    if row is None or not row[4]:
        return None
    granted, brought = _granted(row), _digest(token)
    if not secrets.compare_digest(row[5], brought) and not _answer_lost(json.loads(row[3]), brought, at_machine):
        _end_stolen(client, family_of(token), at)
        return None
    return replace(granted, brought=brought)


def _answer_lost(data: Mapping[str, object], brought: str, at_machine: datetime) -> bool:
    """Say whether this refresh token led to the present one just now, so that its answer may have been lost."""
    before, used = str(data.get("before", "")), data.get("used")
    since = at_machine.timestamp() - float(str(used)) if used is not None else LOST_FOR.total_seconds() + 1
    return secrets.compare_digest(before, brought) and 0 <= since <= LOST_FOR.total_seconds()


def _granted(row: records.Row) -> Granted:
    data = json.loads(row[3])
    return Granted(
        row[0], row[1], tuple(row[2].split("\n")), data["since"], tuple(data["methods"]), data.get("redirect", ""),
        data.get("nonce"), data.get("challenge", ""), data["family"], sid=data.get("sid", ""),
    )  # fmt: skip


def keep_tokens(
    grant: Granted, access: str, refresh: str, scopes: tuple[str, ...], *, at: datetime, at_machine: datetime
) -> None:
    """Keep what a system is given: an access token for these scopes, and the refresh token that comes next."""
    with records.atomic():
        data = {"family": grant.family, "since": grant.since, "methods": grant.methods, "sid": grant.sid}
        _insert(ACCESS, access, grant, scopes, data, at_machine, at_machine + ACCESS_GOOD_FOR)
        renewed = records.execute(
            """UPDATE allauth_idp_oidc_token SET hash = %s, expires_at = least(%s, created_at + %s),
                   data = CASE WHEN data->>'before' = %s THEN data ELSE data || %s END
               WHERE data->>'family' = %s AND type = %s""",
            (
                _digest(refresh),
                at_machine + REFRESH_GOOD_FOR,
                FAMILY_GOOD_FOR,
                grant.brought,
                records.as_json({"before": grant.brought, "used": at_machine.timestamp()}),
                grant.family,
                REFRESH,
            ),
        )
        if not renewed:
            _insert(REFRESH, refresh, grant, grant.scopes, data, at_machine, at_machine + REFRESH_GOOD_FOR)
        records.execute(
            "UPDATE consent SET used_at = %s WHERE account_id = %s AND client_id = %s AND withdrawn_at IS NULL",
            (at, grant.account, grant.client),
        )


def _insert(
    sort: str,
    token: str,
    grant: Granted,
    scopes: tuple[str, ...],
    data: Mapping[str, object],
    now: datetime,
    end: datetime,
) -> None:
    records.execute(
        """INSERT INTO allauth_idp_oidc_token (type, hash, client_id, user_id, data, scopes, created_at, expires_at)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s)""",
        (sort, _digest(token), grant.client, grant.account, records.as_json(data), "\n".join(scopes), now, end),
    )


def end_token(client: str, token: str) -> int:
    """End a token of a system's own; a refresh token with its family. Returns how many tokens ended (RFC 7009)."""
    return records.execute(
        """DELETE FROM allauth_idp_oidc_token t USING allauth_idp_oidc_token one
           WHERE one.hash = %s AND one.client_id = %s AND one.type IN ('at', 'rt') AND t.client_id = one.client_id
               AND (t.id = one.id OR (one.type = 'rt' AND t.data->>'family' = one.data->>'family'))""",
        (_digest(token), client),
    )


def _end_stolen(client: str, family: str, at: datetime) -> None:
    account = records.value(
        """WITH ended AS (DELETE FROM allauth_idp_oidc_token WHERE data->>'family' = %s AND client_id = %s
           RETURNING user_id) SELECT min(user_id) FROM ended""",
        (family, client),
    )
    if account is not None:
        journal.record(SYSTEM, "trust.token_reused", "account", account, {"client": client}, at=at)


def sweep_tokens(*, at_machine: datetime) -> int:
    """Remove what has expired, by its index and without reading it; returns how many rows that were."""
    return records.execute("DELETE FROM allauth_idp_oidc_token WHERE expires_at <= %s", (at_machine,))
