"""Who is away hands roles to a colleague: for that time, no further, and each act says in whose place it was done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from tests.kernel.acting import DISTRICT, EAST, WEST, account, area, office

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.named import Named
from zhihai.ground.powers import OPEN_CASES
from zhihai.ground.refusal import NotFound, NotPermitted, Refused
from zhihai.kernel import records
from zhihai.kernel.cases import acts as cases
from zhihai.kernel.cases import reads as case_reads
from zhihai.kernel.identity import acts, reads
from zhihai.kernel.identity.account import Account
from zhihai.kernel.journal import reads as journal

pytestmark = pytest.mark.usefixtures("district")
AT = datetime(2014, 2, 17, 1, tzinfo=UTC)
DAY = timedelta(days=1)
BACK = AT + 5 * DAY


def actor(username: str, at: datetime = AT) -> Actor:
    return reads.actor_of(account(username), at=at)


def delegate(username: str = "dispatcher", deputy: str = "leader", until: datetime = BACK, from_: datetime = AT) -> int:
    by = actor(username)
    return acts.delegate(by, by.scope.grants[0].membership, account(deputy), from_, until, "on leave", at=AT)


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(Refused) as refused:
        call()
    return refused.value.code


def a_case() -> case_reads.CaseView:
    opened = cases.open_case(SYSTEM, "air.inspection", at=AT, area=area(EAST))
    return case_reads.case_view(SYSTEM, opened.number, AT)


class TestInPlaceOf:
    def test_a_deputy_works_the_tasks_and_the_entry_says_for_whom(self) -> None:
        delegate()
        view = a_case()
        deputy = actor("leader")
        (row,) = case_reads.inbox(deputy, AT).rows
        assert row.behalf == account("dispatcher")
        cases.take_step(deputy, view.id, view.tasks[0].id, "send", at=AT)
        entry = journal.case_entries(view.id)[-1]
        assert (entry.actor, entry.data["for"]) == (account("leader"), account("dispatcher"))

    def test_who_holds_it_too_acts_for_themselves(self) -> None:
        acts.grant_role(SYSTEM, account("leader"), "zhihai.dispatcher", office(DISTRICT), area(DISTRICT), at=AT)
        delegate()
        view = a_case()
        assert case_reads.inbox(actor("leader"), AT).rows[0].behalf is None
        cases.take_step(actor("leader"), view.id, view.tasks[0].id, "send", at=AT)
        assert "for" not in journal.case_entries(view.id)[-1].data

    def test_opening_directing_and_handing_over_say_it_too(self) -> None:
        acts.grant_role(SYSTEM, account("reader"), "zhihai.dispatcher", office(WEST), area(DISTRICT), at=AT)
        delegate()
        deputy, absent = actor("leader"), account("dispatcher")
        ref = cases.open_case(deputy, "air.inspection", at=AT, area=area(EAST))
        view = case_reads.case_view(SYSTEM, ref.number, AT)
        cases.pause(deputy, view.id, view.clocks[0].id, "document 1", at=AT)
        cases.hand_over(deputy, view.id, view.tasks[0].id, office(WEST), "document 2", at=AT)
        assert [entry.data.get("for") for entry in journal.case_entries(view.id)] == [absent] * 3

    def test_notices_reach_the_deputy_and_the_one_who_is_away(self) -> None:
        post = reads.Post("zhihai.dispatcher", actor("dispatcher").scope.grants[0].org_lo, 1, AT)
        delegate()
        assert set(reads.holders([post])[post]) >= {account("leader"), account("dispatcher")}
        later = reads.Post(post.role, post.org_lo, post.area_lo, BACK)
        assert account("leader") not in reads.holders([later])[later]


class TestItsTime:
    def test_it_lasts_from_one_instant_to_the_other(self) -> None:
        delegate(from_=AT + DAY)
        tried = [AT, AT + DAY, BACK - timedelta(microseconds=1), BACK]
        assert [actor("leader", at).may(OPEN_CASES) for at in tried] == [False, True, True, False]

    def test_what_has_expired_does_nothing(self) -> None:
        delegate()
        view, deputy = a_case(), actor("leader", BACK)
        with pytest.raises(NotPermitted):
            cases.take_step(deputy, view.id, view.tasks[0].id, "send", at=BACK)

    def test_it_ends_with_the_role_it_comes_from_and_with_its_holder(self) -> None:
        delegate()
        acts.revoke_role(SYSTEM, actor("dispatcher").scope.grants[0].membership, at=AT + DAY)
        assert [actor("leader", AT + n * DAY).may(OPEN_CASES) for n in (0, 1)] == [True, False]

    def test_it_ends_when_the_one_who_is_away_is_switched_off(self) -> None:
        delegate()
        Account.objects.filter(username="dispatcher").update(is_active=False)
        assert not actor("leader").may(OPEN_CASES)

    @pytest.mark.parametrize("username", ["dispatcher", "leader"])
    def test_either_ends_it_before_its_time(self, username: str) -> None:
        delegation = delegate()
        acts.end_delegation(actor(username), delegation, at=AT + DAY)
        assert not actor("leader", AT + DAY).may(OPEN_CASES)
        assert code_of(lambda: acts.end_delegation(actor(username), delegation, at=AT + DAY)) == "no_membership"

    def test_one_that_is_taken_back_before_it_begins_is_never_held(self) -> None:
        delegation = delegate(from_=AT + 2 * DAY)
        acts.end_delegation(actor("dispatcher"), delegation, at=AT + DAY)
        assert not any(actor("leader", AT + n * DAY).may(OPEN_CASES) for n in range(6))


class TestWhatIsRefused:
    def test_what_is_held_for_another_is_not_handed_on(self) -> None:
        delegate()
        (lent,) = [grant for grant in actor("leader").scope.grants if grant.behalf is not None]
        given = (lent.membership, account("reader"), AT, BACK, "on leave too")
        assert code_of(lambda: acts.delegate(actor("leader"), *given, at=AT)) == "not_yours_to_delegate"

    def test_nobody_delegates_what_is_anothers_or_has_ended(self) -> None:
        theirs = actor("inspector").scope.grants[0].membership
        given = (theirs, account("reader"), AT, BACK, "on leave")
        assert code_of(lambda: acts.delegate(actor("dispatcher"), *given, at=AT)) == "not_yours_to_delegate"
        mine = actor("dispatcher")
        acts.revoke_role(SYSTEM, mine.scope.grants[0].membership, at=AT)
        given = (mine.scope.grants[0].membership, account("reader"), AT, BACK, "on leave")
        assert code_of(lambda: acts.delegate(mine, *given, at=AT)) == "not_yours_to_delegate"

    @pytest.mark.parametrize("username", ["administrator", "operator", "supervisor", "window", "reader"])
    def test_what_is_guarded_and_what_its_kind_keeps_has_no_deputies(self, username: str) -> None:
        assert code_of(lambda: delegate(username)) == "no_deputies"

    def test_a_deputy_has_a_post_in_the_same_organisation(self) -> None:
        assert code_of(lambda: delegate("street-east", "street-west")) == "deputy_elsewhere"
        delegate("street-east", "window-east")
        delegate("leader", "street-west")  # a leader's deputy may be any official

    def test_a_post_held_for_another_makes_nobody_a_colleague(self) -> None:
        acts.create_account(SYSTEM, "stranger", Named("乙", "B"), at=AT)
        assert code_of(lambda: delegate("leader", "stranger")) == "deputy_elsewhere"
        with pytest.raises(NotFound):
            delegate("dispatcher", "stations")

    def test_an_absence_has_an_end_in_time(self) -> None:
        for until in (AT, AT - DAY, AT + timedelta(days=93)):
            assert code_of(lambda until=until: delegate(until=until)) == "absence_span"  # type: ignore[misc]

    def test_nobody_is_their_own_deputy_nor_twice_a_deputy(self) -> None:
        assert code_of(lambda: delegate("dispatcher", "dispatcher")) == "deputy_self"
        delegate()
        assert code_of(delegate) == "deputy_already"

    def test_a_delegation_gives_no_power_to_grant(self) -> None:
        delegate()
        given = (account("reader"), "zhihai.dispatcher", office(EAST), area(EAST))
        with pytest.raises(NotPermitted):
            acts.grant_role(actor("leader"), *given, at=AT)


def test_a_reorganisation_takes_deputies_along() -> None:
    """What is held in a street's place goes over with the role it comes from, and stays somebody else's."""
    delegate("street-east", "window-east")
    later = AT + DAY
    acts.succeed(SYSTEM, office(EAST), office(WEST), "order 1", at=later)
    (lent,) = [grant for grant in actor("window-east", later).scope.grants if grant.behalf is not None]
    assert lent.behalf == account("street-east")
    own = [grant.membership for grant in actor("street-east", later).scope.grants]
    assert records.value("SELECT delegated_from FROM membership WHERE id = %s", (lent.membership,)) in own
    acts.revoke_role(SYSTEM, own[0], at=later + DAY)
    assert not any(grant.behalf for grant in actor("window-east", later + DAY).scope.grants)
