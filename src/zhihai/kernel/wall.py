"""The second wall: each question behind it says for whom it is asked, and the store shows no other rows (行级安全)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import local

from zhihai.kernel import records

PLATFORM = "platform"


class _Said(local):
    """For whom this thread's transaction asks now, by the innermost block; empty outside of any."""

    reader = ""


_SAID = _Said()


@contextmanager
def seeing(reader: str) -> Iterator[None]:
    """Ask in one transaction for ``reader``: ``person:7``, ``own:12``, ``areas:{[2,9]}``, or the platform's own work.

    Within another transaction what was said before is said again at the end; else it ends with the transaction.
    """
    if records.within_transaction():
        with records.atomic(), asking(reader):
            yield
        return
    with records.atomic():
        _say(reader)
        _SAID.reader = reader
        try:
            yield
        finally:
            _SAID.reader = ""


@contextmanager
def asking(reader: str) -> Iterator[None]:
    """Ask for ``reader`` as :func:`seeing` does, but within another transaction no savepoint is kept for the block.

    For what changes nothing, or goes back with the block around. Saves two round trips to the store, and all four where
    the block around asks for the same reader.
    """
    around = _SAID.reader
    if not records.within_transaction():
        with seeing(reader):
            yield
    elif around == reader:
        yield
    else:
        was = _say(reader)
        _SAID.reader = reader
        try:
            yield
        finally:
            _SAID.reader = around
            if records.takes_statements():  # else it goes back with the savepoint further out that mends it
                _say(was)


def _say(reader: str) -> str:
    return str(records.value("SELECT zh_read_as(%s)", (reader,)))
