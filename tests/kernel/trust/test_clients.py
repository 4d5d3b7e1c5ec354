"""Systems that sign people in through the platform: registered strictly, known by a secret shown once, switched off."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from tests.kernel.acting import DISTRICT, holder
from tests.kernel.identity.peopled import AT, MACHINE, everything_written
from tests.kernel.trust.systems import BACK, given, registered

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.named import Named
from zhihai.ground.powers import SET_CLIENTS
from zhihai.ground.refusal import NotFound, NotPermitted, Refused
from zhihai.kernel import records as store
from zhihai.kernel.identity import acts as identity_acts
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.identity import sealing
from zhihai.kernel.trust import acts, reads
from zhihai.kernel.trust.reads import Granted


@pytest.fixture
def resident(district: str) -> Actor:
    made = identity_acts.sign_up("a password of a test", Named("居民账号", "Resident"), "zh", at=AT)
    return identity.actor_of(made, at=AT)


def test_a_secret_is_shown_once_and_kept_as_a_digest(district: str) -> None:
    id_, secret = registered()
    assert len(secret) >= 43
    assert secret not in everything_written()
    anew = acts.renew_client_secret(SYSTEM, id_, at=AT)
    assert anew != secret
    assert anew not in everything_written()
    public, none = registered(public=True)
    assert none == ""
    with pytest.raises(Refused, match="client_public"):
        acts.renew_client_secret(SYSTEM, public, at=AT)


def test_only_who_holds_the_power_over_the_whole_district_registers(district: str) -> None:
    clerk = holder(frozenset({SET_CLIENTS}), DISTRICT, DISTRICT, "zhihai.administrator", 4321)
    narrow = holder(frozenset({SET_CLIENTS}), DISTRICT, "990101001", "zhihai.administrator", 4321)
    id_, _ = acts.register_client(clerk, given(), at=AT, at_machine=MACHINE)
    assert [one.id for one in reads.clients(clerk)] == [id_]
    for actor in (narrow, Actor(account=5, name="", sort="resident")):
        for refused in (
            lambda actor=actor: acts.register_client(actor, given(), at=AT, at_machine=MACHINE),
            lambda actor=actor: acts.renew_client_secret(actor, id_, at=AT),
            lambda actor=actor: acts.switch_client(actor, id_, on=False, at=AT),
            lambda actor=actor: acts.roll_signing_key(actor, at=AT, at_machine=MACHINE),
            lambda actor=actor: reads.clients(actor),
        ):
            with pytest.raises(NotPermitted):
                refused()
    with pytest.raises(NotFound):
        reads.client(clerk, "nobody")


ELSEWHERE = (
    "http://library.example/cb", "https:///cb", "https://u:p@library.example/cb", "https://library.example/cb#x",
    "https://*.library.example/cb", "javascript:alert(1)", "https://library.example/a b", "/cb", "",
    "https://library.example\\@evil.example/", "https://library.example/\n", "https://library.example:x/",
    "https://图书馆.example/", "data:text/html,x", "https://library.example/" + "x" * 500,
)  # fmt: skip
"""Addresses that lead nowhere, or could lead elsewhere than they seem to."""


def test_an_address_that_could_lead_elsewhere_is_refused(district: str) -> None:
    for address in ELSEWHERE:
        for where in ("redirects", "logouts"):
            with pytest.raises(Refused, match="client_address") as refused:
                registered(**{"redirects": (BACK,), where: (address,)})
            assert refused.value.field == where, address


def test_addresses_scopes_owner_and_name_are_checked(district: str) -> None:
    for wrong, code in (
        ({"redirects": ()}, "client_addresses"),
        ({"redirects": (BACK, "https://other.example/")}, "client_hosts"),
        ({"logouts": ("https://other.example/",)}, "client_hosts"),
        ({"scopes": ("profile",)}, "client_scopes"),
        ({"scopes": ("openid", "number")}, "client_scopes"),
        ({"organisation": 999_999}, "no_organisation"),
        ({"name": Named("", "x")}, "client_name"),
    ):
        with pytest.raises(Refused, match=code):
            registered(**wrong)
    for machine in ("http://localhost:8000/cb", "http://127.0.0.1/cb", "http://[::1]:9/cb"):
        registered(redirects=(machine,))


def test_one_who_is_known_to_two_systems_can_not_be_told_to_be_one(resident: Actor) -> None:
    first, _ = registered()
    same, _ = registered(redirects=("https://library.example/other",))
    other, _ = registered(redirects=("https://museum.example/cb",))
    here, _ = registered(redirects=("http://localhost/cb",))
    there, _ = registered(redirects=("http://localhost/cb",))
    known = {one: acts.subject_of(one, resident.account) for one in (first, same, other, here, there)}
    assert known[first] == known[same]
    assert len(set(known.values())) == 4
    assert all(len(one) == 43 for one in known.values())
    assert reads.account_by_subject(first, known[first]) == resident.account
    assert reads.account_by_subject(other, known[first]) is None


def test_a_new_secret_of_the_platform_changes_nobodys_name_and_opens_the_keys(
    resident: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, _ = registered()
    known = acts.subject_of(client, resident.account)
    acts.keep_signing_keys(at=AT, at_machine=MACHINE)
    (key,) = reads.signing_keys(at_machine=MACHINE)
    numbers = key.private.private_numbers()
    former = sealing.settings.SECRET_KEY
    monkeypatch.setattr(sealing.settings, "SECRET_KEY", "another secret of at least 32 characters")
    monkeypatch.setattr(sealing.settings, "SECRET_KEY_FALLBACKS", [former])
    assert sealing.subject_digest("library.example", resident.account) != known
    assert acts.subject_of(client, resident.account) == known
    assert identity_acts.reseal() + acts.reseal_keys() > 0
    monkeypatch.setattr(sealing.settings, "SECRET_KEY_FALLBACKS", [])
    (again,) = reads.signing_keys(at_machine=MACHINE)
    assert again.sealed != key.sealed
    assert again.private.private_numbers() == numbers


def test_a_key_is_published_before_it_signs_and_after(district: str) -> None:
    assert acts.keep_signing_keys(at=AT, at_machine=MACHINE) == 1
    assert acts.keep_signing_keys(at=AT, at_machine=MACHINE) == 0
    (first,) = reads.signing_keys(at_machine=MACHINE)
    assert first.signs_from == MACHINE
    assert "PRIVATE" not in everything_written()
    second = acts.roll_signing_key(SYSTEM, at=AT, at_machine=MACHINE)
    both = reads.signing_keys(at_machine=MACHINE)
    assert [one.kid for one in both] == [first.kid, second]
    assert both[1].signs_from == MACHINE + timedelta(hours=2)
    assert both[0].ends_at == MACHINE + timedelta(hours=26)
    late = MACHINE + timedelta(hours=27)
    assert [one.kid for one in reads.signing_keys(at_machine=late)] == [second]
    assert acts.keep_signing_keys(at=AT, at_machine=late) == 1
    assert acts.keep_signing_keys(at=AT, at_machine=MACHINE + timedelta(days=91)) == 1
    assert len(reads.signing_keys(at_machine=MACHINE + timedelta(days=91))) == 2


def test_a_sealed_key_opens_only_in_its_own_row(district: str) -> None:
    acts.keep_signing_keys(at=AT, at_machine=MACHINE)
    acts.roll_signing_key(SYSTEM, at=AT, at_machine=MACHINE)
    first, second = reads.signing_keys(at_machine=MACHINE)
    store.execute("UPDATE oidc_key SET sealed = %s WHERE kid = %s", (first.sealed, second.kid))
    with pytest.raises(Refused, match="number_altered"):
        _ = reads.signing_keys(at_machine=MACHINE)[1].private


@pytest.fixture
def grant(resident: Actor) -> Granted:
    client, _ = registered()
    acts.give_consent(resident, client, {"openid", "profile"}, at=AT)
    return Granted(resident.account, client, ("openid", "profile"), 1_700_000_000, ("pwd",), BACK, "n", "c")


def redeem(client: str, code: str, later: timedelta = timedelta(0)) -> Granted | None:
    return acts.redeem_code(client, code, at=AT, at_machine=MACHINE + later)


def refresh(client: str, token: str, later: timedelta = timedelta(0)) -> Granted | None:
    return acts.redeem_refresh(client, token, at=AT, at_machine=MACHINE + later)


def keep(grant: Granted, access: str, token: str, later: timedelta = timedelta(0)) -> None:
    acts.keep_tokens(grant, access, token, grant.scopes, at=AT, at_machine=MACHINE + later)


def tokens() -> int:
    return int(store.value("SELECT count(*) FROM allauth_idp_oidc_token"))


def test_a_code_is_good_once_for_its_system_and_for_a_minute(grant: Granted) -> None:
    other, _ = registered(redirects=("https://museum.example/cb",))
    acts.keep_code(grant, "code", at_machine=MACHINE)
    assert redeem(other, "code") is None
    found = redeem(grant.client, "code")
    assert found is not None
    assert (found.account, found.scopes, found.redirect, found.nonce, found.challenge, found.methods) == (
        grant.account, grant.scopes, BACK, "n", "c", ("pwd",)
    )  # fmt: skip
    assert redeem(grant.client, "code") is None
    acts.keep_code(grant, "late", at_machine=MACHINE)
    assert redeem(grant.client, "late", timedelta(seconds=61)) is None


def test_a_code_that_comes_twice_ends_what_it_led_to(grant: Granted) -> None:
    acts.keep_code(grant, "code", at_machine=MACHINE)
    found = redeem(grant.client, "code")
    assert found is not None
    keep(found, "access", f"{found.family}.1")
    assert tokens() == 2
    assert redeem(grant.client, "code") is None
    assert tokens() == 0
    assert "trust.token_reused" in everything_written()


def test_of_two_who_bring_the_same_at_once_one_goes_on(grant: Granted) -> None:
    """A code serves one. A refresh token serves both, but of what they get one counts; the other ends the sign-in."""

    def apart(bring: Callable[[], object]) -> object:
        try:
            return bring()
        finally:
            connection.close()

    def used(token: str) -> str:
        with acts.taking_turns():
            held = refresh(grant.client, token)
            assert held is not None
            following = f"{held.family}.{secrets.token_hex()}"
            keep(held, secrets.token_hex(), following)
            return following

    for turn in range(5):
        acts.keep_code(grant, f"code {turn}", at_machine=MACHINE)
        with ThreadPoolExecutor(2) as pool:
            found = list(pool.map(apart, [lambda turn=turn: redeem(grant.client, f"code {turn}")] * 2))
        (one,) = [granted for granted in found if granted is not None]
        keep(one, f"access {turn}", f"{one.family}.0")
        with ThreadPoolExecutor(2) as pool:
            both = set(map(str, pool.map(apart, [lambda one=one: used(f"{one.family}.0")] * 2)))
        counts = {token for token in both if store.value(HELD, (hashlib.sha256(token.encode()).hexdigest(),))}
        assert (len(both), len(counts)) == (2, 1)
        assert refresh(grant.client, *(both - counts)) is None
        assert tokens() == 0


HELD = "SELECT 1 FROM allauth_idp_oidc_token WHERE hash = %s"


@pytest.mark.parametrize(("later", "used_meanwhile"), [(9, False), (11, False), (9, True), (-1, False)])
def test_who_lost_an_answer_brings_the_same_again_for_some_seconds_while_nobody_used_it(
    grant: Granted, later: int, used_meanwhile: bool
) -> None:
    acts.keep_code(grant, "code", at_machine=MACHINE)
    found = redeem(grant.client, "code")
    assert found is not None
    keep(found, "access 0", f"{found.family}.0")
    held = refresh(grant.client, f"{found.family}.0")
    assert held is not None
    keep(held, "access 1", f"{found.family}.1")
    if used_meanwhile:
        held = refresh(grant.client, f"{found.family}.1")
        assert held is not None
        keep(held, "access 2", f"{found.family}.2")
    other, _ = registered(redirects=("https://museum.example/cb",))
    assert refresh(other, f"{found.family}.0", timedelta(seconds=later)) is None
    again = refresh(grant.client, f"{found.family}.0", timedelta(seconds=later))
    assert (again is not None) == (later == 9 and not used_meanwhile)
    if again is None:
        assert tokens() == 0
        return
    keep(again, "access 3", f"{found.family}.3", timedelta(seconds=later))
    assert refresh(grant.client, f"{found.family}.0", timedelta(seconds=later)) is not None
    assert refresh(grant.client, f"{found.family}.1", timedelta(seconds=later)) is None  # it was stolen, not lost
    assert tokens() == 0


def test_a_sign_in_that_lasts_keeps_one_row_and_a_used_token_ends_it(grant: Granted) -> None:
    acts.keep_code(grant, "code", at_machine=MACHINE)
    found = redeem(grant.client, "code")
    assert found is not None
    keep(found, "access 0", f"{found.family}.0")
    for turn in range(1, 6):
        again = refresh(grant.client, f"{found.family}.{turn - 1}")
        assert again is not None
        keep(again, f"access {turn}", f"{found.family}.{turn}")
    assert store.value("SELECT count(*) FROM allauth_idp_oidc_token WHERE type = 'rt'") == 1
    other, _ = registered(redirects=("https://museum.example/cb",))
    assert refresh(other, f"{found.family}.0") is None
    assert tokens() == 7
    assert refresh(grant.client, f"{found.family}.0") is None
    assert tokens() == 0
    assert refresh(grant.client, f"{found.family}.5") is None


def test_a_sign_in_ends_when_it_was_not_used_for_a_month_and_after_half_a_year(grant: Granted) -> None:
    acts.keep_code(grant, "code", at_machine=MACHINE)
    found = redeem(grant.client, "code")
    assert found is not None
    keep(found, "access", f"{found.family}.0")
    assert refresh(grant.client, f"{found.family}.0", timedelta(days=31)) is None
    for turn in range(9):
        at = timedelta(days=20) * turn
        held = refresh(grant.client, f"{found.family}.{turn}", at)
        assert held is not None
        keep(held, f"access {turn}", f"{found.family}.{turn + 1}", at)
    assert refresh(grant.client, f"{found.family}.9", timedelta(days=181)) is None


def test_what_has_expired_is_removed_unread_by_its_index(grant: Granted) -> None:
    for turn in range(40):
        acts.keep_code(grant, f"code {turn}", at_machine=MACHINE)
    acts.keep_code(grant, "young", at_machine=MACHINE + timedelta(minutes=1))
    assert acts.sweep_tokens(at_machine=MACHINE + timedelta(seconds=61)) == 40
    assert redeem(grant.client, "young", timedelta(seconds=61)) is not None
    store.execute("SET enable_seqscan = off")
    plan = "\n".join(
        row[0] for row in store.rows("EXPLAIN DELETE FROM allauth_idp_oidc_token WHERE expires_at <= now()")
    )
    store.execute("RESET enable_seqscan")
    assert "expires_at" in plan
    assert "Index" in plan


def test_withdrawing_or_switching_off_ends_tokens_at_once(grant: Granted, resident: Actor) -> None:
    for end in (
        lambda: acts.withdraw_consent(resident, grant.client, at=AT),
        lambda: acts.switch_client(SYSTEM, grant.client, on=False, at=AT),
    ):
        acts.keep_code(grant, "code", at_machine=MACHINE)
        found = redeem(grant.client, "code")
        assert found is not None
        keep(found, "access", f"{found.family}.0")
        acts.keep_code(grant, "unused", at_machine=MACHINE)
        assert tokens() == 3
        end()
        assert tokens() == 0
    assert reads.agreed(resident.account, grant.client) == frozenset()
    assert reads.client_in_use(grant.client) is None
    with pytest.raises(Refused, match="client_ended"):
        acts.renew_client_secret(SYSTEM, grant.client, at=AT)
    with pytest.raises(Refused, match="client_switched"):
        acts.switch_client(SYSTEM, grant.client, on=False, at=AT)
    acts.switch_client(SYSTEM, grant.client, on=True, at=AT)
    assert reads.client_in_use(grant.client) is not None


def test_a_token_is_ended_by_its_own_system_only(grant: Granted) -> None:
    other, _ = registered(redirects=("https://museum.example/cb",))
    acts.keep_code(grant, "code", at_machine=MACHINE)
    found = redeem(grant.client, "code")
    assert found is not None
    keep(found, "access", f"{found.family}.0")
    assert acts.end_token(other, "access") == 0
    assert acts.end_token(grant.client, "access") == 1
    keep(found, "access", f"{found.family}.1")
    assert acts.end_token(grant.client, f"{found.family}.1") == 2


def test_consent_is_ones_own_and_says_what_and_since_when(grant: Granted, resident: Actor) -> None:
    (one,) = reads.consents(resident)
    assert (one.client, one.scopes, one.given, one.used) == (grant.client, ("openid", "profile"), AT, None)
    acts.give_consent(resident, grant.client, {"openid"}, at=AT)
    assert reads.agreed(resident.account, grant.client) == {"openid"}
    assert len(reads.consents(resident)) == 1
    for wrong in ({"profile"}, {"openid", "number"}, set()):
        with pytest.raises(Refused, match="client_scopes"):
            acts.give_consent(resident, grant.client, wrong, at=AT)
    for nobody in (Actor(account=resident.account, name="", sort="resident", narrowed=True), SYSTEM):
        with pytest.raises(NotPermitted):
            acts.give_consent(nobody, grant.client, {"openid"}, at=AT)
    stranger = Actor(account=4321, name="", sort="resident")
    with pytest.raises(Refused, match="no_consent"):
        acts.withdraw_consent(stranger, grant.client, at=AT)
    acts.withdraw_consent(resident, grant.client, at=AT)
    with pytest.raises(Refused, match="no_consent"):
        acts.withdraw_consent(resident, grant.client, at=AT)
    assert reads.consents(resident) == ()
