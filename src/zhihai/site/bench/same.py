"""The statements of an act, caught as it asks them, so that the bare store can be asked exactly the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection

Statement = tuple[str, Sequence[object]]
WRITES = ("zh_case_open(", "zh_case_change(")
"""The one statement by which an act of cases writes: it is caught and not carried out."""


class Caught(BaseException):
    """Ends an act at its write; nothing of it is kept."""


@contextmanager
def catching(into: list[Statement]) -> Iterator[None]:
    """Note every statement of this thread's connection; raise :class:`Caught` in place of an act's write."""

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        into.append((sql, params))
        if any(write in sql for write in WRITES):
            raise Caught
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield


def statements_of(act: Callable[[], object]) -> list[Statement]:
    """Return the statements of an act; its write is the last of them and is not done."""
    found: list[Statement] = []
    with catching(found):
        try:
            act()
        except Caught:
            return found
    return found


def ask_again(line: psycopg.Connection[Any], statements: Sequence[Statement]) -> None:
    """Ask statements one after another and read all their rows."""
    for sql, params in statements:
        cursor = line.execute(sql, params)
        if cursor.description:
            cursor.fetchall()
