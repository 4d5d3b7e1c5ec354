"""Handing a short message to the gateway that is set, or into a file, so that nothing is lost unseen.

The request is described by settings, since no two gateways agree: a JSON object with places for number, text and key,
and in the answer the field that says whether the message was taken. What a gateway refuses for good is told apart from
a gateway that is away. Neither the number nor what authorises us is written into a log.
"""

from __future__ import annotations

import io
import json
import re
import socket
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from zhihai.faces.reaching import Line, NotTaken, left
from zhihai.kernel.channels.acts import Message, RefusedForGood
from zhihai.site.configuration import Configuration

PATIENCE = 10.0
"""Seconds for all of one message."""
MOST_ANSWER = 65_536
LONGEST = 500
"""Characters of one short message; gateways part longer ones or refuse them."""
FOR_GOOD = (400, 410, 422)
"""What a gateway says of a message or a number that it will never take (RFC 9110). Any other status may be ours to
mend: a wrong secret, a wrong path, too many at once."""
PLACE = re.compile(r"\{(to|text|key)\}")
LENGTH = re.compile(rb"\r\ncontent-length: *(\d{1,9})\r\n", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Gateway:
    """A gateway of short messages (短信网关).

    ``body`` is the JSON object that is posted, with ``{to}``, ``{text}`` and ``{key}`` in its strings; ``answer`` the
    path of the field in the reply, its parts joined by points, whose value says by ``accepted`` and ``refused`` what
    became of the message. Without ``answer`` the status alone does.
    """

    url: str
    authorization: str = field(repr=False)
    body: Mapping[str, Any]
    answer: str = ""
    accepted: Collection[str] = ()
    refused: Collection[str] = ()

    def send(self, message: Message) -> None:
        """Hand over one message; returns when the gateway has taken it.

        Raises ``RefusedForGood`` for what it will never take, ``NotTaken``, ``OSError`` or ``HTTPException`` otherwise.
        The key is the same each time, so that a gateway that looks at it takes the message once.
        """
        places = {"to": _plain(message.to), "text": short_text(message), "key": message.reference}
        headers = {
            "Content-Type": "application/json", "Accept": "application/json", "Connection": "close",
            "Idempotency-Key": message.reference,
        }  # fmt: skip
        if self.authorization:
            headers["Authorization"] = self.authorization
        status, content = _asked(self.url, json.dumps(_filled(self.body, places)).encode(), headers)
        self._judge(status, content)

    def _judge(self, status: int, content: bytes) -> None:
        if status in FOR_GOOD:
            raise RefusedForGood(str(status))
        if not 200 <= status < 300:
            raise NotTaken(str(status))
        if not self.answer:
            return
        said = _value(content, self.answer)
        if said in self.refused:
            raise RefusedForGood
        if said not in self.accepted:
            raise NotTaken


@dataclass(frozen=True, slots=True)
class Catcher:
    """Writes short messages into files instead, one for each message however often it is tried."""

    folder: Path

    def send(self, message: Message) -> None:
        """Write one message as a file that only its owner may read."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.folder / f"{message.reference}.json"
        path.touch(mode=0o600)
        shown = {"to": _plain(message.to), "text": short_text(message), "key": message.reference}
        path.write_text(json.dumps(shown, ensure_ascii=False), encoding="utf-8")


def sms_way(config: Configuration) -> Gateway | Catcher:
    """Return where short messages go by this configuration; without a gateway each is a file in ``<data>/sms``."""
    if not config.sms_url:
        return Catcher(config.data / "sms")
    secret = "" if config.sms_authorization is None else config.sms_authorization.get_secret_value()
    return Gateway(
        config.sms_url, secret, json.loads(config.sms_body), config.sms_answer, config.sms_accepted.split(),
        config.sms_refused.split(),
    )  # fmt: skip


def short_text(message: Message) -> str:
    """Return what a short message says: no address in it, which people are told never to follow."""
    return f"{message.subject}\n{message.text}"[:LONGEST]


def _plain(number: str) -> str:
    return number.replace(" ", "").replace("-", "")


def _filled(part: Any, places: Mapping[str, str]) -> Any:
    if isinstance(part, str):
        return PLACE.sub(lambda found: places[found[1]], part)
    if isinstance(part, Mapping):
        return {name: _filled(one, places) for name, one in part.items()}
    return [_filled(one, places) for one in part] if isinstance(part, list) else part


def _value(content: bytes, path: str) -> str | None:
    try:
        found = json.loads(content)
        for name in path.split("."):
            found = found[int(name)] if isinstance(found, list) else found[name]
    except (ValueError, KeyError, IndexError, TypeError):
        return None
    return found if isinstance(found, str) else json.dumps(found)


def _asked(url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
    """Post to the gateway and return status and content of its answer; nothing is followed."""
    parts, until = urlsplit(url), time.monotonic() + PATIENCE
    port = parts.port or (443 if parts.scheme == "https" else 80)
    where = [str(one[4][0]) for one in socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)]
    line = Line(parts, where, until)
    try:
        line.request("POST", f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}", body, headers)
        return _read(_whole(line.sock, until))
    finally:
        line.close()


def _whole(line: socket.socket, until: float) -> bytes:
    raw = b""
    while len(raw) < MOST_ANSWER and not _ended(raw):
        line.settimeout(left(until))
        piece = line.recv(8192)
        if not piece:
            break
        raw += piece
    return raw


def _ended(raw: bytes) -> bool:
    head, parted, body = raw.partition(b"\r\n\r\n")
    said = LENGTH.search(head + b"\r\n")
    return bool(parted) and said is not None and len(body) >= int(said[1])


class _Received:
    """What was received, in the shape in which the standard library reads an answer."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    def makefile(self, mode: str) -> io.BytesIO:
        """Return it as a file."""
        return io.BytesIO(self._raw)


def _read(raw: bytes) -> tuple[int, bytes]:
    answer = HTTPResponse(cast("socket.socket", _Received(raw)), method="POST")
    try:
        answer.begin()
        return answer.status, answer.read(MOST_ANSWER)
    except HTTPException:
        raise NotTaken from None
