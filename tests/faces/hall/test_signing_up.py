"""Residents sign up: an address proved by a code, and nobody is told which addresses are known."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.core import mail
from django.core.cache import cache
from django.test import Client

from zhihai.kernel import records as store
from zhihai.kernel.identity.account import Account

ADDRESS = "somebody@example.org"
GIVEN = {"email": ADDRESS, "password1": "four words nobody joins"}


@pytest.fixture(autouse=True)
def mail_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mail stays in memory."""
    monkeypatch.setattr("django.conf.settings.EMAIL_BACKEND", "django.core.mail.backends.locmem.EmailBackend")
    monkeypatch.setattr(mail, "outbox", [], raising=False)


def sign_up(client: Client, **given: str) -> Any:
    return client.post("/sign-up/", {**GIVEN, **given})


def code() -> str:
    found = re.search(r"验证码是 ([A-Z0-9-]+)", mail.outbox[-1].body)
    assert found is not None
    return found[1]


def proved(client: Client) -> Any:
    sign_up(client)
    return client.post("/sign-up/code", {"code": code()})


def test_a_code_sent_to_the_address_signs_in(district: str, reader: Callable[..., Client]) -> None:
    client = reader()
    answer = sign_up(client)
    assert answer.headers["Location"] == "/sign-up/code"
    assert mail.outbox[-1].to == [ADDRESS]
    assert client.get("/my/").headers["Location"].startswith("/sign-in/")
    account = Account.objects.get(sort="resident")
    assert account.email == ""  # nothing is sent to an address nobody proved
    assert client.get("/sign-up/code").status_code == 200
    answer = client.post("/sign-up/code", {"code": code()})
    assert answer.headers["Location"] == "/my/"
    assert "一级" in client.get("/my/").content.decode()
    account.refresh_from_db()
    assert account.email == ADDRESS
    entries = store.rows("SELECT act, data::text FROM journal_entry WHERE subject = %s ORDER BY id", (account.pk,))
    assert [row[0] for row in entries] == ["identity.sign_up", "identity.prove_contact"]
    assert ADDRESS not in str(entries)


def test_whoever_signed_up_signs_in_again_by_address(district: str, reader: Callable[..., Client]) -> None:
    proved(reader())
    answer = reader().post("/sign-in/", {"login": ADDRESS, "password": GIVEN["password1"]})
    assert answer.headers["Location"] == "/my/"


def test_those_on_duty_are_asked_for_no_address(district: str, reader: Callable[..., Client]) -> None:
    account = Account.objects.get(username="window")
    account.set_password("four words nobody joins")
    account.save()
    answer = reader().post("/sign-in/", {"login": "window", "password": "four words nobody joins"})
    assert answer.headers["Location"] == "/desk/"
    assert mail.outbox == []


def test_a_known_address_is_answered_like_any_other(district: str, reader: Callable[..., Client]) -> None:
    proved(reader())
    cache.clear()  # one mail to an address in three minutes, whether it is known or not
    known, unknown = reader(), reader()
    one, two = sign_up(known), sign_up(unknown, email="other@example.org")
    assert (one.status_code, one.headers["Location"]) == (two.status_code, two.headers["Location"])
    pages = [re.sub(r'value="[^"]+"', "", client.get("/sign-up/code").content.decode()) for client in (known, unknown)]
    assert pages[0] == pages[1]
    assert [sent.to for sent in mail.outbox[-2:]] == [[ADDRESS], ["other@example.org"]]
    assert "已有账号" in mail.outbox[-2].body
    assert Account.objects.filter(sort="resident").count() == 2
    assert [client.post("/sign-up/code", {"code": "AAAAAA"}).status_code for client in (known, unknown)] == [200, 200]


def test_a_code_is_tried_three_times_and_no_more(district: str, reader: Callable[..., Client]) -> None:
    client = reader()
    sign_up(client)
    right = code()
    for _ in range(2):
        answer = client.post("/sign-up/code", {"code": "AAAAAA"})
        assert "验证码不对" in answer.content.decode()
    assert client.post("/sign-up/code", {"code": "AAAAAA"}).status_code == 302
    assert client.post("/sign-up/code", {"code": right}).headers["Location"].startswith("/sign-in/")
    assert client.get("/my/").headers["Location"].startswith("/sign-in/")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_is_wrong_is_said_in_the_readers_words(
    district: str, reader: Callable[..., Client], language: str
) -> None:
    said = {
        "zh": {"x": "邮箱写得不对", "short": "密码太短", "password12345": "很多人用过", "": "请填写此项"},
        "en": {"x": "This is no e-mail", "short": "too short", "password12345": "Many people", "": "fill this in"},
    }[language]
    client = reader(None, language)
    assert said["x"] in sign_up(client, email="x").content.decode()
    for password in ("short", "password12345", ""):
        page = sign_up(client, password1=password).content.decode()
        assert said[password] in page
        assert 'value="password12345"' not in page
    assert not Account.objects.filter(sort="resident").exists()


def test_who_comes_too_often_is_told_to_wait(district: str, reader: Callable[..., Client]) -> None:
    client = reader()
    answers = [sign_up(client, email="x").status_code for _ in range(22)]
    assert answers[0] == 200
    assert answers[-1] == 429
    assert "操作太频繁" in sign_up(client, email="x").content.decode()


def test_a_session_of_before_is_not_carried_into_the_account(district: str, reader: Callable[..., Client]) -> None:
    client = reader()
    sign_up(client)
    before = client.cookies["zhihai_session"].value
    client.post("/sign-up/code", {"code": code()})
    assert client.cookies["zhihai_session"].value != before


def test_a_way_on_to_another_site_is_not_followed(district: str, reader: Callable[..., Client]) -> None:
    proved(reader())
    given = {"login": ADDRESS, "password": GIVEN["password1"], "next": "https://elsewhere.example/"}
    assert reader().post("/sign-in/", given).headers["Location"] == "/my/"


def test_an_account_is_recovered_by_a_code_and_an_address_nobody_proved_is_no_obstacle(
    district: str, reader: Callable[..., Client]
) -> None:
    sign_up(reader(), password1="what a stranger chose for me")
    owner = reader()
    owner.post("/recover/", {"email": ADDRESS})
    found = re.search(r"验证码是 ([A-Z0-9-]+)", mail.outbox[-1].body)
    assert found is not None
    assert owner.post("/recover/code", {"code": found[1]}).headers["Location"] == "/recover/password"
    new = {"password1": "a password of my own", "password2": "a password of mine"}
    assert "两次输入的密码不一样" in owner.post("/recover/password", new).content.decode()
    owner.post("/recover/password", {**new, "password2": new["password1"]})
    answers = [
        reader().post("/sign-in/", {"login": ADDRESS, "password": password})
        for password in (new["password1"], "what a stranger chose for me")
    ]
    assert [answer.status_code for answer in answers] == [302, 200]
    assert answers[0].headers["Location"] == "/my/"
    acts = [
        row[0] for row in store.rows("SELECT act FROM journal_entry WHERE noun = 'account' ORDER BY id DESC LIMIT 2")
    ]
    assert set(acts) == {"identity.set_password", "identity.prove_contact"}


def test_who_sets_a_new_password_while_signed_in_is_signed_out_everywhere_and_not_stopped_half_way(
    district: str, reader: Callable[..., Client]
) -> None:
    proved(reader())
    here, there = reader(), reader()
    for client in (here, there):
        client.post("/sign-in/", {"login": ADDRESS, "password": GIVEN["password1"]})
        assert client.get("/my/").status_code == 200
    here.post("/recover/", {"email": ADDRESS})
    found = re.search(r"验证码是 ([A-Z0-9-]+)", mail.outbox[-1].body)
    assert found is not None
    here.post("/recover/code", {"code": found[1]})
    new = {"password1": "a password of my own", "password2": "a password of my own"}
    assert here.post("/recover/password", new).status_code == 302
    for client in (here, there):
        assert client.get("/my/").headers["Location"].startswith("/sign-in/")
    assert reader().post("/sign-in/", {"login": ADDRESS, "password": new["password1"]}).headers["Location"] == "/my/"


def test_recovery_does_not_tell_which_addresses_are_known(district: str, reader: Callable[..., Client]) -> None:
    proved(reader())
    pages = []
    for address in (ADDRESS, "nobody@example.org"):
        client = reader()
        answer = client.post("/recover/", {"email": address})
        page = client.get(answer.headers["Location"])
        pages.append((answer.headers["Location"], re.sub(r'value="[^"]+"', "", page.content.decode())))
    assert pages[0] == pages[1]
    assert mail.outbox[-1].to == ["nobody@example.org"]
    assert "没有注册过" in mail.outbox[-1].body


def test_a_password_is_kept_by_argon2id_and_one_kept_otherwise_is_kept_so_from_now_on(
    district: str, reader: Callable[..., Client]
) -> None:
    account = Account.objects.get(username="window")
    account.password = make_password(GIVEN["password1"], hasher="pbkdf2_sha256")
    account.save()
    reader().post("/sign-in/", {"login": "window", "password": GIVEN["password1"]})
    account.refresh_from_db()
    assert account.password.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
