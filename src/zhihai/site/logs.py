"""Logs (运行日志): one JSON object a line on standard error, or plain lines at a terminal; nothing personal in either.

What a library or Django says of a request or of a value is cut down to its template: an address, a host name or the
text of an exception may hold personal data. Our own sentences are written without any. A fault is told by its sort and
the places it went through, never by its message.
"""

from __future__ import annotations

import logging
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

import msgspec

from zhihai.site.configuration import Configuration
from zhihai.site.measures import measures

ABOUT: ContextVar[dict[str, object] | None] = ContextVar("about", default=None)
"""What every line of the work at hand carries: number and route of a request, or the name of a worker."""
OURS = "zhihai"
PLACES = 6
"""So many places of a fault are told, the innermost first."""
REQUESTS = "zhihai.site.observing"


class JsonLine(logging.Formatter):
    """A record as one line of JSON: ``time`` (UTC), ``level``, ``logger``, ``event``, and what is known besides."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"time": at, "level": record.levelname.lower(), "logger": record.name, "event": said(record)}
        return msgspec.json.encode(line | facts(record)).decode()


class PlainLine(logging.Formatter):
    """The same for a person at a terminal: time, level, logger, event, then ``name=value``."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        at = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S")
        known = "".join(f" {name}={value}" for name, value in facts(record).items())
        return f"{at} {record.levelname} {record.name} {said(record)}{known}"


class Counting(logging.StreamHandler):
    """Writes to standard error, and counts warnings and worse."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        if record.levelno >= logging.WARNING:
            measures().logged.labels(record.levelname.lower()).inc()
        super().emit(record)


def said(record: logging.LogRecord) -> str:
    """Return what a record says: of ours the sentence, of others its template without what was put into it."""
    if record.name.partition(".")[0] == OURS:
        return record.getMessage()
    if record.name.startswith("django.security") or not isinstance(record.msg, str):
        return record.name
    return record.msg if record.args else f"{record.name} {record.funcName}"


def facts(record: logging.LogRecord) -> dict[str, Any]:
    """Return what is known beside the sentence: of the request, of the record, and of a fault its sort and places."""
    known: dict[str, Any] = {**(ABOUT.get() or {}), **getattr(record, "facts", {})}
    status = getattr(record, "status_code", None)
    if isinstance(status, int):
        known["status"] = status
    if record.exc_info and record.exc_info[1] is not None:
        fault = record.exc_info[1]
        frames = traceback.extract_tb(fault.__traceback__)[-PLACES:]
        known["fault"] = type(fault).__qualname__
        known["at"] = [f"{frame.filename.rpartition('/zhihai/')[2]}:{frame.lineno}" for frame in reversed(frames)]
    return known


def logging_settings(config: Configuration, *, terminal: bool) -> dict[str, Any]:
    """Return Django's ``LOGGING``. At a terminal, requests that went well are told only at level ``debug``."""
    plain = config.log_form == "plain" or (config.log_form == "auto" and terminal)
    level = config.log_level.upper()
    quiet = "WARNING" if plain and config.log_level != "debug" else level
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": f"{__name__}.{(PlainLine if plain else JsonLine).__name__}"}},
        "handlers": {"stderr": {"()": f"{__name__}.{Counting.__name__}", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"level": "WARNING", "handlers": [], "propagate": True},
            "django.request": {"level": "ERROR"},  # below that our own line says all it says
            "psycopg": {"level": "WARNING"},
            "fido2": {"level": "WARNING"},  # it would tell which key signed
            "pypdf": {"level": "ERROR"},  # it tells each oddity of a file that somebody sent: a million lines, of one
            REQUESTS: {"level": quiet},
        },
    }
