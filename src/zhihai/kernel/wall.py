"""The second wall: each question behind it says for whom it is asked, and the store shows no other rows (行级安全)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import local

from django.db import Error

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
    inner = records.within_transaction()
    with records.atomic(), _saying(reader, back=inner):
        yield


@contextmanager
def asking(reader: str) -> Iterator[None]:
    """Ask for ``reader`` what changes nothing: as :func:`seeing`, but within another transaction no savepoint is kept.

    Saves two round trips to the store, and all four where the block around asks for the same reader.
    """
    if not records.within_transaction():
        with seeing(reader):
            yield
        return
    with _saying(reader, back=True) as was:
        try:
            yield
        except Error:  # the transaction is broken, and what was said ends with it or with a savepoint further out
            raise
        except BaseException:
            _say(was)
            raise


@contextmanager
def turning_to(reader: str) -> Iterator[None]:
    """Ask for another reader within :func:`seeing`, which undoes all when the block raises."""
    with _saying(reader, back=True):
        yield


@contextmanager
def _saying(reader: str, *, back: bool) -> Iterator[str]:
    """Say who asks, unless the block around said the same, and ``back`` what was said when the block ends well."""
    around = _SAID.reader
    if around == reader:
        yield around
        return
    was = _say(reader)
    _SAID.reader = reader
    try:
        yield was
    finally:
        _SAID.reader = around
    if back:
        _say(was)


def _say(reader: str) -> str:
    return str(records.value("SELECT zh_read_as(%s)", (reader,)))
