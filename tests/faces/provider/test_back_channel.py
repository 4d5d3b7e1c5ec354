"""Systems are told that a sign-in has ended, from machine to machine; and what it led to is worth nothing any more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from django.conf import settings
from django.test import Client
from tests.faces.provider.conftest import PASSWORD, Catcher, System, body_of, code_for, mark_of, userinfo
from tests.faces.staging import actor
from tests.kernel.hearing import heard

from zhihai.faces.provider import back_channel
from zhihai.ground.actors import SYSTEM
from zhihai.kernel import records as store
from zhihai.kernel.identity import acts as identity
from zhihai.kernel.identity import reads as who
from zhihai.kernel.journal import reads as clock
from zhihai.kernel.trust import acts, reads
from zhihai.site.workers import run_partings, run_upkeep

SignedIn = Callable[..., Client]
DAY = timedelta(days=1)


def waiting() -> int:
    return int(store.value("SELECT count(*) FROM system_sign_in WHERE ended_at IS NOT NULL OR sign_in_id IS NULL"))


def another_browser(username: str = "resident") -> Client:
    """A second browser of somebody who has signed in."""
    client = Client(SERVER_NAME="127.0.0.1", enforce_csrf_checks=True)
    client.get("/sign-in/")
    given = {"login": username, "password": PASSWORD, "csrfmiddlewaretoken": mark_of(client)}
    assert client.post("/sign-in/", given).status_code == 302
    return client


def sign_out(client: Client) -> None:
    assert client.post("/sign-out/", {"csrfmiddlewaretoken": mark_of(client)}).status_code == 302


def verified(token: str, system: System) -> dict[str, Any]:
    """What a logout token says, checked as OpenID Connect Back-Channel Logout 1.0, 2.6 asks of a system."""
    published = {one["kid"]: jwt.PyJWK(one) for one in Client(SERVER_NAME="127.0.0.1").get("/oidc/keys").json()["keys"]}
    header = jwt.get_unverified_header(token)
    assert (header["typ"], header["alg"]) == ("logout+jwt", "RS256")
    said: dict[str, Any] = jwt.decode(
        token, published[header["kid"]], algorithms=["RS256"], audience=system.id, issuer=settings.ZHIHAI_ORIGIN,
        options={"require": ["iss", "aud", "iat", "exp", "jti", "sub", "sid", "events"]},
    )  # fmt: skip
    assert said["events"] == {"http://schemas.openid.net/event/backchannel-logout": {}}
    assert "nonce" not in said
    assert said["exp"] - said["iat"] <= 120
    return said


def test_a_system_is_told_who_signed_out_by_the_names_it_knows(
    told: System, catcher: Catcher, signed_in: SignedIn
) -> None:
    client = signed_in()
    tokens = told.redeem(code_for(client, told)).json()
    known = body_of(tokens["id_token"])
    assert len(known["sid"]) >= 32
    sign_out(client)
    assert catcher.told == [], "nobody waits for it"
    run_partings()
    (token,) = catcher.tokens
    said = verified(token, told)
    assert (said["sub"], said["sid"]) == (known["sub"], known["sid"])
    assert catcher.paths == ["/logout?of=us"]
    run_partings()
    assert len(catcher.told) == 1
    assert waiting() == 0


def test_what_the_sign_in_led_to_ends_with_it_at_once(told: System, signed_in: SignedIn) -> None:
    client = signed_in()
    first = told.redeem(code_for(client, told)).json()
    code = code_for(client, told, scope="openid", prompt="consent")
    sign_out(client)
    assert told.refresh(first["refresh_token"]).json()["error"] == "invalid_grant"
    assert told.redeem(code).json()["error"] == "invalid_grant"
    run_partings()
    assert userinfo(first["access_token"]).status_code == 401
    assert store.value("SELECT count(*) FROM allauth_idp_oidc_token") == 0


def test_another_browser_and_another_person_stay_signed_in(told: System, catcher: Catcher, signed_in: SignedIn) -> None:
    here, there, other = signed_in(), another_browser(), signed_in("dispatcher")
    tokens = [told.redeem(code_for(one, told, prompt="consent")).json() for one in (here, there, other)]
    sids = [body_of(one["id_token"])["sid"] for one in tokens]
    assert len(set(sids)) == 3
    sign_out(here)
    run_partings()
    assert [verified(one, told)["sid"] for one in catcher.tokens] == sids[:1]
    assert [told.refresh(one["refresh_token"]).status_code for one in tokens] == [400, 200, 200]


def test_one_sign_in_is_one_to_a_system_and_another_to_the_next(
    told: System, system: Callable[..., System], signed_in: SignedIn
) -> None:
    museum, client = system(redirects=("https://museum.example/in",), logouts=()), signed_in()
    one, again, elsewhere = (
        body_of(each.redeem(code_for(client, each, prompt="consent")).json()["id_token"])
        for each in (told, told, museum)
    )
    assert one["sid"] == again["sid"] != elsewhere["sid"]


WAYS = {
    "signs out": sign_out,
    "ends it on another device": lambda client: identity.end_other_sign_ins(actor("resident"), None, at=clock.now()),
    "has a new password": lambda client: identity.set_password(
        SYSTEM, actor("resident").account, "another four words here", at=clock.now()
    ),
    "changes the password elsewhere": lambda client: identity.set_password(
        actor("resident"), actor("resident").account, "another four words here", at=clock.now(), keep="of another"
    ),
    "takes the consent back": lambda client: acts.withdraw_consent(
        actor("resident"), reads.consents(actor("resident"))[0].client, at=clock.now()
    ),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_however_it_ends_the_system_is_told(way: str, told: System, catcher: Catcher, signed_in: SignedIn) -> None:
    client = signed_in()
    tokens = told.redeem(code_for(client, told)).json()
    WAYS[way](client)
    run_partings()
    assert [verified(one, told)["sid"] for one in catcher.tokens] == [body_of(tokens["id_token"])["sid"]]
    assert told.refresh(tokens["refresh_token"]).status_code == 400


def test_who_changes_the_password_here_stays_signed_in_there_from_here(
    told: System, catcher: Catcher, signed_in: SignedIn
) -> None:
    here, there = signed_in(), another_browser()
    tokens = [told.redeem(code_for(one, told, prompt="consent")).json() for one in (here, there)]
    new = "five words that nobody joins"
    given = {"oldpassword": PASSWORD, "password1": new, "password2": new, "csrfmiddlewaretoken": mark_of(here)}
    assert here.post("/account/password", given).status_code == 302
    run_partings()
    assert [verified(one, told)["sid"] for one in catcher.tokens] == [body_of(tokens[1]["id_token"])["sid"]]
    assert [told.refresh(one["refresh_token"]).status_code for one in tokens] == [200, 400]


def test_a_sign_in_that_runs_out_signs_nobody_out_until_the_password_is_new(
    told: System, catcher: Catcher, signed_in: SignedIn
) -> None:
    client = signed_in()
    tokens = told.redeem(code_for(client, told)).json()
    store.execute("UPDATE django_session SET expire_date = now() - interval '1 second'")
    run_upkeep()
    run_partings()
    assert catcher.told == []
    tokens = told.refresh(tokens["refresh_token"]).json()
    identity.set_password(SYSTEM, actor("resident").account, "another four words here", at=clock.now())
    heard()
    run_partings()
    assert len(catcher.told) == 1
    assert told.refresh(tokens["refresh_token"]).status_code == 400


def test_who_signs_out_at_the_system_is_told_to_all_others(
    told: System, catcher: Catcher, system: Callable[..., System], signed_in: SignedIn
) -> None:
    museum, client = system(redirects=("https://museum.example/in",), logouts=()), signed_in()
    told.redeem(code_for(client, told))
    hint = museum.redeem(code_for(client, museum)).json()["id_token"]
    asked = f"/oidc/logout?id_token_hint={hint}"
    client.get(asked)
    given = {"id_token_hint": hint, "action": "logout", "csrfmiddlewaretoken": mark_of(client)}
    assert client.post("/oidc/logout", given).status_code in (200, 302)
    run_partings()
    assert len(catcher.told) == 1
    assert waiting() == 0


def test_who_signs_out_of_one_system_alone_is_signed_in_elsewhere_still(
    told: System, catcher: Catcher, signed_in: SignedIn
) -> None:
    client = signed_in()
    tokens = told.redeem(code_for(client, told)).json()
    given = {"id_token_hint": tokens["id_token"], "action": "stay", "csrfmiddlewaretoken": mark_of(client)}
    client.post("/oidc/logout", given)
    sign_out(client)
    run_partings()
    assert catcher.told == [], "it signed out by itself"
    assert told.refresh(tokens["refresh_token"]).status_code == 400


def test_a_system_that_does_not_want_to_be_told_is_not(library: System, signed_in: SignedIn) -> None:
    client = signed_in()
    tokens = library.redeem(code_for(client, library)).json()
    sign_out(client)
    run_partings()
    assert waiting() == 0
    assert library.refresh(tokens["refresh_token"]).status_code == 400


class TestTryingAgain:
    @pytest.fixture
    def ended(self, told: System, signed_in: SignedIn) -> System:
        for username in ("resident", "dispatcher"):
            client = signed_in(username)
            told.redeem(code_for(client, told))
            sign_out(client)
        return told

    def at(self, later: float) -> int:
        acts.end_at_systems(at_machine=datetime.now(UTC))
        return acts.tell_systems(back_channel.tell_system, at_machine=datetime.now(UTC) + timedelta(seconds=later))

    def test_one_that_is_away_is_told_later_and_holds_nobody_up(self, ended: System, catcher: Catcher) -> None:
        catcher.status = 503
        assert self.at(0) == 0
        assert len(catcher.paths) == 1, "the other waits as well"
        state = reads.partings_of(ended.id)
        assert (state.waiting, state.given_up, state.failure) == (2, 0, "NotTaken")
        assert self.at(10) == 0
        assert len(catcher.paths) == 1
        catcher.status = 200
        assert self.at(40) == 2
        assert len({verified(one, ended)["jti"] for one in catcher.tokens}) == 2
        assert reads.partings_of(ended.id).waiting == 0

    def test_it_is_given_up_in_the_end_shown_and_forgotten(self, ended: System, catcher: Catcher) -> None:
        catcher.status = 400
        for n in range(60):
            self.at(n * 7200)
        state = reads.partings_of(ended.id)
        assert (state.waiting, state.given_up) == (0, 2)
        assert len(catcher.paths) == 60
        acts.let_sign_ins_expire(at_machine=datetime.now(UTC) + 31 * DAY)
        assert reads.partings_of(ended.id).given_up == 0

    def test_two_workers_tell_each_once(self, ended: System, catcher: Catcher) -> None:
        acts.end_at_systems(at_machine=datetime.now(UTC))
        inside: list[int] = []

        def slow(parting: reads.Parting) -> None:
            if not inside:
                inside.append(1)
                inside.append(acts.tell_systems(back_channel.tell_system, at_machine=datetime.now(UTC)))
            back_channel.tell_system(parting)

        assert acts.tell_systems(slow, at_machine=datetime.now(UTC)) == 1
        assert inside == [1, 1]
        assert len({verified(one, ended)["sid"] for one in catcher.tokens}) == len(catcher.tokens) == 2

    def test_a_worker_that_died_is_followed_by_another(self, ended: System, catcher: Catcher) -> None:
        def dies(parting: reads.Parting) -> None:
            raise KeyboardInterrupt

        acts.end_at_systems(at_machine=datetime.now(UTC))
        with pytest.raises(KeyboardInterrupt):
            acts.tell_systems(dies, at_machine=datetime.now(UTC))
        assert self.at(0) == 1, "the other one"
        assert self.at(130) == 1

    def test_one_that_is_switched_off_is_told_nothing(self, ended: System, catcher: Catcher) -> None:
        acts.switch_client(SYSTEM, ended.id, on=False, at=clock.now())
        assert self.at(0) == 0
        assert waiting() == 0

    def test_a_copy_of_the_platform_tells_nobody(
        self, ended: System, catcher: Catcher, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("zhihai.site.workers.clock.copied", lambda: datetime.now(UTC))
        run_partings()
        assert catcher.told == []


def test_the_address_is_of_the_systems_own_host(system: Callable[..., System]) -> None:
    for address in ("https://other.example/logout", "http://library.example/logout", "https://library.example/x#y"):
        with pytest.raises(Exception, match="client_"):
            system(told_at=address)
    assert reads.client(SYSTEM, system(told_at="https://library.example/out").id).told_at.endswith("/out")


def test_the_description_says_that_systems_are_told(library: System) -> None:
    said = Client(SERVER_NAME="127.0.0.1").get("/.well-known/openid-configuration").json()
    assert said["backchannel_logout_supported"] is said["backchannel_logout_session_supported"] is True
    assert "sid" in said["claims_supported"]


def test_who_leaves_the_staff_is_signed_out_here_and_there(told: System, catcher: Catcher, signed_in: SignedIn) -> None:
    client = signed_in("dispatcher")
    told.redeem(code_for(client, told))
    owner = who.account_named("dispatcher").id
    store.execute("INSERT INTO staff_member (account_id, batch) VALUES (%s, 'a list')", (owner,))
    identity.leave_staff(SYSTEM, owner, "a list", at=clock.now())
    run_partings()
    assert len(catcher.told) == 1
    assert client.get("/desk/").status_code == 302


def test_no_name_of_a_sign_in_is_in_the_journal(told: System, catcher: Catcher, signed_in: SignedIn) -> None:
    client = signed_in()
    sid = body_of(told.redeem(code_for(client, told)).json()["id_token"])["sid"]
    sign_out(client)
    run_partings()
    assert sid not in str(store.rows("SELECT data::text FROM journal_entry"))
