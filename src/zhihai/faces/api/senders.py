"""Who sends readings: a token's actor with its line of intake, remembered for some seconds by each process.

A device that sends ten times a second would else be looked up ten times a second, in three questions. So **a token
that is revoked, or a role that ends, is still served for up to five seconds by a process that has just seen it**; every
other operation of the API asks the store each time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from zhihai.faces.api.access import known, token_of
from zhihai.faces.request import Asked
from zhihai.ground.actors import Actor
from zhihai.ground.refusal import NotFound, NotPermitted, Refused
from zhihai.kernel.exchange import reads as exchange
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.identity.kinds import SEND_READINGS
from zhihai.kernel.journal import reads as journal

KEEP_SECONDS = 5.0
MOST = 4096


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends and by which line."""

    actor: Actor
    connector: exchange.Connector


class Senders:
    """The senders this process has seen lately, by the digest of their token: no token is kept."""

    def __init__(self) -> None:
        self._seen: dict[bytes, tuple[float, Sender]] = {}

    def find(self, token: str, now: Callable[[], datetime]) -> Sender:
        """Return the sender with this token, from memory or as the store has it now.

        Raises ``Refused``: ``token_unknown`` (401), ``not_permitted`` or ``no_connector`` (403).
        """
        key, clock = identity.digest(token), time.monotonic()
        until, sender = self._seen.get(key, (0.0, None))
        if sender is not None and clock < until:
            return sender
        found = _ask(token, now())
        if len(self._seen) >= MOST:
            self._seen.clear()
        self._seen[key] = (clock + KEEP_SECONDS, found)
        return found

    def forget(self) -> None:
        """Forget all: the next request of each asks the store."""
        self._seen.clear()


def _ask(token: str, at: datetime) -> Sender:
    at_machine = datetime.now(UTC)
    actor = known(lambda: identity.actor_of_token(token, at=at, at_machine=at_machine))
    if not actor.may(SEND_READINGS):
        raise NotPermitted
    try:
        return Sender(actor, exchange.connector_of(actor.account))
    except NotFound:
        raise NotPermitted("no_connector") from None


SENDERS = Senders()


def sender_of(request: Asked) -> Sender:
    """Return who sends this request; raises ``Refused`` (401, 403, 503)."""
    token = token_of(request)
    if token is None:
        raise Refused("sign_in_needed", status=401)
    return SENDERS.find(token, journal.now)
