"""A system signs somebody in through the platform: who it is told it is, and how long that holds."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from django.conf import settings
from django.core import mail
from django.http import HttpResponse
from django.test import Client
from tests.faces.provider.conftest import (
    AFTER,
    BACK,
    SCOPES,
    System,
    answer_in,
    answering,
    body_of,
    code_for,
    mark_of,
    userinfo,
)  # fmt: skip
from tests.faces.staging import RESIDENT, actor
from tests.kernel.identity.peopled import number

from zhihai.ground.actors import SYSTEM
from zhihai.ground.named import Named
from zhihai.kernel import records as store
from zhihai.kernel.identity import acts as identity_acts
from zhihai.kernel.identity.account import Account
from zhihai.kernel.journal import reads as clock
from zhihai.kernel.trust import acts, reads

SignedIn = Callable[..., Client]


def keys(client: Client) -> dict[str, Any]:
    published = client.get("/oidc/keys").json()["keys"]
    return {one["kid"]: jwt.PyJWK(one) for one in published}


def verified(client: Client, token: str, system: System) -> dict[str, Any]:
    """What an ID token says, by the published keys."""
    key = keys(client)[jwt.get_unverified_header(token)["kid"]]
    return dict(jwt.decode(token, key, algorithms=["RS256"], audience=system.id, issuer=settings.ZHIHAI_ORIGIN))


def way_on(page: HttpResponse) -> str:
    """Where a form of ours says one goes on to."""
    found = re.search(r'name="next" value="([^"]+)"', page.content.decode())
    assert found is not None
    return html.unescape(found[1])


def test_a_resident_is_told_of_as_far_as_she_agreed(library: System, signed_in: SignedIn) -> None:
    identity_acts.prove_contact(actor("resident").account, "resident@example.org", at=clock.now())
    client = signed_in()
    page = client.get(library.asking()).content.decode()
    for said in ("区图书馆", RESIDENT, "resident@example.org", "三级", "证件号码不会提供"):
        assert said in page
    answer = answer_in(answering(client, library.asking(), "profile", "zhihai_level"))
    assert answer["state"] == "a state"
    assert answer["iss"] == settings.ZHIHAI_ORIGIN
    told = library.redeem(answer["code"])
    assert told.status_code == 200
    assert told.headers["Cache-Control"] == "no-store"
    tokens = told.json()
    assert set(tokens) == {"access_token", "refresh_token", "id_token", "expires_in", "token_type", "scope"}
    assert tokens["scope"].split() == ["openid", "profile", "zhihai_level"]
    said = verified(client, tokens["id_token"], library)
    assert said["nonce"] == "a nonce"
    assert (said["acr"], said["amr"]) == ("urn:zhihai:acr:1", ["pwd"])
    assert abs(said["auth_time"] - datetime.now(UTC).timestamp()) < 60
    assert not {"name", "email", "zhihai_level"} & said.keys()
    known = userinfo(tokens["access_token"]).json()
    assert known == {
        "sub": said["sub"], "name": RESIDENT, "locale": "zh-CN", "zhihai_account": "resident", "zhihai_level": 3,
    }  # fmt: skip
    assert number(8) not in str((known, said, tokens))


def test_an_official_is_told_of_by_duty_and_has_no_level(library: System, signed_in: SignedIn) -> None:
    code = code_for(signed_in("dispatcher"), library)
    known = userinfo(library.redeem(code).json()["access_token"]).json()
    assert known["zhihai_account"] == "official"
    assert known["name"] == Account.objects.get(username="dispatcher").name_zh
    assert "zhihai_level" not in known


def test_what_was_agreed_is_not_asked_again_and_more_is(library: System, signed_in: SignedIn) -> None:
    client = signed_in()
    code_for(client, library, "profile", scope="openid profile")
    assert "code" in answer_in(client.get(library.asking(scope="openid profile")))
    assert "code" in answer_in(client.get(library.asking(scope="openid")))
    assert client.get(library.asking()).status_code == 200
    assert client.get(library.asking(scope="openid", prompt="consent")).status_code == 200
    silent = answer_in(client.get(library.asking(scope="openid profile", prompt="none")))
    assert "code" in silent
    assert answer_in(client.get(library.asking(prompt="none")))["error"] == "consent_required"


def test_who_has_not_signed_in_signs_in_and_comes_back(library: System, signed_in: SignedIn) -> None:
    nobody = Client(SERVER_NAME="127.0.0.1")
    answer = nobody.get(library.asking())
    assert answer.headers["Location"].startswith("/sign-in/?next=%2Foidc%2Fauthorize%3Fclient_id")
    assert answer_in(nobody.get(library.asking(prompt="none")))["error"] == "login_required"
    signed_in()  # whose password is known from here on
    there = nobody.get(answer.headers["Location"])
    back = nobody.post("/sign-in/", {
        "login": "resident", "password": "four words nobody joins", "next": way_on(there),
    })  # fmt: skip
    assert back.headers["Location"].startswith("/oidc/authorize?client_id=")
    assert nobody.get(back.headers["Location"]).status_code == 200


def test_who_has_no_account_yet_signs_up_and_comes_back(
    library: System, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "EMAIL_BACKEND", "django.core.mail.backends.locmem.EmailBackend")
    monkeypatch.setattr(mail, "outbox", [], raising=False)
    nobody = Client(SERVER_NAME="127.0.0.1", headers={"accept-language": "zh-CN"})
    page = nobody.get(nobody.get(library.asking()).headers["Location"]).content.decode()
    found = re.search(r'href="(/sign-up/\?next=[^"]+)"', page)
    assert found is not None
    there = way_on(nobody.get(html.unescape(found[1])))
    given = {"email": "new@example.org", "password1": "four words nobody joins", "next": there}
    nobody.post("/sign-up/", given)
    code = re.search(r"验证码是 ([A-Z0-9-]+)", mail.outbox[-1].body)
    assert code is not None
    back = nobody.post("/sign-up/code", {"code": code[1]})
    assert back.headers["Location"].startswith("/oidc/authorize?client_id=")
    assert "尚未核验姓名" in nobody.get(back.headers["Location"]).content.decode()


def test_a_form_of_the_system_is_taken_as_its_address(library: System) -> None:
    asked = library.asking()
    given = dict(pair.split("=") for pair in asked.partition("?")[2].split("&"))
    answer = Client(enforce_csrf_checks=True, SERVER_NAME="127.0.0.1").post("/oidc/authorize", {**given, "user": "1"})
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/oidc/authorize?client_id=")
    assert "user" not in answer.headers["Location"]


def test_who_has_no_password_here_signs_in_anew_instead_of_saying_it(
    library: System, reader: Callable[..., Client]
) -> None:
    made, _ = acts.sign_up_elsewhere("https://city.example", "s", Named("居民", "Resident"), "zh", at=clock.now())
    client = reader(Account.objects.get(pk=made).username)
    asked = library.asking(prompt="login", scope="openid")
    answer = client.get(asked)
    assert answer.headers["Location"].startswith("/sign-in/?next=%2Foidc%2Fauthorize")
    assert "prompt%3Dlogin" not in answer.headers["Location"]
    assert client.get("/my/").headers["Location"].startswith("/sign-in/")


def test_who_signed_in_long_ago_says_the_password_again(library: System, signed_in: SignedIn) -> None:
    client = signed_in()
    asked = library.asking(prompt="login", scope="openid")
    answer = client.get(asked)
    assert answer.headers["Location"].startswith("/account/again?next=%2Foidc%2Fauthorize")
    assert "prompt%3Dlogin" not in answer.headers["Location"]
    assert client.get(library.asking(max_age="300")).status_code == 200
    session = client.session
    noted = session["account_authentication_methods"]
    session["account_authentication_methods"] = [{**one, "at": one["at"] - 1000} for one in noted]
    session.save()
    again = client.get(library.asking(max_age="300"))
    assert again.headers["Location"].startswith("/account/again?next=")
    assert answer_in(client.get(library.asking(max_age="300", prompt="none")))["error"] in (
        "login_required", "consent_required"
    )  # fmt: skip
    back = client.post(again.headers["Location"], {
        "password": "four words nobody joins", "csrfmiddlewaretoken": mark_of(client),
        "next": way_on(client.get(again.headers["Location"])),
    })  # fmt: skip
    assert back.headers["Location"].startswith("/oidc/authorize")
    assert client.get(back.headers["Location"]).status_code == 200


def test_a_system_is_told_that_there_was_a_second_factor(library: System, signed_in: SignedIn) -> None:
    client = signed_in()
    session = client.session
    noted = session["account_authentication_methods"]
    later = {"method": "mfa", "type": "totp", "at": noted[-1]["at"] + 5}
    session["account_authentication_methods"] = [*noted, later]
    session.save()
    tokens = library.redeem(code_for(client, library)).json()
    for one in (tokens, library.refresh(tokens["refresh_token"]).json()):
        said = body_of(one["id_token"])
        assert (said["acr"], said["amr"]) == ("urn:zhihai:acr:2", ["otp", "pwd", "mfa"])
        assert said["auth_time"] == int(later["at"])


def test_powers_ask_for_a_second_factor_here_too(
    library: System, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "ZHIHAI_SECOND_FACTOR", True)
    client = signed_in("dispatcher")
    assert client.get(library.asking()).headers["Location"] == "/account/"
    assert answer_in(client.get(library.asking(prompt="none")))["error"] == "login_required"
    sent = client.post(
        library.asking().replace("authorize", "consent"), {"answer": "agree", "csrfmiddlewaretoken": mark_of(client)}
    )
    assert sent.headers["Location"].startswith("/oidc/authorize")
    assert reads.agreed(Account.objects.get(username="dispatcher").pk, library.id) == frozenset()
    assert signed_in("resident").get(library.asking()).status_code == 200


def test_keys_are_rolled_and_nobody_notices(library: System, signed_in: SignedIn) -> None:
    client = signed_in()
    before = library.redeem(code_for(client, library)).json()
    old = jwt.get_unverified_header(before["id_token"])["kid"]
    now = datetime.now(UTC)
    new = acts.roll_signing_key(SYSTEM, at=clock.now(), at_machine=now)
    assert keys(client).keys() == {old, new}
    same = library.refresh(before["refresh_token"]).json()
    assert jwt.get_unverified_header(same["id_token"])["kid"] == old
    store.execute("UPDATE oidc_key SET signs_from = %s WHERE kid = %s", (now, new))
    after = library.refresh(same["refresh_token"]).json()
    assert jwt.get_unverified_header(after["id_token"])["kid"] == new
    said = [verified(client, one["id_token"], library) for one in (before, same, after)]
    assert len({one["sub"] for one in said}) == 1
    assert len({one["auth_time"] for one in said}) == 1
    store.execute("UPDATE oidc_key SET ends_at = %s WHERE kid = %s", (now - timedelta(seconds=1), old))
    assert keys(client).keys() == {new}


def test_systems_of_two_hosts_know_one_person_by_two_names(
    library: System, system: Callable[..., System], signed_in: SignedIn
) -> None:
    museum = system(redirects=("https://museum.example/cb",), logouts=())
    client = signed_in()
    names = set()
    for one in (library, museum):
        tokens = one.redeem(code_for(client, one)).json()
        names.add(body_of(tokens["id_token"])["sub"])
    assert len(names) == 2
    assert not any(str(actor("resident").account) == name for name in names)


def test_signing_out_ends_tokens_and_leads_on_as_registered(library: System, signed_in: SignedIn) -> None:
    client = signed_in()
    tokens = library.redeem(code_for(client, library)).json()
    asked = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": AFTER, "state": "s"}
    page = client.get("/oidc/logout", asked)
    assert page.status_code == 200
    assert userinfo(tokens["access_token"]).status_code == 200
    forged = client.post("/oidc/logout", {**asked, "action": "logout"})
    assert forged.status_code == 200, "it is asked by a page of ours"
    forged = client.post("/oidc/logout", {**asked, "action": "logout", "csrfmiddlewaretoken": "x" * 64})
    assert forged.status_code == 403
    assert userinfo(tokens["access_token"]).status_code == 200
    stay = client.post("/oidc/logout", {**asked, "action": "stay", "csrfmiddlewaretoken": mark_of(client)})
    assert stay.headers["Location"] == f"{AFTER}?state=s"
    assert userinfo(tokens["access_token"]).status_code == 401
    assert library.refresh(tokens["refresh_token"]).status_code == 400
    assert client.get("/my/").status_code == 200
    out = client.post("/oidc/logout", {**asked, "action": "logout", "csrfmiddlewaretoken": mark_of(client)})
    assert out.headers["Location"] == f"{AFTER}?state=s"
    assert client.get("/my/").status_code == 302


def test_the_way_out_leads_nowhere_else(library: System, signed_in: SignedIn) -> None:
    client = signed_in()
    for wrong in ("https://evil.example/", "https://library.example/elsewhere", f"{AFTER}/", f"{AFTER}?x=1"):
        answer = client.get("/oidc/logout", {"client_id": library.id, "post_logout_redirect_uri": wrong})
        assert answer.status_code == 400
        assert not re.search(r'(href|url|action)="?https:', answer.content.decode())
    assert client.get("/oidc/logout", {"post_logout_redirect_uri": AFTER}).status_code == 400
    assert client.get("/my/").status_code == 200


def test_the_description_names_what_is_done_and_where(library: System) -> None:
    told = Client(SERVER_NAME="127.0.0.1").get("/.well-known/openid-configuration")
    described = told.json()
    assert told.headers["Access-Control-Allow-Origin"] == "*"
    assert described["issuer"] == settings.ZHIHAI_ORIGIN
    assert all(value.startswith(settings.ZHIHAI_ORIGIN) for name, value in described.items() if "endpoint" in name[-8:])
    assert described["subject_types_supported"] == ["pairwise"]
    assert described["code_challenge_methods_supported"] == ["S256"]
    assert described["response_types_supported"] == ["code"]
    assert set(described["scopes_supported"]) == set(SCOPES)
    other = Client(SERVER_NAME="localhost").get("/.well-known/openid-configuration").json()
    assert other == described
    assert BACK not in str(described)
