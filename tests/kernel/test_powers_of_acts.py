"""Each act asks for its power, over what it touches: without it nothing at all is written, with just it it is done.

The acts are those of ``kernel.authority``; one that stands there and is not tried here is missed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from tests.kernel import tried_in_rooms
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
from tests.kernel.forms import tried as form_trials
from tests.kernel.identity.peopled import DAY, GROUND, helping, number, registered, somebody
from tests.kernel.trust import tried

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.named import Named
from zhihai.ground.powers import POWERS
from zhihai.ground.reading import Reading
from zhihai.ground.refusal import NotPermitted
from zhihai.kernel import records as store
from zhihai.kernel.authority import AUTHORITY, Authority
from zhihai.kernel.cases import acts as cases
from zhihai.kernel.cases.events import CaseOpened
from zhihai.kernel.catalogue import acts as catalogue
from zhihai.kernel.exchange import acts as exchange
from zhihai.kernel.exchange import reads as lines
from zhihai.kernel.identity import acts as identity
from zhihai.kernel.identity import reads as who
from zhihai.kernel.indicators import acts as indicators
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.places import acts as places
from zhihai.kernel.rules import acts as rules
from zhihai.kernel.sensing import acts as sensing
from zhihai.kernel.sensing import reads as devices
from zhihai.kernel.trust import acts as trust_acts


@dataclass(frozen=True)
class Trial:
    """What an act is tried on: a call, the places that the power must cover, and what power it asks besides."""

    call: Try
    organisation: str = DISTRICT
    area: str = DISTRICT
    role: str = "zhihai.dispatcher"
    besides: frozenset[str] = frozenset()


def a_client() -> trust_acts.ClientInput:
    """A system that people might sign in to through the platform."""
    return trust_acts.ClientInput(
        name=Named("区图书馆", "District library"), organisation=office(DISTRICT),
        redirects=("https://library.example/signed-in",),
    )  # fmt: skip


def a_former_account() -> identity.AccountInput:
    """An account that another user centre kept, of which only the address is known."""
    return identity.AccountInput(
        username="former", name=Named("居民账号", "Resident"), email="former@example.org", password="!"
    )


def _client(act: Callable[[Actor, str], object]) -> Trial:
    """An act on a system that is registered."""
    id_, _ = trust_acts.register_client(SYSTEM, a_client(), at=AT, at_machine=MACHINE)
    return Trial(lambda by: act(by, id_))


def set_aside() -> list[int]:
    """One reading in quarantine, of a device of the environment department in the eastern street."""
    line = lines.connector_of(account("stations"))
    wrong = (Reading("east-air", "air.pm25", AT - timedelta(hours=1), 5000.0),)
    sensing.take_in(SYSTEM, line, b"{}", "text/plain", None, lambda _: wrong, at=AT, at_machine=MACHINE)
    return [row.id for row in devices.quarantined()]


def a_station() -> sensing.DeviceInput:
    return sensing.DeviceInput(
        code="new", kind="air.station", name=Named("甲", "A"), organisation=office(EAST), lon=100.015, lat=30.005
    )


def a_tree() -> list[identity.OrganisationInput]:
    codes = {one.id: one.code for one in who.organisations()}
    name = Named("新", "New")
    return [
        identity.OrganisationInput(code=one.code, sort=one.sort, name=name, parent=codes.get(one.parent or 0))
        for one in who.organisations()
    ]


def some_areas() -> list[places.AreaInput]:
    codes = dict(store.rows("SELECT a.code, p.code FROM area a LEFT JOIN area p ON p.id = a.parent_id ORDER BY a.lo"))
    levels = dict(store.rows("SELECT code, level FROM area"))
    return [
        places.AreaInput(code=code, level=levels[code], parent=parent, name=Named("新", "New"))
        for code, parent in codes.items()
    ]


def owned() -> str:
    """A dataset that the environment department owns."""
    store.execute("UPDATE dataset SET owner_id = %s WHERE name = 'zhihai.targets'", (office(OFFICE),))
    return "zhihai.targets"


def paused_clock() -> tuple[int, int]:
    view = a_case()
    cases.pause(SYSTEM, view.id, view.clocks[0].id, "doc 1", at=AT)
    return view.id, view.clocks[0].id


def _clock(act: Callable[..., None], *given: Any) -> Trial:
    view = a_case()
    return Trial(lambda by: act(by, view.id, view.clocks[0].id, *given, at=AT), EAST, EAST)


def _resume() -> Trial:
    case, clock = paused_clock()
    return Trial(lambda by: cases.resume(by, case, clock, "doc 2", at=AT), EAST, EAST)


def _step() -> Trial:
    view = a_case()
    (task,) = view.tasks
    return Trial(lambda by: cases.take_step(by, view.id, task.id, "send", at=AT), DISTRICT, EAST, task.role)


def _hand_over() -> Trial:
    view = a_case()
    (task,) = view.tasks
    membership = (account("reader"), "zhihai.dispatcher", office(WEST), area(DISTRICT))
    identity.grant_role(SYSTEM, *membership, at=AT)
    return Trial(lambda by: cases.hand_over(by, view.id, task.id, office(WEST), "doc", at=AT), DISTRICT, EAST)


def _revoke() -> Trial:
    given = identity.grant_role(SYSTEM, account("reader"), "zhihai.reader", office(EAST), area(EAST), at=AT)
    return Trial(lambda by: identity.revoke_role(by, given, at=AT, ground="moved"), EAST, EAST, ADMINISTRATOR)


def _review() -> Trial:
    given = identity.grant_role(SYSTEM, account("reader"), "zhihai.reader", office(EAST), area(EAST), at=AT)
    return Trial(
        lambda by: identity.review_role(by, given, "still on duty", keep=True, at=AT), EAST, EAST, "zhihai.leader"
    )


def _proposed(act: Callable[[Actor, int], object], role: str) -> Trial:
    """An act on a role that takes two, which the system proposed for somebody in the eastern street."""
    given = a_grant("zhihai.administrator")
    proposal = identity.propose_grant(SYSTEM, given, at=AT)
    return Trial(lambda by: act(by, proposal), EAST, EAST, role)


def a_colleague() -> identity.StaffInput:
    return identity.StaffInput(username="new", name=Named("新人", "New"), email="", posts=(), line=2)


def _leave() -> Trial:
    joined = identity.join_staff(SYSTEM, a_colleague(), "list 1", at=AT)
    return Trial(lambda by: identity.leave_staff(by, joined, "list 2", at=AT))


def a_grant(role: str) -> identity.GrantInput:
    return identity.GrantInput(
        account=account("reader"), role=role, organisation=office(EAST), area=area(EAST), ground="document 7"
    )


def _of_person(act: Callable[[Actor, int], object]) -> Trial:
    """An act on somebody of the eastern street, whom no organisation has."""
    (person,) = registered(somebody(1, "示例甲", EAST))
    made = identity.sign_up("a password of a test", Named("居民", "Resident"), "zh", at=AT)
    identity.claim_person(who.actor_of(made, at=AT), "示例甲", number(1), at=AT, at_machine=MACHINE)
    return Trial(lambda by: act(by, person), WEST, EAST)


def _recorded(act: Callable[[Actor, int], object]) -> Trial:
    """An act on a tie of somebody of the eastern street to another of the western."""
    principal, _ = registered(somebody(1, "曾示例1", EAST), somebody(2, "曾示例2", WEST))
    made = identity.record_tie(SYSTEM, helping(principal, 2), at=AT)
    return Trial(lambda by: act(by, made), WEST, EAST)


def _record_tie() -> Trial:
    principal, _ = registered(somebody(1, "曾示例1", EAST), somebody(2, "曾示例2", WEST))
    return Trial(lambda by: identity.record_tie(by, helping(principal, 2), at=AT), WEST, EAST)


def claimant(person: int) -> int:
    """The account that says it is this person's."""
    return who.person_page(SYSTEM, person).claims[0].account


def _quarantine(act: Callable[..., int]) -> Trial:
    ids = set_aside()
    return Trial(lambda by: act(by, ids, "checked", at=AT), OFFICE, EAST)


def _records() -> Trial:
    name = owned()
    row = catalogue.RecordInput(key="k", data={"id": "k"})
    return Trial(lambda by: catalogue.put_records(by, name, [row], at=AT, provenance="synthetic"), OFFICE, WEST)


def _align() -> Trial:
    store.execute("DELETE FROM datastream WHERE quantity = 'air.so2'")
    return Trial(lambda by: sensing.align(by, at=AT))


def _copy() -> Trial:
    journal.mark_copy({"backup": "x"}, at=AT)
    return Trial(lambda by: journal.take_over(by, at=AT))


def _parked() -> Trial:
    a_case()
    event = store.value("SELECT max(id) FROM outbox WHERE topic = %s", (CaseOpened.topic,))
    store.execute("INSERT INTO parked_event VALUES ('tried', %s, 'ValueError', %s)", (event, MACHINE))
    deaf = journal.Listener("tried", (CaseOpened,), lambda heard: None)
    return Trial(lambda by: journal.give_parked(by, deaf, event, at=AT))


def _cells() -> Trial:
    store.execute("TRUNCATE grid_cell")
    return Trial(lambda by: places.load_cells(by, at=AT))


HYDRANT = places.FacilityInput(kind="0102", code="9901010010102001", lon=100.015, lat=30.005)
ADMINISTRATOR, SUPERVISOR = "zhihai.administrator", "zhihai.supervisor"
SESSIONS = (("09:00", "12:00"), ("13:00", "18:00"))

TRIALS: dict[str, Callable[[], Trial]] = {
    **{act: lambda made=made: Trial(made()) for act, made in form_trials.ASKED.items()},  # type: ignore[misc]
    "journal.set_clock": lambda: Trial(lambda by: journal.set_clock(by, speed=7.0, at=AT)),
    "journal.take_over": _copy,
    "journal.give_parked": _parked,
    "places.load_areas": lambda: Trial(lambda by: places.load_areas(by, some_areas(), at=AT)),
    "places.load_cells": _cells,
    "places.load_facilities": lambda: Trial(lambda by: places.load_facilities(by, [HYDRANT], "synthetic", at=AT)),
    "places.load_base_shapes": lambda: Trial(lambda by: places.load_base_shapes(by, "roads", [], "x", at=AT)),
    "places.unite_areas": lambda: Trial(lambda by: places.unite_areas(by, area(WEST), area(EAST), at=AT)),
    "identity.load_organisations": lambda: Trial(lambda by: identity.load_organisations(by, a_tree(), at=AT)),
    "identity.succeed": lambda: Trial(
        lambda by: identity.succeed(by, office(WEST), office(EAST), "doc", at=AT, posts="end")
    ),
    "identity.create_account": lambda: Trial(lambda by: identity.create_account(by, "new", Named("甲", "A"), at=AT)),
    "identity.grant_role": lambda: Trial(
        lambda by: identity.grant_role(
            by, account("reader"), "zhihai.reader", office(EAST), area(EAST), at=AT, ground="document 7"
        ),
        EAST, EAST, ADMINISTRATOR,
    ),
    "identity.revoke_role": _revoke,
    "identity.review_role": _review,
    "identity.apply_staff": lambda: Trial(lambda by: identity.apply_staff(by, [a_colleague()], "list 1", at=AT)),
    "identity.join_staff": lambda: Trial(lambda by: identity.join_staff(by, a_colleague(), "list 1", at=AT)),
    "identity.leave_staff": _leave,
    "identity.propose_grant": lambda: Trial(
        lambda by: identity.propose_grant(by, a_grant(SUPERVISOR), at=AT), EAST, EAST, ADMINISTRATOR
    ),
    "identity.confirm_grant": lambda: _proposed(
        lambda by, proposal: identity.confirm_grant(by, proposal, at=AT), SUPERVISOR
    ),
    "identity.refuse_grant": lambda: _proposed(
        lambda by, proposal: identity.refuse_grant(by, proposal, "no need", at=AT), ADMINISTRATOR
    ),
    "identity.bring_in_accounts": lambda: Trial(
        lambda by: identity.bring_in_accounts(by, [a_former_account()], "former", at=AT, at_machine=MACHINE)
    ),
    "identity.register_people": lambda: Trial(
        lambda by: identity.register_people(by, [somebody(1, "示例甲")], at=AT), WEST, EAST
    ),
    "identity.correct_person": lambda: _of_person(
        lambda by, person: identity.correct_person(by, person, "name", "示例乙", "window", DAY, at=AT)
    ),
    "identity.look": lambda: _of_person(
        lambda by, person: identity.look(by, person, ("name",), *GROUND, at=AT, at_machine=MACHINE)
    ),
    "identity.confirm_person": lambda: _of_person(
        lambda by, person: identity.confirm_person(by, person, claimant(person), "护照", at=AT, reason="读卡器故障")
    ),
    "identity.register_at_window": lambda: Trial(
        lambda by: identity.register_at_window(by, somebody(1, "示例甲", EAST), "居民身份证原件", at=AT), WEST, EAST
    ),
    "identity.record_tie": _record_tie,
    "identity.withdraw_tie": lambda: _recorded(lambda by, tie: identity.withdraw_tie(by, tie, "本人收回", at=AT)),
    "identity.set_tie_term": lambda: Trial(lambda by: identity.set_tie_term(by, "zhihai.helper", 30, "区规定", at=AT)),
    "trust.register_client": lambda: Trial(
        lambda by: trust_acts.register_client(by, a_client(), at=AT, at_machine=MACHINE)
    ),
    "trust.amend_client": lambda: _client(lambda by, id_: trust_acts.amend_client(by, id_, a_client(), at=AT)),
    "trust.renew_client_secret": lambda: _client(lambda by, id_: trust_acts.renew_client_secret(by, id_, at=AT)),
    "trust.switch_client": lambda: _client(lambda by, id_: trust_acts.switch_client(by, id_, on=False, at=AT)),
    "trust.roll_signing_key": lambda: Trial(lambda by: trust_acts.roll_signing_key(by, at=AT, at_machine=MACHINE)),
    "trust.request_issuing": lambda: Trial(tried.request_issuing()),
    "trust.take_in": lambda: Trial(tried.take_in()),
    "trust.issue_certificate": lambda: Trial(tried.issue_certificate()),
    "trust.certify_device": lambda: Trial(tried.certify_device()),
    "trust.revoke_certificate": lambda: Trial(tried.revoke_certificate()),
    "trust.seal_document": lambda: Trial(tried.seal_document(), OFFICE, EAST),
    "catalogue.declare": lambda: Trial(lambda by: catalogue.declare(by, {}, at=AT)),
    "catalogue.describe": lambda: Trial(lambda by: catalogue.describe(by, [], {}, at=AT)),
    "catalogue.put_records": _records,
    **{act: lambda of=of: Trial(of[0](), *of[1:]) for act, of in tried_in_rooms.TRIED.items()},
    "exchange.connect": lambda: Trial(
        lambda by: exchange.connect(by, "new", account("reader"), office(EAST), "synthetic", at=AT)
    ),
    "sensing.register_device": lambda: Trial(lambda by: sensing.register_device(by, a_station(), at=AT), EAST, EAST),
    "sensing.align": _align,
    "sensing.declare_resources": lambda: Trial(lambda by: sensing.declare_resources(by, {}, at=AT)),
    "sensing.release": lambda: _quarantine(sensing.release),
    "sensing.discard": lambda: _quarantine(sensing.discard),
    "cases.open_case": lambda: Trial(
        lambda by: cases.open_case(by, "air.inspection", at=AT, area=area(EAST), organisation=office(EAST)), EAST, EAST
    ),
    "cases.bring_in": lambda: Trial(
        lambda by: cases.bring_in(
            by, [cases.CaseHistory(kind="air.inspection", opened_at=AT, area=area(EAST), organisation=office(EAST))],
            "old system", at=AT,
        ),
        EAST, EAST,
    ),
    "cases.take_step": _step,
    "cases.pause": lambda: _clock(cases.pause, "doc"),
    "cases.resume": _resume,
    "cases.extend": lambda: _clock(cases.extend, 1, "doc"),
    "cases.hand_over": _hand_over,
    "cases.set_duty": lambda: Trial(
        lambda by: cases.set_duty(by, "air.inspection", "inspector", area(EAST), office(EAST), "list", at=AT),
        EAST, EAST,
    ),
    "cases.set_limit": lambda: Trial(
        lambda by: cases.set_limit(by, "air.inspection", "whole", 9, "working_day", "promise", None, at=AT)
    ),
    "cases.load_calendar": lambda: Trial(lambda by: cases.load_calendar(by, [], sessions=SESSIONS, at=AT)),
    "rules.set_rule": lambda: Trial(lambda by: rules.set_rule(by, "air.stuck_reading", "live", {}, at=AT)),
    "indicators.load_targets": lambda: Trial(lambda by: indicators.load_targets(by, [], at=AT)),
}  # fmt: skip
ASKED = [one for one in AUTHORITY if one.over in ("district", "place", "area", "organisation", "anywhere")]


@pytest.fixture
def trial(request: pytest.FixtureRequest, district: str) -> Trial:
    """The trial of the act that the test is given, in a fresh copy of the invented district with a case known."""
    a_case()
    return TRIALS[request.getfixturevalue("one").act]()


def test_every_act_that_asks_for_a_power_is_tried() -> None:
    assert {one.act for one in ASKED} - {"journal.found_district"} == set(TRIALS)


@pytest.mark.parametrize("one", [one for one in ASKED if one.act in TRIALS], ids=lambda one: one.act)
class TestPowers:
    def test_who_has_all_but_the_power_writes_nothing(self, one: Authority, trial: Trial) -> None:
        before = everything()
        with pytest.raises(NotPermitted):
            trial.call(holder(POWERS - {one.power or ""}, DISTRICT, DISTRICT, trial.role))
        assert everything() == before

    def test_who_has_it_elsewhere_writes_nothing(self, one: Authority, trial: Trial) -> None:
        elsewhere = {
            **{over: [(WEST, DISTRICT), (DISTRICT, WEST)] for over in ("district", "place")},
            "area": [(DISTRICT, WEST)],
            "organisation": [(WEST, DISTRICT)],
            "anywhere": [],
        }[one.over]
        before = everything()
        for organisation, place in elsewhere:
            with pytest.raises(NotPermitted):
                trial.call(holder(POWERS, organisation, place, trial.role))
        assert everything() == before

    def test_who_has_just_it_over_just_there_does_it(self, one: Authority, trial: Trial) -> None:
        before = everything()
        trial.call(holder({one.power or "", *trial.besides}, trial.organisation, trial.area, trial.role))
        assert everything()["journal_entry"] != before["journal_entry"]
