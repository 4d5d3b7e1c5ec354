"""Bodies of requests: read up to the limit and no further, and JSON that is JSON in UTF-8."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from ninja.parser import Parser

from zhihai.ground.refusal import Refused

JSON = "application/json"
SHOWN = 80
"""Longest part of what a client sent that is repeated to it."""
MEBIBYTE = 1 << 20
DRAINED, PIECE = 128 * MEBIBYTE, 1 << 16


def too_large() -> Refused:
    """Return the refusal of a body beyond the limit, which is ``DATA_UPLOAD_MAX_MEMORY_SIZE`` of the settings."""
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0
    return Refused("body_too_large", status=413, most=f"{limit / MEBIBYTE:g}")


def read_body(request: HttpRequest) -> bytes:
    """Return the body of a request, whether its length was said or it comes in chunks.

    Raises ``Refused`` (``body_too_large``, 413): at once where the length is said, else as soon as the limit is passed.
    """
    if _chunked(request):
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = request.META["wsgi.input"].read(-1 if limit is None else limit + 1)
        if limit is not None and len(body) > limit:
            raise too_large()
        return bytes(body)
    try:
        return bytes(request.body)
    except RequestDataTooBig:
        raise too_large() from None


def _chunked(request: HttpRequest) -> bool:
    """Say whether a body comes without its length, which Django takes for none."""
    return (
        not request.META.get("CONTENT_LENGTH") and "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower()
    )


def drain(request: HttpRequest) -> None:
    """Read the rest of a body that is refused and forget it, up to 128 MiB.

    A client that is still sending when the connection closes never reads why it was refused. One that waits to be told
    to go on (``Expect: 100-continue``) reads the answer without sending anything.
    """
    if request.META.get("HTTP_EXPECT", "").lower() == "100-continue":
        return
    stream, left = request.META["wsgi.input"] if _chunked(request) else request, DRAINED
    try:
        while left > 0 and (piece := stream.read(min(left, PIECE))):
            left -= len(piece)
    except OSError:  # it has gone already
        return


def need_json(request: HttpRequest) -> None:
    """Raise ``Refused`` (``content_type``, 415) unless the body is said to be JSON, in UTF-8."""
    charset = (request.content_params or {}).get("charset", "utf-8").lower()
    if request.content_type != JSON or charset not in ("utf-8", "utf8"):
        given = request.META.get("CONTENT_TYPE", "")[:SHOWN] or "–"
        raise Refused("content_type", "Content-Type", status=415, given=given)


def text_of(body: bytes) -> str:
    """Return the text of a body; raises ``Refused`` (400) for one that is not UTF-8, saying so of GB 18030."""
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("body_gb18030" if _is_gb18030(body) else "body_not_utf8", status=400) from None


def _is_gb18030(body: bytes) -> bool:
    try:
        body.decode("gb18030")
    except UnicodeDecodeError:
        return False
    return True


def parse_json(body: bytes) -> Any:
    """Return what a body says in JSON (RFC 8259); raises ``Refused`` (400) for anything else, NaN too."""
    try:
        return json.loads(text_of(body), parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Refused("body_unreadable", status=400) from None


def _no_number(name: str) -> NoReturn:
    raise Refused("body_nan", status=400, given=name)


class JsonParser(Parser):
    """Reads bodies for the typed operations."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Return the decoded body. Raises ``Refused``, which ninja wraps."""
        need_json(request)
        return parse_json(request.body)
