"""Rows of sign-ins by other systems: tokens for codes by HTTP, and expired tokens removed."""

from __future__ import annotations

import hashlib
import secrets
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from urllib.parse import urlencode

from zhihai.ground.actors import SYSTEM
from zhihai.ground.named import Named
from zhihai.kernel import records
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.journal import reads as journal
from zhihai.kernel.trust import acts as trust_acts
from zhihai.kernel.trust import reads as trust
from zhihai.kernel.trust.acts import ClientInput
from zhihai.site.bench.crowd import Client, crowd, timed
from zhihai.site.bench.figures import Row, rounds_of

BACK = "https://bench.example/signed-in"
VERIFIER = secrets.token_urlsafe(48)
CLIENTS = 4
EXPIRED = 100
"""So many times as many tokens are removed as are given."""


def sign_ins(port: int, count: int, rounds: int) -> tuple[Row, ...]:
    """Measure ``count`` codes brought for tokens a round, an ID token signed for each, and the removal of many more."""
    at, now = journal.now(), datetime.now(UTC)
    given = ClientInput(
        name=Named("Benchmark", "Benchmark"), organisation=identity.organisations()[0].id, redirects=(BACK,),
        scopes=("openid", "profile"),
    )  # fmt: skip
    id_, secret = trust_acts.register_client(SYSTEM, given, at=at, at_machine=now)
    account = next(one.id for one in identity.accounts() if one.sort == "person" and one.active)
    pair = b64encode(f"{id_}:{secret}".encode()).decode()
    client = Client(port, {"Authorization": f"Basic {pair}"})

    def issued() -> float:
        took, _ = crowd(CLIENTS, list(_redemptions(client, id_, account, count)), int)
        return count / took

    def removed() -> float:
        expired = EXPIRED * count
        records.execute(_MANY_EXPIRED, (id_, account, now - timedelta(days=1), expired))
        return expired / timed(lambda: trust_acts.sweep_tokens(at_machine=now))

    issued_rounds = rounds_of(rounds, issued)
    return (
        Row(name="token_issue", unit="tokens/s", rounds=issued_rounds, n=count, least=100.0),
        Row(name="token_sweep", unit="tokens/s", rounds=rounds_of(rounds, removed), n=EXPIRED * count),
    )


def _redemptions(client: Client, id_: str, account: int, count: int) -> Iterator[Callable[[], object]]:
    """Keep codes, and yield what brings each of them for tokens."""
    challenge = urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
    granted = trust.Granted(account, id_, ("openid", "profile"), 0, ("pwd",), BACK, None, challenge)
    later = datetime.now(UTC) + timedelta(hours=1)
    for _ in range(count):
        code = secrets.token_urlsafe(24).replace(".", "")
        trust_acts.keep_code(granted, code, at_machine=later)
        asked = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": VERIFIER}
        yield partial(client.form, "/oidc/token", urlencode(asked).encode())


_MANY_EXPIRED = """INSERT INTO allauth_idp_oidc_token
    (type, hash, client_id, user_id, data, scopes, created_at, expires_at)
    SELECT 'at', 'expired ' || n, c.id, c.account, jsonb_build_object('family', n), 'openid', c.since, c.since
    FROM (VALUES (%s, %s, %s, %s)) AS c (id, account, since, many), generate_series(1, c.many) AS n"""
