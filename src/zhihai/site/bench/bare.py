"""The bare store: the very statements that the platform sends, noted once and sent again without the platform.

What stands between the two measurements is everything that is ours: reading JSON, permissions, rules of the calendar,
building the statements, Django, HTTP. Tables, indexes, functions, durability and the number of writers are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from django.db import transaction
from psycopg.pq import ExecStatus, Format

GIVES_NUMBER = b"zh_receive"
"""The statement whose answer later ones speak of: the number of the envelope."""
FIRST_NUMBER = 1_000_000_000_000
"""Numbers of envelopes begin here in a measurement, so that they are found in what later statements say."""
SAVEPOINTS = (b"SAVEPOINT", b"RELEASE SAVEPOINT", b"ROLLBACK TO SAVEPOINT")
SOUND = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement as it went over the wire; ``simple`` has its parameters written into its text."""

    text: bytes
    params: tuple[bytes | None, ...]
    types: tuple[int, ...]
    formats: tuple[int, ...]
    simple: bool
    binary: bool


@dataclass(frozen=True, slots=True)
class Script:
    """What one act sends, in one transaction; ``number`` is the envelope that it was noted with, 0 for none."""

    statements: tuple[Statement, ...]
    number: int = 0


@contextmanager
def noted() -> Iterator[list[Statement]]:
    """Note every statement that this process sends while the block runs."""
    found: list[Statement] = []
    original = psycopg.Cursor.execute

    def execute(self: Any, query: Any, params: Any = None, **options: Any) -> Any:
        done = original(self, query, params, **options)
        sent, simple = self._query, isinstance(self, psycopg.ClientCursor)
        found.append(
            Statement(
                bytes(sent.query),
                tuple(None if one is None else bytes(one) for one in sent.params or ()),
                tuple(sent.types or ()),
                tuple(sent.formats or ()),
                simple,
                bool(options.get("binary")),
            )
        )
        return done

    psycopg.Cursor.execute = execute  # type: ignore[method-assign]
    try:
        yield found
    finally:
        psycopg.Cursor.execute = original  # type: ignore[method-assign]


def rehearse(act: Callable[[], object]) -> Script:
    """Return what an act sends, and let nothing of it happen; an act that returns a number is noted with it."""
    with noted() as found, transaction.atomic():
        number = act()
        transaction.set_rollback(True)
    statements = tuple(one for one in found if not one.text.startswith(SAVEPOINTS))
    return Script(statements, number if isinstance(number, int) else 0)


class Bare:
    """A connection that does nothing but send scripts."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True)
        self._line = self._connection.pgconn

    def __call__(self, script: Script) -> None:
        """Send a script in one transaction, and read all its answers."""
        self._simple(b"BEGIN")
        number = b""
        for statement in script.statements:
            answer = self._send(statement, script.number, number)
            if script.number and not number and GIVES_NUMBER in statement.text:
                number = answer.get_value(0, 0) or b""
        self._simple(b"COMMIT")

    def read(self, script: Script) -> None:
        """Send what only reads, each statement by itself."""
        for statement in script.statements:
            self._send(statement, 0, b"")

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def _simple(self, text: bytes) -> psycopg.pq.abc.PGresult:
        return self._checked(self._line.exec_(text))

    def _send(self, statement: Statement, old: int, new: bytes) -> psycopg.pq.abc.PGresult:
        text, params = statement.text, statement.params
        if new:
            text, params = _renumbered(text, params, old, int(new))
        if statement.simple:
            return self._simple(text)
        format_ = Format.BINARY if statement.binary else Format.TEXT
        return self._checked(
            self._line.exec_params(text, list(params), statement.types, statement.formats, format_)
        )

    def _checked(self, answer: psycopg.pq.abc.PGresult) -> psycopg.pq.abc.PGresult:
        if answer.status not in SOUND:
            raise RuntimeError((answer.error_message or b"").decode(errors="replace"))
        return answer


def _renumbered(
    text: bytes, params: Sequence[bytes | None], old: int, new: int
) -> tuple[bytes, tuple[bytes | None, ...]]:
    """Put the number of this envelope where the noted one stands, in text and in binary form."""
    words = [(str(old).encode(), str(new).encode()), (old.to_bytes(8), new.to_bytes(8))]
    changed = []
    for param in params:
        for before, after in words if param is not None else ():
            param = param.replace(before, after)
        changed.append(param)
    return text.replace(*words[0]), tuple(changed)
