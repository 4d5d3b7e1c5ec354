"""The public check of a sealed document: by document and signature, by the document alone, by its code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.faces.staging import staged_seal, staged_sealing
from tests.ground.certificates.authority import the_chain
from tests.kernel.trust.ceremony import DIGEST, DOCUMENT, revoke

from zhihai.kernel.trust import reads

ALTERED = DOCUMENT + b"."


@pytest.fixture
def anybody(worked: str, reader: Callable[..., Client]) -> Client:
    return reader(None, "en")


def checked(client: Client, document: bytes | None = None, signature: bytes | None = None, code: str = "") -> Any:
    given: dict[str, object] = {"code": code}
    if document is not None:
        given["document"] = SimpleUploadedFile("document.pdf", document)
    if signature is not None:
        given["signature"] = SimpleUploadedFile("document.p7s", signature)
    return client.post("/verify/", given)


def said(answer: Any) -> str:
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_what_was_sealed_here_is_found_by_the_document_alone(anybody: Client) -> None:
    note = reads.sealed_as(staged_sealing())
    for answer in (
        checked(anybody, DOCUMENT), checked(anybody, DOCUMENT, note.signature),
        checked(anybody, DOCUMENT, code=note.code), checked(anybody, DOCUMENT, code=f" {note.shown_code.lower()} "),
    ):  # fmt: skip
        page = said(answer)
        assert "It holds: the document is as it was sealed" in page
        assert "Environment Department (example)" in page
        assert "noted in the journal" in page
        assert "施工批复.pdf" in page


def test_an_altered_document_is_told_whatever_it_comes_with(anybody: Client) -> None:
    note = reads.sealed_as(staged_sealing())
    for answer in (checked(anybody, ALTERED, note.signature), checked(anybody, ALTERED, code=note.code)):
        page = said(answer)
        assert "The document was altered" in page
        assert "施工批复.pdf" not in page, "what another document was called is not told"
    assert "No record of this document" in said(checked(anybody, ALTERED))


def test_a_code_by_itself_shows_what_was_noted_and_no_verdict(anybody: Client) -> None:
    page = said(checked(anybody, code=staged_sealing()))
    assert "it was not compared with the document" in page
    assert "It holds" not in page
    assert DIGEST.hex() in page
    unknown = checked(anybody, code="AAAA-AAAA-AAAA-AAAA")
    assert unknown.status_code == 404
    assert "No document was sealed under this code" in unknown.content.decode()


def test_seals_of_others_and_garbage_are_not_relied_on(anybody: Client) -> None:
    foreign = the_chain()
    assert "This is no seal of this district" in said(
        checked(anybody, DOCUMENT, foreign.signed(foreign.seal(), DIGEST))
    )
    assert "The signature can not be read" in said(checked(anybody, DOCUMENT, b"garbage"))
    assert "The signature can not be read" in said(checked(anybody, DOCUMENT, b"0" * 100_000))


def test_a_revoked_certificate_is_told_with_its_reason(anybody: Client) -> None:
    revoke(staged_seal(), "affiliation_changed")
    page = said(checked(anybody, DOCUMENT))
    assert "It held when it was sealed" in page
    assert "the holder has left" in page


def test_a_lost_key_is_told(anybody: Client) -> None:
    revoke(staged_seal(), "key_compromise")
    assert "nothing proves that this was sealed before" in said(checked(anybody, DOCUMENT))


def test_nothing_to_check_is_said(anybody: Client) -> None:
    for answer in (checked(anybody), checked(anybody, signature=b"x"), checked(anybody, signature=b"x", code="AAAA")):
        assert answer.status_code == 422
        assert "Choose the document to check" in answer.content.decode()
    assert 'value="ABCD-EFGH"' in said(anybody.get("/verify/?code=ABCD-EFGH"))


def test_no_number_of_an_account_is_shown(anybody: Client) -> None:
    page = said(checked(anybody, DOCUMENT))
    assert "用印人" not in page
    assert "Seal keeper" not in page
