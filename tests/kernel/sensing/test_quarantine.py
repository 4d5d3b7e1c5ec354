"""Quarantine: a person lets a reading in or throws it away, and answers for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.reading import Flag, Reading
from zhihai.ground.refusal import Conflict, NotPermitted, Refused
from zhihai.kernel import records
from zhihai.kernel.journal import reads as journal
from zhihai.kernel.sensing import acts
from zhihai.kernel.sensing import reads as sensing

AT = datetime(2014, 2, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)


def dust(value: Any, hours: float = -1, device: str = "west", **more: Any) -> Reading:
    return Reading(device, "dust", AT + hours * HOUR, value, **more)


def waiting() -> list[int]:
    return [row.id for row in sensing.quarantined()]


class TestRelease:
    def test_a_released_reading_is_an_observation_that_says_so(
        self, send: Any, kept: Any, operator: Actor, hear: Callable[[], int]
    ) -> None:
        answer = send(dust(1200.0, -1), dust(30.0, -2))
        (id_,) = waiting()
        assert acts.release(operator, [id_], "sandstorm, confirmed on site", at=AT) == 1
        assert kept("west", "dust")[AT - HOUR] == (1200.0, Flag.RELEASED)
        (row,) = sensing.quarantined(state=None)
        assert (row.state, row.decided_by, row.decided_at, row.note) == (
            "released", operator.account, AT, "sandstorm, confirmed on site",
        )  # fmt: skip
        hear()
        assert kept("west", "dust3")[AT - HOUR] == (615.0, Flag.INCOMPLETE)
        assert sensing.latest([sensing.device("west").id])[sensing.device("west").id, "probe.dust"].value == 1200.0
        entry = records.one("SELECT actor, data FROM journal_entry WHERE act = 'sensing.release'")
        assert entry is not None
        assert (entry[0], records.json_object(entry[1])) == (operator.account, {"ids": [id_]})
        digests = journal.Digests("envelope", "rows", sensing.row_digests)
        assert journal.verify_state(list, [digests]).ok
        assert [row.envelope for row in sensing.observations(stream())] == [answer.envelope] * 2

    def test_flags_and_units_come_along(self, send: Any, kept: Any) -> None:
        send(dust(1.0, unit="mg/m3", flags=Flag.DOUBTFUL))
        acts.release(SYSTEM, waiting(), "the unit was miswritten", at=AT)
        assert kept("west", "dust") == {AT - HOUR: (1.0, Flag.DOUBTFUL | Flag.RELEASED)}

    def test_what_is_still_wrong_stays_and_so_does_all_else(self, send: Any, kept: Any) -> None:
        send(dust(float("nan"), -1), dust(2000.0, -2))
        with pytest.raises(Refused) as refusal:
            acts.release(SYSTEM, waiting(), "all of it", at=AT)
        assert (refusal.value.code, refusal.value.facts["reason"]) == ("quarantine_not_mended", "not_a_number")
        assert kept("west", "dust") == {}
        assert len(waiting()) == 2

    def test_a_device_registered_later_lets_its_readings_in(self, send: Any, kept: Any) -> None:
        send(dust(5.0, device="new"))
        west = sensing.device("west")
        given = acts.DeviceInput(
            code="new", kind="probe.station", name=west.name, organisation=west.org_id, lon=116.01, lat=40.01,
            since=date(2014, 1, 1), provenance="synthetic",
        )  # fmt: skip
        acts.register_device(SYSTEM, given, at=AT)
        acts.release(SYSTEM, waiting(), "it is ours", at=AT)
        assert kept("new", "dust") == {AT - HOUR: (5.0, Flag.RELEASED)}

    def test_time_that_has_come_lets_a_reading_in(self, send: Any, kept: Any) -> None:
        send(dust(5.0, 10))
        with pytest.raises(Refused):
            acts.release(SYSTEM, waiting(), "soon", at=AT)
        acts.release(SYSTEM, waiting(), "now", at=AT + 10 * HOUR)
        assert kept("west", "dust") == {AT + 10 * HOUR: (5.0, Flag.RELEASED)}

    def test_an_instant_that_has_a_value_keeps_it(self, send: Any, kept: Any) -> None:
        send(dust(2000.0))
        send(dust(20.0))
        with pytest.raises(Conflict) as refusal:
            acts.release(SYSTEM, waiting(), "really", at=AT)
        assert refusal.value.code == "quarantine_taken"
        assert kept("west", "dust") == {AT - HOUR: (20.0, 0)}
        assert len(waiting()) == 1

    def test_two_released_for_one_instant_are_one_too_many(self, send: Any, kept: Any) -> None:
        send(dust(2000.0), dust(2001.0))
        with pytest.raises(Conflict):
            acts.release(SYSTEM, waiting(), "both", at=AT)
        assert kept("west", "dust") == {}

    def test_nobody_decides_beyond_their_area(self, send: Any, operator: Actor, sender: Actor) -> None:
        send(dust(2000.0, device="east"))
        for actor in (operator, sender):
            for act in (acts.release, acts.discard):
                with pytest.raises(NotPermitted):
                    act(actor, waiting(), "mine", at=AT)
        assert len(waiting()) == 1

    def test_one_of_two_at_once_decides(self, send: Any, kept: Any, together: Callable[..., list[Any]]) -> None:
        send(dust(2000.0))
        ids = waiting()

        def decide(act: Callable[..., int]) -> str:
            try:
                act(SYSTEM, ids, "decided", at=AT)
            except Conflict as refusal:
                return refusal.code
            return "done"

        answers = together([lambda: decide(acts.release), lambda: decide(acts.discard)])
        assert sorted(answers) == ["done", "quarantine_decided"]


class TestDiscard:
    def test_a_discarded_reading_stays_to_be_looked_at(self, send: Any, kept: Any, operator: Actor) -> None:
        send(dust(-1.0))
        (id_,) = waiting()
        acts.discard(operator, [id_], "zero drift", at=AT)
        assert waiting() == []
        (row,) = sensing.quarantined(state="discarded")
        assert (row.reading["value"], row.note, kept("west", "dust")) == (-1.0, "zero drift", {})
        with pytest.raises(Conflict):
            acts.release(operator, [id_], "after all", at=AT)

    def test_a_reading_of_an_unknown_device_is_decided_by_whoever_may_decide(self, send: Any, operator: Actor) -> None:
        send(dust(1.0, device="nobody"))
        assert acts.discard(operator, waiting(), "no such device", at=AT) == 1

    @pytest.mark.parametrize("note", ["", "  \n"])
    def test_a_reason_must_be_given(self, send: Any, note: str) -> None:
        send(dust(-1.0))
        for act in (acts.release, acts.discard):
            with pytest.raises(Refused) as refusal:
                act(SYSTEM, waiting(), note, at=AT)
            assert refusal.value.field == "note"

    def test_pages_go_back_in_time(self, send: Any) -> None:
        send(*(dust(-1.0, -n) for n in range(1, 8)))
        seen, after = [], None
        while page := sensing.quarantined(after=after, limit=3):
            seen += [row.position for row in page]
            after = page[-1].id
        assert seen == [6, 5, 4, 3, 2, 1, 0]
        assert (sensing.quarantined_open(), sensing.quarantined_open(bound=5)) == (7, 5)


def stream() -> int:
    found = sensing.device("west").stream("dust")
    assert found is not None
    return found.id
