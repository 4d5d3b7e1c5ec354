"""Passkeys: added, used alone and as second step, and every answer refused that was not made here, now, for this."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connections
from django.test import Client
from fido2.utils import websafe_encode
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from tests.faces.hall.authenticator import ORIGIN, PRESENT, VERIFIED, Authenticator
from tests.faces.staging import actor, sign_up
from tests.kernel.hearing import heard

from zhihai.ground.actors import SYSTEM
from zhihai.ground.refusal import NotFound
from zhihai.kernel import records as store
from zhihai.kernel.channels import reads as channels
from zhihai.kernel.identity import acts
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.identity.account import Account
from zhihai.kernel.journal import reads as clock

PASSWORD = "four words nobody joins"
WRONG = "通行密钥没有通过验证"


@pytest.fixture(autouse=True)
def at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "ZHIHAI_ORIGIN", ORIGIN)


@pytest.fixture
def passwords(district: str) -> None:
    cache.clear()
    account = Account()
    account.set_password(PASSWORD)
    Account.objects.filter(sort="person").update(password=account.password)


@pytest.fixture
def entered(passwords: None, reader: Callable[..., Client]) -> Callable[..., Client]:
    """Give the password of somebody, by the page: a client, and the answer in ``client.answer``."""

    def make(username: str = "window") -> Client:
        client = reader()
        client.answer = client.post("/sign-in/", {"login": username, "password": PASSWORD})
        return client

    return make


def added(client: Client, key: Authenticator, name: str = "办公电脑") -> dict[str, str]:
    """Add a key, the password given again before."""
    asked = client.post("/account/passkeys/add", {"name": name}).json()
    if "onward" in asked:
        client.post("/account/again", {"password": PASSWORD})
        asked = client.post("/account/passkeys/add", {"name": name}).json()
    made = key.make(asked["options"])
    return client.post("/account/passkeys/add", {"name": name, "credential": made}).json()


def signed(client: Client, key: Authenticator, where: str = "/sign-in/passkey", **instead: str | None) -> str:
    """Sign by a key, and return where that leads or what was wrong."""
    options = client.post(where).json()["options"]
    return outcome(client, where, key.sign(options, **instead))


def outcome(client: Client, where: str, answer: str) -> str:
    told = client.post(where, {"credential": answer}).json()
    return str(told.get("onward") or told["wrong"])


@pytest.fixture
def key(entered: Callable[..., Client]) -> Authenticator:
    """A key of the window's clerk."""
    key = Authenticator()
    assert added(entered(), key) == {"onward": "/account/codes"}
    return key


def test_a_key_alone_signs_in_and_is_both_factors(
    key: Authenticator, reader: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "ZHIHAI_SECOND_FACTOR", True)
    client = reader()
    before = client.session.session_key
    options = client.post("/sign-in/passkey", {"next": "/desk/people/"}).json()["options"]
    assert options["allowCredentials"] == []
    assert options["userVerification"] == "required"
    told = client.post("/sign-in/passkey", {"next": "/desk/people/", "credential": key.sign(options)}).json()
    assert told == {"onward": "/desk/people/"}
    assert client.get("/desk/people/").status_code == 200
    assert client.session.session_key not in (before, None)


def test_who_may_go_on_to_is_an_address_of_ours(key: Authenticator, reader: Callable[..., Client]) -> None:
    client = reader()
    options = client.post("/sign-in/passkey").json()["options"]
    told = client.post("/sign-in/passkey", {"next": "https://evil.example/", "credential": key.sign(options)}).json()
    assert told == {"onward": "/desk/"}


def test_a_key_is_the_second_step_after_the_password(key: Authenticator, entered: Callable[..., Client]) -> None:
    client = entered()
    assert client.answer.headers["Location"].startswith("/sign-in/code")
    assert "改用通行密钥" in client.get("/sign-in/code").content.decode()
    options = client.post("/sign-in/code/passkey").json()["options"]
    assert [one["id"] for one in options["allowCredentials"]] == [websafe_encode(key.number)]
    assert outcome(client, "/sign-in/code/passkey", key.sign(options, userHandle=None)) == "/desk/"
    assert client.get("/desk/people/").status_code == 200


def test_a_key_that_did_not_ask_who_holds_it_is_one_factor(
    key: Authenticator, entered: Callable[..., Client], reader: Callable[..., Client]
) -> None:
    key.flags = PRESENT
    assert WRONG in signed(reader(), key)
    assert signed(entered(), key, "/sign-in/code/passkey") == "/desk/"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("origin", "https://district.example.evil.example"),
        ("origin", "https://other.district.example"),
        ("origin", "http://district.example"),
        ("origin", "https://district.example:8443"),
        ("rp", "evil.example"),
        ("cross", True),
        ("flags", VERIFIED),
    ],
)
def test_what_was_signed_for_another_address_is_refused(
    key: Authenticator, reader: Callable[..., Client], entered: Callable[..., Client], name: str, value: object
) -> None:
    setattr(key, name, value)
    assert WRONG in signed(reader(), key)
    client = entered()
    assert WRONG in signed(client, key, "/sign-in/code/passkey")
    assert client.get("/desk/people/").headers["Location"].startswith("/sign-in/")


def test_a_key_made_for_another_address_is_not_added(entered: Callable[..., Client]) -> None:
    client = entered()
    for key in (Authenticator(origin="https://evil.example"), Authenticator(rp="evil.example")):
        assert "没有添加" in added(client, key)["wrong"]
    assert identity.passkeys(actor("window").account) == ()


def test_an_answer_counts_once(key: Authenticator, reader: Callable[..., Client]) -> None:
    client, thief = reader(), reader()
    options = client.post("/sign-in/passkey").json()["options"]
    answer = key.sign(options)
    thief.post("/sign-in/passkey")
    assert WRONG in outcome(thief, "/sign-in/passkey", answer)  # a challenge of another session
    assert outcome(client, "/sign-in/passkey", answer) == "/desk/"
    client.post("/sign-out/")
    for _ in range(2):
        assert WRONG in outcome(client, "/sign-in/passkey", answer)  # no challenge any more
    client.post("/sign-in/passkey")
    assert WRONG in outcome(client, "/sign-in/passkey", answer)  # a later one


def test_a_challenge_is_used_up_by_a_wrong_answer_too(key: Authenticator, reader: Callable[..., Client]) -> None:
    client = reader()
    options = client.post("/sign-in/passkey").json()["options"]
    assert WRONG in outcome(client, "/sign-in/passkey", key.sign(options, signature=websafe_encode(b"x" * 70)))
    assert WRONG in outcome(client, "/sign-in/passkey", key.sign(options))


def test_two_who_bring_one_answer_at_once_are_let_in_once(key: Authenticator, reader: Callable[..., Client]) -> None:
    client = reader()
    answer = key.sign(client.post("/sign-in/passkey").json()["options"])
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.session.session_key}"

    def bring(_: int) -> str:
        try:
            same = Client(SERVER_NAME="127.0.0.1", headers={"cookie": cookie})
            told = same.post("/sign-in/passkey", {"credential": answer})
            assert told.status_code < 500
            return "in" if told.status_code == 200 else "out"
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(bring, range(4))) == ["in", *["out"] * 3]


def test_a_challenge_is_of_one_purpose_and_of_its_time(
    key: Authenticator, entered: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = entered()
    options = client.post("/sign-in/passkey").json()["options"]
    assert WRONG in outcome(client, "/sign-in/code/passkey", key.sign(options))
    options = client.post("/sign-in/code/passkey").json()["options"]
    monkeypatch.setattr("zhihai.faces.hall.ceremony.GOOD_FOR", 0)
    assert WRONG in outcome(client, "/sign-in/code/passkey", key.sign(options))


def test_a_key_of_another_account_is_no_second_step_and_names_nobody_else(
    key: Authenticator, entered: Callable[..., Client], reader: Callable[..., Client]
) -> None:
    other = Authenticator()
    added(entered("dispatcher"), other)
    assert WRONG in signed(entered(), other, "/sign-in/code/passkey")
    assert WRONG in signed(reader(), other, userHandle=key.handle)
    assert WRONG in signed(reader(), other, userHandle=None)
    assert signed(reader(), other) == "/desk/"


def test_a_key_belongs_to_one_account(key: Authenticator, entered: Callable[..., Client]) -> None:
    assert "已经添加过" in added(entered("dispatcher"), key)["wrong"]
    assert not Account.objects.get(username="dispatcher").second_factor


def test_a_counter_that_goes_back_is_refused_and_told(key: Authenticator, reader: Callable[..., Client]) -> None:
    key.count = 7
    assert signed(reader(), key) == "/desk/"
    for count in (7, 6, 0):
        key.count = count
        assert WRONG in signed(reader(), key)
    key.count = 8
    assert signed(reader(), key) == "/desk/"
    owner = actor("window")
    heard()
    told = [one for one in channels.notices(owner.account, limit=20) if one.kind == "zhihai.passkey_went_back"]
    assert len(told) == 3
    noted = store.rows("SELECT subject FROM journal_entry WHERE act = 'identity.passkey_went_back'")
    assert noted == [(owner.account,)] * 3


def test_a_removed_key_counts_no_more_and_takes_the_second_step_with_it(
    key: Authenticator, entered: Callable[..., Client], reader: Callable[..., Client]
) -> None:
    owner = actor("window")
    (held,) = identity.passkeys(owner.account)
    with pytest.raises(NotFound):
        acts.remove_passkey(actor("dispatcher"), held.id, at=clock.now())
    client = reader()
    assert signed(client, key) == "/desk/"
    assert "办公电脑" in client.get("/account/").content.decode()
    address = f"/account/passkeys/{held.id}"
    assert signed(client, key, "/account/again/passkey") == "/account/"
    assert client.post(address, {"what": "rename", "name": "  我的 手机 "}).status_code == 302
    assert identity.passkeys(owner.account)[0].name == "我的 手机"
    assert "请给通行密钥起个名称" in client.post(address, {"what": "rename", "name": " "}).content.decode()
    assert client.post(address, {"what": "remove"}).status_code == 302
    assert client.get(address).status_code == 404
    assert WRONG in signed(reader(), key)
    assert entered().answer.headers["Location"] == "/desk/"
    assert not Account.objects.get(pk=owner.account).second_factor
    assert store.value("SELECT count(*) FROM mfa_authenticator") == 0  # recovery codes went with it
    done = store.rows("SELECT act FROM journal_entry WHERE subject = %s ORDER BY id DESC LIMIT 3", (owner.account,))
    assert [row[0] for row in done] == ["identity.remove_passkey", "identity.rename_passkey", "identity.add_passkey"]
    heard()
    told = {one.kind for one in channels.notices(owner.account, limit=20)}
    assert {"zhihai.passkey_added", "zhihai.passkey_removed"} <= told


def test_who_changes_how_one_signs_in_proves_it_again(key: Authenticator, entered: Callable[..., Client]) -> None:
    client = entered()
    assert signed(client, key, "/sign-in/code/passkey") == "/desk/"
    (held,) = identity.passkeys(actor("window").account)
    for answer in (client.get("/account/passkeys/add"), client.get(f"/account/passkeys/{held.id}")):
        assert answer.headers["Location"].startswith("/account/again")
    assert client.post("/account/passkeys/add", {"name": "x"}).json()["onward"].startswith("/account/again")
    client.post(f"/account/passkeys/{held.id}", {"what": "remove"})
    assert len(identity.passkeys(actor("window").account)) == 1
    assert signed(client, key, "/account/again/passkey") == "/account/"
    assert client.get("/account/passkeys/add").status_code == 200


def test_keys_of_others_are_nobodys_business(key: Authenticator, entered: Callable[..., Client]) -> None:
    (held,) = identity.passkeys(actor("window").account)
    other = entered("dispatcher")
    other.post("/account/again", {"password": PASSWORD})
    for answer in (
        other.get(f"/account/passkeys/{held.id}"),
        other.post(f"/account/passkeys/{held.id}", {"what": "remove"}),
    ):
        assert answer.status_code == 404
    assert len(identity.passkeys(actor("window").account)) == 1


def test_tries_are_counted_as_with_codes(key: Authenticator, entered: Callable[..., Client]) -> None:
    client = entered()
    stranger = Authenticator(handle=key.handle, number=key.number)
    for _ in range(5):
        assert WRONG in signed(client, stranger, "/sign-in/code/passkey")
    assert "太频繁" in signed(client, key, "/sign-in/code/passkey")
    assert client.get("/desk/people/").headers["Location"].startswith("/sign-in/")


def test_an_account_that_is_switched_off_is_not_let_in(key: Authenticator, reader: Callable[..., Client]) -> None:
    Account.objects.filter(username="window").update(is_active=False)
    assert signed(reader(), key) == "/sign-in/"


def test_a_resident_signs_in_by_a_key(passwords: None, reader: Callable[..., Client]) -> None:
    resident = sign_up("resident")
    account = Account.objects.get(pk=resident.account)
    account.set_password(PASSWORD)
    account.save()
    client, key = reader(), Authenticator()
    client.post("/sign-in/", {"login": "resident", "password": PASSWORD})
    added(client, key)
    assert signed(reader(), key) == "/my/"


def test_where_browsers_allow_no_keys_none_is_offered(
    entered: Callable[..., Client], reader: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    for address in ("http://127.0.0.1:8000", "http://district.example", "https://192.0.2.1", "https://[2001:db8::1]"):
        monkeypatch.setattr(settings, "ZHIHAI_ORIGIN", address)
        assert "用通行密钥登录" not in reader().get("/sign-in/").content.decode()
        assert "不允许使用通行密钥" in entered().get("/account/").content.decode()
        assert "只能在" in reader().post("/sign-in/passkey").json()["wrong"]
    monkeypatch.setattr(settings, "ZHIHAI_ORIGIN", "HTTPS://District.Example:443")
    assert "用通行密钥登录" in reader().get("/sign-in/").content.decode()
    key = Authenticator()
    added(entered(), key)
    assert signed(reader(), key) == "/desk/"


def test_the_operator_takes_everything_away(key: Authenticator) -> None:
    acts.drop_second_factor(SYSTEM, actor("window").account, at=clock.now())
    assert store.value("SELECT count(*) FROM mfa_authenticator") == 0


def test_which_key_signed_stands_in_no_log() -> None:
    assert not logging.getLogger("fido2.server").isEnabledFor(logging.INFO)


NESTED = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just("AAAA"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(part=st.sampled_from(["id", "rawId", "response", "clientExtensionResults", "whole", "signature"]), wrong=NESTED)
def test_no_answer_breaks_the_page(key: Authenticator, reader: Callable[..., Client], part: str, wrong: object) -> None:
    cache.clear()
    client = reader()
    options = client.post("/sign-in/passkey").json()["options"]
    answer = json.loads(key.sign(options))
    if part == "whole":
        answer = wrong
    elif part == "signature":
        answer["response"]["signature"] = wrong
    else:
        answer[part] = wrong
    told = client.post("/sign-in/passkey", {"credential": json.dumps(answer)})
    assert told.status_code < 500
    assert "onward" not in told.json() or part == "clientExtensionResults"
