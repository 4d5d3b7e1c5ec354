"""A new password, set by whoever is signed in: the present one is asked, guesses are counted, others are signed out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from tests.faces.staging import actor
from tests.kernel.hearing import heard

from zhihai.kernel import records as store
from zhihai.kernel.channels import reads as channels
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.identity.account import Account

PASSWORD, NEW = "four words nobody joins", "five words that nobody joins"
CHANGED = "密码已更换"


@pytest.fixture
def entered(district: str, reader: Callable[..., Client]) -> Iterator[Callable[..., Client]]:
    """Sign the clerk of the window in, by the page."""
    cache.clear()
    account = Account.objects.get(username="window")
    account.set_password(PASSWORD)
    account.save()

    def make(password: str = PASSWORD, **more: str) -> Client:
        client = Client(SERVER_NAME="127.0.0.1", **more)
        assert sign_in(client, password)
        return client

    yield make
    cache.clear()


def sign_in(client: Client, password: str) -> bool:
    return client.post("/sign-in/", {"login": "window", "password": password}).status_code == 302


def change(client: Client, present: str = PASSWORD, new: str = NEW, again: str | None = None) -> HttpResponse:
    given = {"oldpassword": present, "password1": new, "password2": new if again is None else again}
    return client.post("/account/password", given)


def is_in(client: Client) -> bool:
    return client.get("/desk/people/").status_code == 200


def there(client: Client) -> list[bool]:
    """Of the clerk's sign-ins, whether each is that of this browser."""
    key = client.session.session_key
    return [one.here for one in identity.sign_ins(actor("window"), key, at_machine=datetime.now(UTC))]


def test_others_are_signed_out_and_who_changed_it_goes_on(entered: Callable[..., Client]) -> None:
    client, others = entered(), [entered(), entered()]
    before = client.session.session_key
    assert change(client).headers["Location"] == "/account/"
    assert CHANGED in client.get("/account/").content.decode()
    assert is_in(client)
    assert [is_in(one) for one in others] == [False, False]
    assert client.session.session_key != before
    assert there(client) == [True], "it is the same sign-in still, and can be ended from elsewhere"
    fresh = Client(SERVER_NAME="127.0.0.1")
    assert not sign_in(fresh, PASSWORD)
    assert sign_in(fresh, NEW)
    assert sorted(there(fresh)) == [False, True]
    (ends,) = [one.id for one in identity.sign_ins(
        actor("window"), fresh.session.session_key, at_machine=datetime.now(UTC)
    ) if not one.here]  # fmt: skip
    fresh.post("/account/devices/end", {"sign_in": ends})
    assert not is_in(client)


def test_its_owner_is_told_once_whoever_changed_it(entered: Callable[..., Client]) -> None:
    change(entered())
    heard()
    heard()
    owner = actor("window").account
    assert [one.kind for one in channels.notices(owner)] == ["zhihai.password_changed"]
    entry = store.rows(
        "SELECT act, data::text FROM journal_entry WHERE subject = %s AND noun = 'account' ORDER BY id", (owner,)
    )
    assert entry[-1][0] == "identity.set_password"
    assert NEW not in str(entry)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"present": "another pass phrase"}, "密码不对"),
        ({"present": ""}, "请填写此项"),
        ({"again": "six words that nobody joins"}, "两次输入的密码不一样"),
        ({"new": "short"}, "密码太短"),
        ({"new": "password1234"}, "容易被猜中"),
        ({"new": PASSWORD}, "新密码与现在的相同"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_changed(
    entered: Callable[..., Client], given: dict[str, str], said: str
) -> None:
    client, other = entered(), entered()
    answer = change(client, **given)
    page = answer.content.decode()
    assert said in page
    assert PASSWORD not in page
    assert NEW not in page
    assert is_in(client)
    assert is_in(other)
    assert sign_in(Client(SERVER_NAME="127.0.0.1"), PASSWORD)


class TestAScreenThatSomebodyLeft:
    """Who finds somebody signed in makes the account no more their own than who finds nobody."""

    def test_five_guesses_in_all_sessions_and_forms_together(self, entered: Callable[..., Client]) -> None:
        first, second = entered(), entered()
        for n, client in enumerate((first, second, first)):
            assert "密码不对" in change(client, f"guess number {n}").content.decode()
        for n in range(2):
            answer = second.post("/account/again", {"password": f"another guess {n}"})
            assert "密码不对" in answer.content.decode()
        assert "错误次数太多" in change(first).content.decode(), "not even the right one is looked at"
        assert "错误次数太多" in second.post("/account/again", {"password": PASSWORD}).content.decode()
        assert is_in(first)
        assert sign_in(Client(SERVER_NAME="127.0.0.1"), PASSWORD), "the owner signs in meanwhile"

    def test_guesses_of_a_sign_in_do_not_stop_who_is_signed_in(self, entered: Callable[..., Client]) -> None:
        client = entered()
        for n in range(8):
            sign_in(Client(SERVER_NAME="127.0.0.1", REMOTE_ADDR=f"198.51.100.{n}"), "a guess of a stranger")
        assert change(client).status_code == 302

    def test_the_right_one_counts_no_more(self, entered: Callable[..., Client]) -> None:
        client = entered()
        for n in range(7):
            now, next_ = (PASSWORD, NEW) if n % 2 == 0 else (NEW, PASSWORD)
            assert change(client, now, next_).status_code == 302, n

    def test_a_form_of_another_site_changes_nothing(self, entered: Callable[..., Client]) -> None:
        client = entered(enforce_csrf_checks=False)
        strict = Client(SERVER_NAME="127.0.0.1", enforce_csrf_checks=True)
        strict.cookies["zhihai_session"] = client.cookies["zhihai_session"].value
        assert change(strict).status_code == 403
        assert is_in(client)

    def test_nobody_changes_anything(self, district: str) -> None:
        answer = change(Client(SERVER_NAME="127.0.0.1"))
        assert answer.headers["Location"].startswith("/sign-in/")

    def test_an_address_tells_no_password(self, entered: Callable[..., Client]) -> None:
        client = entered()
        answer = client.get(f"/account/password?oldpassword={PASSWORD}&password1={NEW}&password2={NEW}")
        assert NEW not in answer.content.decode()
        assert sign_in(Client(SERVER_NAME="127.0.0.1"), PASSWORD)


def test_who_changed_it_is_still_in_a_known_browser(entered: Callable[..., Client]) -> None:
    client = entered()
    change(client)
    client.post("/sign-out/")
    for n in range(8):
        sign_in(Client(SERVER_NAME="127.0.0.1", REMOTE_ADDR=f"198.51.100.{n}"), "a guess of a stranger")
    assert not sign_in(Client(SERVER_NAME="127.0.0.1"), NEW)
    assert sign_in(client, NEW)


def test_an_account_without_a_password_is_led_to_where_one_is_set_by_a_code(
    district: str, reader: Callable[..., Client]
) -> None:
    account = Account.objects.get(username="window")
    account.set_unusable_password()
    account.save()
    client = reader("window")
    assert client.get("/account/password").headers["Location"] == "/recover/"
    assert 'href="/recover/"' in client.get("/account/").content.decode()


def test_another_key_of_the_session_is_the_same_sign_in(entered: Callable[..., Client]) -> None:
    client = entered()
    session = client.session
    before = session.session_key
    session.cycle_key()
    assert session.session_key != before
    assert store.rows("SELECT session_key FROM sign_in") == [(session.session_key,)]
    assert store.value("SELECT count(*) FROM django_session WHERE session_key = %s", (before,)) == 0
