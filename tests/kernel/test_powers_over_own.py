"""What is one's own is nobody else's, a narrowed token is no way out, and no power reaches further than its place."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from tests.kernel import owned_in_rooms
from tests.kernel.acting import (
    AT,
    DISTRICT,
    EAST,
    MACHINE,
    OFFICE,
    WEST,
    Try,
    a_case,
    account,
    area,
    everything,
    holder,
    office,
)
from tests.kernel.channels import tried as channel_trials
from tests.kernel.forms import tried as form_trials
from tests.kernel.identity.peopled import helping, number, registered, resident_of, somebody
from tests.kernel.offers import own_trials as window_trials
from tests.kernel.trust import tried

from zhihai.ground.actors import SYSTEM, Actor, Grant, Scope
from zhihai.ground.named import Named
from zhihai.ground.powers import POWERS, RUN_CLOCK
from zhihai.ground.reading import Reading
from zhihai.ground.refusal import NotPermitted, Refused
from zhihai.kernel import records as store
from zhihai.kernel.authority import AUTHORITY
from zhihai.kernel.cases import acts as cases
from zhihai.kernel.channels import acts as channels
from zhihai.kernel.exchange import acts as exchange
from zhihai.kernel.exchange import reads as lines
from zhihai.kernel.identity import acts as identity
from zhihai.kernel.identity import reads as who
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.places import reads as where
from zhihai.kernel.rules import reads as rule_reads
from zhihai.kernel.sensing import acts as sensing
from zhihai.kernel.sensing import reads as devices
from zhihai.kernel.trust import acts as trust_acts


def _read_notice() -> Try:
    channels.tell([channels.Telling([account("reader")], "zhihai.calendar_missing", {"year": 2020}, "", "once", AT)])
    notice = int(store.value("SELECT id FROM zh_notices(%s, NULL, 1)", (account("reader"),)))
    return lambda by: channels.read_notice(by, notice, at=AT)


def _revoke_token() -> Try:
    identity.issue_token(SYSTEM, account("reader"), at=AT, at_machine=MACHINE)
    token = int(store.value("SELECT id FROM api_token"))
    return lambda by: identity.revoke_token(by, token, at=AT, at_machine=MACHINE)


def _claim() -> Try:
    registered(somebody(1, "示例甲"))
    made = identity.sign_up("a password of a test", Named("居民", "Resident"), "zh", at=AT)
    store.execute("UPDATE account SET username = 'resident' WHERE id = %s", (made,))
    return lambda by: identity.claim_person(by, "示例甲", number(1), at=AT, at_machine=MACHINE)


def _client(act: Callable[[Actor, str], object], *, agreed: bool = False) -> Callable[[], Try]:
    """An act on a system that a resident may sign in to, or has agreed to."""

    def made() -> Try:
        given = trust_acts.ClientInput(
            name=Named("区图书馆", "District library"), organisation=office(DISTRICT),
            redirects=("https://library.example/signed-in",),
        )  # fmt: skip
        id_, _ = trust_acts.register_client(SYSTEM, given, at=AT, at_machine=MACHINE)
        resident = identity.sign_up("a password of a test", Named("居民", "Resident"), "zh", at=AT)
        store.execute("UPDATE account SET username = 'resident' WHERE id = %s", (resident,))
        if agreed:
            trust_acts.give_consent(who.actor_of(resident, at=AT), id_, {"openid"}, at=AT)
        return lambda by: act(by, id_)

    return made


def _tied(who_is: int, act: Callable[[Actor, int], object]) -> Callable[[], Try]:
    """An act on a tie between two who were confirmed: the account that may is that of the first or of the second."""

    def made() -> Try:
        ids = registered(somebody(1, "曾示例1"), somebody(2, "曾示例2"))
        sides = [resident_of(person, f"曾示例{n}", n) for n, person in enumerate(ids, 1)]
        store.execute("UPDATE account SET username = 'resident' WHERE id = %s", (sides[who_is].account,))
        tie = identity.record_tie(SYSTEM, helping(ids[0], 2), at=AT)
        return lambda by: act(by, tie)

    return made


def _looked(act: Callable[[Actor, int], object]) -> Callable[[], Try]:
    """An act on a look that an official took at somebody who was confirmed."""

    def made() -> Try:
        (person,) = registered(somebody(1, "曾示例1"))
        mine = resident_of(person, "曾示例1", 1)
        store.execute("UPDATE account SET username = 'resident' WHERE id = %s", (mine.account,))
        identity.look(SYSTEM, person, ("name",), "case", "LS-2014-000001", at=AT, at_machine=MACHINE)
        look = who.my_data(mine).looks[0].id
        return lambda by: act(by, look)

    return made


def _grant() -> Try:
    ids = registered(somebody(1, "曾示例1"), somebody(2, "曾示例2"))
    mine = resident_of(ids[0], "曾示例1", 1)
    store.execute("UPDATE account SET username = 'resident' WHERE id = %s", (mine.account,))
    return lambda by: identity.grant_tie(by, helping(ids[0], 2), at=AT, at_machine=MACHINE)


def _accept() -> Try:
    ids = registered(somebody(1, "曾示例1"), somebody(2, "曾示例2"))
    mine, helper = (resident_of(person, f"曾示例{n}", n) for n, person in enumerate(ids, 1))
    store.execute("UPDATE account SET username = 'resident' WHERE id = %s", (helper.account,))
    tie = identity.grant_tie(mine, helping(ids[0], 2), at=AT, at_machine=MACHINE)
    return lambda by: identity.accept_tie(by, tie, at=AT)


def _take_in(by: Actor) -> object:
    line = lines.connector_of(account("stations"))
    return sensing.take_in(by, line, b"{}", "text/plain", None, lambda _: (), at=AT, at_machine=MACHINE)


def _take_one(by: Actor) -> object:
    line = lines.connector_of(account("stations"))
    reading = Reading("east-air", "pm25", AT - timedelta(days=1), 35.0)
    return sensing.take_one(by, line, b"{}", "text/plain", None, reading, at_machine=MACHINE)


def _receive(by: Actor) -> object:
    line = lines.connector_of(account("stations"))
    return exchange.receive(by, line, b"{}", "text/plain", None, at=AT, at_machine=MACHINE)


def _withdraw() -> Try:
    given = identity.GrantInput(
        account=account("reader"), role="zhihai.supervisor", organisation=office(EAST), area=area(EAST), ground="doc 7"
    )
    by = who.actor_of(account("administrator"), at=AT)
    proposal = identity.propose_grant(by, given, at=AT)
    return lambda by: identity.withdraw_grant(by, proposal, at=AT)


def _delegate() -> Try:
    (own,) = who.actor_of(account("dispatcher"), at=AT).scope.grants
    deputy, until = account("operator"), AT + timedelta(days=3)
    return lambda by: identity.delegate(by, own.membership, deputy, AT, until, "on leave", at=AT)


def _end_delegation() -> Try:
    delegation = _delegate()(who.actor_of(account("dispatcher"), at=AT))
    return lambda by: identity.end_delegation(by, int(str(delegation)), at=AT)


CITY = Named("市统一认证", "City sign-in")
ISSUER = "https://login.example"


def _add_key(by: Actor, owner: int) -> object:
    given = identity.PasskeyInput(name="电脑", credential="AAAA", key="AAAA", handle="AAAA", count=0, alone=True)
    return identity.add_passkey(by, owner, given, at=AT, at_machine=MACHINE)


def _keyed(act: Callable[[Actor, int], object]) -> Callable[[], Try]:
    """An act on a passkey of the reader."""

    def made() -> Try:
        key = int(str(_add_key(who.actor_of(account("reader"), at=AT), account("reader"))))
        return lambda by: act(by, key)

    return made


def _entered(act: Callable[[Actor, int], object]) -> Callable[[], Try]:
    """An act on a sign-in of the reader that lasts."""

    def made() -> Try:
        store.execute("INSERT INTO django_session VALUES ('one', '', %s)", (MACHINE + timedelta(days=1),))
        identity.note_sign_in(account("reader"), "one", "firefox", "linux", at_machine=MACHINE)
        (one,) = who.sign_ins(who.actor_of(account("reader"), at=AT), None, at_machine=MACHINE)
        return lambda by: act(by, one.id)

    return made


def _untie_elsewhere() -> Try:
    owner = account("reader")
    store.execute("UPDATE account SET password = 'argon2$…' WHERE id = %s", (owner,))
    trust_acts.tie_elsewhere(who.actor_of(owner, at=AT), owner, ISSUER, "s-1", CITY, at=AT)
    return lambda by: trust_acts.untie_elsewhere(by, ISSUER, CITY, at=AT)


OWN: dict[str, tuple[str, Callable[[], Try]]] = {
    **form_trials.OWN,
    **window_trials.OWN,
    **channel_trials.OWN,
    **owned_in_rooms.OWN,
    "identity.set_password": (
        "reader", lambda: lambda by: identity.set_password(by, account("reader"), "a long enough one", at=AT)
    ),
    "identity.withdraw_grant": ("administrator", _withdraw),
    "identity.delegate": ("dispatcher", _delegate),
    "identity.end_delegation": ("operator", _end_delegation),
    "identity.issue_token": (
        "reader", lambda: lambda by: identity.issue_token(by, account("reader"), at=AT, at_machine=MACHINE)
    ),
    "identity.revoke_token": (
        "reader", _revoke_token
    ),
    "identity.claim_person": ("resident", _claim),
    "identity.grant_tie": ("resident", _grant),
    "identity.accept_tie": ("resident", _accept),
    "identity.renew_tie": (
        "resident", _tied(0, lambda by, tie: identity.renew_tie(by, tie, AT + timedelta(days=90), at=AT))
    ),
    "identity.end_tie": ("resident", _tied(1, lambda by, tie: identity.end_tie(by, tie, "不再需要", at=AT))),
    "identity.object_to_look": (
        "resident", _looked(lambda by, look: identity.object_to_look(by, look, "没有依据", at=AT))
    ),
    "cases.complain": ("resident", _looked(lambda by, look: cases.complain(by, look, "没有依据", at=AT))),
    "identity.ask_correction": (
        "resident", _looked(lambda by, _: identity.ask_correction(by, "address", "示例路 2 号", "搬家了", at=AT))
    ),
    "cases.ask_correction": (
        "resident", _looked(lambda by, _: cases.ask_correction(by, "address", "示例路 2 号", "搬家了", at=AT))
    ),
    "identity.look_for": (
        "resident", _tied(1, lambda by, tie: identity.look_for(by, tie, at=AT, at_machine=MACHINE))
    ),
    "trust.give_consent": ("resident", _client(lambda by, id_: trust_acts.give_consent(by, id_, {"openid"}, at=AT))),
    "trust.withdraw_consent": (
        "resident", _client(lambda by, id_: trust_acts.withdraw_consent(by, id_, at=AT), agreed=True)
    ),
    "trust.sign_document": ("street-east", tried.sign_document),
    "identity.enrol_second_factor": (
        "reader", lambda: lambda by: identity.enrol_second_factor(by, account("reader"), at=AT)
    ),
    "identity.drop_second_factor": (
        "reader", lambda: lambda by: identity.drop_second_factor(by, account("reader"), at=AT)
    ),
    "identity.add_passkey": ("reader", lambda: lambda by: _add_key(by, account("reader"))),
    "identity.rename_passkey": (
        "reader", _keyed(lambda by, key: identity.rename_passkey(by, key, "我的手机", at=AT))
    ),
    "identity.remove_passkey": ("reader", _keyed(lambda by, key: identity.remove_passkey(by, key, at=AT))),
    "identity.end_sign_in": ("reader", _entered(lambda by, one: identity.end_sign_in(by, one, at=AT))),
    "identity.end_other_sign_ins": (
        "reader", _entered(lambda by, one: identity.end_other_sign_ins(by, "another", at=AT))
    ),
    "trust.tie_elsewhere": (
        "reader", lambda: lambda by: trust_acts.tie_elsewhere(by, account("reader"), ISSUER, "s-1", CITY, at=AT)
    ),
    "trust.untie_elsewhere": ("reader", _untie_elsewhere),
    "channels.read_notice": (
        "reader", _read_notice
    ),
    "exchange.receive": ("stations", lambda: _receive),
    "sensing.take_in": ("stations", lambda: _take_in),
    "sensing.take_one": ("stations", lambda: _take_one),
}  # fmt: skip


def test_every_act_on_ones_own_is_tried() -> None:
    assert {one.act for one in AUTHORITY if one.over == "own"} == set(OWN)


@pytest.mark.parametrize("act", OWN)
def test_what_is_ones_own_is_nobody_elses_whatever_they_may(district: str, act: str) -> None:
    owner, made = OWN[act]
    call = made()
    before = everything()
    with pytest.raises(Refused):  # not permitted, not found, or nothing of theirs to be changed
        call(holder(POWERS, DISTRICT, DISTRICT, "zhihai.device"))
    assert everything() == before
    call(who.actor_of(account(owner), at=AT))
    assert everything() != before


def test_one_who_may_not_send_does_not_by_their_own_line(district: str) -> None:
    silent = Actor(account=account("stations"), name="站点")
    before = everything()
    for call in (_receive, _take_in, _take_one):
        with pytest.raises(NotPermitted):
            call(silent)
    assert everything() == before


def test_a_district_is_founded_by_one_who_runs_its_clock(records: str) -> None:
    def found(*powers: str) -> None:
        grant = Grant(role="", org_lo=1, org_hi=1, area_lo=1, area_hi=1, powers=frozenset(powers))
        by = Actor(account=7, name="某人", scope=Scope(grants=(grant,)))
        journal.found_district(by, code="1", name=Named("区", "D"), zone="Asia/Shanghai", mode="live", at=AT)

    before = everything()
    with pytest.raises(NotPermitted):
        found(*(POWERS - {RUN_CLOCK}))
    assert everything() == before
    found(RUN_CLOCK)
    assert everything()["district"] != before["district"]


def test_a_narrowed_token_makes_itself_no_wider_one_and_changes_no_password(district: str) -> None:
    reader = account("reader")
    narrow = who.actor_of_token(
        identity.issue_token(SYSTEM, reader, at=AT, at_machine=MACHINE, powers=[]), at=AT, at_machine=MACHINE
    )
    before = everything()
    with pytest.raises(NotPermitted):
        identity.issue_token(narrow, reader, at=AT, at_machine=MACHINE)
    with pytest.raises(NotPermitted):
        identity.set_password(narrow, reader, "a long enough one", at=AT)
    assert everything() == before


def test_a_device_is_not_taken_from_another_organisation(district: str) -> None:
    known = devices.device("east-air")
    mine = sensing.DeviceInput(
        code=known.code, kind=known.kind, name=known.name, organisation=office(EAST), lon=known.lon, lat=known.lat
    )
    before = everything()
    with pytest.raises(NotPermitted):
        sensing.register_device(holder(POWERS, EAST, EAST, "zhihai.operator"), mine, at=AT)
    assert everything() == before


def test_a_duty_is_not_taken_from_another_organisation(district: str) -> None:
    given = ("air.inspection", "street_official", area(EAST))
    by = holder(POWERS, WEST, DISTRICT, "zhihai.operator")
    before = everything()
    with pytest.raises(NotPermitted):
        cases.set_duty(by, *given, office(WEST), "mine", at=AT)
    assert everything() == before


def test_a_power_for_some_case_kinds_opens_those_alone(district: str) -> None:
    a_case()
    number = store.value("SELECT no FROM case_type WHERE name = 'air.inspection'")
    whole = who.organisation_by_code(DISTRICT), where.area_by_code(DISTRICT)
    grant = Grant(
        role="", org_lo=whole[0].lo, org_hi=whole[0].hi, area_lo=whole[1].lo, area_hi=whole[1].hi,
        types=frozenset({number}), powers=POWERS,
    )  # fmt: skip
    by = Actor(account=7, name="某人", scope=Scope(grants=(grant,)))
    cases.open_case(by, "air.inspection", at=AT, area=area(EAST))
    before = store.value("SELECT count(*) FROM cases")
    with pytest.raises(NotPermitted):
        cases.open_case(by, "air.station_check", at=AT, area=area(EAST))
    assert store.value("SELECT count(*) FROM cases") == before


def test_a_rule_is_tried_on_devices_within_ones_power(district: str) -> None:
    from_, to = AT - timedelta(days=1), AT
    here = holder(frozenset({"rule.try"}), OFFICE, EAST, "zhihai.supervisor")
    there = holder(frozenset({"rule.try"}), OFFICE, WEST, "zhihai.supervisor")
    station = devices.device("east-air").id
    assert rule_reads.try_rule(here, "air.heavy_pollution", station, from_, to, at=to) == ()
    with pytest.raises(NotPermitted):
        rule_reads.try_rule(there, "air.heavy_pollution", station, from_, to, at=to)


def test_what_two_take_away_at_once_is_taken_once(district: str, together: Callable[..., list[Any]]) -> None:
    reader = account("reader")
    held = identity.grant_role(SYSTEM, reader, "zhihai.reader", office(EAST), area(EAST), at=AT)
    identity.issue_token(SYSTEM, reader, at=AT, at_machine=MACHINE)
    token = int(store.value("SELECT id FROM api_token"))
    for act, revoke in (
        ("identity.revoke_role", lambda: identity.revoke_role(SYSTEM, held, at=AT)),
        ("identity.revoke_token", lambda: identity.revoke_token(SYSTEM, token, at=AT, at_machine=MACHINE)),
    ):
        results = together(*([revoke] * 4))
        assert sorted(type(one).__name__ for one in results) == ["NoneType", *["Refused"] * 3]
        assert store.value("SELECT count(*) FROM journal_entry WHERE act = %s", (act,)) == 1


def test_a_reading_of_an_unknown_device_is_decided_where_its_sender_is(district: str) -> None:
    line = lines.connector_of(account("stations"))
    unknown = (Reading("nobody", "air.pm25", AT, 5.0),)
    sensing.take_in(SYSTEM, line, b"{}", "text/plain", None, lambda _: unknown, at=AT, at_machine=MACHINE)
    ids = [row.id for row in devices.quarantined()]
    before = everything()
    with pytest.raises(NotPermitted):
        sensing.discard(holder(POWERS, EAST, DISTRICT, "zhihai.operator"), ids, "not ours", at=AT)
    assert everything() == before
    assert sensing.discard(holder(POWERS, OFFICE, WEST, "zhihai.operator"), ids, "no such device", at=AT) == 1
