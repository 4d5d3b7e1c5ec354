"""My consents: what one agreed to, in one's own words and language, and taken back at once."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client
from tests.faces.staging import actor, staged_client

from zhihai.kernel import records as store
from zhihai.kernel.trust import reads as trust


def test_one_sees_what_one_agreed_to_and_takes_it_back(worked: str, reader: Callable[..., Client]) -> None:
    resident, client = reader("resident"), staged_client()
    page = resident.get("/my/consents/").content.decode()
    for said in ("区博物馆", "姓名、账号类别和语言", "尚未使用"):
        assert said in page
    assert "District museum" in reader("resident", "en").get("/my/consents/").content.decode()
    assert "区博物馆" not in reader("newcomer").get("/my/consents/").content.decode()
    assert reader("newcomer").post("/my/consents/withdraw", {"client": client}).status_code == 409
    assert trust.agreed(actor("resident").account, client)
    done = resident.post("/my/consents/withdraw", {"client": client}, follow=True).content.decode()
    assert "已撤回。" in done
    assert trust.agreed(actor("resident").account, client) == frozenset()
    assert resident.post("/my/consents/withdraw", {"client": client}).status_code == 409
    entry = store.one("SELECT actor, subject FROM journal_entry WHERE act = 'trust.withdraw_consent'")
    assert entry == (actor("resident").account, actor("resident").account)
