"""An official uploads a form, is told where it is wrong, tries it; another publishes it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.faces.hall.test_applying import said
from tests.faces.staging import actor, staged_form
from tests.kernel.forms.defining import definition

from zhihai.kernel.forms import acts as forms
from zhihai.kernel.journal import reads as clock

UPLOAD, DECIDE = "/desk/forms/upload", "/desk/forms/decide"


def test_a_form_is_checked_tried_proposed_and_published_by_another(worked: str, reader: Callable[..., Client]) -> None:
    one, other = reader("operator"), reader("administrator")
    text = definition(id="kiosk")
    wrong = one.post(UPLOAD, {"definition": text.replace('"money"', '"coins"'), "do": "propose"})
    assert wrong.status_code == 422
    assert "第 13 行" in said(wrong)
    tried = one.post(UPLOAD, {"file": SimpleUploadedFile("f.json", text.encode()), "do": "check"})
    assert "写什么都不会保存" in said(tried)
    assert "摊主" in said(tried)
    assert "已提出" in said(one.post(UPLOAD, {"definition": text, "do": "propose"}, follow=True))
    proposal = str(staged_form())
    assert one.post(DECIDE, {"proposal": proposal, "do": "publish"}).status_code == 403
    assert "已发布" in said(other.post(DECIDE, {"proposal": proposal, "do": "publish"}, follow=True))
    assert other.post(DECIDE, {"proposal": proposal, "do": "refuse"}).status_code == 404
    machine = datetime.now(UTC)
    begun = forms.start_draft(actor("newcomer"), "district.kiosk", "item:2", "摊位", at=clock.now(), at_machine=machine)
    assert "租金" in said(reader("newcomer").get(f"/apply/{begun}/"))


def test_what_is_no_definition_is_refused(worked: str, reader: Callable[..., Client]) -> None:
    client = reader("operator")
    for given in (b"\xff\xfe\x00", b"[" * 100_000, b"PK\x03\x04", b"", b"{}"):
        answer = client.post(UPLOAD, {"file": SimpleUploadedFile("f.json", given), "do": "propose"})
        assert answer.status_code == 422
