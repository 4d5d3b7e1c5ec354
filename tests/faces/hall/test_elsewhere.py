"""Signing in by another provider: tied by issuer and subject alone, and every answer refused that does not hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from tests.faces.hall.other_provider import CLIENT, SECRET, OtherProvider, a_key, serving
from tests.faces.staging import actor, sign_up
from tests.kernel.identity.peopled import number, registered, somebody

from zhihai.ground.named import Named
from zhihai.kernel import records as store
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.identity.account import Account
from zhihai.kernel.journal import reads as clock

PASSWORD = "four words nobody joins"
BACK = "/sign-in/elsewhere/back"


@pytest.fixture
def other(district: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[OtherProvider]:
    """The other provider, which the settings name."""
    cache.clear()
    account = Account()
    account.set_password(PASSWORD)
    Account.objects.filter(sort="person").update(password=account.password)
    with serving() as other:
        there = SimpleNamespace(
            issuer=other.address, client=CLIENT, secret=SECRET, name=Named("市统一身份认证", "City sign-in"),
            scope="openid", number_claim="", officials=False,
        )  # fmt: skip
        monkeypatch.setattr(settings, "ZHIHAI_ELSEWHERE", there)
        yield other


def led(client: Client, onward: str = "") -> str:
    """Begin at the page to sign in, and return where one is led."""
    return client.post("/sign-in/elsewhere", {"next": onward} if onward else {}).headers["Location"]


def come_in(client: Client, other: OtherProvider, **instead: str | None) -> HttpResponse:
    """Sign in at the other provider; ``instead`` changes what one is led back with."""
    told = other.agrees(led(client)) | instead
    return client.get(BACK, {name: value for name, value in told.items() if value is not None})


def said(answer: HttpResponse) -> str:
    return answer.content.decode()


def residents() -> int:
    return Account.objects.filter(sort="resident").count()


def tied(client: Client, other: OtherProvider, password: str = PASSWORD) -> HttpResponse:
    """Tie the account that has signed in."""
    client.post("/account/again", {"password": password})
    told = other.agrees(client.post("/account/elsewhere").headers["Location"])
    return client.get(BACK, told)


def test_who_comes_first_gets_an_account_and_later_the_same(
    other: OtherProvider, reader: Callable[..., Client]
) -> None:
    client = reader()
    assert "用市统一身份认证登录" in said(client.get("/sign-in/"))
    assert come_in(client, other).headers["Location"] == "/my/"
    assert client.get("/my/").status_code == 200
    made = Account.objects.get(sort="resident")
    assert not made.has_usable_password()
    again = reader()
    assert come_in(again, other).headers["Location"] == "/my/"
    assert residents() == 1
    other.subject = "subject-2"
    come_in(reader(), other)
    assert residents() == 2
    acts = [row[0] for row in store.rows("SELECT act FROM journal_entry WHERE subject = %s ORDER BY id", (made.pk,))]
    assert acts[:2] == ["identity.sign_up", "trust.tie_elsewhere"]


def test_one_goes_on_to_where_one_was_and_nowhere_else(other: OtherProvider, reader: Callable[..., Client]) -> None:
    for onward, there in (("/my/acting/", "/my/acting/"), ("https://evil.example/", "/my/")):
        client = reader()
        assert client.get(BACK, other.agrees(led(client, onward))).headers["Location"] == there


def test_an_address_ties_nobody(other: OtherProvider, reader: Callable[..., Client]) -> None:
    victim = sign_up("resident")
    other.claims = {"email": "resident@example.org", "email_verified": True, "preferred_username": "resident"}
    client = reader()
    come_in(client, other)
    assert int(client.session["_auth_user_id"]) != victim.account
    assert residents() == 2


def test_an_account_is_tied_by_who_is_signed_in_to_it(other: OtherProvider, reader: Callable[..., Client]) -> None:
    account = Account.objects.get(pk=sign_up("resident").account)
    account.set_password(PASSWORD)
    account.save()
    client = reader()
    client.post("/sign-in/", {"login": "resident", "password": PASSWORD})
    assert client.post("/account/elsewhere").headers["Location"].startswith("/account/again")
    assert tied(client, other).headers["Location"] == "/account/"
    assert "可用市统一身份认证登录" in said(client.get("/account/"))
    fresh = reader()
    come_in(fresh, other)
    assert int(fresh.session["_auth_user_id"]) == account.pk
    assert residents() == 1
    other.subject = "subject-2"
    stranger = reader()
    come_in(stranger, other)
    other.subject = "subject-1"  # tied to the resident already
    assert "没有绑定" in said(tied(stranger, other))
    assert client.post("/account/elsewhere/end").headers["Location"] == "/account/"
    come_in(reader(), other)
    assert residents() == 3


def test_the_only_way_in_is_not_taken_away(other: OtherProvider, reader: Callable[..., Client]) -> None:
    client = reader()
    come_in(client, other)
    assert "无法登录" in said(client.post("/account/elsewhere/end"))
    assert come_in(reader(), other).status_code == 302


def test_officials_sign_in_so_only_where_it_is_set_and_their_second_step_is_asked(
    other: OtherProvider, reader: Callable[..., Client]
) -> None:
    client = reader()
    client.post("/sign-in/", {"login": "window", "password": PASSWORD})
    assert "只有居民账号" in said(tied(client, other))
    settings.ZHIHAI_ELSEWHERE.officials = True
    assert tied(client, other).status_code == 302
    assert come_in(reader(), other).headers["Location"] == "/desk/"
    kept = "INSERT INTO mfa_authenticator (user_id, type, data, created_at) VALUES (%s, 'totp', '{}', now())"
    store.execute(kept, (actor("window").account,))
    assert come_in(reader(), other).headers["Location"] == "/sign-in/code"
    settings.ZHIHAI_ELSEWHERE.officials = False
    assert "只有居民账号" in said(come_in(reader(), other))


def test_an_answer_of_another_provider_is_not_taken_to_this_one(
    other: OtherProvider, reader: Callable[..., Client]
) -> None:
    """Mix-up (RFC 9207, RFC 9700 4.4)."""
    for iss in ("https://evil.example", f"{other.address}/", "", None):
        assert "另一个认证系统" in said(come_in(reader(), other, iss=iss))
    assert "/token" not in other.heard
    assert residents() == 0


def test_one_that_does_not_name_itself_need_not_but_may_not_name_another(
    other: OtherProvider, reader: Callable[..., Client]
) -> None:
    other.names_itself = False
    assert come_in(reader(), other).status_code == 302
    assert "另一个认证系统" in said(come_in(reader(), other, iss="https://evil.example"))


@pytest.mark.parametrize("checks_challenge", [True, False])
def test_a_code_of_another_session_is_worth_nothing(
    other: OtherProvider, reader: Callable[..., Client], checks_challenge: bool
) -> None:
    """Injection (RFC 9700 4.5): the challenge refuses it, and where the other does not look at that, the nonce."""
    other.checks_challenge = checks_challenge
    victims = other.agrees(led(reader()))
    thief = reader()
    own = other.agrees(led(thief))
    answer = thief.get(BACK, own | {"code": victims["code"]})
    assert ("没有确认" if checks_challenge else "没有通过核验") in said(answer)
    assert "_auth_user_id" not in thief.session
    assert residents() == 0


def test_an_answer_counts_once_in_its_session_and_in_time(
    other: OtherProvider, reader: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = reader()
    told = other.agrees(led(client))
    assert "不是在这里发起" in said(reader().get(BACK, told))
    assert "不是在这里发起" in said(client.get(BACK, told | {"state": "x"}))
    assert "不是在这里发起" in said(client.get(BACK, told))
    told = other.agrees(led(client))
    assert "不是在这里发起" in said(client.get(f"{BACK}?code=x&code=y&state={told['state']}"))
    told = other.agrees(led(client))
    monkeypatch.setattr("zhihai.faces.hall.elsewhere.GOOD_FOR", 0)
    assert "不是在这里发起" in said(client.get(BACK, told))
    assert residents() == 0


def test_who_ties_is_who_began_to(other: OtherProvider, reader: Callable[..., Client]) -> None:
    settings.ZHIHAI_ELSEWHERE.officials = True
    client = reader()
    client.post("/sign-in/", {"login": "window", "password": PASSWORD})
    client.post("/account/again", {"password": PASSWORD})
    told = other.agrees(client.post("/account/elsewhere").headers["Location"])
    client.post("/sign-out/")
    client.post("/sign-in/", {"login": "dispatcher", "password": PASSWORD})
    assert "不是在这里发起" in said(client.get(BACK, told))
    assert store.value("SELECT count(*) FROM sign_in_elsewhere") == 0


WRONG: dict[str, dict[str, Any]] = {
    "no nonce": {"claims": {"nonce": None}},
    "another nonce": {"claims": {"nonce": "another"}},
    "for another system": {"claims": {"aud": "another"}},
    "for several, to another": {"claims": {"aud": [CLIENT, "another"], "azp": "another"}},
    "for several, not told to whom": {"claims": {"aud": [CLIENT, "another"]}},
    "of another issuer": {"claims": {"iss": "https://evil.example"}},
    "expired": {"claims": {"exp": 1_000_000_000}},
    "without an end": {"claims": {"exp": None}},
    "of tomorrow": {"claims": {"iat": 4_000_000_000}},
    "without a time": {"claims": {"iat": None}},
    "of nobody": {"claims": {"sub": None}},
    "of an empty subject": {"claims": {"sub": ""}},
    "of a number": {"claims": {"sub": 7}},
    "signed by nobody": {"alg": "none"},
    "signed by the public key": {"alg": "HS256"},
    "signed as was not agreed": {"alg": "RS512"},
    "of an unknown key": {"kid": "k2", "published": {"k1": a_key(2)}},
    "of a stranger's key": {"published": {"k1": a_key(2)}},
}


@pytest.mark.parametrize("how", WRONG)
def test_what_does_not_hold_signs_nobody_in(other: OtherProvider, reader: Callable[..., Client], how: str) -> None:
    for name, value in WRONG[how].items():
        setattr(other, name, value)
    client = reader()
    assert "没有通过核验" in said(come_in(client, other))
    assert "_auth_user_id" not in client.session
    assert residents() == 0


def test_keys_may_be_rolled(
    other: OtherProvider, reader: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert come_in(reader(), other).status_code == 302
    other.kid, other.key = "k2", a_key(2)
    assert "没有通过核验" in said(
        come_in(reader(), other)
    )  # it was asked a moment ago, and is not asked for each token
    monkeypatch.setattr("zhihai.faces.hall.openid.ASKED_AGAIN", 0)
    assert come_in(reader(), other).status_code == 302
    assert residents() == 1


@pytest.mark.parametrize(
    ("said_", "sentence"),
    [
        ({"issuer": "https://evil.example"}, "与设置不符"),
        ({"token_endpoint": "http://evil.example/token"}, "与设置不符"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "与设置不符"),
        ({"jwks_uri": None}, "与设置不符"),
        ({"jwks_uri": "https://[broken"}, "与设置不符"),
    ],
)
def test_a_provider_that_is_not_itself_is_not_asked(
    other: OtherProvider, reader: Callable[..., Client], said_: dict[str, Any], sentence: str
) -> None:
    other.said = said_
    answer = reader().post("/sign-in/elsewhere")
    assert answer.status_code == 424
    assert sentence in said(answer)


def test_one_that_redirects_or_says_too_much_or_nothing_is_not_followed(
    other: OtherProvider, reader: Callable[..., Client]
) -> None:
    other.redirects = True
    assert "与设置不符" in said(reader().post("/sign-in/elsewhere"))
    assert "/elsewhere" not in other.heard
    other.redirects = False
    for garbage in (b"<html>", b"[]", b"\xff", b"[" * 100_000, b'{"issuer": "' + b"x" * 300_000 + b'"}'):
        other.garbage = garbage
        assert "与设置不符" in said(reader().post("/sign-in/elsewhere"))


def test_one_that_is_away_says_so_in_a_sentence(
    other: OtherProvider, reader: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = reader()
    told = other.agrees(led(client))
    monkeypatch.setattr(settings.ZHIHAI_ELSEWHERE, "issuer", "http://127.0.0.1:9")
    answer = reader().post("/sign-in/elsewhere")
    assert answer.status_code == 424
    assert "暂时无法连接" in said(answer)
    assert "暂时无法连接" in said(client.get(BACK, told))
    assert reader().get("/sign-in/").status_code == 200


def test_who_refuses_there_is_told_so(other: OtherProvider, reader: Callable[..., Client]) -> None:
    assert "没有同意" in said(come_in(reader(), other, code=None, error="access_denied"))


def test_a_number_that_it_tells_is_compared_with_the_base(other: OtherProvider, reader: Callable[..., Client]) -> None:
    registered(somebody(1, "曾示例1"), somebody(2, "曾示例2"))
    settings.ZHIHAI_ELSEWHERE.number_claim = "id_number"
    for n, (name, level) in enumerate((("曾示例1", 2), ("曾示例9", 1)), 1):
        other.subject, other.told = f"subject-{n}", {"name": name, "id_number": number(n)}
        client = reader()
        come_in(client, other)
        who = identity.actor_of(int(client.session["_auth_user_id"]), at=clock.now())
        assert identity.my_data(who).level == level
    other.subject, other.told = "subject-3", {"sub": "another", "name": "曾示例2", "id_number": number(2)}
    assert "没有通过核验" in said(come_in(reader(), other))
    assert number(1) not in str(store.rows("SELECT t::text FROM journal_entry t"))


def test_without_a_provider_there_is_no_such_way(district: str, reader: Callable[..., Client]) -> None:
    assert "elsewhere" not in said(reader().get("/sign-in/"))
    assert reader().post("/sign-in/elsewhere").status_code == 404
    assert reader().get(BACK, {"code": "x", "state": "y"}).status_code == 404
