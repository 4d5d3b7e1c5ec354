"""Acting for another: who may let whom act, within which scope and term, and what ends it; what is refused, and how."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from tests.kernel.acting import EAST, WEST, everything
from tests.kernel.identity.peopled import (
    AT,
    DAY,
    FIRM,
    MACHINE,
    clerk,
    looks_of,
    number,
    registered,
    resident_of,
    somebody,
)

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.named import Named
from zhihai.ground.powers import SET_DISTRICT, SET_PEOPLE
from zhihai.ground.refusal import NotPermitted, Refused
from zhihai.kernel import records as store
from zhihai.kernel.identity import acts, reads
from zhihai.kernel.identity.acts import PersonInput, TieInput
from zhihai.kernel.identity.verifying import MyData

ELDER, HELPER, HEAD, PROXY = "示例老人", "示例帮办", "示例法人", "示例经办"
YEAR = timedelta(days=366)
CLERK = {SET_PEOPLE}


class People:
    """Four people with accounts that were confirmed, and a firm whose representative one of them is."""

    def __init__(self) -> None:
        names = (ELDER, HELPER, HEAD, PROXY)
        self.ids = registered(*(somebody(n, name) for n, name in enumerate(names)))
        self.firm = registered(
            PersonInput(
                sort="legal", number=FIRM, name="示例商贸有限公司", area=None, facts={"representative": HEAD},
                source="legal_person_base", as_of=DAY, provenance="synthetic",
            )
        )[0]  # fmt: skip
        self.elder, self.helper, self.head, self.proxy = (
            resident_of(person, name, n) for n, (person, name) in enumerate(zip(self.ids, names, strict=True))
        )

    def represented(self) -> int:
        given = tie("representative", self.firm, 2, ground="licence", evidence="营业执照", valid_to=None)
        return acts.record_tie(SYSTEM, given, at=AT)

    def proxied(self, **more: Any) -> int:
        """A proxy that was granted and accepted."""
        made = acts.grant_tie(self.head, tie("firm_proxy", self.firm, 3, **more), at=AT, at_machine=MACHINE)
        acts.accept_tie(self.proxy, made, at=AT)
        return made

    def help(self, **more: Any) -> int:
        given = tie("helper", self.ids[0], 1, **{"ground": "spoken", "evidence": "窗口笔录第 7 号", **more})
        return acts.record_tie(clerk(CLERK), given, at=AT)


def tie(kind: str, principal: int, n: int, **more: Any) -> TieInput:
    """A tie to one of the four, by name and number."""
    name = (ELDER, HELPER, HEAD, PROXY)[n]
    given = {"valid_from": AT, "valid_to": AT + timedelta(days=30), "name": name, "number": number(n)}
    return TieInput(kind=f"zhihai.{kind}", principal=principal, **{**given, **more})


@pytest.fixture
def people(district: str) -> People:
    return People()


def held(actor: Actor, at: datetime = AT) -> list[tuple[str, str]]:
    """For whom somebody may act, and how."""
    return [(one.principal.name, one.kind) for one in reads.mandates(actor, at=at)]


def refused(code: str, call: Callable[[], object]) -> Refused:
    before = everything()
    with pytest.raises(Refused, match=code) as found:
        call()
    assert everything() == before
    return found.value


class TestHelpers:
    def test_a_helper_acts_from_the_recording_to_the_last_day(self, people: People) -> None:
        people.help()
        assert held(people.helper) == [(ELDER, "zhihai.helper")]
        assert held(people.elder) == []
        assert held(people.helper, AT - timedelta(seconds=1)) == []
        last = AT + timedelta(days=30)
        assert held(people.helper, last - timedelta(microseconds=1)) != []
        assert held(people.helper, last) == []

    def test_what_one_sees_for_another_is_kept_and_the_principal_reads_it(self, people: People) -> None:
        made = people.help()
        seen = acts.look_for(people.helper, made, at=AT, at_machine=MACHINE)
        assert seen.file is not None
        assert {fact.name for fact in seen.file.facts} == {"name", "number", "area"}
        assert number(0) not in str([fact.value for fact in seen.file.facts])
        (look,) = looks_of(people.ids[0])
        assert (look.ground, look.reference, look.tie) == ("mandate", "zhihai.helper", made)
        assert look.fields == ("name", "area", "looks")

    def test_the_scope_is_as_far_as_one_sees(self, people: People) -> None:
        made = people.help(services=["zhihai.looks"])
        seen = acts.look_for(people.helper, made, at=AT, at_machine=MACHINE)
        assert seen.file is not None
        assert {fact.name for fact in seen.file.facts} == {"name", "number"}
        people.help(valid_from=AT + YEAR, valid_to=AT + YEAR + timedelta(days=1), services=["zhihai.complaint"])
        narrow = reads.my_ties(people.helper, at=AT + YEAR)[1][0]
        refused("tie_scope", lambda: acts.look_for(people.helper, narrow.id, at=AT + YEAR, at_machine=MACHINE))

    def test_who_has_no_account_takes_it_back_at_a_window(self, people: People) -> None:
        made = people.help()
        acts.withdraw_tie(clerk(CLERK), made, "本人到窗口收回", at=AT + timedelta(days=3))
        late = refused(
            "tie_ended", lambda: acts.look_for(people.helper, made, at=AT + timedelta(days=3), at_machine=MACHINE)
        )
        assert late.facts["day"] == "2014-02-20"
        _, (told,) = reads.my_ties(people.helper, at=AT + timedelta(days=3))
        assert (told.state, told.ended_why) == ("ended", "本人到窗口收回")
        with pytest.raises(NotPermitted):
            acts.withdraw_tie(
                clerk(CLERK, WEST), people.help(valid_from=AT + YEAR, valid_to=AT + 2 * YEAR), "x y", at=AT
            )

    def test_both_sides_may_end_it_and_nobody_else(self, people: People) -> None:
        for by in (people.elder, people.helper):
            made = people.help()
            refused("no_tie", partial(acts.end_tie, people.proxy, made, "不要了", at=AT))
            acts.end_tie(by, made, "不再需要", at=AT)
            assert held(people.helper) == []
            refused("tie_ended", partial(acts.end_tie, by, made, "再次", at=AT))
        with store.atomic():
            store.value("SELECT zh_read_as('platform')")
            assert store.value("SELECT count(*) FROM tie") == 2  # nothing is taken away

    def test_one_lets_somebody_act_for_oneself_and_it_holds_once_accepted(self, people: People) -> None:
        made = acts.grant_tie(people.elder, tie("helper", people.ids[0], 1), at=AT, at_machine=MACHINE)
        assert held(people.helper) == []
        refused("tie_waiting", lambda: reads.mandate(people.helper, made, at=AT))
        refused("no_tie", lambda: acts.accept_tie(people.elder, made, at=AT))
        acts.accept_tie(people.helper, made, at=AT)
        assert held(people.helper) == [(ELDER, "zhihai.helper")]
        refused("tie_accepted", lambda: acts.accept_tie(people.helper, made, at=AT))

    def test_a_guardian_is_made_and_ended_at_a_window_alone(self, people: People) -> None:
        given = tie("guardian", people.ids[0], 1, ground="court", evidence="(2014) 示民特 1 号")
        refused("tie_window", lambda: acts.grant_tie(people.elder, given, at=AT, at_machine=MACHINE))
        made = acts.record_tie(clerk(CLERK), given, at=AT)
        for by in (people.elder, people.helper):
            refused("tie_window", lambda by=by: acts.end_tie(by, made, "不要了", at=AT))
        acts.withdraw_tie(clerk(CLERK), made, "判决撤销", at=AT)


class TestFirms:
    def test_whom_the_base_names_lets_agents_act_for_the_firm(self, people: People) -> None:
        people.represented()
        people.proxied(services=["zhihai.own_data"])
        assert held(people.proxy) == [("示例商贸有限公司", "zhihai.firm_proxy")]
        assert [one.acting.name for one in reads.my_ties(people.head, at=AT)[1]] == [PROXY, HEAD]

    def test_a_mandate_expires_is_renewed_and_the_refusal_names_the_day(self, people: People) -> None:
        people.represented()
        made = people.proxied()
        after = AT + timedelta(days=31)
        late = refused("tie_over", lambda: acts.look_for(people.proxy, made, at=after, at_machine=MACHINE))
        assert late.facts["day"] == "2014-03-19"
        refused("tie_chain", lambda: acts.renew_tie(people.proxy, made, after + YEAR, at=AT + timedelta(days=1)))
        new = acts.renew_tie(people.head, made, after + timedelta(days=30), at=after)
        assert reads.mandate(people.proxy, new, at=after).valid_from == after
        refused("tie_over", lambda: reads.mandate(people.proxy, made, at=after))

    def test_an_agent_passes_nothing_on(self, people: People) -> None:
        people.represented()
        people.proxied()
        said = refused(
            "tie_chain",
            lambda: acts.grant_tie(people.proxy, tie("firm_proxy", people.firm, 1), at=AT, at_machine=MACHINE),
        )
        assert said.status == 403
        people.help()
        refused(
            "tie_chain",
            lambda: acts.grant_tie(people.helper, tie("helper", people.ids[0], 3), at=AT, at_machine=MACHINE),
        )

    def test_whom_the_base_does_not_name_represents_nothing(self, people: People) -> None:
        given = tie("representative", people.firm, 3, ground="licence", evidence="营业执照", valid_to=None)
        refused("tie_not_named", lambda: acts.record_tie(SYSTEM, given, at=AT))
        stranger = tie("firm_proxy", people.firm, 3)
        refused("no_tie", lambda: acts.grant_tie(people.head, stranger, at=AT, at_machine=MACHINE))
        made = people.represented()
        acts.correct_person(SYSTEM, people.firm, "representative", "别人", "legal_person_base", DAY, at=AT)
        refused("tie_not_named", lambda: reads.mandate(people.head, made, at=AT))
        refused("tie_not_named", lambda: acts.grant_tie(people.head, stranger, at=AT, at_machine=MACHINE))
        assert held(people.head) == []

    def test_a_firm_that_was_struck_off_has_no_agents(self, people: People) -> None:
        people.represented()
        made = people.proxied()
        acts.correct_person(SYSTEM, people.firm, "ended", "2014-02-16", "legal_person_base", DAY, at=AT)
        late = refused("tie_person_ended", lambda: reads.mandate(people.proxy, made, at=AT))
        assert late.facts["day"] == "2014-02-16"
        assert held(people.proxy) == held(people.head) == []
        given = tie("firm_proxy", people.firm, 1, ground="appointment", evidence="授权委托书")
        refused("tie_person_ended", lambda: acts.record_tie(SYSTEM, given, at=AT))

    def test_what_a_firm_that_was_struck_off_had_asked_for_is_accepted_no_more(self, people: People) -> None:
        people.represented()
        made = acts.grant_tie(people.head, tie("firm_proxy", people.firm, 3), at=AT, at_machine=MACHINE)
        acts.correct_person(SYSTEM, people.firm, "ended", "2014-02-16", "legal_person_base", DAY, at=AT)
        refused("tie_person_ended", lambda: acts.accept_tie(people.proxy, made, at=AT))

    def test_the_representative_ends_an_agency_and_a_stranger_does_not(self, people: People) -> None:
        people.represented()
        made = people.proxied()
        refused("no_tie", lambda: acts.end_tie(people.elder, made, "不要了", at=AT))
        acts.end_tie(people.head, made, "离职", at=AT)
        assert held(people.proxy) == []


WRONG: dict[str, Callable[[People], TieInput]] = {
    "tie_self": lambda people: tie("helper", people.ids[0], 0),
    "tie_nobody": lambda people: tie("helper", people.ids[0], 1, name=PROXY),
    "tie_order": lambda people: tie("helper", people.ids[0], 1, valid_to=AT - timedelta(days=1)),
    "tie_long": lambda people: tie("helper", people.ids[0], 1, valid_to=AT + timedelta(days=366, seconds=1)),
    "tie_endless": lambda people: tie("helper", people.ids[0], 1, valid_to=None),
    "tie_principal": lambda people: tie("firm_proxy", people.ids[0], 1),
    "no_service": lambda people: tie("helper", people.ids[0], 1, services=["zhihai.nothing"]),
    "no_service ": lambda people: tie("helper", people.ids[0], 1, services=[]),
    "no_tie_kind": lambda people: tie("neighbour", people.ids[0], 1),
}


@pytest.mark.parametrize("code", WRONG)
def test_a_tie_that_can_not_be_is_refused_alike_on_line_and_at_a_window(people: People, code: str) -> None:
    given = WRONG[code](people)
    with pytest.raises(Refused, match=code.strip()):
        acts.grant_tie(people.elder, given, at=AT, at_machine=MACHINE)
    kind = given.kind.partition(".")[2]
    at_window = {"helper": "spoken", "firm_proxy": "appointment"}.get(kind, "x")
    noted = TieInput(**{name: getattr(given, name) for name in TieInput.__dataclass_fields__}
                     | {"ground": at_window, "evidence": "窗口笔录"})  # fmt: skip
    refused(code.strip(), lambda: acts.record_tie(clerk(CLERK), noted, at=AT))


def test_a_minor_helps_nobody(people: People) -> None:
    (child,) = registered(somebody(9, "示例孩子", facts={"birth": "1996-02-18"}))
    given = tie("helper", people.ids[0], 1, name="示例孩子", number=number(9))
    refused("tie_minor", lambda: acts.grant_tie(people.elder, given, at=AT, at_machine=MACHINE))
    grown = AT + timedelta(days=1)  # the eighteenth birthday, in the district's zone
    acts.grant_tie(people.elder, given, at=grown - timedelta(hours=9), at_machine=MACHINE)
    assert child


def test_the_same_is_not_tied_twice_for_the_same_time(people: People) -> None:
    people.help()
    said = refused("tie_twice", lambda: people.help(valid_from=AT + timedelta(days=29), valid_to=AT + YEAR))
    assert (said.status, said.facts["day"]) == (409, "2014-02-17")
    people.help(valid_from=AT + timedelta(days=30), valid_to=AT + timedelta(days=60))
    given = tie("guardian", people.ids[0], 1, ground="court", evidence="判决")
    acts.record_tie(clerk(CLERK), given, at=AT)  # another kind is another thing


def test_numbers_are_not_tried_out_by_granting(people: People) -> None:
    for _ in range(5):
        with pytest.raises(Refused, match="tie_nobody"):
            acts.grant_tie(people.elder, tie("helper", people.ids[0], 1, name="x"), at=AT, at_machine=MACHINE)
    with pytest.raises(Refused, match="claim_later"):
        acts.grant_tie(people.elder, tie("helper", people.ids[0], 1), at=AT, at_machine=MACHINE)


def test_a_name_and_a_number_let_nobody_act(people: People) -> None:
    """Level 2 is anybody's who knows both: it opens no tie, neither as principal nor as who acts."""
    people.help()
    made = acts.sign_up("a password of a test", Named("居民", "Resident"), "zh", at=AT)
    thief = Actor(account=made, name="", sort="resident")
    for name, n in ((HELPER, 1), (ELDER, 0)):
        acts.claim_person(thief, name, number(n), at=AT, at_machine=MACHINE)
        assert reads.my_ties(thief, at=AT) == (None, ())
        assert reads.mandates(thief, at=AT) == ()
        refused("no_tie", lambda: acts.look_for(thief, 1, at=AT, at_machine=MACHINE))
    refused("no_tie", lambda: acts.grant_tie(thief, tie("helper", people.ids[0], 3), at=AT, at_machine=MACHINE))


def test_the_district_sets_how_long(people: People) -> None:
    sets = Actor(account=1, name="x", scope=clerk({SET_DISTRICT}).scope)
    with pytest.raises(NotPermitted):
        acts.set_tie_term(sets, "zhihai.helper", 10, "区规定", at=AT)
    acts.set_tie_term(SYSTEM, "zhihai.helper", 10, "区规定", at=AT)
    assert refused("tie_long", people.help).facts["days"] == 10
    people.help(valid_to=AT + timedelta(days=10))
    for kind, days, source in (
        ("zhihai.x", 3, "区规定"),
        ("zhihai.helper", 0, "区规定"),
        ("zhihai.helper", 36_526, "区规定"),
        ("zhihai.helper", 3, ""),
    ):
        with pytest.raises(Refused):
            acts.set_tie_term(SYSTEM, kind, days, source, at=AT)


def test_the_journal_holds_no_word_of_it(people: People) -> None:
    made = people.help()
    acts.look_for(people.helper, made, at=AT, at_machine=MACHINE)
    acts.withdraw_tie(clerk(CLERK), made, "本人到窗口收回", at=AT)
    written = str(store.rows("SELECT act, data::text FROM journal_entry"))
    for act in ("identity.record_tie", "identity.look_for", "identity.withdraw_tie"):
        assert act in written
    for secret in (ELDER, HELPER, "窗口笔录", "本人到窗口收回", number(0), number(1)):
        assert secret not in written


def test_somebody_is_registered_at_a_window_with_what_was_shown(people: People) -> None:
    given = somebody(20, "示例无机", EAST, source="population_base")
    refused("document_shown", lambda: acts.register_at_window(SYSTEM, given, "", at=AT))
    person = acts.register_at_window(SYSTEM, given, "居民身份证原件", at=AT)
    page = reads.person_page(SYSTEM, person)
    assert page.shown_at == AT
    assert reads.person_page(SYSTEM, people.ids[0]).shown_at is None
    refused("person_known", lambda: acts.register_at_window(SYSTEM, given, "居民身份证原件", at=AT))
    file = acts.look(SYSTEM, person, ("name",), "window", "CK-1", at=AT, at_machine=MACHINE)
    assert {fact.source for fact in file.facts} == {"window"}


def test_a_look_shows_what_a_person_sees_of_himself(people: People) -> None:
    made = people.help()
    seen = acts.look_for(people.helper, made, at=AT, at_machine=MACHINE)
    own = reads.my_data(people.elder)
    assert isinstance(seen, MyData)
    assert seen.file == own.file
