"""Opening: number, task, clocks, entry and event in one transaction; by whose duty, under which version and limits."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from zhihai.ground.actors import SYSTEM
from zhihai.ground.refusal import NotFound, Refused
from zhihai.kernel import house, records
from zhihai.kernel.cases import acts, reads
from zhihai.kernel.identity import acts as identities
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.journal import reads as journal
from zhihai.kernel.places import acts as area_acts
from zhihai.kernel.places import reads as places

from .conftest import MONDAY

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class TestWhole:
    def test_a_case_opens_with_its_number_first_task_and_clocks(self, desk: Any) -> None:
        case = desk.open(
            facts={"what": "a sign"}, subject=("finding", 7), lon=100.015, lat=30.005, cell="990101001901001"
        )
        shown = desk.view(case)
        assert case.number == shown.number == "LS-2014-XK-000001"
        assert (shown.state, shown.seq, shown.late, shown.rework, shown.mode) == ("open", 1, False, 0, "replay")
        assert (shown.subject, shown.facts, shown.cell) == (("finding", 7), {"what": "a sign"}, "990101001901001")
        (task,) = shown.tasks
        assert (task.step, task.role, task.round, task.state) == ("accept", "zhihai.dispatcher", 1, "open")
        assert [(clock.name, clock.task) for clock in shown.clocks] == [("law", None), ("promise", None)]
        assert shown.due == desk.clock(case, "promise").reading.due == datetime(2014, 3, 3, 10, tzinfo=UTC)

    def test_it_is_one_entry_of_its_own_chain_and_one_event(self, desk: Any, events: Any) -> None:
        case = desk.open()
        (entry,) = journal.case_entries(case.id)
        assert (entry.act, entry.case_seq, entry.at, entry.actor) == ("cases.open_case", 1, MONDAY, 0)
        assert events("CaseOpened") == [
            {"case": case.id, "number": case.number, "kind": "probe.permit", "steps": ["accept"]}
        ]

    def test_nothing_is_left_of_one_that_fails(self, desk: Any) -> None:
        before = records.value("SELECT count(*) FROM journal_entry")
        with records.atomic():
            desk.open()
            transaction.set_rollback(True)
        assert records.value("SELECT count(*) FROM cases") == 0
        assert records.value("SELECT count(*) FROM journal_entry") == before
        assert records.value("SELECT count(*) FROM outbox WHERE topic LIKE 'cases.%%'") == 0

    def test_numbers_carry_the_local_year_and_the_kinds_prefix(self, desk: Any) -> None:
        evening = datetime(2014, 12, 31, 15, 59, tzinfo=UTC)
        assert desk.open("probe.urgent", at=evening).number == "LS-2014-JJ-000001"
        assert desk.open("probe.urgent", at=evening + timedelta(minutes=1)).number == "LS-2015-JJ-000002"


class TestDuty:
    def test_the_narrowest_area_wins(self, desk: Any) -> None:
        places_of = {code: places.area_by_code(code).id for code in ("990101", "990101001")}
        for area, organisation in (("990101", "990101-water"), ("990101001", "990101-environment")):
            office = identity.organisation_by_code(organisation).id
            acts.set_duty(SYSTEM, "probe.urgent", "inspector", places_of[area], office, "example", at=MONDAY)
        codes = {one.id: one.code for one in identity.organisations()}
        east, west = desk.open("probe.urgent"), desk.open("probe.urgent", area="990101002")
        assert codes[desk.view(east).tasks[0].org] == "990101-environment"
        assert codes[desk.view(west).tasks[0].org] == "990101-water"

    def test_an_organisation_given_leads_and_the_duty_works(self, desk: Any) -> None:
        water = identity.organisation_by_code("990101-water").id
        case = desk.open(organisation=water)
        assert desk.view(case).org == water
        assert desk.view(case).tasks[0].org == identity.organisation_by_code("990101").id

    def test_without_a_duty_it_is_refused_by_role_and_kind(self, desk: Any) -> None:
        records.execute("DELETE FROM duty")
        with pytest.raises(Refused) as refused:
            desk.open()
        assert refused.value.facts == {"kind": "probe.permit", "role": "dispatcher"}
        assert desk.open(organisation=identity.organisation_by_code("990101").id)

    @pytest.mark.parametrize(
        ("given", "code"),
        [
            ({"kind": "probe.unknown"}, "no_case_kind"),
            ({"organisation": 9999}, "no_organisation"),
        ],
    )
    def test_what_is_not_there_is_refused(self, desk: Any, given: dict[str, Any], code: str) -> None:
        with pytest.raises(Refused) as refused:
            desk.open(**given)
        assert refused.value.code == code

    def test_an_area_that_is_not_there_is_not_found(self, desk: Any) -> None:
        with pytest.raises(NotFound) as refused:
            acts.open_case(SYSTEM, "probe.permit", at=MONDAY, area=9999)
        assert refused.value.field == "area"

    def test_a_duty_of_an_unknown_kind_is_refused(self, desk: Any) -> None:
        with pytest.raises(Refused):
            acts.set_duty(SYSTEM, "probe.nothing", "inspector", 1, 1, "", at=MONDAY)


class TestLimits:
    def promise(self, desk: Any, case: acts.CaseRef) -> tuple[int, str, str]:
        terms = desk.clock(case, "promise").clock.terms
        return terms.amount, terms.unit, terms.source

    def limit(self, amount: int, unit: str, day: date | None) -> None:
        acts.set_limit(SYSTEM, "probe.permit", "promise", amount, unit, f"promise of {day}", day, at=MONDAY)

    def test_that_in_force_on_the_day_of_opening_holds_with_its_source(self, desk: Any) -> None:
        self.limit(5, "working_day", date(2014, 2, 18))
        self.limit(16, "working_hour", date(2014, 2, 20))
        found = [self.promise(desk, desk.open(at=MONDAY + n * DAY)) for n in range(4)]
        assert found == [
            (10, "working_day", ""),
            (5, "working_day", "promise of 2014-02-18"),
            (5, "working_day", "promise of 2014-02-18"),
            (16, "working_hour", "promise of 2014-02-20"),
        ]

    def test_a_clock_that_starts_later_goes_by_the_day_of_opening_too(self, desk: Any) -> None:
        acts.set_limit(SYSTEM, "probe.permit", "looking", 2, "working_hour", "new", date(2014, 2, 18), at=MONDAY)
        before, after = desk.open(), desk.open(at=MONDAY + DAY)
        for case in (before, after):
            desk.step(case, "accept", "take", at=MONDAY + 2 * DAY)
        assert [desk.clock(case, "looking").clock.terms.amount for case in (before, after)] == [8, 2]

    def test_what_runs_keeps_what_it_began_with(self, desk: Any) -> None:
        case = desk.open()
        self.limit(1, "working_day", date(2014, 1, 1))
        assert self.promise(desk, case) == (10, "working_day", "")

    @pytest.mark.parametrize(
        ("clock", "amount", "unit", "source", "code"),
        [
            ("lunch", 1, "working_day", "x", "no_clock_kind"),
            ("promise", 1, "fortnight", "x", "no_unit"),
            ("promise", 1, "working_day", " ", "source_needed"),
            ("promise", 0, "working_day", "x", "limit_amount"),
            ("promise", 99_999, "working_day", "x", "limit_amount"),
        ],
    )
    def test_what_makes_no_sense_is_refused(
        self, desk: Any, clock: str, amount: int, unit: str, source: str, code: str
    ) -> None:
        with pytest.raises(Refused) as refused:
            acts.set_limit(SYSTEM, "probe.permit", clock, amount, unit, source, None, at=MONDAY)
        assert refused.value.code == code
        assert house.words().say(f"refused.{code}", "zh", **refused.value.facts)


class TestVersions:
    def test_the_version_in_force_on_the_day_governs_to_the_end(self, desk: Any) -> None:
        old = desk.open("probe.licence", at=datetime(2014, 2, 28, 15, tzinfo=UTC))
        new = desk.open("probe.licence", at=datetime(2014, 2, 28, 16, tzinfo=UTC))
        assert [desk.view(case).kind.version for case in (old, new)] == [1, 2]
        for case, outcome in ((old, "take"), (new, "grant")):
            desk.step(case, "accept", outcome, at=datetime(2014, 3, 3, 2, tzinfo=UTC))
        assert (desk.waiting(old), desk.view(new).state) == (["review"], "closed")
        assert [len(desk.view(case).clocks) for case in (old, new)] == [2, 1]

    def test_a_limit_may_be_set_for_a_clock_of_any_version(self, desk: Any) -> None:
        acts.set_limit(SYSTEM, "probe.licence", "promise", 3, "working_day", "x", None, at=MONDAY)
        case = desk.open("probe.licence")
        assert desk.clock(case, "promise").clock.terms.amount == 3


class TestTrees:
    def test_what_one_may_see_follows_when_the_trees_are_numbered_anew(self, desk: Any) -> None:
        case = desk.open("air.inspection")
        desk.step(case, "dispatch", "send")
        desk.step(case, "inspect", "violations")
        officials = {name: desk.actor(name) for name in ("street-east", "street-west", "inspector")}
        before = {name: len(reads.inbox(actor, MONDAY).rows) for name, actor in officials.items()}
        assert before == {"street-east": 1, "street-west": 0, "inspector": 1}
        renumber()
        after = {name: len(reads.inbox(desk.actor(name), MONDAY).rows) for name in officials}
        assert after == before
        assert records.value(
            """SELECT bool_and(t.org_lo = o.lo AND t.area_lo = a.lo AND c.area_lo = a.lo AND c.org_lo = l.lo)
               FROM task t JOIN cases c ON c.id = t.case_id JOIN organisation o ON o.id = t.org_id
               JOIN organisation l ON l.id = c.org_id JOIN area a ON a.id = c.area_id"""
        )


def renumber() -> None:
    """Renew both trees with a new branch before every other, so that all that stands behind moves."""
    codes = {one.id: one.code for one in identity.organisations()}
    offices = [
        identities.OrganisationInput(
            code=one.code, sort=one.sort, parent=codes.get(one.parent or 0), name=one.name,
        )
        for one in identity.organisations()
    ]  # fmt: skip
    first, *rest = offices
    added = identities.OrganisationInput(code="added", sort="department", parent=first.code, name=first.name)
    grown = [
        area_acts.AreaInput(
            code=one.code, level=one.level, parent="990101" if one.level == "street" else None, name=one.name
        )
        for one in places.areas()
        if one.level != "community"
    ]
    community = places.areas("community")[0]
    area_acts.load_areas(
        SYSTEM,
        [
            grown[0],
            area_acts.AreaInput(code="added", level="street", parent="990101", name=community.name),
            *grown[1:],
            area_acts.AreaInput(code=community.code, level="community", parent="990101001", name=community.name),
        ],
        at=MONDAY,
    )
    identities.load_organisations(SYSTEM, [first, added, *rest], at=MONDAY)


def test_64_writers_at_once_get_numbers_of_their_own(desk: Any, together: Any) -> None:
    area, writers = desk.area(), 64
    made = together(*([lambda: acts.open_case(SYSTEM, "probe.permit", at=MONDAY, area=area)] * writers))
    assert {type(one).__name__ for one in made} == {"CaseRef"}
    assert len({one.number for one in made}) == len({one.id for one in made}) == writers
    clocks = dict(records.rows("SELECT case_id, count(*) FROM clock GROUP BY case_id"))
    assert clocks == {one.id: 2 for one in made}
    assert records.value("SELECT count(*) FROM task") == writers
    assert records.value("SELECT count(*) FROM journal_entry WHERE act = 'cases.open_case'") == writers
    assert records.value("SELECT count(*) FROM outbox WHERE topic = 'cases.CaseOpened'") == writers
    assert records.value("SELECT count(*) FROM case_type WHERE name = 'probe.permit'") == 1
