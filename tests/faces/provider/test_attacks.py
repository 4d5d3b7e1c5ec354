"""What somebody may try against a sign-in by another system; none of it comes to anything."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from tests.faces.provider.conftest import (
    AFTER,
    BACK,
    SCOPES,
    System,
    answer_in,
    answering,
    code_for,
    mark_of,
    userinfo,
)  # fmt: skip
from tests.faces.staging import actor
from tests.kernel.identity.peopled import everything_written

from zhihai.ground.actors import SYSTEM
from zhihai.kernel import records as store
from zhihai.kernel.journal import reads as clock
from zhihai.kernel.trust import acts, reads
from zhihai.site.logs import said

SignedIn = Callable[..., Client]


@pytest.fixture
def museum(system: Callable[..., System]) -> System:
    """Another system, which may turn against the first."""
    return system(redirects=("https://museum.example/cb",), logouts=())


def error_of(answer: object) -> str:
    assert answer.status_code in (400, 401), answer.content  # type: ignore[attr-defined]
    return str(answer.json()["error"])  # type: ignore[attr-defined]


def test_a_code_that_is_brought_twice_ends_what_it_led_to(library: System, signed_in: SignedIn) -> None:
    code = code_for(signed_in(), library)
    tokens = library.redeem(code).json()
    assert userinfo(tokens["access_token"]).status_code == 200
    assert error_of(library.redeem(code)) == "invalid_grant"
    assert userinfo(tokens["access_token"]).status_code == 401
    assert error_of(library.refresh(tokens["refresh_token"])) == "invalid_grant"


def test_a_code_of_another_system_is_worth_nothing(library: System, museum: System, signed_in: SignedIn) -> None:
    code = code_for(signed_in(), library)
    assert error_of(museum.redeem(code)) == "invalid_grant"
    assert museum.redeem(code, redirect_uri=BACK, client_id=library.id).status_code == 400
    assert library.redeem(code).status_code == 200


def test_a_code_is_worth_nothing_without_what_its_system_alone_knows(library: System, signed_in: SignedIn) -> None:
    client = signed_in()
    for wrong in (
        {"code_verifier": "another-verifier-of-forty-three-characters-or-so"},
        {"code_verifier": ""},
        {"redirect_uri": "https://library.example/elsewhere"},
        {"redirect_uri": ""},
    ):
        code = code_for(client, library, prompt="consent")
        assert library.redeem(code, **wrong).status_code == 400, wrong
        assert library.redeem(code).status_code == 400, "it was used up by the first who brought it"
    code = code_for(client, library, prompt="consent")
    for stranger in (
        System(library.id, "the-secret-of-another"),
        System(library.id, ""),
        System("nobody", library.secret),
    ):
        assert error_of(stranger.redeem(code)) == "invalid_client"
    assert library.redeem(code).status_code == 200


@pytest.mark.parametrize("public", [False, True])
def test_without_s256_nobody_is_signed_in(system: Callable[..., System], signed_in: SignedIn, public: bool) -> None:
    asking, client = system(public=public), signed_in()
    for wrong in (
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": None},
        {"code_challenge_method": "s256"},
    ):
        answer = answer_in(client.get(asking.asking(**wrong)))
        assert answer["error"] == "invalid_request", wrong
        assert "code" not in answer
        assert answer["iss"] == settings.ZHIHAI_ORIGIN
    code = code_for(client, asking)
    assert asking.redeem(code).status_code == 200


def test_nobody_is_led_to_an_address_that_is_not_registered(library: System, signed_in: SignedIn) -> None:
    client = signed_in()
    for wrong in (
        "https://evil.example/", f"{BACK}/", f"{BACK}?x=1", f"{BACK}#x", "https://library.example:444/signed-in",
        "http://library.example/signed-in", "https://library.example@evil.example/signed-in", "//evil.example",
        "https://library.example.evil.example/signed-in", "https://library.example/signed-in/../x", "", None,
        "javascript:alert(1)",
    ):  # fmt: skip
        for prompt in (None, "none"):
            answer = client.get(library.asking(redirect_uri=wrong, prompt=prompt))
            assert answer.status_code == 400, wrong
            assert "Location" not in answer.headers
    for wrong in ({"client_id": "nobody"}, {"client_id": None}):
        assert client.get(library.asking(**wrong)).status_code == 404
    twice = client.get(library.asking() + "&redirect_uri=https://evil.example/")
    assert twice.status_code == 400


def test_errors_go_to_the_registered_address_and_name_their_issuer(library: System, signed_in: SignedIn) -> None:
    client = signed_in()
    for wrong, error in (
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unauthorized_client"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"scope": "openid number"}, "invalid_scope"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"scope": None}, "invalid_scope"),
        ({"request": "x"}, "invalid_request"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"id_token_hint": "x.y.z"}, "login_required"),
    ):
        answer = client.get(library.asking(**wrong))
        assert answer.headers["Location"].startswith(f"{BACK}?"), wrong
        assert (answer_in(answer)["error"], answer_in(answer)["iss"]) == (error, settings.ZHIHAI_ORIGIN), wrong
        assert answer_in(answer)["state"] == "a state"


def test_one_can_not_slip_in_what_the_engine_notes_for_itself(library: System, signed_in: SignedIn) -> None:
    """oauthlib takes parameters of any name for its own notes: another's account, scopes, what a token says."""
    client = signed_in()
    other = str(actor("dispatcher").account)
    notes = {"user": other, "scopes": "openid", "client": "x", "extra_credentials": "x", "claims": '{"sub":"x"}'}
    code = answer_in(answering(client, library.asking(**notes), "profile"))["code"]
    answer = library.redeem(code, **notes)
    assert answer.status_code == 200
    known = userinfo(answer.json()["access_token"]).json()
    assert known["zhihai_account"] == "resident"
    in_address = Client(SERVER_NAME="127.0.0.1").post(f"/oidc/token?client_secret={library.secret}", {"x": "y"})
    assert in_address.status_code == 400


def test_a_refresh_token_that_is_used_twice_ends_the_sign_in(library: System, signed_in: SignedIn) -> None:
    first = library.redeem(code_for(signed_in(), library)).json()
    lost = library.refresh(first["refresh_token"]).json()
    second = library.refresh(first["refresh_token"]).json()  # the answer was lost, and nobody used it
    third = library.refresh(second["refresh_token"]).json()
    assert len({one["refresh_token"] for one in (first, lost, second, third)}) == 4
    assert userinfo(third["access_token"]).status_code == 200
    assert error_of(library.refresh(first["refresh_token"])) == "invalid_grant"
    assert userinfo(third["access_token"]).status_code == 401
    assert error_of(library.refresh(third["refresh_token"])) == "invalid_grant"
    assert "trust.token_reused" in everything_written()


def test_a_refresh_gives_no_more_than_was_agreed_and_to_nobody_else(
    library: System, museum: System, signed_in: SignedIn
) -> None:
    tokens = library.redeem(code_for(signed_in(), library, "profile")).json()
    assert error_of(museum.refresh(tokens["refresh_token"])) == "invalid_grant"
    assert error_of(library.refresh(tokens["refresh_token"], scope="openid email")) == "invalid_scope"
    assert error_of(museum.post("/oidc/token", grant_type="client_credentials")) == "unsupported_grant_type"
    assert error_of(
        museum.post("/oidc/token", grant_type="password", username="resident", password="x")
    ) == "unsupported_grant_type"  # fmt: skip


def test_tokens_end_by_time_withdrawal_and_when_an_account_is_switched_off(
    library: System, signed_in: SignedIn
) -> None:
    client, resident = signed_in(), actor("resident")
    tokens = library.redeem(code_for(client, library)).json()
    store.execute("UPDATE allauth_idp_oidc_token SET expires_at = now() WHERE type = 'at'")
    assert userinfo(tokens["access_token"]).status_code == 401
    acts.sweep_tokens(at_machine=datetime.now(UTC))
    again = library.refresh(tokens["refresh_token"]).json()
    store.execute("UPDATE account SET is_active = false WHERE id = %s", (resident.account,))
    assert userinfo(again["access_token"]).status_code == 401
    assert error_of(library.refresh(again["refresh_token"])) == "invalid_grant"
    store.execute("UPDATE account SET is_active = true WHERE id = %s", (resident.account,))
    acts.withdraw_consent(resident, library.id, at=clock.now())
    assert userinfo(again["access_token"]).status_code == 401
    assert error_of(library.refresh(again["refresh_token"])) == "invalid_grant"
    late = code_for(client, library)
    store.execute("UPDATE allauth_idp_oidc_token SET expires_at = %s WHERE type = 'ac'", (
        datetime.now(UTC) - timedelta(seconds=1),
    ))  # fmt: skip
    assert error_of(library.redeem(late)) == "invalid_grant"


def test_a_system_that_is_switched_off_gets_nothing(library: System, signed_in: SignedIn) -> None:
    client = signed_in()
    tokens = library.redeem(code_for(client, library)).json()
    acts.switch_client(SYSTEM, library.id, on=False, at=clock.now())
    assert userinfo(tokens["access_token"]).status_code == 401
    assert client.get(library.asking()).status_code == 404
    assert error_of(library.refresh(tokens["refresh_token"])) == "invalid_client"
    assert client.get("/oidc/logout", {"client_id": library.id, "post_logout_redirect_uri": AFTER}).status_code == 400


def test_consent_is_given_by_nobody_else(library: System, museum: System, signed_in: SignedIn) -> None:
    """Not by a forged form, not by what was agreed for another system, not for more than was asked."""
    client, account = signed_in(), actor("resident").account
    asked = library.asking()
    forged = client.post(asked.replace("authorize", "consent"), {"answer": "agree", "scopes": list(SCOPES)})
    assert forged.status_code == 403
    assert reads.agreed(account, library.id) == frozenset()
    refused = answer_in(answering(client, asked, answer="refuse"))
    assert refused["error"] == "access_denied"
    assert reads.agreed(account, library.id) == frozenset()
    museum.redeem(code_for(client, museum))
    assert answer_in(client.get(library.asking(prompt="none")))["error"] == "consent_required"
    answering(client, library.asking(scope="openid profile"), "profile", "email", "number")
    assert reads.agreed(account, library.id) == {"openid", "profile"}
    changed = client.post(
        library.asking(redirect_uri="https://evil.example/").replace("authorize", "consent"),
        {"answer": "agree", "csrfmiddlewaretoken": mark_of(client)},
    )
    assert changed.status_code == 400
    framed = client.get(asked)
    for held in ("frame-ancestors 'none'", "form-action 'self'"):
        assert held in framed.headers["Content-Security-Policy"]


def test_a_system_ends_its_own_tokens_only(library: System, museum: System, signed_in: SignedIn) -> None:
    tokens = library.redeem(code_for(signed_in(), library)).json()
    assert museum.post("/oidc/revoke", token=tokens["refresh_token"]).status_code == 200
    assert userinfo(tokens["access_token"]).status_code == 200
    assert error_of(System(library.id, "x").post("/oidc/revoke", token=tokens["access_token"])) == "invalid_client"
    assert library.post("/oidc/revoke", token=tokens["refresh_token"]).status_code == 200
    assert userinfo(tokens["access_token"]).status_code == 401


def test_a_token_in_an_address_opens_nothing(library: System, signed_in: SignedIn) -> None:
    tokens = library.redeem(code_for(signed_in(), library)).json()
    nobody = Client(SERVER_NAME="127.0.0.1")
    for answer in (
        nobody.get("/oidc/userinfo", {"access_token": tokens["access_token"]}),
        nobody.get("/oidc/userinfo"),
        nobody.get("/oidc/userinfo", headers={"authorization": f"Bearer {tokens['refresh_token']}"}),
        nobody.get("/oidc/userinfo", headers={"authorization": f"Bearer {tokens['id_token']}"}),
        nobody.get("/api/me", headers={"authorization": f"Bearer {tokens['access_token']}"}),
    ):
        assert answer.status_code == 401


def test_no_secret_stands_in_a_log_or_in_the_store(
    library: System, signed_in: SignedIn, caplog: pytest.LogCaptureFixture
) -> None:
    """Codes, tokens and secrets are kept as digests, and no line of log has one at any level."""
    caplog.set_level(logging.DEBUG)
    client = signed_in()
    code = code_for(client, library)
    tokens = library.redeem(code).json()
    more = library.refresh(tokens["refresh_token"]).json()
    userinfo(more["access_token"])
    library.refresh("unknown." + "x" * 43)
    secrets = [library.secret, code, *(one[name] for one in (tokens, more) for name in one if name.endswith("_token"))]
    assert len(secrets) == 8
    lines = "\n".join(said(record) for record in caplog.records)
    assert "oauthlib" not in re.sub(r"oauthlib\.[\w.]+ \w+", "", lines)
    kept = everything_written() + str([cache.get(key[0]) for key in store.rows("SELECT cache_key FROM web_cache")])
    for secret in secrets:
        assert secret not in lines
        assert secret not in kept
