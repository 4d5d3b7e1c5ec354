"""The certificate authority's files and answers: certificates and lists (DER), and OCSP by GET and POST (RFC 6960)."""

from __future__ import annotations

import binascii
from base64 import b64decode
from datetime import UTC, datetime
from urllib.parse import unquote

from cryptography.hazmat.primitives.serialization import Encoding
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from zhihai.ground.certificates.answering import FRESH_FOR, LARGEST
from zhihai.kernel.trust import reads as trust

CERTIFICATE, LIST, ANSWER = "application/pkix-cert", "application/pkix-crl", "application/ocsp-response"
ISSUER_KEPT, LIST_KEPT = 86_400, 3_600
"""Seconds for which a certificate or a list may be kept on the way."""


@require_safe
def issuer(request: HttpRequest, issuer: int) -> HttpResponse:
    """The certificate of an issuing key; 0 is the root's."""
    content = trust.issuer_certificate(issuer).public_bytes(Encoding.DER)
    return _file(content, CERTIFICATE, f"issuing-{issuer}.cer" if issuer else "root.cer", ISSUER_KEPT)


@require_safe
def revoked(request: HttpRequest, issuer: int) -> HttpResponse:
    """What an issuing key has revoked; 0 is the root's list."""
    content, until = trust.revoked_list(issuer)
    kept = max(0, min(LIST_KEPT, int((until - datetime.now(UTC)).total_seconds())))
    return _file(content, LIST, f"revoked-{issuer}.crl" if issuer else "root.crl", kept)


def _file(content: bytes, sort: str, name: str, kept: int) -> HttpResponse:
    answer = HttpResponse(content, content_type=sort)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = f"public, max-age={kept}"
    return answer


@csrf_exempt
@require_POST
def answers(request: HttpRequest) -> HttpResponse:
    """Answer a request that was posted; one that is too large is not read."""
    length = request.headers.get("Content-Length", "")
    whole = not length.isdigit() or int(length) <= LARGEST
    return _answer(request.read(LARGEST + 1) if whole else b"")


@require_safe
def answers_by_address(request: HttpRequest, asked: str) -> HttpResponse:
    """Answer a request that stands in the address, in Base64; what passes on the way may keep the answer."""
    try:
        der = b64decode(unquote(asked), validate=True) if len(asked) <= LARGEST else b""
    except (binascii.Error, ValueError):
        der = b""
    answer = _answer(der)
    answer.headers["Cache-Control"] = f"public, max-age={int(FRESH_FOR.total_seconds()) // 2}"
    return answer


def _answer(der: bytes) -> HttpResponse:
    return HttpResponse(trust.answer_status(der, at_machine=datetime.now(UTC)), content_type=ANSWER)
