"""Pages of systems that sign people in: registered by a form, a secret shown once, switched off; keys rolled."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.test import Client
from tests.faces.staging import staged_client
from tests.kernel.acting import DISTRICT, office

from zhihai.ground.actors import SYSTEM
from zhihai.kernel import records as store
from zhihai.kernel.identity import reads
from zhihai.kernel.trust import reads as trust

FORM = {
    "name_zh": "区图书馆", "name_en": "District library", "redirects": "https://library.example/cb\r\n\r\n",
    "logouts": "", "scopes": ["openid", "email"],
}  # fmt: skip


def owner() -> int:
    return reads.organisations()[0].id


def test_a_system_is_registered_and_its_secret_is_shown_once(worked: str, reader: Callable[..., Client]) -> None:
    administrator = reader("administrator")
    page = administrator.post("/desk/clients/register", {**FORM, "organisation": owner()}).content.decode()
    secret = re.search(r'<p class="code wrap">([\w-]{43})</p>', page)
    assert secret is not None
    (made,) = [one for one in trust.clients(SYSTEM) if one.name.zh == "区图书馆"]
    assert (made.redirects, made.scopes, made.public) == (("https://library.example/cb",), ("openid", "email"), False)
    again = administrator.get(f"/desk/clients/{made.id}").content.decode()
    assert made.id in again
    assert secret[1] not in again
    renewed = administrator.post(f"/desk/clients/{made.id}/secret").content.decode()
    assert secret[1] not in renewed
    assert re.search(r'<p class="code wrap">[\w-]{43}</p>', renewed)
    assert administrator.get(f"/desk/clients/{made.id}/secret").headers["Location"] == f"/desk/clients/{made.id}"
    acts = store.rows("SELECT act, actor FROM journal_entry WHERE noun = 'client' ORDER BY id DESC LIMIT 2")
    account = _account("administrator")
    assert acts == [("trust.renew_client_secret", account), ("trust.register_client", account)]


def _account(username: str) -> int:
    return reads.account_named(username).id


def test_what_was_written_stays_when_something_is_wrong(worked: str, reader: Callable[..., Client]) -> None:
    wrong = {**FORM, "organisation": owner(), "redirects": "http://library.example/cb"}
    answer = reader("administrator").post("/desk/clients/register", wrong)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "须为完整的 https 地址" in page
    assert 'value="区图书馆"' in page
    assert "http://library.example/cb" in page
    assert len(trust.clients(SYSTEM)) == 1
    english = reader("administrator", "en").post("/desk/clients/register", {**wrong, "scopes": []})
    assert english.status_code == 422
    assert "must be a whole https address" in english.content.decode()


def test_a_system_is_switched_off_and_on(worked: str, reader: Callable[..., Client]) -> None:
    administrator, client = reader("administrator"), staged_client()
    page = administrator.post(f"/desk/clients/{client}/switch", {"on": "0"}, follow=True).content.decode()
    assert "已停用。" in page
    assert trust.client_in_use(client) is None
    assert administrator.post(f"/desk/clients/{client}/switch", {"on": "0"}).status_code == 409
    assert administrator.post(f"/desk/clients/{client}/secret").status_code == 409
    assert "已重新启用。" in administrator.post(
        f"/desk/clients/{client}/switch", {"on": "1"}, follow=True
    ).content.decode()  # fmt: skip
    assert trust.client_in_use(client) is not None


def test_what_is_registered_is_changed_by_the_page(worked: str, reader: Callable[..., Client]) -> None:
    administrator, client = reader("administrator"), staged_client()
    page = administrator.get(f"/desk/clients/{client}").content.decode()
    assert "https://museum.example/signed-in</textarea>" in page
    form = {**FORM, "organisation": owner(), "redirects": "https://museum.example/cb\r\nhttps://museum.example/cb2"}
    address = f"/desk/clients/{client}/amend"
    assert "已修改。" in administrator.post(address, form, follow=True).content.decode()
    assert trust.client(SYSTEM, client).redirects == ("https://museum.example/cb", "https://museum.example/cb2")
    wrong = administrator.post(address, {**form, "redirects": "https://library.example/cb"})
    assert wrong.status_code == 422
    assert "登记在主机 museum.example 上" in wrong.content.decode()
    assert "https://library.example/cb</textarea>" in wrong.content.decode()
    assert administrator.post(address, {}).status_code == 422
    assert administrator.get(address).headers["Location"] == f"/desk/clients/{client}"


def test_a_key_is_rolled_by_the_page(worked: str, reader: Callable[..., Client]) -> None:
    administrator = reader("administrator")
    reader().get("/oidc/keys")
    page = administrator.post("/desk/clients/keys", follow=True).content.decode()
    for said in ("已生成并公布新密钥", "即将启用", "将要撤下"):
        assert said in page
    assert len(reader().get("/oidc/keys").json()["keys"]) == 2


def test_a_system_that_wants_to_be_told_of_sign_outs_is_registered_and_why_it_was_not_is_said(
    worked: str, reader: Callable[..., Client]
) -> None:
    client = reader("administrator")
    given = {
        "name_zh": "区图书馆", "name_en": "District library", "organisation": str(office(DISTRICT)),
        "redirects": "https://library.example/in", "told_at": "https://library.example/told", "scopes": ["openid"],
    }  # fmt: skip
    page = client.post("/desk/clients/register", given).content.decode()
    assert "https://library.example/told" in page
    (one,) = [each.id for each in trust.clients(SYSTEM) if each.told_at]
    for wrong in ("https://other.example/told", "http://library.example/told"):
        assert client.post(f"/desk/clients/{one}/amend", {**given, "told_at": wrong}).status_code == 422
    assert client.post(f"/desk/clients/{one}/amend", {**given, "told_at": ""}).status_code == 302
    assert trust.client(SYSTEM, one).told_at == ""
    client.post(f"/desk/clients/{one}/amend", given)
    resident = reads.account_named("resident").id
    store.execute(
        """INSERT INTO system_sign_in (sid, client_id, account_id, begun_at, ended_at, failure)
           VALUES ('s', %s, %s, now(), now(), 'Unreachable')""",
        (one, resident),
    )
    page = client.get(f"/desk/clients/{one}").content.decode()
    assert "1 条未能送达" in page
    assert "也不在允许的网段内" in page
