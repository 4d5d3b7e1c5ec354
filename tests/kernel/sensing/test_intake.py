"""Intake: what is kept, what is counted, what is set aside, whatever order and company it comes in."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.reading import Flag, Reading
from zhihai.ground.refusal import Conflict, NotPermitted, Refused
from zhihai.kernel import house, records
from zhihai.kernel.exchange import reads as exchanges
from zhihai.kernel.identity import reads as identities
from zhihai.kernel.journal import reads as journal
from zhihai.kernel.sensing import acts
from zhihai.kernel.sensing import reads as sensing

AT = datetime(2014, 2, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)


def dust(value: Any, hours: float = -1, device: str = "west", **more: Any) -> Reading:
    return Reading(device, "dust", AT + hours * HOUR, value, **more)


def events() -> list[dict[str, Any]]:
    found = records.rows("SELECT body FROM outbox WHERE topic = 'sensing.ReadingsRecorded' ORDER BY id")
    return [json.loads(body) for (body,) in found]


class TestKeeping:
    def test_a_reading_is_kept_with_its_envelope_entry_and_event(self, send: Any, kept: Any) -> None:
        answer = send(dust(35.5), body=b'{"dust": 35.5}')
        assert (answer.accepted, answer.duplicate, answer.quarantined, answer.problems) == (1, 0, 0, ())
        assert kept("west", "dust") == {AT - HOUR: (35.5, 0)}
        envelope = exchanges.envelope(answer.envelope)
        assert (envelope.accepted, envelope.size, envelope.provenance) == (1, 14, "synthetic")
        assert exchanges.raw(answer.envelope) == b'{"dust": 35.5}'
        (entry,) = journal.entries("envelope", answer.envelope)
        assert (entry.act, entry.data["accepted"], entry.data["digest"]) == ("sensing.record", 1, envelope.digest)
        west = sensing.device("west")
        assert events() == [
            {"envelope": answer.envelope, "devices": [west.id], "first": "2014-02-19T23:00:00Z",
             "last": "2014-02-19T23:00:00Z", "count": 1}
        ]  # fmt: skip
        newest = sensing.latest([west.id])[west.id, "probe.dust"]
        assert (newest.at, newest.value, newest.before) == (AT - HOUR, 35.5, None)

    def test_the_first_value_of_an_instant_stays_within_a_batch_and_across(self, send: Any, kept: Any) -> None:
        answer = send(dust(1.0), dust(2.0), dust(3.0, -2))
        assert (answer.accepted, answer.duplicate) == (2, 1)
        again = send(dust(9.0), dust(9.0, -2), dust(4.0, -3))
        assert (again.accepted, again.duplicate) == (1, 2)
        assert kept("west", "dust") == {AT - HOUR: (1.0, 0), AT - 2 * HOUR: (3.0, 0), AT - 3 * HOUR: (4.0, 0)}

    def test_the_event_tells_only_what_is_new(self, send: Any) -> None:
        send(dust(1.0, -5), dust(1.0, -1))
        send(dust(2.0, -5), dust(2.0, -3), dust(2.0, -1))
        assert events()[1]["first"] == events()[1]["last"] == "2014-02-19T21:00:00Z"
        assert events()[1]["count"] == 1

    def test_a_batch_of_nothing_new_emits_nothing_but_is_journalled(self, send: Any) -> None:
        send(dust(1.0))
        answer = send(dust(1.0))
        assert (answer.accepted, answer.duplicate) == (0, 1)
        assert len(events()) == 1
        assert len(journal.entries("envelope", answer.envelope)) == 1

    def test_a_batch_without_readings_is_an_envelope(self, send: Any) -> None:
        answer = send()
        assert (answer.accepted, answer.duplicate, answer.quarantined) == (0, 0, 0)
        assert exchanges.envelope(answer.envelope).accepted == 0

    def test_late_data_are_kept_and_do_not_become_the_latest(self, send: Any, kept: Any) -> None:
        send(dust(10.0, -1))
        send(dust(20.0, -300))
        west = sensing.device("west").id
        assert set(kept("west", "dust")) == {AT - HOUR, AT - 300 * HOUR}
        assert sensing.latest([west])[west, "probe.dust"].value == 10.0

    def test_the_latest_knows_the_value_before_it(self, send: Any) -> None:
        west = sensing.device("west").id
        send(dust(1.0, -9))
        send(dust(2.0, -3))
        assert sensing.latest([west])[west, "probe.dust"].before == AT - 9 * HOUR
        send(dust(3.0, -2), dust(4.0, -1))
        assert sensing.latest([west])[west, "probe.dust"].before == AT - 2 * HOUR

    def test_an_instant_is_the_same_in_every_zone(self, send: Any) -> None:
        east = timezone(8 * HOUR)
        assert send(dust(1.0)).accepted == 1
        assert send(replace(dust(1.0), at=(AT - HOUR).astimezone(east))).duplicate == 1

    def test_microseconds_are_kept(self, send: Any, kept: Any) -> None:
        at = datetime(2014, 2, 19, 23, 59, 59, 999999, tzinfo=UTC)
        send(replace(dust(1.0), at=at))
        assert set(kept("west", "dust")) == {at}

    def test_quantities_go_by_id_or_full_name(self, send: Any, kept: Any) -> None:
        answer = send(dust(1.0), replace(dust(2.0), quantity="probe.dust"), replace(dust(0.5), quantity="probe.rain"))
        assert (answer.accepted, answer.duplicate) == (2, 1)
        assert kept("west", "rain") == {AT - HOUR: (0.5, 0)}

    def test_months_get_their_partition_when_a_reading_needs_it(self, send: Any) -> None:
        def months() -> set[str]:
            return {name for (name,) in records.rows("SELECT inhrelid::regclass::text FROM pg_inherits "
                "WHERE inhparent = 'observation'::regclass")}  # fmt: skip

        assert months() == set()
        send(dust(1.0), dust(1.0, -24 * 300))
        assert months() == {"observation_201402", "observation_201304"}
        assert records.value("SELECT count(*) FROM observation_201402") == 1

    def test_flags_of_the_sender_are_kept(self, send: Any, kept: Any) -> None:
        send(dust(1.0, flags=Flag.INVALID | Flag.DOUBTFUL))
        assert kept("west", "dust") == {AT - HOUR: (1.0, 9)}

    def test_whole_numbers_are_values(self, send: Any, kept: Any) -> None:
        assert send(dust(7)).accepted == 1
        assert kept("west", "dust") == {AT - HOUR: (7.0, 0)}

    def test_stretches_far_apart_are_told_apart(self, send: Any) -> None:
        answer = send(dust(1.0), dust(2.0, -24 * 200), dust(3.0, device="east"))
        west, east = sensing.device("west").id, sensing.device("east").id
        assert answer.accepted == 3
        assert [(event["devices"], event["first"][:10], event["count"]) for event in events()] == [
            ([west], "2013-08-04", 1), ([west], "2014-02-19", 1), ([east], "2014-02-19", 1),
        ]  # fmt: skip


class TestOnce:
    def test_the_same_key_gives_the_first_answer_and_writes_nothing(self, send: Any, kept: Any) -> None:
        first = send(dust(1.0), dust(-5.0, -2), key="k1")
        again = send(dust(1.0), dust(-5.0, -2), key="k1")
        assert again == replace(first, repeated=True)
        assert len(kept("west", "dust")) == 1
        assert len(sensing.quarantined()) == 1
        assert len(journal.entries("envelope", first.envelope)) == 1

    def test_the_same_key_with_other_bytes_is_refused(self, send: Any) -> None:
        send(dust(1.0), key="k1")
        with pytest.raises(Conflict) as refusal:
            send(dust(2.0, -2), key="k1", body=b"other")
        assert refusal.value.code == "key_reused"
        assert len(exchanges.envelopes()) == 1

    def test_what_an_adapter_refuses_leaves_nothing(self, send: Any) -> None:
        def read(body: bytes) -> Sequence[Reading]:
            raise Refused("not_json")

        with pytest.raises(Refused):
            acts.take_in(SYSTEM, send.connector, b"x", "application/json", "k", read, at=AT, at_machine=AT)
        assert exchanges.envelopes() == ()

    def test_another_account_may_not_use_the_line(self, send: Any, operator: Actor) -> None:
        with pytest.raises(NotPermitted):
            send(dust(1.0), actor=operator)
        assert exchanges.envelopes() == ()


REASONS: list[tuple[str, dict[str, Any]]] = [
    ("unknown_device", {"device": "nobody"}),
    ("unknown_quantity", {"quantity": "noise"}),
    ("unknown_quantity", {"quantity": "other.dust"}),
    ("computed_quantity", {"quantity": "dust3"}),
    ("time_before", {"at": datetime(1970, 1, 1, tzinfo=UTC)}),
    ("time_before", {"at": datetime(2013, 2, 28, 15, 59, 59, tzinfo=UTC)}),
    ("time_ahead", {"at": datetime(2099, 1, 1, tzinfo=UTC)}),
    ("time_ahead", {"at": AT + HOUR + timedelta(seconds=1)}),
    ("time_unreadable", {"at": datetime(2014, 2, 19)}),  # noqa: DTZ001
    ("time_unreadable", {"at": "yesterday"}),
    ("time_unreadable", {"at": None}),
    ("not_a_number", {"value": float("nan")}),
    ("not_a_number", {"value": float("inf")}),
    ("not_a_number", {"value": 10**400}),
    ("not_a_number", {"value": 10**5000}),
    ("not_a_number", {"value": True}),
    ("not_a_number", {"value": "12"}),
    ("not_a_number", {"value": None}),
    ("not_a_number", {"value": [1.0]}),
    ("wrong_unit", {"unit": "mg/m3"}),
    ("out_of_range", {"value": -0.001}),
    ("out_of_range", {"value": 1000.5}),
    ("unknown_flags", {"flags": 64}),
    ("unknown_flags", {"flags": -1}),
    ("unknown_flags", {"flags": Flag.RELEASED}),
]


class TestQuarantine:
    def test_what_can_not_be_is_set_aside_with_its_reason(self, send: Any, kept: Any) -> None:
        for n, (reason, fault) in enumerate(REASONS, start=1):
            answer = send(dust(1.0, -3 * n), replace(dust(2.0, -1), **fault), dust(3.0, -3 * n - 1))
            assert (answer.accepted, answer.quarantined) == (2, 1), fault
            (problem,) = answer.problems
            assert (problem.position, problem.reason) == (1, reason), fault
            assert problem.field.startswith("readings[1].")
            (row,) = sensing.quarantined(envelope=answer.envelope)
            assert (row.reason, row.position, row.state, row.at, row.facts) == (reason, 1, "open", AT, problem.facts)
            assert sensing.problems_of(answer.envelope) == answer.problems
        assert len(kept("west", "dust")) == 2 * len(REASONS)

    def test_every_reason_says_what_to_do_in_both_languages(self, send: Any) -> None:
        words = house.words()
        readings = [replace(dust(1.0, -2 - n), **fault) for n, (_, fault) in enumerate(REASONS)]
        answer = send(*readings)
        assert [problem.reason for problem in answer.problems] == [reason for reason, _ in REASONS]
        for problem in answer.problems:
            for language in ("zh", "en"):
                assert words[f"quarantine.{problem.reason}"].say(language, **problem.facts)

    def test_instants_in_a_reason_are_the_districts_to_the_second(self, send: Any) -> None:
        ahead = AT + timedelta(days=1, microseconds=5)
        (problem,) = send(replace(dust(1.0), at=ahead)).problems
        beijing = ZoneInfo("Asia/Shanghai")
        assert problem.facts["now"] == AT.astimezone(beijing).isoformat(timespec="seconds")
        assert problem.facts["at"] == ahead.astimezone(beijing).isoformat(timespec="seconds")
        assert problem.facts["now"].endswith("+08:00")

    def test_bounds_of_range_and_time_are_good(self, send: Any) -> None:
        since = datetime(2013, 2, 28, 16, tzinfo=UTC)  # midnight of the first of March in Beijing
        edges = [dust(0.0), dust(1000.0, -2), dust(1.0, 1), replace(dust(1.0), at=since)]
        assert send(*edges).accepted == 4

    def test_a_named_unit_that_is_right_is_good(self, send: Any) -> None:
        assert send(dust(1.0, unit="ug/m3"), dust(1.0, -2)).accepted == 2

    def test_nothing_is_made_of_wild_years(self, send: Any) -> None:
        send(*(replace(dust(1.0), at=datetime(year, 1, 1, tzinfo=UTC)) for year in (1, 1970, 2099, 9999)))
        assert records.value("SELECT count(*) FROM pg_inherits WHERE inhparent = 'observation'::regclass") == 0
        assert len(sensing.quarantined()) == 4

    def test_text_that_no_store_can_hold_is_kept_readable(self, send: Any) -> None:
        answer = send(replace(dust(1.0), device="a\0b\ud800" + "x" * 1000, unit="\0"))
        assert answer.quarantined == 1
        assert sensing.quarantined()[0].reading["device"].startswith("a\N{REPLACEMENT CHARACTER}b?xxx")

    def test_a_sender_sends_for_its_own_devices_only(self, send: Any, sender: Actor) -> None:
        answer = send(dust(1.0), dust(2.0, device="east"), actor=sender)
        assert (answer.accepted, answer.quarantined) == (1, 1)
        assert answer.problems[0].reason == "foreign_device"

    def test_a_device_out_of_use_sends_nothing_after_its_last_day(self, send: Any, place: str) -> None:
        west = sensing.device("west")
        acts.register_device(
            SYSTEM,
            acts.DeviceInput(
                code="west", kind=west.kind, name=west.name, organisation=west.org_id, lon=west.lon, lat=west.lat,
                since=west.since, until=datetime(2014, 2, 18, tzinfo=UTC).date(), provenance="synthetic",
            ),
            at=AT,
        )  # fmt: skip
        answer = send(dust(1.0, -33), dust(1.0, -32))  # 23:00 of the 18th and 0:00 of the 19th in Beijing
        assert (answer.accepted, [problem.reason for problem in answer.problems]) == (1, ["time_after"])

    def test_a_device_registered_while_we_run_is_known_at_once(self, send: Any) -> None:
        assert send(dust(1.0, device="new")).quarantined == 1
        organisation = identities.organisation_by_code("weather").id
        acts.register_device(
            SYSTEM,
            acts.DeviceInput(
                code="new", kind="probe.station", name=sensing.device("west").name, organisation=organisation,
                lon=116.01, lat=40.01, provenance="synthetic",
            ),
            at=AT,
        )  # fmt: skip
        assert send(dust(1.0, device="new")).accepted == 1
        assert send(replace(dust(1.0, device="new"), at=datetime(1999, 12, 31, tzinfo=UTC))).quarantined == 1


class TestTogether:
    def test_writers_of_the_same_streams_neither_lock_nor_lose(
        self, send: Any, kept: Any, together: Callable[..., list[Any]]
    ) -> None:
        hours = [-n for n in range(1, 301)]

        def batch(number: int) -> list[Reading]:
            chosen = hours if number % 2 else hours[::-1]
            return [dust(float(number), n, device) for n in chosen for device in ("west", "east")]

        answers = together([lambda n=n: send(*batch(n)) for n in range(6)])
        assert sum(answer.accepted for answer in answers) == 600
        assert sum(answer.duplicate for answer in answers) == 5 * 600
        assert len(kept("west", "dust")) == len(kept("east", "dust")) == 300
        assert sum(event["count"] for event in events()) == 600

    def test_writers_that_renew_the_same_latest_values_go_in_one_order(
        self, send: Any, kept: Any, together: Callable[..., list[Any]]
    ) -> None:
        send(*(dust(0.0, -500, device) for device in ("west", "east")))

        def write(number: int) -> int:
            devices = ("west", "east") if number % 2 else ("east", "west")
            hours = range(-400 + number, -40, 4)
            return sum(send(*(dust(float(number), hour, device) for device in devices)).accepted for hour in hours)

        answers = together([lambda n=n: write(n) for n in range(4)])
        assert sum(answers) == 2 * 360
        west = sensing.device("west").id
        assert sensing.latest([west])[west, "probe.dust"].at == max(kept("west", "dust")) == AT - 41 * HOUR

    def test_one_key_sent_at_once_is_taken_once(self, send: Any, together: Callable[..., list[Any]]) -> None:
        answers = together([lambda: send(dust(1.0), key="once") for _ in range(6)])
        assert len({answer.envelope for answer in answers}) == 1
        assert sorted(answer.repeated for answer in answers) == [False, True, True, True, True, True]
        assert {answer.accepted for answer in answers} == {1}

    def test_new_months_made_at_once_do_no_harm(self, send: Any, kept: Any, together: Callable[..., list[Any]]) -> None:
        answers = together([lambda n=n: send(dust(1.0, -24 * 30 * (n % 4) - n)) for n in range(1, 9)])
        assert sum(answer.accepted for answer in answers) == 8


class TestVerification:
    def test_rows_and_bytes_changed_behind_our_back_are_found(self, send: Any) -> None:
        first, second = send(dust(1.0), dust(2.0, -2), body=b"one"), send(dust(3.0, -3), body=b"two")
        digests = (
            journal.Digests("envelope", "digest", exchanges.raw_digests),
            journal.Digests("envelope", "rows", sensing.row_digests),
        )
        assert journal.verify_state(list, digests).ok
        records.execute("UPDATE observation SET value = 1.5 WHERE value = 1.0")
        records.execute("UPDATE envelope SET raw = 'twi' WHERE id = %s", (second.envelope,))
        found = journal.verify_state(list, digests).faults
        assert [fault.where for fault in found] == [f"envelope {second.envelope}", f"envelope {first.envelope}"]
