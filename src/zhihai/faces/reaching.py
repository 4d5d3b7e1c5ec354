"""Going to an address that somebody else gave, and nowhere else: what a message to another's system goes over.

The address was registered by whoever owns the system, and still the platform does not go wherever it leads: the name
is resolved once, what it stands for is looked at, and that very address is gone to, so that a name that changes its
mind meanwhile changes nothing. Nothing is followed, nothing of the answer is read but its status, and all of it has
a few seconds. No proxy and no password file of this machine is used.
"""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from http.client import HTTPConnection
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

LINE = 1024
"""Bytes within which the status must stand."""
STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})[ \r]")
LOOPBACK = ("localhost", "127.0.0.1", "::1")
TUNNELS = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"), ip_network("2002::/16"), ip_network("2001::/32"))
"""Addresses of version 6 that stand for one of version 4, which might be any."""
Network = IPv4Network | IPv6Network


class Unreachable(Exception):
    """The platform does not go to where an address leads."""


class NotTaken(Exception):
    """Whoever was told did not answer that they took it."""


def tell(address: str, body: Callable[[], bytes], headers: Mapping[str, str], patience: float) -> int:
    """Post to an address and return the status of the answer, within so many seconds once its name is resolved.

    What is told is made once it is known that it may be told there. Raises ``Unreachable``, ``NotTaken`` for what is no
    answer, ``OSError``.
    """
    parts = urlsplit(address)
    where, until = resolved(parts), time.monotonic() + patience
    line = Line(parts, where, until)
    try:
        path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        line.request("POST", path, body(), {**headers, "Connection": "close"})
        return status_of(line.sock, until)
    finally:
        line.close()


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


class Line(HTTPConnection):
    """A connection to one of the very addresses that were looked at, under the name they were registered by."""

    def __init__(self, parts: SplitResult, where: Sequence[str], until: float) -> None:
        super().__init__(str(parts.hostname), parts.port or (443 if parts.scheme == "https" else 80))
        self._where, self._until, self._secret = where, until, parts.scheme == "https"

    def connect(self) -> None:
        """Connect, and speak TLS where the address is https: the certificate must be of the registered name."""
        self.sock = self._opened()
        if self._secret:
            self.sock.settimeout(left(self._until))
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)
        self.sock.settimeout(left(self._until))

    def _opened(self) -> socket.socket:
        """Open a line to the first address at which somebody answers, as resolvers put them in order."""
        for where in self._where[:-1]:
            try:
                return socket.create_connection((where, self.port), left(self._until))
            except ConnectionError:
                continue
        return socket.create_connection((self._where[-1], self.port), left(self._until))


def left(until: float) -> float:
    """Return how many seconds are left. Raises ``TimeoutError`` for none."""
    seconds = until - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


def status_of(line: socket.socket, until: float) -> int:
    """Read a status and no more. Raises ``NotTaken`` for what is none, ``TimeoutError`` when it takes too long."""
    head = b""
    while b"\n" not in head and len(head) < LINE:
        line.settimeout(left(until))
        piece = line.recv(256)
        if not piece:
            break
        head += piece
    found = STATUS.match(head)
    if found is None:
        raise NotTaken
    return int(found[1])
