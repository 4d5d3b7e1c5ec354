"""What strangers try to sign in as somebody: sessions made before, guessing from many places, asking who there is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings
from tests.faces.staging import sign_up

from zhihai.faces import known_devices
from zhihai.faces.passwords import Argon2id
from zhihai.kernel.identity.account import Account

PASSWORD, WRONG = "a long enough pass phrase", "another pass phrase"
RESIDENT = "somebody@example.org"


@pytest.fixture(autouse=True)
def fresh(district: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The clerk of the window and a resident, each with a password; nobody has failed to sign in, mail in memory."""
    monkeypatch.setattr("django.conf.settings.EMAIL_BACKEND", "django.core.mail.backends.locmem.EmailBackend")
    monkeypatch.setattr(mail, "outbox", [], raising=False)
    cache.clear()
    resident = sign_up("r1").account
    EmailAddress.objects.filter(user_id=resident).update(email=RESIDENT)
    given = Account()
    given.set_password(PASSWORD)
    Account.objects.filter(username__in=("window", "r1")).update(password=given.password)
    yield
    cache.clear()


def browser(address: str = "127.0.0.1", **more: str) -> Client:
    return Client(SERVER_NAME="127.0.0.1", REMOTE_ADDR=address, **more)


def try_(client: Client, password: str = PASSWORD, login: str = "window") -> HttpResponse:
    return client.post("/sign-in/", {"login": login, "password": password})


def is_in(answer: HttpResponse) -> bool:
    return answer.status_code == 302


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every password that is hashed, or compared with a hash."""
    done: list[str] = []
    for name in ("encode", "verify"):
        given = getattr(Argon2id, name)

        def counted(self: Argon2id, password: str, *rest: Any, given: Any = given, name: str = name) -> Any:
            done.append(name)
            return given(self, password, *rest)

        monkeypatch.setattr(Argon2id, name, counted)
    return done


class TestSessionsMadeBefore:
    """Who is given the session of another browser does not sign in for it."""

    @pytest.mark.parametrize("login", ["window", RESIDENT])
    def test_signing_in_makes_another_session(self, login: str) -> None:
        stranger, victim = browser(), browser()
        stranger.post("/recover/", {"email": "stranger@example.org"})
        known = stranger.cookies[settings.SESSION_COOKIE_NAME].value
        victim.cookies[settings.SESSION_COOKIE_NAME] = known
        assert is_in(try_(victim, login=login))
        assert victim.cookies[settings.SESSION_COOKIE_NAME].value != known
        assert stranger.get("/my/").status_code == stranger.get("/desk/").status_code == 302

    def test_a_session_that_somebody_made_up_is_not_taken(self) -> None:
        victim = browser()
        victim.cookies[settings.SESSION_COOKIE_NAME] = "m" * 32
        assert is_in(try_(victim))
        assert victim.cookies[settings.SESSION_COOKIE_NAME].value != "m" * 32

    def test_who_signs_in_where_another_was_takes_nothing_of_theirs(self) -> None:
        shared = browser()
        try_(shared)
        first = shared.cookies[settings.SESSION_COOKIE_NAME].value
        shared.post("/sign-out/")
        try_(shared, login=RESIDENT)
        assert shared.cookies[settings.SESSION_COOKIE_NAME].value != first
        stale = browser()
        stale.cookies[settings.SESSION_COOKIE_NAME] = first
        assert stale.get("/desk/").headers["Location"].startswith("/sign-in/")


class TestAskingWhoThereIs:
    """The answer and the work are the same for whoever there is and is not."""

    def work(self, ask: Callable[[], HttpResponse], hashes: list[str]) -> tuple[int, int, int, int]:
        """Return what an answer took and gave: hashes, questions, mails, status."""
        hashes.clear()
        mail.outbox.clear()
        with CaptureQueriesContext(
            connection,
        ) as asked:
            answer = ask()
        return len(hashes), len(asked), len(mail.outbox), answer.status_code

    def test_a_sign_in_that_fails_costs_one_hash_and_as_many_questions(self, hashes: list[str]) -> None:
        Account.objects.filter(username="inspector").update(email="shared@example.org")
        Account.objects.filter(username="dispatcher").update(email="shared@example.org")
        Account.objects.filter(username="leader").update(is_active=False)
        sign_up("unproved")
        EmailAddress.objects.filter(email="unproved@example.org").update(verified=False)
        logins = (
            "window", "nobody", RESIDENT, "nobody@example.org", "r1", "street-east", "leader", "shared@example.org",
            "unproved@example.org", "WINDOW", "x" * 200,
        )  # fmt: skip
        browser().get("/sign-in/")
        seen = {login: self.work(lambda login=login: try_(browser(), WRONG, login), hashes) for login in logins}
        assert set(seen.values()) == {seen["window"]}, seen
        assert seen["window"][0] == 1

    def test_a_sign_up_hashes_once_and_mails_once(self, hashes: list[str]) -> None:
        sign_up("unproved")
        EmailAddress.objects.filter(email="unproved@example.org").update(verified=False)

        def ask(email: str) -> tuple[int, int, int]:
            given = {"email": email, "password1": "four words nobody joins"}
            counted = self.work(lambda: browser().post("/sign-up/", given), hashes)
            return counted[0], counted[2], counted[3]

        assert ask("new@example.org") == ask(RESIDENT) == ask("unproved@example.org") == (1, 1, 302)

    def test_a_recovery_hashes_nothing_and_mails_once(self, hashes: list[str]) -> None:
        def ask(email: str) -> tuple[int, int, int]:
            counted = self.work(lambda: browser().post("/recover/", {"email": email}), hashes)
            return counted[0], counted[2], counted[3]

        assert ask("new@example.org") == ask(RESIDENT) == (0, 1, 302)


class TestGuessing:
    """Who guesses is stopped by account and by place; the owner is not locked out."""

    def test_many_places_have_five_guesses_at_one_account_together(self, hashes: list[str]) -> None:
        """From sixty addresses, by every name of the account: five passwords are looked at, then not even the right."""
        for n in range(60):
            assert not is_in(try_(browser(f"198.51.100.{n}"), WRONG, RESIDENT if n % 2 else "r1"))
        assert len(hashes) == 5
        assert not is_in(try_(browser("203.0.113.9"), login=RESIDENT))
        assert len(hashes) == 5

    def test_the_owner_signs_in_where_they_did_before(self) -> None:
        own = browser("192.0.2.1")
        assert is_in(try_(own))
        own.post("/sign-out/")
        for n in range(8):
            try_(browser(f"198.51.100.{n}"), WRONG)
        assert not is_in(try_(browser("192.0.2.1")))
        assert is_in(try_(own))

    def test_the_owner_signs_in_although_a_neighbour_behind_the_same_address_guesses(self) -> None:
        own = browser("192.0.2.1")
        try_(own)
        own.post("/sign-out/")
        for n in range(25):
            try_(browser("192.0.2.1"), WRONG, f"name{n}")
        assert not is_in(try_(browser("192.0.2.1")))
        assert is_in(try_(own))

    def test_who_recovered_by_a_code_has_a_known_browser(self) -> None:
        own = browser("192.0.2.1")
        own.post("/recover/", {"email": RESIDENT})
        found = re.search(r"验证码是 ([A-Z0-9-]+)", mail.outbox[-1].body)
        assert found is not None
        own.post("/recover/code", {"code": found[1]})
        new = dict.fromkeys(("password1", "password2"), "five words that nobody joins")
        own.post("/recover/password", new)
        for n in range(8):
            try_(browser(f"198.51.100.{n}"), WRONG, RESIDENT)
        assert is_in(try_(own, "five words that nobody joins", RESIDENT))

    def test_one_place_has_twenty_guesses_a_minute_at_all_accounts_together(self, hashes: list[str]) -> None:
        for n in range(30):
            try_(browser("198.51.100.7"), WRONG, f"name{n}")
        assert len(hashes) == 20
        assert not is_in(try_(browser("198.51.100.7")))
        assert is_in(try_(browser("198.51.100.8")))

    def test_a_network_of_ipv6_is_one_place(self, hashes: list[str]) -> None:
        for n in range(30):
            try_(browser(f"2001:db8:0:1::{n:x}"), WRONG, f"name{n}")
        assert len(hashes) == 20
        assert is_in(try_(browser("2001:db8:0:2::1")))

    def test_a_known_browser_has_five_guesses_of_its_own(self, hashes: list[str]) -> None:
        own = browser()
        try_(own)
        own.post("/sign-out/")
        hashes.clear()
        for _ in range(8):
            try_(own, WRONG)
        assert len(hashes) == 5

    def test_being_known_is_of_one_account_and_one_password(self) -> None:
        own = browser()
        try_(own)
        own.post("/sign-out/")
        kept = own.cookies[known_devices.COOKIE].value
        for n in range(8):
            try_(browser(f"198.51.100.{n}"), WRONG, RESIDENT)
        assert not is_in(try_(own, login=RESIDENT)), "another account's browser"
        number, code = kept.split(".")
        for wrong in (f"{'0' * 32}.{code}", f"{number}.{'0' * 32}", kept[:-1], f"{kept}.", "x", f"{number}."):
            for n in range(8):
                try_(browser(f"198.51.100.{n}"), WRONG)
            stranger = browser("203.0.113.9")
            stranger.cookies[known_devices.COOKIE] = wrong
            assert not is_in(try_(stranger)), wrong
        account = Account.objects.get(username="window")
        account.set_password(f"{PASSWORD} and more")
        account.save()
        assert not is_in(try_(own, f"{PASSWORD} and more")), "the password was changed"

    def test_a_browser_of_several_people_knows_the_last_of_them(self) -> None:
        shared = browser()
        names = ["window", "r1", "inspector", "dispatcher", "leader"]
        account = Account.objects.get(username="window")
        Account.objects.filter(username__in=names).update(password=account.password)
        for name in names:
            assert is_in(try_(shared, login=name))
            shared.post("/sign-out/")
        cookie = shared.cookies[known_devices.COOKIE]
        assert len(cookie.value.split(".")) == 1 + known_devices.MOST
        assert (bool(cookie["httponly"]), cookie["samesite"]) == (True, "Lax")
        for name in ("inspector", "window"):
            for n in range(8):
                try_(browser(f"198.51.100.{n}"), WRONG, name)
        assert is_in(try_(shared, login="inspector"))
        shared.post("/sign-out/")
        assert not is_in(try_(shared, login="window"))

    def test_behind_a_proxy_it_is_the_address_that_the_proxy_saw(self, hashes: list[str]) -> None:
        with override_settings(ALLAUTH_TRUSTED_PROXY_COUNT=1):
            for n in range(30):
                seen = f"203.0.113.{n}, 198.51.100.7"  # what the guesser says of itself, then what the proxy says
                try_(browser(HTTP_X_FORWARDED_FOR=seen), WRONG, f"name{n}")
            assert len(hashes) == 20
            assert is_in(try_(browser(HTTP_X_FORWARDED_FOR="192.0.2.1")))

    def test_without_a_proxy_nobody_says_where_they_are(self, hashes: list[str]) -> None:
        for n in range(30):
            try_(browser("198.51.100.7", HTTP_X_FORWARDED_FOR=f"203.0.113.{n}"), WRONG, f"name{n}")
        assert len(hashes) == 20
