"""A second factor: set up, asked for at sign-in, never by a used code; where it is asked, powers sleep without it."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf import settings
from django.test import Client
from tests.faces.staging import actor

from zhihai.ground.actors import SYSTEM
from zhihai.ground.refusal import NotPermitted
from zhihai.kernel import records as store
from zhihai.kernel.identity import acts, reads
from zhihai.kernel.identity.account import Account
from zhihai.kernel.journal import reads as clock

PASSWORD = "four words nobody joins"
PERIOD = 30
NOW = 1_790_000_010.0
"""Authenticators and the platform agree on this instant, so that no test meets the end of a period."""


@pytest.fixture(autouse=True)
def one_instant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("allauth.mfa.totp.internal.auth.time", SimpleNamespace(time=lambda: NOW))


@pytest.fixture
def signing_in(district: str, reader: Callable[..., Client]) -> Callable[..., Client]:
    """Sign the window's clerk in, by the page: a client, and the answer in ``client.answer``."""
    account = Account.objects.get(username="window")
    account.set_password(PASSWORD)
    account.save()

    def make(next_: str = "") -> Client:
        client = reader()
        given = {"login": "window", "password": PASSWORD, **({"next": next_} if next_ else {})}
        client.answer = client.post("/sign-in/", given)
        return client

    return make


def digits(secret: str, later: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, int(NOW) // PERIOD + later))


def enrolled(client: Client) -> tuple[str, list[str]]:
    """Set an authenticator up, and return its secret and the codes to recover by."""
    answer = client.get("/account/authenticator")
    if answer.status_code == 302:  # who changes how one signs in says the password again
        assert "密码不对" in client.post(answer.headers["Location"], {"password": "x"}).content.decode()
        client.post(answer.headers["Location"], {"password": PASSWORD})
        answer = client.get("/account/authenticator")
    page = answer.content.decode()
    found = re.search(r'class="code">([A-Z2-7]{32})<', page)
    assert found is not None
    answer = client.post("/account/authenticator", {"code": digits(found[1])}, follow=True)
    return found[1], re.findall(r'<li class="code">(\d+)</li>', answer.content.decode())


def test_a_password_alone_is_not_enough_any_more(signing_in: Callable[..., Client]) -> None:
    first = signing_in()
    secret, codes = enrolled(first)
    assert len(codes) == 10
    again = first.get("/account/codes").content.decode()
    assert "还有 10 个备用码" in again
    assert codes[0] not in again
    client = signing_in("/desk/people/")
    assert client.answer.headers["Location"].startswith("/sign-in/code")
    assert client.get("/desk/people/").headers["Location"].startswith("/sign-in/")
    for wrong in ("000000", digits(secret, -2), digits(secret, 2)):
        assert "验证码不对" in client.post("/sign-in/code", {"code": wrong}).content.decode()
    assert client.post("/sign-in/code", {"code": digits(secret)}).headers["Location"] == "/desk/people/"
    assert client.get("/desk/people/").status_code == 200


def test_a_code_that_was_used_is_worth_nothing(signing_in: Callable[..., Client]) -> None:
    secret, codes = enrolled(signing_in())
    for code in (digits(secret), codes[0]):
        assert signing_in().post("/sign-in/code", {"code": code}).status_code == 302
        assert signing_in().post("/sign-in/code", {"code": code}).status_code == 200
    assert signing_in().post("/sign-in/code", {"code": codes[1]}).status_code == 302


@pytest.mark.parametrize("off", [-1, 0, 1])
def test_a_clock_may_be_off_by_a_period_and_a_code_is_good_once_all_the_while(
    signing_in: Callable[..., Client], monkeypatch: pytest.MonkeyPatch, off: int
) -> None:
    secret, codes = enrolled(signing_in())
    code = digits(secret, off)
    first = signing_in()
    assert first.post("/sign-in/code", {"code": code}).status_code == 302
    for later in (0, PERIOD, 2 * PERIOD):
        monkeypatch.setattr(
            "allauth.mfa.totp.internal.auth.time", SimpleNamespace(time=lambda later=later: NOW + later)
        )
        store.execute("DELETE FROM web_cache WHERE cache_key LIKE '%%allauth.mfa.totp.used%%'")  # allauth forgets
        assert "验证码不对" in signing_in().post("/sign-in/code", {"code": f" {code} "}).content.decode()
    assert "验证码不对" in first.post("/account/again/code", {"code": code}).content.decode()
    assert signing_in().post("/sign-in/code", {"code": codes[0]}).status_code == 302


def test_codes_can_not_be_tried_one_after_another(signing_in: Callable[..., Client]) -> None:
    secret, _ = enrolled(signing_in())
    client = signing_in()
    for n in range(8):
        client.post("/sign-in/code", {"code": f"{n:06d}"})
    assert client.post("/sign-in/code", {"code": digits(secret)}).status_code == 200
    assert client.get("/desk/people/").headers["Location"].startswith("/sign-in/")


def test_where_it_is_asked_powers_sleep_until_it_is_set_up(
    signing_in: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "ZHIHAI_SECOND_FACTOR", True)
    client = signing_in()
    for address in ("/desk/", "/desk/people/", "/desk/people/1", "/desk/notices/"):
        assert client.get(address).headers["Location"] == "/account/"
    assert client.post("/desk/people/found", {"by": "name", "sought": "示"}).headers["Location"] == "/account/"
    assert client.get("/api/devices").status_code == 200  # open to all
    assert "请先设置第二道验证" in client.get("/account/").content.decode()
    enrolled(client)
    assert client.get("/desk/people/").status_code == 200


def test_the_demonstration_says_that_it_is_not_asked(signing_in: Callable[..., Client]) -> None:
    assert "演示环境" in signing_in().get("/account/").content.decode()
    assert settings.CONFIG.model_copy(update={"demonstration": False}).asks_second_factor
    assert not settings.CONFIG.asks_second_factor


def test_it_is_turned_off_by_its_owner_and_by_the_operator(signing_in: Callable[..., Client]) -> None:
    client = signing_in()
    enrolled(client)
    account = Account.objects.get(username="window")
    assert account.second_factor
    assert client.post("/account/authenticator/off").headers["Location"] == "/account/"
    enrolled(client)
    with pytest.raises(NotPermitted):
        acts.drop_second_factor(actor("administrator"), account.pk, at=clock.now())
    acts.drop_second_factor(SYSTEM, account.pk, at=clock.now())
    account.refresh_from_db()
    assert not account.second_factor
    assert not Authenticator.objects.exists()
    done = [row[0] for row in store.rows("SELECT act FROM journal_entry WHERE subject = %s ORDER BY id", (account.pk,))]
    assert done[-4:] == ["identity.enrol_second_factor", "identity.drop_second_factor"] * 2


def test_what_codes_are_made_from_is_sealed_and_outlives_a_change_of_the_secret(
    signing_in: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    secret, codes = enrolled(signing_in())
    kept = str(store.rows("SELECT data::text FROM mfa_authenticator"))
    assert secret not in kept
    assert codes[0] not in kept
    old = settings.SECRET_KEY
    monkeypatch.setattr(settings, "SECRET_KEY", "another-secret-of-a-test-0123456789")
    monkeypatch.setattr(settings, "SECRET_KEY_FALLBACKS", [old])
    while acts.reseal():
        pass
    monkeypatch.setattr(settings, "SECRET_KEY_FALLBACKS", [])
    for row in Authenticator.objects.all():
        name = "secret" if row.type == "totp" else "seed"
        assert reads.open_secret(row.data[name])
    assert signing_in().post("/sign-in/code", {"code": digits(secret)}).status_code == 302
