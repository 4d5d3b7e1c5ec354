"""What touches people or grants takes two; nobody gives beyond their own scope, to themselves, or by a power gone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.kernel.acting import DISTRICT, EAST, WEST, account, area, everything, office

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.named import Named
from zhihai.ground.powers import GRANT_ROLES, GUARDED, SEE_LOOKS, SEE_PEOPLE, WORK_CASES
from zhihai.ground.refusal import NotFound, NotPermitted, Refused
from zhihai.ground.registry import Registry
from zhihai.kernel import records, standard
from zhihai.kernel.identity import acts, reads
from zhihai.kernel.identity.granting import WAITS
from zhihai.kernel.identity.kinds import RoleKind
from zhihai.kernel.journal import reads as journal
from zhihai.site.references import faults_of

pytestmark = pytest.mark.usefixtures("district")
AT = datetime(2014, 2, 17, 1, tzinfo=UTC)
SUPERVISOR, ADMINISTRATOR, CLERK = "zhihai.supervisor", "zhihai.administrator", "zhihai.window_clerk"


def actor(username: str, at: datetime = AT) -> Actor:
    return reads.actor_of(account(username), at=at)


def grant_of(username: str, role: str, organisation: str = EAST, place: str = EAST, **more: Any) -> acts.GrantInput:
    given = {"ground": "document 7", **more}
    return acts.GrantInput(
        account=account(username), role=role, organisation=office(organisation), area=area(place), **given
    )


def official(username: str, role: str, organisation: str = DISTRICT, place: str = DISTRICT) -> int:
    """An account that the system gave one role."""
    made = acts.create_account(SYSTEM, username, Named("甲", "A"), at=AT)
    acts.grant_role(SYSTEM, made, role, office(organisation), area(place), at=AT)
    return made


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(Refused) as refused:
        call()
    return refused.value.code


class TestWhatIsDeclared:
    def test_the_kinds_of_the_house_are_whole(self) -> None:
        words = {key: object() for key in ()}
        faults = faults_of(standard.PACK, {standard.PACK: standard.KINDS}, words)  # type: ignore[arg-type]
        assert [fault for fault in faults if not fault.startswith("words:")] == []

    def test_every_role_over_people_grants_or_the_journal_takes_two(self) -> None:
        roles = dict(Registry({standard.PACK: standard.KINDS}).all(RoleKind))
        assert {name for name, role in roles.items() if role.guarded} == {
            "zhihai.operator", "zhihai.protection_officer", "zhihai.seal_keeper", ADMINISTRATOR, CLERK, SUPERVISOR,
            "zhihai.community_worker",
        }  # fmt: skip
        assert all(role.guarded == bool(role.powers & GUARDED) for role in roles.values())

    @pytest.mark.parametrize(
        ("more", "said"),
        [
            ({"given_by": ("zhihai.emperor",)}, "given by an unknown role zhihai.emperor"),
            ({"given_by": ("zhihai.leader",)}, "given by zhihai.leader, which lacks the power role.grant"),
            ({"four_eyes": True, "confirmed_by": ("zhihai.x",)}, "confirmed by an unknown role zhihai.x"),
            ({"four_eyes": True, "confirmed_by": ("zhihai.reader",)}, "zhihai.reader, which lacks the power"),
        ],
    )
    def test_a_role_that_nobody_could_give_is_told_when_it_is_loaded(self, more: Any, said: str) -> None:
        kind = RoleKind(id="ranger", powers=frozenset({WORK_CASES}), **more)
        faults = faults_of("forest", {standard.PACK: standard.KINDS, "forest": (kind,)}, {})
        assert any(said in fault for fault in faults)

    def test_a_role_without_givers_or_with_deputies_for_what_is_guarded_is_no_role(self) -> None:
        with pytest.raises(ValueError, match="at least one role that gives it"):
            RoleKind(id="ranger", powers=frozenset({WORK_CASES}), given_by=())
        with pytest.raises(ValueError, match="can not be handed to deputies"):
            RoleKind(id="ranger", powers=frozenset({SEE_PEOPLE}), deputies="organisation")


class TestFourEyes:
    def test_what_takes_two_is_not_given_by_one(self) -> None:
        by = actor("administrator")
        for role in (SUPERVISOR, ADMINISTRATOR, CLERK, "zhihai.operator"):
            given = (account("reader"), role, office(EAST), area(EAST))
            assert code_of(lambda given=given: acts.grant_role(by, *given, at=AT)) == "grant_by_two"  # type: ignore[misc]

    def test_it_takes_effect_when_another_confirms_it_and_says_who_did_what(self) -> None:
        by, second = actor("administrator"), actor("supervisor")
        proposal = acts.propose_grant(by, grant_of("reader", CLERK), at=AT)
        assert not actor("reader").may(SEE_PEOPLE)
        later = AT + timedelta(hours=1)
        membership = acts.confirm_grant(second, proposal, at=later)
        assert actor("reader", later).may(SEE_PEOPLE)
        row = records.one(
            "SELECT granted_by, confirmed_by, ground, valid_from, valid_to FROM membership WHERE id = %s", (membership,)
        )
        assert row == (by.account, second.account, "document 7", later, None)
        told = [(entry.act, entry.actor) for entry in journal.entries("account", account("reader"))[-2:]]
        assert told == [("identity.propose_grant", by.account), ("identity.confirm_grant", second.account)]

    def test_a_role_for_a_time_ends_by_itself(self) -> None:
        until = AT + timedelta(days=30)
        proposal = acts.propose_grant(actor("administrator"), grant_of("reader", CLERK, until=until), at=AT)
        acts.confirm_grant(actor("supervisor"), proposal, at=AT)
        assert actor("reader", until - timedelta(seconds=1)).may(SEE_PEOPLE)
        assert not actor("reader", until).may(SEE_PEOPLE)

    def test_nobody_confirms_what_they_proposed_or_what_is_theirs(self) -> None:
        by = actor("administrator")
        proposal = acts.propose_grant(by, grant_of("supervisor", CLERK), at=AT)
        assert code_of(lambda: acts.confirm_grant(by, proposal, at=AT)) == "confirm_own"
        assert code_of(lambda: acts.confirm_grant(actor("supervisor"), proposal, at=AT)) == "grant_self"
        assert code_of(lambda: acts.refuse_grant(actor("supervisor"), proposal, "no need", at=AT)) == "grant_self"
        assert not actor("supervisor").may(SEE_PEOPLE)

    def test_a_confirmation_is_not_replayed(self) -> None:
        proposal = acts.propose_grant(actor("administrator"), grant_of("reader", CLERK), at=AT)
        membership = acts.confirm_grant(actor("supervisor"), proposal, at=AT)
        acts.revoke_role(actor("administrator"), membership, at=AT, ground="moved")
        before = everything()
        assert code_of(lambda: acts.confirm_grant(actor("supervisor"), proposal, at=AT)) == "proposal_decided"
        assert everything() == before
        assert not actor("reader").may(SEE_PEOPLE)

    def test_what_was_refused_or_withdrawn_is_never_confirmed(self) -> None:
        by, second = actor("administrator"), actor("supervisor")
        refused = acts.propose_grant(by, grant_of("reader", CLERK), at=AT)
        acts.refuse_grant(second, refused, "not on duty there", at=AT)
        withdrawn = acts.propose_grant(by, grant_of("reader", CLERK), at=AT)
        acts.withdraw_grant(by, withdrawn, at=AT)
        for proposal in (refused, withdrawn):
            assert code_of(lambda proposal=proposal: acts.confirm_grant(second, proposal, at=AT)) == "proposal_decided"  # type: ignore[misc]
        assert records.value("SELECT reason FROM grant_proposal WHERE id = %s", (refused,)) == "not on duty there"

    def test_a_proposal_expires(self) -> None:
        proposal = acts.propose_grant(actor("administrator"), grant_of("reader", CLERK), at=AT)
        late = AT + WAITS
        assert code_of(lambda: acts.confirm_grant(actor("supervisor"), proposal, at=late)) == "proposal_expired"
        acts.propose_grant(actor("administrator"), grant_of("reader", CLERK), at=late)

    def test_the_same_is_not_proposed_twice_nor_what_is_held(self) -> None:
        by = actor("administrator")
        proposal = acts.propose_grant(by, grant_of("reader", CLERK), at=AT)
        assert code_of(lambda: acts.propose_grant(by, grant_of("reader", CLERK), at=AT)) == "grant_waits"
        acts.confirm_grant(actor("supervisor"), proposal, at=AT)
        assert code_of(lambda: acts.propose_grant(by, grant_of("reader", CLERK), at=AT)) == "grant_held"

    def test_a_proposal_says_on_what_ground(self) -> None:
        for ground in ("", "  x ", "x" * 201):
            given = grant_of("reader", CLERK, ground=ground)
            assert (
                code_of(lambda given=given: acts.propose_grant(actor("administrator"), given, at=AT)) == "grant_ground"
            )  # type: ignore[misc]


class TestScope:
    @pytest.mark.parametrize(
        ("organisation", "place"), [(DISTRICT, EAST), (EAST, DISTRICT), (WEST, EAST), (EAST, WEST)]
    )
    def test_neither_proposing_nor_confirming_reaches_beyond_ones_own(self, organisation: str, place: str) -> None:
        official("east-administrator", ADMINISTRATOR, EAST, EAST)
        official("east-supervisor", SUPERVISOR, EAST, EAST)
        given = grant_of("reader", CLERK, organisation, place)
        with pytest.raises(NotPermitted):
            acts.propose_grant(actor("east-administrator"), given, at=AT)
        proposal = acts.propose_grant(actor("administrator"), given, at=AT)
        for decide in (
            lambda: acts.confirm_grant(actor("east-supervisor"), proposal, at=AT),
            lambda: acts.refuse_grant(actor("east-supervisor"), proposal, "no need", at=AT),
        ):
            with pytest.raises(NotPermitted):
                decide()

    @pytest.mark.parametrize("username", ["dispatcher", "operator", "leader", "supervisor", "window"])
    def test_one_who_gives_no_roles_proposes_none(self, username: str) -> None:
        with pytest.raises(NotPermitted):
            acts.propose_grant(actor(username), grant_of("reader", CLERK), at=AT)

    def test_nobody_gives_themselves_anything(self) -> None:
        by = actor("administrator")
        assert code_of(lambda: acts.propose_grant(by, grant_of("administrator", CLERK), at=AT)) == "grant_self"
        mine = (by.account, "zhihai.reader", office(EAST), area(EAST))
        assert code_of(lambda: acts.grant_role(by, *mine, at=AT)) == "grant_self"

    def test_a_role_is_given_by_the_roles_its_kind_names_alone(self) -> None:
        """The power to grant does not suffice: it must come from a role that may give this one."""
        (held,) = actor("administrator").scope.grants
        by = Actor(account=4321, name="x", scope=type(actor("reader").scope)(grants=(held.__class__(
            role="zhihai.reader", org_lo=held.org_lo, org_hi=held.org_hi, area_lo=held.area_lo, area_hi=held.area_hi,
            powers=frozenset({GRANT_ROLES}),
        ),)))  # fmt: skip
        with pytest.raises(NotPermitted):
            acts.grant_role(by, account("reader"), "zhihai.inspector", office(EAST), area(EAST), at=AT)


class TestCrossing:
    def test_a_power_that_ended_after_it_was_read_gives_nothing(self) -> None:
        by = actor("administrator")
        (held,) = by.scope.grants
        acts.revoke_role(SYSTEM, held.membership, at=AT)
        for call in (
            lambda: acts.grant_role(by, account("reader"), "zhihai.inspector", office(EAST), area(EAST), at=AT),
            lambda: acts.propose_grant(by, grant_of("reader", CLERK), at=AT),
            lambda: acts.revoke_role(by, actor("leader").scope.grants[0].membership, at=AT, ground="moved"),
        ):
            with pytest.raises(NotPermitted):
                call()

    def test_a_confirmer_who_lost_the_power_meanwhile_confirms_nothing(self) -> None:
        proposal = acts.propose_grant(actor("administrator"), grant_of("reader", CLERK), at=AT)
        second = actor("supervisor")
        acts.revoke_role(SYSTEM, second.scope.grants[0].membership, at=AT)
        with pytest.raises(NotPermitted):
            acts.confirm_grant(second, proposal, at=AT)

    def test_what_was_proposed_by_one_who_lost_the_power_is_not_confirmed(self) -> None:
        by = actor("administrator")
        proposal = acts.propose_grant(by, grant_of("reader", CLERK), at=AT)
        acts.revoke_role(SYSTEM, by.scope.grants[0].membership, at=AT)
        assert code_of(lambda: acts.confirm_grant(actor("supervisor"), proposal, at=AT)) == "proposer_powerless"

    def test_two_who_give_each_other_roles_are_each_refused_the_others(self) -> None:
        """A proposes for B what B proposes for A: neither decides on what is theirs, a third may."""
        official("second", ADMINISTRATOR)
        first, second = actor("administrator"), actor("second")
        mine = acts.propose_grant(second, grant_of("administrator", CLERK), at=AT)
        theirs = acts.propose_grant(first, grant_of("second", CLERK), at=AT)
        assert code_of(lambda: acts.confirm_grant(first, mine, at=AT)) == "grant_self"
        assert code_of(lambda: acts.confirm_grant(second, theirs, at=AT)) == "grant_self"
        acts.confirm_grant(actor("supervisor"), mine, at=AT)

    def test_of_two_who_take_each_others_power_one_is_left(self, together: Callable[..., list[Any]]) -> None:
        official("second", ADMINISTRATOR)
        pair = actor("administrator"), actor("second")
        first, second = pair
        results = together(
            lambda: acts.revoke_role(first, second.scope.grants[0].membership, at=AT, ground="moved"),
            lambda: acts.revoke_role(second, first.scope.grants[0].membership, at=AT, ground="moved"),
        )
        assert sorted(type(one).__name__ for one in results) == ["NoneType", "NotPermitted"]
        assert [reads.actor_of(one.account, at=AT).may(GRANT_ROLES) for one in pair].count(True) == 1

    def test_a_proposal_confirmed_by_many_at_once_is_held_once(self, together: Callable[..., list[Any]]) -> None:
        proposal = acts.propose_grant(actor("administrator"), grant_of("reader", CLERK), at=AT)
        for number in range(3):
            official(f"s{number}", SUPERVISOR)
        seconds = [actor(f"s{number}") for number in range(3)]
        results = together(*[lambda by=by: acts.confirm_grant(by, proposal, at=AT) for by in seconds])
        assert sorted(type(one).__name__ for one in results) == ["Conflict", "Conflict", "int"]
        assert records.value("SELECT count(*) FROM membership WHERE role = %s AND account_id = %s",
                             (CLERK, account("reader"))) == 1  # fmt: skip

    def test_two_proposals_of_the_same_at_once_are_one(self, together: Callable[..., list[Any]]) -> None:
        by = actor("administrator")
        results = together(*[lambda: acts.propose_grant(by, grant_of("reader", CLERK), at=AT)] * 3)
        assert sorted(type(one).__name__ for one in results) == ["Conflict", "Conflict", "int"]


def test_a_proposal_that_is_not_there_is_not_found() -> None:
    with pytest.raises(NotFound):
        acts.confirm_grant(actor("supervisor"), 999, at=AT)


def test_what_ends_ends_at_that_instant_even_when_it_has_just_begun() -> None:
    given = acts.grant_role(SYSTEM, account("reader"), SUPERVISOR, office(EAST), area(EAST), at=AT)
    assert actor("reader").may(SEE_LOOKS)
    acts.revoke_role(actor("administrator"), given, at=AT, ground="moved to another office")
    assert not actor("reader").may(SEE_LOOKS)
    row = records.one("SELECT ended_by, ended_ground FROM membership WHERE id = %s", (given,))
    assert row == (account("administrator"), "moved to another office")
