"""Pages of seals: a document is sealed with a seal that one may use, and whoever may not is told so."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.faces.staging import KEEPER, staged_seal, staged_sealing
from tests.kernel.trust.ceremony import revoke

from zhihai.ground.actors import SYSTEM
from zhihai.kernel import records as store
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.trust import reads

CONTENT = "关于湖滨路施工的通知".encode()


def sealed(client: Client, seal: int, content: bytes = CONTENT, **more: str) -> Any:
    document = SimpleUploadedFile("通知.pdf", content, content_type="application/pdf")
    return client.post("/desk/seals/seal", {"seal": seal, "document": document, **more}, follow=True)


def test_a_keeper_seals_and_hands_the_signature_on(worked: str, reader: Callable[..., Client]) -> None:
    keeper = reader(KEEPER, "en")
    page = sealed(keeper, staged_seal()).content.decode()
    assert "Fetch the signature and send it out" in page
    assert "通知.pdf" in page
    assert hashlib.sha256(CONTENT).hexdigest() in page
    (made,) = reads.sealings_of(hashlib.sha256(CONTENT).digest())
    assert made.actor == identity.account_named(KEEPER).id
    assert re.search(rf"{made.shown_code}", page)
    answer = keeper.get(f"/desk/seals/{made.code}/signature.p7s")
    assert answer.content == made.signature
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{made.code}.p7s"'
    assert f"/desk/seals/{made.code}" in keeper.get("/desk/seals/").content.decode()
    assert keeper.get("/desk/seals/seal").headers["Location"] == "/desk/seals/"


def test_an_official_signs_with_their_own(worked: str, reader: Callable[..., Client]) -> None:
    own = next(one for one in reads.certificates(SYSTEM) if one.sort == "official")
    sealed(reader("street-east"), own.id, title="处理意见")
    (made,) = reads.sealings_of(hashlib.sha256(CONTENT).digest())
    assert (made.title, made.sort) == ("处理意见", "official")
    act = store.value("SELECT act FROM journal_entry WHERE noun = 'sealed_document' AND subject = %s", (made.id,))
    assert act == "trust.sign_document"


def test_whoever_may_not_use_a_seal_is_told_so(worked: str, reader: Callable[..., Client]) -> None:
    seal = staged_seal()
    for person in ("inspector", "administrator", "street-east"):
        answer = sealed(reader(person, "en"), seal)
        assert answer.status_code == 404
        assert "can not be sealed with" in answer.content.decode()
    assert reader("inspector").get(f"/desk/seals/{staged_sealing()}").status_code == 403
    assert reader("resident").get("/desk/seals/").status_code == 403
    assert reader("resident").post("/desk/seals/seal").status_code == 403
    assert len(reads.sealings(SYSTEM)) == 1


def test_nothing_is_sealed_without_a_document_or_with_a_certificate_that_ended(
    worked: str, reader: Callable[..., Client]
) -> None:
    keeper, seal = reader(KEEPER, "en"), staged_seal()
    for given in ({"seal": seal}, {"seal": seal, "document": SimpleUploadedFile("empty", b"")}):
        answer = keeper.post("/desk/seals/seal", given)
        assert answer.status_code == 422
        assert "Nothing was sealed" in answer.content.decode()
    assert sealed(keeper, seal, title="x" * 200).status_code == 422
    revoke(seal)
    assert sealed(keeper, seal).status_code == 404
    assert "There is no seal that you may use" in keeper.get("/desk/seals/").content.decode()
    assert len(reads.sealings(SYSTEM)) == 1
