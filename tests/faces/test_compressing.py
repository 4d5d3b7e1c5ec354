"""Pages go out compressed to who takes it, whole and each time of another length."""

from __future__ import annotations

import gzip

from django.http import HttpResponse
from django.test import RequestFactory

from zhihai.faces.compressing import MOST_MORE, compressed

BODY = ("海淀 " * 4000).encode()


def answer(body: bytes, accepts: str) -> HttpResponse:
    """Return what a view that answers ``body`` sends to one who accepts so much."""
    return compressed(lambda request: HttpResponse(body))(
        RequestFactory().get("/", headers={"Accept-Encoding": accepts})
    )


def test_who_takes_gzip_gets_it_whole() -> None:
    packed = answer(BODY, "br, gzip")
    assert packed["Content-Encoding"] == "gzip"
    assert packed["Vary"] == "Accept-Encoding"
    assert gzip.decompress(packed.content) == BODY
    assert int(packed["Content-Length"]) == len(packed.content) < len(BODY) / 10


def test_who_does_not_gets_it_as_it_is() -> None:
    plain = answer(BODY, "gzip;q=0")
    assert plain.content == BODY
    assert not plain.has_header("Content-Encoding")
    assert plain["Vary"] == "Accept-Encoding"


def test_a_short_answer_is_not_worth_it() -> None:
    assert answer(b"ok", "gzip").content == b"ok"


def test_its_length_betrays_nothing() -> None:
    lengths = {len(answer(BODY, "gzip").content) for _ in range(60)}
    assert len(lengths) > 10
    assert max(lengths) - min(lengths) <= MOST_MORE
