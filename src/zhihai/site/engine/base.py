"""Django's PostgreSQL engine, whose check of a kept connection costs no question, and which reads instants quickly.

Both are paid by every page: the check was a round trip before the first question (0.15 ms of it and of the server's
time), and an inbox reads some two hundred instants.
"""

from __future__ import annotations

import select
from functools import cache
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg import postgres
from psycopg.adapt import AdaptersMap
from psycopg.pq import Format, TransactionStatus

__all__ = ["DatabaseWrapper"]


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection to the records store (记录库)."""

    def is_usable(self) -> bool:
        """Say whether a kept connection still stands, without asking the server.

        A server that stops, is killed or ends a session closes its end or says so first: either can be read from a
        connection on which nothing is due. What this does not see, a server that froze or a line cut without a word,
        a question would not have seen within any time a page may take.
        """
        link = self.connection
        if link is None or link.closed or link.pgconn.transaction_status != TransactionStatus.IDLE:
            return False
        due = select.poll()
        due.register(link.fileno(), select.POLLIN | select.POLLPRI)
        return not due.poll(0)

    def get_connection_params(self) -> dict[str, Any]:
        """Return what a connection is opened with; instants are read by the loader that psycopg has compiled."""
        params = super().get_connection_params()
        params["context"] = _adapters(params["context"])
        return params

    def create_cursor(self, name: str | None = None) -> Any:
        """Return a cursor. Django's way asks the loader of instants for its zone, which a compiled one does not tell.

        It is UTC for both: connections are opened so (``TIME_ZONE`` is left alone).
        """
        if name is None:
            return self.connection.cursor()
        return self.connection.cursor(name, scrollable=False, withhold=self.connection.autocommit)


@cache
def _adapters(django: AdaptersMap) -> AdaptersMap:
    adapters = AdaptersMap(django)
    swift = psycopg.adapters.get_loader(postgres.types["timestamptz"].oid, Format.TEXT)
    assert swift is not None
    adapters.register_loader("timestamptz", swift)
    return adapters
