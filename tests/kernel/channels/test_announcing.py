"""Whom a tie, a grant or an answered complaint concerns is told of it once; whoever did it is not, nor anybody else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.kernel.acting import EAST, account, area, office
from tests.kernel.hearing import heard
from tests.kernel.identity.peopled import (
    AT,
    DAY,
    FIRM,
    GROUND,
    MACHINE,
    helping,
    number,
    registered,
    resident_of,
    somebody,
)

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.kernel.cases import acts as cases
from zhihai.kernel.cases import reads as case_reads
from zhihai.kernel.channels import acts as channels
from zhihai.kernel.channels import reads
from zhihai.kernel.identity import acts
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.identity.acts import PersonInput, TieInput

pytestmark = pytest.mark.usefixtures("district")
CLERK = "zhihai.window_clerk"


def told(account_: int) -> list[str]:
    """The notices of an account, oldest first, each of which can be said in both languages."""
    heard()
    found = reads.notices(account_)[::-1]
    for one in found:
        assert all(text and "{" not in text for language in ("zh", "en") for text in one.say(language))  # type: ignore[arg-type]
    return [one.kind.removeprefix("zhihai.") for one in found]


class TestTies:
    @pytest.fixture
    def sides(self) -> tuple[int, Actor, Actor]:
        names = ("曾示例1", "曾示例2")
        ids = registered(*(somebody(n, name) for n, name in enumerate(names, 1)))
        elder, helper = (resident_of(ids[n], name, n + 1) for n, name in enumerate(names))
        return ids[0], elder, helper

    def test_who_is_asked_to_act_is_told_and_who_asked_hears_the_answer(self, sides: tuple[int, Actor, Actor]) -> None:
        person, elder, helper = sides
        given = TieInput(
            kind="zhihai.helper", principal=person, name="曾示例2", number=number(2), valid_from=AT,
            valid_to=AT + timedelta(days=30),
        )  # fmt: skip
        tie = acts.grant_tie(elder, given, at=AT, at_machine=MACHINE)
        assert (told(elder.account), told(helper.account)) == ([], ["tie_granted"])
        acts.accept_tie(helper, tie, at=AT)
        assert (told(elder.account), told(helper.account)) == (["tie_accepted"], ["tie_granted"])
        acts.renew_tie(elder, tie, AT + timedelta(days=60), at=AT)
        acts.end_tie(helper, tie, "搬走了", at=AT)
        assert told(elder.account) == ["tie_accepted", "tie_ended"]
        assert told(helper.account) == ["tie_granted", "tie_renewed"]

    def test_what_a_window_records_and_ends_is_told_to_both(self, sides: tuple[int, Actor, Actor]) -> None:
        person, elder, helper = sides
        tie = acts.record_tie(SYSTEM, helping(person, 2), at=AT)
        acts.withdraw_tie(SYSTEM, tie, "本人到窗口要求", at=AT)
        assert told(elder.account) == told(helper.account) == ["tie_recorded", "tie_ended"]

    def test_both_are_reminded_once_before_the_term_ends_unless_it_was_renewed_or_ended(
        self, sides: tuple[int, Actor, Actor]
    ) -> None:
        person, elder, helper = sides
        ends, other = AT + timedelta(days=30), AT + timedelta(days=40)
        acts.record_tie(SYSTEM, helping(person, 2), at=AT)
        gone = acts.record_tie(SYSTEM, helping(person, 2, valid_from=ends, valid_to=other), at=AT)
        acts.withdraw_tie(SYSTEM, gone, "改了主意", at=AT)
        first = ends - channels.REMINDED
        assert channels.remind(at=first - timedelta(seconds=1)) == 0
        assert channels.remind(at=first) == 2
        assert channels.remind(at=first + timedelta(days=1)) == 0
        assert channels.remind(at=ends) == 0
        assert [told(one.account).count("tie_ending") for one in (elder, helper)] == [1, 1]

    def test_who_went_on_in_time_is_not_reminded(self, sides: tuple[int, Actor, Actor]) -> None:
        person, elder, _ = sides
        tie = acts.record_tie(SYSTEM, helping(person, 2), at=AT)
        acts.renew_tie(elder, tie, AT + timedelta(days=90), at=AT)
        assert channels.remind(at=AT + timedelta(days=29)) == 0

    def test_no_notice_names_anybody(self, sides: tuple[int, Actor, Actor]) -> None:
        person, elder, helper = sides
        acts.record_tie(SYSTEM, helping(person, 2), at=AT)
        heard()
        said = str([(one.facts, one.link) for who in (elder, helper) for one in reads.notices(who.account)])
        assert "曾示例" not in said

    def test_the_firm_hears_through_the_resident_who_granted(self, sides: tuple[int, Actor, Actor]) -> None:
        _, head, proxy = sides
        firm = registered(
            PersonInput(
                sort="legal", number=FIRM, name="示例商贸有限公司", area=None, facts={"representative": "曾示例1"},
                source="legal_person_base", as_of=DAY, provenance="synthetic",
            )
        )[0]  # fmt: skip
        by = {"valid_from": AT, "name": "曾示例1", "number": number(1), "principal": firm}
        acts.record_tie(
            SYSTEM,
            TieInput(kind="zhihai.representative", ground="licence", evidence="营业执照", valid_to=None, **by),  # type: ignore[arg-type]
            at=AT,
        )
        to = {"valid_from": AT, "valid_to": AT + timedelta(days=30), "name": "曾示例2", "number": number(2)}
        tie = acts.grant_tie(
            head, TieInput(kind="zhihai.firm_proxy", principal=firm, **to), at=AT, at_machine=MACHINE  # type: ignore[arg-type]
        )  # fmt: skip
        acts.accept_tie(proxy, tie, at=AT)
        assert told(head.account) == ["tie_recorded", "tie_accepted"]
        assert told(proxy.account) == ["tie_granted"]


class TestGrants:
    def proposed(self) -> int:
        given = acts.GrantInput(
            account=account("reader"), role=CLERK, organisation=office(EAST), area=area(EAST), ground="人字〔2014〕3 号"
        )
        by = identity.actor_of(account("administrator"), at=AT)
        return acts.propose_grant(by, given, at=AT)

    def test_those_who_may_confirm_hear_that_it_waits_and_no_others(self) -> None:
        self.proposed()
        assert told(account("supervisor")) == ["grant_proposed"]
        assert [told(account(one)) for one in ("administrator", "reader", "street-east", "operator")] == [[]] * 4

    def test_the_decision_is_told_to_who_proposed_it_and_a_role_to_who_holds_it(self) -> None:
        by = identity.actor_of(account("supervisor"), at=AT)
        acts.refuse_grant(by, self.proposed(), "不需要", at=AT)
        assert told(account("administrator")) == ["grant_refused"]
        assert told(account("reader")) == []
        acts.confirm_grant(by, self.proposed(), at=AT)
        assert told(account("administrator")) == ["grant_refused", "grant_confirmed"]
        assert told(account("reader")) == ["grant_given"]


def test_whoever_complained_hears_that_it_was_answered() -> None:
    (person,) = registered(somebody(1, "曾示例1"))
    mine = resident_of(person, "曾示例1", 1)
    acts.look(SYSTEM, person, ("name",), *GROUND, at=AT, at_machine=MACHINE)
    (look,) = identity.my_data(mine).looks
    case = cases.complain(mine, look.id, "没有依据", at=AT)
    assert told(mine.account) == []
    view = case_reads.case_view(SYSTEM, case.number, AT)
    cases.take_step(SYSTEM, view.id, view.tasks[0].id, "lawful", at=AT, note="已核查")
    assert told(mine.account) == ["complaint_answered"]
