"""Device intake: readings come in by one door, and what is answered is committed.

``take_readings`` takes readings in JSON, ``take_message`` the device's own message through its kind's adapter. Readings
that can not be (a wrong unit, a value out of range, the years 1970 and 2099, a device that nobody registered) go to
quarantine one by one, with a reason, and are an acknowledged outcome; what can not be read at all is refused whole, is
counted by :func:`exchange.acts.turn_away`, and nothing of it is kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

import msgspec
from django.db import DatabaseError
from django.http import HttpResponse
from pydantic import BaseModel

from zhihai.faces.api.bodies import need_json, read_body
from zhihai.faces.api.language import language_of
from zhihai.faces.api.problems import FieldProblem, logger, refusal_of
from zhihai.faces.api.senders import Sender, sender_of
from zhihai.faces.api.sent import readings_of
from zhihai.faces.request import Asked
from zhihai.ground.reading import Reading
from zhihai.ground.refusal import Refused
from zhihai.ground.words import Language
from zhihai.kernel import house
from zhihai.kernel.exchange import acts as exchange
from zhihai.kernel.journal import reads as journal
from zhihai.kernel.sensing import acts as sensing
from zhihai.kernel.sensing import reads as devices
from zhihai.kernel.sensing.kinds import DeviceKind

Read = Callable[[bytes], Sequence[Reading]]

TOLD = 20
"""At most this many problems are told by sentence; ``quarantined`` counts all of them."""
MEDIA_TYPE = re.compile(r"[A-Za-z0-9.+-]{1,60}/[A-Za-z0-9.+-]{1,60}")
REASONS: dict[int, exchange.TurnedAwayReason] = {
    400: "unreadable", 401: "unauthenticated", 403: "not_permitted", 404: "invalid", 413: "too_large",
    415: "content_type", 422: "invalid",
}  # fmt: skip
"""What a request that was turned away counts as, by the status of its answer."""


class Taken(BaseModel):
    """What became of a request, once it is committed: all readings are one of accepted, duplicate, quarantined.

    ``repeated`` says that its idempotency key was taken before and this is the answer of that first time.
    """

    envelope: int
    repeated: bool
    accepted: int
    duplicate: int
    quarantined: int
    problems: list[FieldProblem]


def sending(request: Asked) -> Sender:
    """Return who sends a request, by its token. Raises ``Refused`` (401, 403, 503)."""
    with _counting():
        return sender_of(request)


class Sent(Asked):
    """A request whose sender is known."""

    auth: Sender


def take_readings(request: Sent) -> HttpResponse:
    """Take one reading, or an array of up to 10,000.

    Each is told as accepted, duplicate or quarantined; the answer goes out after all of it is committed. A header
    `Idempotency-Key` makes it safe to send the same batch again. Instants need an offset from UTC; values are in the
    quantity's own unit, and `unit` may say so to be checked (nothing is converted).
    """

    return _take(request, readings_of, check=need_json)


def take_message(request: Sent, code: str) -> HttpResponse:
    """Take a device's own message, as devices of its kind send it.

    The message must be of the device that the address names. Times, units and ranges are checked as for readings.
    """

    def read(body: bytes) -> Sequence[Reading]:
        device = devices.device(code)
        readings = house.registry().get(DeviceKind, device.kind).adapter(body)
        if any(reading.device != device.code for reading in readings):
            raise Refused("message_of_another", "device", device=device.code)
        return readings

    return _take(request, read)


def _take(request: Sent, read: Read, check: Callable[[Sent], None] | None = None) -> HttpResponse:
    with _counting():
        if check is not None:
            check(request)
        recorded = _record(request, read)
    answer = {
        "envelope": recorded.envelope, "repeated": recorded.repeated, "accepted": recorded.accepted,
        "duplicate": recorded.duplicate, "quarantined": recorded.quarantined,
        "problems": _told(recorded.problems[:TOLD], language_of(request)),
    }  # fmt: skip
    status = 200 if recorded.repeated else 201
    return HttpResponse(msgspec.json.encode(answer), status=status, content_type="application/json")


def _record(request: Sent, read: Read) -> sensing.Recorded:
    sender, given, at_machine = request.auth, request.content_type or "", datetime.now(UTC)
    body, key = read_body(request), request.META.get("HTTP_IDEMPOTENCY_KEY")
    line = (sender.actor, sender.connector, body, given if MEDIA_TYPE.fullmatch(given) else "", key)
    readings = read(body)
    if len(readings) == 1:
        recorded = sensing.take_one(*line, readings[0], at_machine=at_machine)
        if recorded is not None:
            return recorded
    return sensing.take_in(*line, lambda _: readings, at=journal.now(), at_machine=at_machine)


def _told(problems: Sequence[devices.Problem], language: Language) -> list[dict[str, str]]:
    words = house.words()
    return [
        {"field": one.field, "detail": words.say(f"quarantine.{one.reason}", language, **one.facts)} for one in problems
    ]


@contextmanager
def _counting() -> Iterator[None]:
    """Count what is turned away in the block, where an operator sees it."""
    try:
        yield
    except Exception as fault:
        refused = refusal_of(fault)
        reason = "key_reused" if refused.code == "key_reused" else REASONS.get(refused.status)
        if reason is not None:
            _turn_away(reason)
        raise refused from fault


def _turn_away(reason: exchange.TurnedAwayReason) -> None:
    try:
        exchange.turn_away(reason, at_machine=datetime.now(UTC))
    except DatabaseError as fault:
        logger.error("a request turned away was not counted: %s", type(fault).__name__)
