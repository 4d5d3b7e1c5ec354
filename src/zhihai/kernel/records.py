"""The records store: one thin way to ask PostgreSQL, used inside rooms. Acts are SQL functions called from here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from threading import Lock
from typing import Any, Generic, Protocol, TypeVar

import msgspec
from django.db import connection, transaction
from psycopg.pq import TransactionStatus

atomic = transaction.atomic
on_commit = transaction.on_commit
Row = tuple[Any, ...]
Params = Sequence[object] | Mapping[str, object]
"""What fills a statement: values by place, or by name where one stands in several places."""
T = TypeVar("T")
R = TypeVar("R")


def statement() -> AbstractContextManager[None]:
    """Guard one statement: a savepoint within a transaction, nothing outside, where a statement is one by itself.

    Saves the two round trips of BEGIN and COMMIT, a third of the time that opening a case takes.
    """
    return atomic() if connection.in_atomic_block else nullcontext()


def within_transaction() -> bool:
    """Say whether a transaction of this thread's is open."""
    return bool(connection.in_atomic_block)


def takes_statements() -> bool:
    """Say whether the open transaction takes statements: after a fault not until it goes back to a savepoint."""
    link = connection.connection
    whole = link is not None and link.info.transaction_status == TransactionStatus.INTRANS
    return whole and not connection.needs_rollback


def side_by_side(work: Callable[[T], R], pieces: Sequence[T], threads: int) -> list[R]:
    """Do pieces of work by some threads, each on a connection of its own; return what they gave, in no order.

    One piece, or any number within a transaction, is done in the caller's thread. What a piece raises is raised when
    all have ended; the thread that met it leaves the rest to the others.
    """
    if len(pieces) < 2 or connection.in_atomic_block:
        return [work(piece) for piece in pieces]
    waiting = iter(pieces)  # a list's iterator gives each piece to one thread only

    def share() -> list[R]:
        try:
            return [work(piece) for piece in waiting]
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return [done for one in [pool.submit(share) for _ in range(threads)] for done in one.result()]


def rows(sql: str, params: Params = ()) -> list[Row]:
    """Run a question and return all its rows."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def one(sql: str, params: Params = ()) -> Row | None:
    """Run a question and return its first row, or ``None``."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchone()


def value(sql: str, params: Params = ()) -> Any:
    """Run a question and return the first column of its first row, or ``None``."""
    row = one(sql, params)
    return None if row is None else row[0]


def execute(sql: str, params: Params = ()) -> int:
    """Run a statement and return how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return int(cursor.rowcount)


def copy_in(statement: str, records: Iterable[Sequence[object]]) -> None:
    """Write many rows by ``COPY … FROM STDIN``, inside the transaction that is open."""
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for record in records:
            copy.write_row(record)


def new_numbers(table: str, count: int) -> tuple[int, ...]:
    """Return numbers for rows that are still to be written to a table."""
    asked = "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)"
    return tuple(row[0] for row in rows(asked, (table, count)))


def as_json(thing: object) -> str:
    """Encode a value for a ``json`` parameter: keys sorted, so that equal values are equal text."""
    return msgspec.json.encode(thing, order="deterministic").decode()


def json_object(text: str | bytes | dict[str, Any] | None) -> dict[str, Any]:
    """Decode a ``json`` column, which arrives as text or already decoded; ``NULL`` is an empty object."""
    if text is None:
        return {}
    if isinstance(text, dict):
        return text
    decoded = msgspec.json.decode(text)
    if not isinstance(decoded, dict):
        raise TypeError("not a JSON object")
    return decoded


def json_list(text: str | bytes | list[Any]) -> list[Any]:
    """Decode a ``json`` column that holds a list."""
    if isinstance(text, list):
        return text
    decoded = msgspec.json.decode(text)
    if not isinstance(decoded, list):
        raise TypeError("not a JSON list")
    return decoded


class Versioned(Protocol):
    """What was read from the store as a whole, and says of which version it is."""

    @property
    def version(self) -> int:
        """The number that the store raises with every change."""
        ...


V = TypeVar("V", bound=Versioned)


class Held(Generic[V]):
    """Keeps in this process what was read under a version, as long as the store is at that version; safe for threads.

    ``asking`` is the question for the store's version, ``read`` reads everything with its version in one statement.
    """

    def __init__(self, asking: str, read: Callable[[], V]) -> None:
        self._asking, self._read = asking, read
        self._held: V | None = None
        self._lock = Lock()

    def at_hand(self) -> V:
        """Return what this process has, however old it is: for whoever names its version when writing."""
        return self._held or self.renewed()

    def now(self) -> V:
        """Return it as the store has it now: one question where nothing has changed."""
        return self.at(int(value(self._asking)))

    def at(self, version: int) -> V:
        """Return it of a version just read, or of a later one."""
        held = self._held
        return held if held is not None and held.version == version else self.renewed(version)

    def renewed(self, version: int | None = None) -> V:
        """Read everything anew, unless another thread has just read this ``version``."""
        with self._lock:
            held = self._held
            if held is None or held.version != version:
                held = self._held = self._read()
            return held
