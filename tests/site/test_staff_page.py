"""The page of the staff list: what it would change is read, then done; what has changed meanwhile is shown again."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from tests.kernel.acting import account, area, everything, office

from zhihai.ground.actors import SYSTEM
from zhihai.kernel import records
from zhihai.kernel.identity import acts, reads
from zhihai.kernel.identity.account import Account
from zhihai.kernel.journal import reads as journal
from zhihai.site import staff_page

HEAD = "username,name_zh,name_en,email,organisation,area,role\n"
ANN = "ann,安宁,Ann,ann@example.org,990101001,990101001,street_official\n"
BO = "bo,薄雾,Bo,,990101002,990101002,inspector\n"
CY = "cy,岑溪,Cy,,990101,990101,supervisor\n"
BY_HAND = "reader,另一人,X,,990101,990101,reader\n"


@pytest.fixture
def client(district: str) -> Client:
    one = Client(SERVER_NAME="127.0.0.1", headers={"accept-language": "zh-CN"})
    one.force_login(Account.objects.get(username="administrator"), "zhihai.faces.signing.SigningIn")
    return one


@pytest.fixture
def bring(client: Client) -> Callable[..., HttpResponse]:
    def make(*lines: str, head: str = HEAD, raw: bytes | None = None, name: str = "七月.csv") -> HttpResponse:
        given = (head + "".join(lines)).encode() if raw is None else raw
        return client.post("/desk/staff/compare", {"file": SimpleUploadedFile(name, given, "text/csv")})

    return make


def hidden(answer: HttpResponse) -> dict[str, str]:
    """What the form under a report carries on."""
    page = answer.content.decode()
    found = re.search(r'<textarea name="list" hidden>(.*?)</textarea>', page, re.DOTALL)
    assert found is not None
    fields = dict(re.findall(r'<input type="hidden" name="(file|seen)" value="([^"]*)"', page))
    return {"list": found[1], **fields}


def text(answer: HttpResponse) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def test_what_would_change_is_told_and_nothing_is_done(bring: Callable[..., HttpResponse]) -> None:
    before = everything()
    answer = bring(ANN, BO, CY, BY_HAND)
    said = text(answer)
    assert answer.status_code == 200
    assert "新增账号 3" in said
    assert "ann 安宁 街道经办人" in said or "ann 安宁" in said
    assert "提出授权，待另一人确认 1" in said
    assert "reader 行 5" in said
    assert everything() == before


def test_it_is_done_as_it_was_shown_by_who_confirmed_it(client: Client, bring: Callable[..., HttpResponse]) -> None:
    form = {**hidden(bring(ANN, CY)), "batch": "七月名册"}
    answer = client.post("/desk/staff/apply", form, follow=True)
    assert "已办理 4 项" in text(answer)
    given = reads.held_by(account("ann"), at=journal.now())
    assert [(one.role, one.granted_by, one.ground) for one in given] == [
        ("zhihai.street_official", account("administrator"), "七月名册")
    ]
    waiting = reads.proposals(SYSTEM, at=journal.now())
    assert [(one.account, one.role, one.proposed_by) for one in waiting] == [
        (account("cy"), "zhihai.supervisor", account("administrator"))
    ]
    actors = records.rows("SELECT DISTINCT actor FROM journal_entry WHERE data LIKE '%%七月名册%%'")
    assert actors == [(account("administrator"),)]


def test_what_changed_since_it_was_shown_is_shown_again(client: Client, bring: Callable[..., HttpResponse]) -> None:
    form = {**hidden(bring(ANN, BO)), "batch": "七月名册"}
    acts.create_account(SYSTEM, "bo", reads.account_named("reader").name, at=journal.now())
    before = everything()
    answer = client.post("/desk/staff/apply", form)
    assert answer.status_code == 409
    assert "重新核对" in text(answer)
    assert "bo 行 3" in text(answer), "an account that was made by hand is a conflict now"
    assert everything() == before
    again = client.post("/desk/staff/apply", {**hidden(answer), "batch": "七月名册"})
    assert again.status_code == 302
    assert reads.held_by(account("ann"), at=journal.now())


def test_a_list_that_was_changed_in_the_form_is_read_again(client: Client, bring: Callable[..., HttpResponse]) -> None:
    form = {**hidden(bring(ANN)), "batch": "七月名册"}
    before = everything()
    answer = client.post("/desk/staff/apply", {**form, "list": form["list"] + BO})
    assert answer.status_code == 409
    assert client.post("/desk/staff/apply", {**form, "list": "x"}).status_code == 409
    assert client.post("/desk/staff/apply", {}).status_code == 409
    assert everything() == before


def test_a_list_by_which_most_leave_is_not_believed_at_once(client: Client, bring: Callable[..., HttpResponse]) -> None:
    names = [f"p{n},名{n},N{n},,990101001,990101001,inspector\n" for n in range(8)]
    client.post("/desk/staff/apply", {**hidden(bring(*names)), "batch": "六月名册"})
    form = {**hidden(bring(names[0])), "batch": "七月名册"}
    assert "离岗，停用 7" in text(bring(names[0]))
    refused = client.post("/desk/staff/apply", form)
    assert refused.status_code >= 400
    assert reads.account_named("p3").active
    client.post("/desk/staff/apply", {**form, "most_leave": "1"})
    assert not reads.account_named("p3").active


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "没有收到文件"),
        (HEAD.encode(), "没有一行内容"),
        ((HEAD + ANN.replace("990101001,990101001", "nowhere,990101001")).encode(), "七月.csv:2 organisation"),
        ((HEAD + ANN).encode("gb18030"), "UTF-8"),
        (b"username\nann\n", "缺少列"),
        (b"\x00\xff\xfe", "UTF-8"),
        (b'a,b\n"', "缺少列"),
    ],
)
def test_what_can_not_be_used_is_told_with_its_place(bring: Callable[..., HttpResponse], raw: bytes, said: str) -> None:
    before = everything()
    answer = bring(raw=raw)
    assert 400 <= answer.status_code < 500
    assert said in text(answer)
    assert everything() == before


def test_a_file_that_is_too_large_is_not_read(
    bring: Callable[..., HttpResponse], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staff_page, "MOST_BYTES", 100)
    assert "超过" in text(bring(ANN, BO))


def test_who_gives_roles_in_one_office_brings_no_list(client: Client, bring: Callable[..., HttpResponse]) -> None:
    """The report tells who is on duty everywhere, so it is for those who give roles everywhere."""
    held = reads.actor_of(account("administrator"), at=journal.now()).scope.grants
    acts.grant_role(
        SYSTEM, account("reader"), "zhihai.administrator", office("990101001"), area("990101001"), at=journal.now()
    )
    client.force_login(Account.objects.get(username="reader"), "zhihai.faces.signing.SigningIn")
    assert held
    assert client.get("/desk/powers/").status_code == 200
    assert "/desk/staff/" not in client.get("/desk/powers/").content.decode()
    assert client.get("/desk/staff/").status_code == 403
    assert bring(ANN).status_code == 403
    assert client.post("/desk/staff/apply", {"list": HEAD + ANN}).status_code == 403


def test_the_page_of_powers_leads_there_and_a_reload_leads_back(client: Client) -> None:
    assert "/desk/staff/" in client.get("/desk/powers/").content.decode()
    assert client.get("/desk/staff/").status_code == 200
    for name in ("compare", "apply"):
        assert client.get(f"/desk/staff/{name}").headers["Location"] == "/desk/staff/"
