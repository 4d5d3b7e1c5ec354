"""Telling a system, from machine to machine, that a sign-in has ended (OpenID Connect Back-Channel Logout 1.0).

The address was registered by whoever registers systems, and still the platform does not go wherever it leads: the name
is resolved once, what it stands for is looked at, and that very address is gone to, so that a name that changes its
mind meanwhile changes nothing. Nothing is followed, nothing of the answer is read but its status, and all of it has
a few seconds. No proxy and no password file of this machine is used.
"""

from __future__ import annotations

import re
import socket
import ssl
import time
import uuid
from collections.abc import Sequence
from http.client import HTTPConnection
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlencode, urlsplit

import jwt
from django.conf import settings

from zhihai.faces.provider.adapter import key_that_signs
from zhihai.kernel.trust.reads import Parting

EVENT = "http://schemas.openid.net/event/backchannel-logout"
GOOD_FOR = 120
"""Seconds for which a logout token holds: each attempt makes its own."""
PATIENCE = 5.0
"""Seconds for all of it, once the name is resolved."""
LINE = 1024
"""Bytes within which the status must stand."""
STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})[ \r]")
TAKEN = (200, 204)
"""204 is not what the specification asks for, and what many a framework answers."""
LOOPBACK = ("localhost", "127.0.0.1", "::1")
TUNNELS = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"), ip_network("2002::/16"), ip_network("2001::/32"))
"""Addresses of version 6 that stand for one of version 4, which might be any."""
Network = IPv4Network | IPv6Network


class Unreachable(Exception):
    """The platform does not go to where an address leads."""


class NotTaken(Exception):
    """The system did not answer that it ended the sign-in."""


def logout_token(parting: Parting) -> str:
    """Return what a system is told, signed: whose sign-in, by both its names, and that it has ended (section 2.4)."""
    key, now = key_that_signs(), int(time.time())
    claims = {
        "iss": settings.ZHIHAI_ORIGIN, "aud": parting.client, "sub": parting.subject, "sid": parting.sid, "iat": now,
        "exp": now + GOOD_FOR, "jti": uuid.uuid4().hex, "events": {EVENT: {}},
    }  # fmt: skip
    return jwt.encode(claims, key.private, algorithm="RS256", headers={"kid": key.kid, "typ": "logout+jwt"})


def tell_system(parting: Parting) -> None:
    """Tell a system; returns once it answered that it is done. Raises ``Unreachable``, ``NotTaken``, ``OSError``."""
    parts = urlsplit(parting.address)
    where, until = resolved(parts), time.monotonic() + PATIENCE
    body = urlencode({"logout_token": logout_token(parting)}).encode()
    line = _Line(parts, where, until)
    try:
        path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        line.request("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded", "Connection": "close"})
        status = _status(line.sock, until)
    finally:
        line.close()
    if status not in TAKEN:
        raise NotTaken(str(status))


def resolved(parts: SplitResult) -> list[str]:
    """Return the network addresses that a name stands for. Raises ``Unreachable`` unless each may be gone to."""
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    found = [str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    networks = [ip_network(one) for one in settings.ZHIHAI_SYSTEM_NETWORKS]
    if not found or not all(may_reach(ip_address(one.partition("%")[0]), networks) for one in found):
        raise Unreachable
    if parts.scheme != "https" and not all(ip_address(one).is_loopback for one in found):
        raise Unreachable
    return found


def may_reach(where: IPv4Address | IPv6Address, networks: Sequence[Network]) -> bool:
    """Say whether the platform may go to a network address: a public one, or one of the networks that were set.

    To its own machine only where it is itself reached there, which is a trial; to what is a link's or a group's never.
    """
    if isinstance(where, IPv6Address) and where.ipv4_mapped is not None:
        where = where.ipv4_mapped
    if where.is_link_local or where.is_multicast or where.is_unspecified or any(where in one for one in TUNNELS):
        return False
    if where.is_loopback:
        return urlsplit(settings.ZHIHAI_ORIGIN).hostname in LOOPBACK
    return where.is_global or any(where in one for one in networks)


class _Line(HTTPConnection):
    """A connection to one of the very addresses that were looked at, under the name they were registered by."""

    def __init__(self, parts: SplitResult, where: Sequence[str], until: float) -> None:
        super().__init__(str(parts.hostname), parts.port or (443 if parts.scheme == "https" else 80))
        self._where, self._until, self._secret = where, until, parts.scheme == "https"

    def connect(self) -> None:
        """Connect, and speak TLS where the address is https: the certificate must be of the registered name."""
        self.sock = self._opened()
        if self._secret:
            self.sock.settimeout(_left(self._until))
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)
        self.sock.settimeout(_left(self._until))

    def _opened(self) -> socket.socket:
        """Open a line to the first address at which somebody answers, as resolvers put them in order."""
        for where in self._where[:-1]:
            try:
                return socket.create_connection((where, self.port), _left(self._until))
            except ConnectionError:
                continue
        return socket.create_connection((self._where[-1], self.port), _left(self._until))


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _status(line: socket.socket, until: float) -> int:
    """Read a status and no more. Raises ``NotTaken`` for what is none, ``TimeoutError`` when it takes too long."""
    head = b""
    while b"\n" not in head and len(head) < LINE:
        line.settimeout(_left(until))
        piece = line.recv(256)
        if not piece:
            break
        head += piece
    found = STATUS.match(head)
    if found is None:
        raise NotTaken
    return int(found[1])
