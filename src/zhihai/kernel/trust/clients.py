"""Systems that sign people in through the platform (接入系统): whose they are, where they may be led back to."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from zhihai.ground.actors import Actor
from zhihai.ground.named import Named
from zhihai.ground.refusal import NotFound, Refused
from zhihai.kernel import records
from zhihai.kernel.identity.kinds import SET_CLIENTS
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.trust.kinds import SCOPES

LOOPBACK = ("localhost", "127.0.0.1", "::1")
LONGEST, MOST = 500, 10
"""Characters of an address, and how many addresses a client has at most."""
NAME = (2, 60)
SECRET_BYTES = 32
RANDOM = "random_sha256"
"""How a client's secret is kept: its SHA-256 under this name. It has 256 random bits, so no slow hash is needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientInput:
    """A system as it is registered. ``public``: it can keep no secret, such as an application on a telephone."""

    name: Named
    organisation: int
    redirects: tuple[str, ...]
    logouts: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ("openid",)
    public: bool = False
    told_at: str = ""
    """Where it wants to be told of a sign-out, from machine to machine; empty: nowhere."""


@dataclass(frozen=True, slots=True)
class Client:
    """A system that is registered; ``ended`` says since when it is switched off (district time)."""

    id: str
    name: Named
    owner: Named
    public: bool
    scopes: tuple[str, ...]
    redirects: tuple[str, ...]
    logouts: tuple[str, ...]
    registered: datetime
    ended: datetime | None
    organisation: int
    told_at: str


_CLIENT = """SELECT c.client_id, c.name_zh, c.name_en, o.name_zh, o.name_en, l.type, l.scopes, l.redirect_uris,
    l.data #>> '{client_metadata,post_logout_redirect_uris}', c.registered_at, c.ended_at,
    c.organisation_id, coalesce(l.data #>> '{client_metadata,backchannel_logout_uri}', '')
    FROM oidc_client c JOIN allauth_idp_oidc_client l ON l.id = c.client_id
    JOIN organisation o ON o.id = c.organisation_id"""


def clients(actor: Actor) -> tuple[Client, ...]:
    """Return all systems, those in use first (some hundreds). Raises ``NotPermitted`` without ``client.set``."""
    actor.need(SET_CLIENTS)
    return tuple(
        _read(row) for row in records.rows(f"{_CLIENT} ORDER BY c.ended_at NULLS FIRST, c.name_zh, c.client_id")
    )


def client(actor: Actor, id_: str) -> Client:
    """Return one system. Raises ``NotPermitted`` without the power ``client.set``, ``NotFound``."""
    actor.need(SET_CLIENTS)
    row = records.one(f"{_CLIENT} WHERE c.client_id = %s", (id_,))
    if row is None:
        raise NotFound("no_client")
    return _read(row)


def client_in_use(id_: str) -> Client | None:
    """Return a system that people may be signed in to; ``None`` for one there is not, or that is switched off."""
    row = records.one(f"{_CLIENT} WHERE c.client_id = %s AND c.ended_at IS NULL", (id_,))
    return None if row is None else _read(row)


def _read(row: records.Row) -> Client:
    logouts = tuple(records.json_list(row[8] or "[]"))
    return Client(
        row[0], Named(row[1], row[2]), Named(row[3], row[4]), row[5] == "public", tuple(row[6].split("\n")),
        tuple(row[7].split("\n")), logouts, *row[9:],
    )  # fmt: skip


def register_client(actor: Actor, given: ClientInput, *, at: datetime, at_machine: datetime) -> tuple[str, str]:
    """Register a system and return its number and its secret, which is seen this once; a public one has none (empty).

    Raises ``NotPermitted`` without the power ``client.set`` over the whole district; ``Refused`` for an address that is
    neither ``https`` nor of this machine, addresses of several hosts, an unknown scope or organisation, no name.
    """
    actor.need(SET_CLIENTS)
    _check(given)
    id_, secret = secrets.token_hex(16), "" if given.public else secrets.token_urlsafe(SECRET_BYTES)
    with records.atomic():
        records.execute(
            """INSERT INTO allauth_idp_oidc_client (id, name, secret, scopes, default_scopes, type, grant_types,
                   redirect_uris, cors_origins, allow_uri_wildcards, response_types, skip_consent, created_at, data)
               VALUES (%s, %s, %s, %s, '', %s, E'authorization_code\nrefresh_token', %s, '', false, 'code', false, %s,
                   %s)""",
            (
                id_, given.name.zh, _kept(secret), "\n".join(given.scopes),
                "public" if given.public else "confidential", "\n".join(given.redirects), at_machine, _metadata(given),
            ),
        )  # fmt: skip
        records.execute(
            """INSERT INTO oidc_client (client_id, name_zh, name_en, organisation_id, sector, registered_at, actor)
               VALUES (%s, %s, %s, %s, %s, %s, %s)""",
            (
                id_, given.name.zh, given.name.en, given.organisation, _sector(id_, given), at, actor.account,
            ),
        )  # fmt: skip
        journal.record(actor, "trust.register_client", "client", None, {"client": id_, **_facts(given)}, at=at)
    return id_, secret


def _sector(id_: str, given: ClientInput) -> str:
    """Return whose clients know a person by one name: those of one host; on the reader's own machine each its own."""
    host = str(urlsplit(given.redirects[0]).hostname)
    return id_ if host in LOOPBACK else host


def amend_client(actor: Actor, id_: str, given: ClientInput, *, at: datetime) -> None:
    """Register other addresses, scopes, names or another owner of a system. Its tokens end; people sign in anew.

    Raises as :func:`register_client` does, ``NotFound``; ``Refused`` for a system that is switched off, for addresses
    on another host, which would tell that host the names by which this one knows people, and where a system that keeps
    a secret would become one that keeps none or the other way round.
    """
    before = client(actor, id_)
    _check(given)
    if given.public != before.public:
        raise Refused("client_sort", "public")
    with records.atomic():
        row = records.one("SELECT sector, ended_at FROM oidc_client WHERE client_id = %s FOR UPDATE", (id_,))
        if row is None or row[1] is not None:
            raise Refused("client_ended", "client", status=409)
        if row[0] != _sector(id_, given):
            raise Refused("client_host_kept", "redirects", host=str(urlsplit(before.redirects[0]).hostname))
        records.execute(
            "UPDATE oidc_client SET name_zh = %s, name_en = %s, organisation_id = %s WHERE client_id = %s",
            (given.name.zh, given.name.en, given.organisation, id_),
        )
        records.execute(
            """UPDATE allauth_idp_oidc_client SET name = %s, scopes = %s, redirect_uris = %s, data = %s
               WHERE id = %s""",
            (given.name.zh, "\n".join(given.scopes), "\n".join(given.redirects), _metadata(given), id_),
        )
        records.execute("DELETE FROM allauth_idp_oidc_token WHERE client_id = %s", (id_,))
        journal.record(actor, "trust.amend_client", "client", None, {"client": id_, **_facts(given)}, at=at)


def _facts(given: ClientInput) -> dict[str, object]:
    return {
        "name": given.name.zh, "organisation": given.organisation, "redirects": list(given.redirects),
        "scopes": list(given.scopes), "public": given.public,
    }  # fmt: skip


def _metadata(given: ClientInput) -> str:
    told_at = {"backchannel_logout_uri": given.told_at, "backchannel_logout_session_required": True}
    return records.as_json(
        {"client_metadata": {"post_logout_redirect_uris": list(given.logouts), **(told_at if given.told_at else {})}}
    )


def _kept(secret: str) -> str:
    """Return a secret as it is kept; nothing fits the secret of a client that has none."""
    return f"{RANDOM}${hashlib.sha256(secret.encode()).hexdigest()}" if secret else f"{RANDOM}$"


def renew_client_secret(actor: Actor, id_: str, *, at: datetime) -> str:
    """Give a system a new secret and return it, which is seen this once; the one before counts no more at once.

    Raises as :func:`client` does, and ``Refused`` for a public system and one that is switched off.
    """
    if client(actor, id_).public:
        raise Refused("client_public", "client")
    secret = secrets.token_urlsafe(SECRET_BYTES)
    with records.atomic():
        renewed = records.execute(
            """UPDATE allauth_idp_oidc_client SET secret = %s WHERE id = %s
               AND EXISTS (SELECT FROM oidc_client c WHERE c.client_id = id AND c.ended_at IS NULL FOR UPDATE)""",
            (_kept(secret), id_),
        )
        if not renewed:
            raise Refused("client_ended", "client", status=409)
        journal.record(actor, "trust.renew_client_secret", "client", None, {"client": id_}, at=at)
    return secret


def switch_client(actor: Actor, id_: str, *, on: bool, at: datetime) -> None:
    """Switch a system off or on again. Off, all its tokens end at once, and nobody is led back to it any more.

    Raises as :func:`client` does, and ``Refused`` where it stands so already.
    """
    client(actor, id_)
    with records.atomic():
        switched = records.execute(
            "UPDATE oidc_client SET ended_at = %s WHERE client_id = %s AND (ended_at IS NOT NULL) = %s",
            (None if on else at, id_, on),
        )
        if not switched:
            raise Refused("client_switched", "client", status=409)
        if not on:
            records.execute("DELETE FROM allauth_idp_oidc_token WHERE client_id = %s", (id_,))
            records.execute("DELETE FROM system_sign_in WHERE client_id = %s", (id_,))
        journal.record(actor, "trust.switch_client", "client", None, {"client": id_, "on": on}, at=at)


def _check(given: ClientInput) -> None:
    for name, text in (("name_zh", given.name.zh), ("name_en", given.name.en)):
        if not NAME[0] <= len(text) <= NAME[1]:
            raise Refused("client_name", name, least=NAME[0], most=NAME[1])
    if not 1 <= len(given.redirects) <= MOST or len(given.logouts) > MOST:
        raise Refused("client_addresses", "redirects", most=MOST)
    hosts = {_host(address, "redirects") for address in given.redirects}
    if len(hosts) > 1:
        raise Refused("client_hosts", "redirects")
    if {_host(address, "logouts") for address in given.logouts} - hosts:
        raise Refused("client_hosts", "logouts")
    if given.told_at and _host(given.told_at, "told_at") not in hosts:
        raise Refused("client_hosts", "told_at")
    _check_scopes(given.scopes)
    if records.one("SELECT 1 FROM organisation WHERE id = %s AND valid_to IS NULL", (given.organisation,)) is None:
        raise Refused("no_organisation", "organisation")


def _check_scopes(scopes: Sequence[str]) -> None:
    if "openid" not in scopes or not set(scopes) <= set(SCOPES):
        raise Refused("client_scopes", "scopes", scopes=", ".join(SCOPES))


def _host(address: str, field: str) -> str:
    """Return the host of an address that people may be led to: whole, in ``https`` or on the reader's own machine."""
    wrong = Refused("client_address", field, address=address[:80])
    if len(address) > LONGEST or not address.isascii() or not address.isprintable() or set(address) & set(' \\*"<>#'):
        raise wrong
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise wrong from None
    if not host or "@" in parts.netloc or parts.scheme not in ("https", "http"):
        raise wrong
    if parts.scheme == "http" and host not in LOOPBACK:
        raise wrong
    return host
