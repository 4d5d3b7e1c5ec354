"""Each quarter what people hold is reviewed, organisation by organisation, as a case with a clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.kernel.acting import DISTRICT, EAST, WEST, account, area, office

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.instants import quarter_of
from zhihai.ground.powers import WORK_CASES
from zhihai.ground.refusal import NotPermitted, Refused
from zhihai.kernel import records
from zhihai.kernel.cases import acts as cases
from zhihai.kernel.cases import reads as case_reads
from zhihai.kernel.channels import reads as channels
from zhihai.kernel.identity import acts, reads
from zhihai.kernel.journal import acts as journal_acts
from zhihai.kernel.journal import reads as journal
from zhihai.kernel.wiring import LISTENERS

ZONE = ZoneInfo("Asia/Shanghai")
WINTER = datetime(2014, 2, 17, 1, tzinfo=UTC)
SPRING = datetime(2014, 4, 1, tzinfo=ZONE).astimezone(UTC)
DAY = timedelta(days=1)
KIND = "zhihai.powers_review"
MACHINE = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture
def quarter(district: str) -> datetime:
    """The first instant of April; the platform ran in February already."""
    assert cases.open_recurring(at=WINTER) == 0
    return SPRING


def actor(username: str, at: datetime = SPRING) -> Actor:
    return reads.actor_of(account(username), at=at)


def due(organisation: str, at: datetime = SPRING, username: str = "leader") -> set[str]:
    rows = reads.due_for_review(actor(username, at), office(organisation), SPRING, at=at)
    names = {one.id: one.username for one in reads.accounts()}
    return {names[row.account] for row in rows}


HOLDING = [DISTRICT, "990101-environment", "990101-informatization", EAST, WEST]
"""The organisations of the invented district in which people hold roles."""


def reviews() -> list[Any]:
    return records.rows(
        """SELECT c.number, o.code, c.opened_at FROM cases c JOIN case_type k ON k.no = c.type_no AND k.name = %s
           JOIN organisation o ON o.id = c.org_id ORDER BY o.code, c.id""",
        (KIND,),
    )


class TestOpening:
    def test_a_case_is_opened_for_each_organisation_in_which_people_hold_roles(self, quarter: datetime) -> None:
        assert cases.open_recurring(at=quarter - timedelta(microseconds=1)) == 0
        assert cases.open_recurring(at=quarter) == len(HOLDING)
        assert [row[1] for row in reviews()] == HOLDING
        assert all(row[2] == quarter for row in reviews())

    def test_it_is_opened_once_a_quarter_however_late_and_by_whichever_process(
        self, quarter: datetime, together: Callable[..., list[Any]]
    ) -> None:
        late = quarter + 20 * DAY
        assert sorted(together(*[lambda: cases.open_recurring(at=late)] * 3)) == [0, 0, len(HOLDING)]
        assert cases.open_recurring(at=late + DAY) == 0
        assert cases.open_recurring(at=datetime(2014, 7, 1, tzinfo=ZONE)) == len(HOLDING)
        assert len(reviews()) == 2 * len(HOLDING)

    def test_a_district_that_begins_within_a_quarter_is_reviewed_from_the_next(self, district: str) -> None:
        assert cases.open_recurring(at=SPRING + 3 * DAY) == 0
        assert reviews() == []

    @given(st.dates())
    def test_a_quarter_begins_on_the_first_of_its_three_months(self, day: Any) -> None:
        begins = quarter_of(day)
        assert begins <= day
        assert (day - begins).days < 92
        assert begins.day == 1
        assert begins.month in (1, 4, 7, 10)
        assert quarter_of(begins) == begins

    def test_what_is_not_done_in_time_is_told_to_the_supervisor(self, quarter: datetime) -> None:
        cases.open_recurring(at=quarter)
        cases.tick(at=quarter + 40 * DAY)
        journal_acts.hear(LISTENERS, at_machine=MACHINE)
        told = {one.kind for one in channels.notices(account("supervisor"))}
        assert "zhihai.clock_breached" in told


class TestDeciding:
    def membership(self, username: str) -> int:
        return actor(username).scope.grants[0].membership

    def test_what_is_due_is_what_people_hold_and_nobody_has_kept(self, quarter: datetime) -> None:
        assert due(EAST) == {"street-east", "window-east", "helper"}
        assert due(WEST) == {"street-west"}
        assert "sim-dispatcher" not in due(DISTRICT)
        acts.grant_role(SYSTEM, account("reader"), "zhihai.reader", office(EAST), area(EAST), at=SPRING)
        assert due(EAST) == {"street-east", "window-east", "helper"}

    def test_it_is_kept_with_a_reason_until_the_next_quarter(self, quarter: datetime) -> None:
        held = self.membership("street-east")
        acts.review_role(actor("leader"), held, "still on duty", keep=True, at=SPRING + DAY)
        assert due(EAST, SPRING + DAY) == {"window-east", "helper"}
        row = records.one("SELECT kept_at, kept_by, kept_ground FROM membership WHERE id = %s", (held,))
        assert row == (SPRING + DAY, account("leader"), "still on duty")
        later = datetime(2014, 7, 1, tzinfo=ZONE)
        again = reads.due_for_review(actor("leader", later), office(EAST), later, at=later)
        assert held in {one.id for one in again}

    def test_it_is_ended_at_once(self, quarter: datetime) -> None:
        held = self.membership("street-east")
        acts.review_role(actor("leader"), held, "moved away", keep=False, at=SPRING)
        assert not actor("street-east").may(WORK_CASES)
        entry = journal.entries("account", account("street-east"))[-1]
        assert (entry.act, entry.data) == ("identity.review_role", {"membership": held, "keep": False})

    def test_nobody_reviews_their_own_nor_without_a_reason_nor_what_has_ended(self, quarter: datetime) -> None:
        own = self.membership("leader")
        with pytest.raises(Refused, match="review_self"):
            acts.review_role(actor("leader"), own, "still on duty", keep=True, at=SPRING)
        other = self.membership("street-east")
        with pytest.raises(Refused, match="grant_ground"):
            acts.review_role(actor("leader"), other, " ", keep=True, at=SPRING)
        acts.revoke_role(SYSTEM, other, at=SPRING)
        with pytest.raises(Refused, match="no_membership"):
            acts.review_role(actor("leader"), other, "still on duty", keep=True, at=SPRING)

    def test_a_deputy_reviews_for_who_is_away_but_not_the_role_of_either(self, quarter: datetime) -> None:
        by = actor("leader")
        mine = by.scope.grants[0].membership
        acts.delegate(by, mine, account("reader"), SPRING, SPRING + 5 * DAY, "on leave", at=SPRING)
        deputy, other = actor("reader"), self.membership("street-east")
        acts.review_role(deputy, other, "still on duty", keep=True, at=SPRING)
        entry = journal.entries("account", account("street-east"))[-1]
        assert (entry.actor, entry.data["for"]) == (account("reader"), account("leader"))
        for held in (mine, self.membership("reader")):
            with pytest.raises(Refused, match="review_self"):
                acts.review_role(deputy, held, "still on duty", keep=True, at=SPRING)

    def test_who_lost_the_power_meanwhile_reviews_nothing(self, quarter: datetime) -> None:
        by = actor("leader")
        acts.revoke_role(SYSTEM, by.scope.grants[0].membership, at=SPRING)
        with pytest.raises(NotPermitted):
            acts.review_role(by, self.membership("street-east"), "still on duty", keep=True, at=SPRING)

    def test_the_case_is_worked_by_the_leader_and_closed(self, quarter: datetime) -> None:
        cases.open_recurring(at=quarter)
        (row,) = [
            row
            for row in case_reads.inbox(actor("leader"), SPRING).rows
            if row.facts["office"]["en"].startswith("East")
        ]
        with pytest.raises(NotPermitted):
            cases.take_step(actor("dispatcher"), row.case, row.task, "done", note="x", at=SPRING)
        with pytest.raises(Refused, match="review_due"):
            cases.take_step(actor("leader"), row.case, row.task, "done", note="all reviewed", at=SPRING)
        for username in due(EAST):
            acts.review_role(actor("leader"), self.membership(username), "still on duty", keep=True, at=SPRING)
        cases.take_step(actor("leader"), row.case, row.task, "done", note="all reviewed", at=SPRING)
        assert case_reads.case_view(actor("leader"), row.number, SPRING).closing == "reviewed"
