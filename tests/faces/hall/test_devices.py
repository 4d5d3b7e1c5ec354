"""Where somebody is signed in: seen, ended at once, and nothing kept that would tell where they were."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.faces.staging import actor

from zhihai.faces.hall.browsers import sort_of_browser
from zhihai.ground.actors import SYSTEM
from zhihai.ground.refusal import NotFound
from zhihai.kernel import records as store
from zhihai.kernel.identity import acts
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.identity.account import Account
from zhihai.kernel.journal import reads as clock
from zhihai.site.workers import run_upkeep

PASSWORD = "four words nobody joins"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
EDGE = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 "
    "Edg/140.0.0.0"
)
WECHAT = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36 MicroMessenger/8.0.50"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1"


@pytest.fixture
def entered(district: str, reader: Callable[..., Client]) -> Callable[..., Client]:
    """Sign somebody in, by the page and by a browser of this sort."""
    cache.clear()
    account = Account()
    account.set_password(PASSWORD)
    Account.objects.filter(sort="person").update(password=account.password)

    def make(username: str = "window", browser: str = FIREFOX) -> Client:
        client = reader()
        given = {"login": username, "password": PASSWORD}
        answer = client.post("/sign-in/", given, headers={"user-agent": browser}, REMOTE_ADDR="192.0.2.77")
        assert answer.status_code == 302
        return client

    return make


def ids(username: str = "window") -> list[int]:
    return [one.id for one in identity.sign_ins(actor(username), None, at_machine=datetime.now(UTC))]


def is_in(client: Client) -> bool:
    return client.get("/desk/people/").status_code == 200


@pytest.mark.parametrize(
    ("header", "sort"),
    [
        (FIREFOX, ("firefox", "linux")),
        (EDGE, ("edge", "windows")),
        (WECHAT, ("wechat", "android")),
        (PHONE, ("safari", "ios")),
        ("", ("other", "other")),
        ("<script>alert(1)</script>", ("other", "other")),
    ],
)
def test_a_browser_is_known_by_its_sort(header: str, sort: tuple[str, str]) -> None:
    assert sort_of_browser(header) == sort


def test_one_sees_where_one_is_signed_in_and_which_is_this(entered: Callable[..., Client]) -> None:
    entered(browser=EDGE)
    client = entered(browser=FIREFOX)
    entered("dispatcher", WECHAT)
    page = client.get("/account/devices/").content.decode()
    assert page.index("Firefox 浏览器（Linux）") < page.index("本机") < page.index("Edge 浏览器（Windows）")
    assert page.count("本机") == 1
    assert "微信" not in page
    assert client.session.session_key not in page


def test_no_address_and_no_user_agent_is_kept(entered: Callable[..., Client]) -> None:
    client = entered(browser=EDGE)
    client.get("/account/devices/", REMOTE_ADDR="192.0.2.77")
    for table in ("sign_in", "journal_entry", "account"):
        kept = str(store.rows(f"SELECT t::text FROM {table} t"))
        assert "192.0.2" not in kept
        assert "Mozilla" not in kept
        assert "140.0" not in kept


def test_one_that_is_ended_counts_no_more_at_once(entered: Callable[..., Client]) -> None:
    lost, client, other = entered(), entered(), entered("dispatcher")
    (of_lost,) = set(ids()) - {one.id for one in identity.sign_ins(
        actor("window"), client.session.session_key, at_machine=datetime.now(UTC)
    ) if one.here}  # fmt: skip
    assert other.post("/account/devices/end", {"sign_in": of_lost}).status_code == 404
    assert is_in(lost)
    assert client.post("/account/devices/end", {"sign_in": of_lost}).headers["Location"] == "/account/devices/"
    assert "已退出" in client.get("/account/devices/").content.decode()
    assert not is_in(lost)
    assert is_in(client)
    assert client.post("/account/devices/end", {"sign_in": of_lost}).status_code == 404
    assert client.post("/account/devices/end", {"sign_in": "x"}).status_code == 404


def test_all_others_are_ended_and_none_of_anybody_elses(entered: Callable[..., Client]) -> None:
    others, client, colleague = [entered(), entered()], entered(), entered("dispatcher")
    client.post("/account/devices/end", {"what": "others"})
    assert [is_in(one) for one in others] == [False, False]
    assert is_in(client)
    assert colleague.get("/desk/").status_code == 200
    assert len(ids()) == 1
    noted = store.rows("SELECT subject, data::json->>'ended' FROM journal_entry WHERE act = 'identity.end_sign_in'")
    assert noted == [(actor("window").account, "2")]
    assert client.post("/account/devices/end", {"what": "others"}).status_code == 404


def test_a_new_password_ends_every_sign_in(entered: Callable[..., Client]) -> None:
    clients = [entered(), entered()]
    acts.set_password(SYSTEM, actor("window").account, "another four words here", at=clock.now())
    assert not any(is_in(one) for one in clients)
    assert ids() == []


def test_who_signs_out_is_shown_no_more(entered: Callable[..., Client]) -> None:
    client = entered()
    client.post("/sign-out/")
    assert ids() == []


def test_seen_is_kept_to_ten_minutes_and_a_page_asks_one_question(entered: Callable[..., Client]) -> None:
    client = entered()
    key = client.session.session_key

    def questions() -> list[str]:
        with CaptureQueriesContext(connection) as asked:
            client.get("/desk/notices/")
        return [one["sql"] for one in asked if "session" in one["sql"] or "sign_in" in one["sql"]]

    assert len(questions()) == 1
    store.execute("UPDATE sign_in SET seen_at = seen_at - interval '11 minutes'")
    assert len(questions()) == 2
    assert len(questions()) == 1
    (one,) = identity.sign_ins(actor("window"), key, at_machine=datetime.now(UTC))
    assert datetime.now(UTC) - one.seen < timedelta(minutes=1)


def test_what_has_expired_is_neither_shown_nor_kept(entered: Callable[..., Client]) -> None:
    client = entered()
    store.execute("UPDATE django_session SET expire_date = now() - interval '1 second'")
    assert not is_in(client)
    assert ids() == []
    run_upkeep()
    assert store.value("SELECT count(*) FROM django_session") == 0
    assert store.value("SELECT count(*) FROM sign_in") == 0


def test_a_narrowed_token_ends_nothing(entered: Callable[..., Client]) -> None:
    entered()
    owner = actor("window").account
    token = acts.issue_token(SYSTEM, owner, at=clock.now(), at_machine=datetime.now(UTC), powers=[])
    narrow = identity.actor_of_token(token, at=clock.now(), at_machine=datetime.now(UTC))
    with pytest.raises(NotFound):
        acts.end_sign_in(narrow, ids()[0], at=clock.now())
    with pytest.raises(NotFound):
        acts.end_other_sign_ins(narrow, None, at=clock.now())
