"""Checking a sealed document (验章), for anybody: by document and signature, by the document, or by its code."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.core.files.uploadedfile import UploadedFile

from zhihai.faces.desk.frame import public
from zhihai.faces.request import Asked
from zhihai.faces.uploads import digest_of, most_mebibytes
from zhihai.ground.certificates.cms import LARGEST
from zhihai.ground.refusal import Refused
from zhihai.kernel.trust import reads as trust

MOST_SEALS = 10
"""So many seals of one document are checked; few have more than two."""


@public("hall/verify.jinja")
def verify(request: Asked) -> dict[str, Any]:
    """The form, and below it what was found; nothing that is sent here is kept."""
    found: dict[str, Any] = {"checks": (), "record": None, "unknown": False, "wrong": None}
    if request.method == "POST":
        try:
            found |= _found(request)
        except Refused as refused:
            found["wrong"] = refused
    code = (request.POST if request.method == "POST" else request.GET).get("code", "")[:60]
    return {**found, "code": code, "most": most_mebibytes(), "roots": trust.roots()}


def _found(request: Asked) -> dict[str, Any]:
    document, signature = request.FILES.get("document"), request.FILES.get("signature")
    code = request.POST.get("code", "")[:60].strip()
    digest = None if document is None else digest_of(document)
    if digest is None:
        if not code or signature is not None:
            raise Refused("verify_document", "document")
        return {"record": trust.sealed_as(code)}
    if signature is not None:
        given = [_read(signature)]
    elif code:
        given = [trust.sealed_as(code).signature]
    else:
        given = [one.signature for one in trust.sealings_of(digest)[:MOST_SEALS]]
    now = datetime.now(UTC)
    return {
        "checks": [trust.check_document(digest, one, at_machine=now) for one in given], "digest": digest.hex(),
        "unknown": not given,
    }  # fmt: skip


def _read(signature: UploadedFile) -> bytes:
    content: bytes = signature.read(LARGEST + 1)
    return content
