"""Gathering: single readings that arrive together are written together, and each is answered for by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any

import pytest
from django.db import DataError, OperationalError, connection

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.reading import Reading
from zhihai.ground.refusal import NotPermitted, Refused
from zhihai.kernel import records
from zhihai.kernel.exchange import reads as exchanges
from zhihai.kernel.journal import reads as journal
from zhihai.kernel.journal.events import decode
from zhihai.kernel.sensing import acts, gathering
from zhihai.kernel.sensing import reads as sensing
from zhihai.kernel.sensing.events import ReadingsRecorded
from zhihai.kernel.sensing.gathering import Gathering, Single, write_singles

AT = datetime(2014, 2, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)
ENTRY = """SELECT act, noun, actor, sort, (data::jsonb - 'digest')::text FROM journal_entry
    WHERE noun = 'envelope' AND subject = %s"""
EVENT = "SELECT body FROM outbox WHERE (body::jsonb->>'envelope')::bigint = %s"


def dust(value: Any = 1.0, hours: float = -1, device: str = "west", quantity: str = "dust") -> Reading:
    return Reading(device, quantity, AT + hours * HOUR, value)


@pytest.fixture
def one(send: Any) -> Callable[..., Single]:
    """Makes a request of one reading."""

    def make(reading: Reading, key: str | None = None, body: bytes = b"{}", actor: Actor = SYSTEM) -> Single:
        return Single(actor, send.connector, body, "application/json", key, reading, AT)

    return make


def taken(singles: Sequence[Single]) -> list[bool]:
    write_singles(singles)
    return [single.envelope is not None for single in singles]


def take(send: Any, reading: Reading, key: str | None = None) -> acts.Recorded | None:
    return acts.take_one(SYSTEM, send.connector, b"{}", "application/json", key, reading, at_machine=AT)


class TestAsAnyOther:
    def test_it_leaves_what_a_request_taken_by_itself_leaves(self, send: Any, kept: Any) -> None:
        for hours, wanted in ((-2, 1), (-2, 0), (-3, 1), (-1, 1)):
            alone = send(dust(35.5, hours, "east"), body=b"{}")
            answer = take(send, dust(35.5, hours))
            assert answer is not None
            assert (answer.accepted, answer.duplicate, answer.quarantined) == (wanted, 1 - wanted, 0)
            west, east = (exchanges.envelope(given.envelope) for given in (answer, alone))
            assert (west.accepted, west.duplicate, west.size, west.digest) == (
                east.accepted, east.duplicate, east.size, east.digest
            )  # fmt: skip
            assert exchanges.raw(answer.envelope) == b"{}"
            told = [[decode(ReadingsRecorded, body) for (body,) in records.rows(EVENT, (given.envelope,))]
                    for given in (answer, alone)]  # fmt: skip
            assert len(told[0]) == len(told[1]) == wanted
            for mine_said, theirs_said in zip(*told, strict=True):
                assert mine_said.devices == (sensing.device("west").id,)
                assert replace(mine_said, envelope=0, devices=()) == replace(theirs_said, envelope=0, devices=())
            (mine,), (theirs,) = (records.rows(ENTRY, (given.envelope,)) for given in (answer, alone))
            assert mine[:4] == theirs[:4]
            mine_told, theirs_told = records.json_object(mine[4]), records.json_object(theirs[4])
            assert (mine_told.pop("rows") == theirs_told.pop("rows")) is (wanted == 0)  # of another stream
            assert mine_told == theirs_told
        assert kept("west", "dust") == kept("east", "dust")
        ids = [sensing.device(code).id for code in ("west", "east")]
        newest = sensing.latest(ids)
        assert len({(newest[id_, "probe.dust"].at, newest[id_, "probe.dust"].before) for id_ in ids}) == 1
        assert journal.verify().ok

    def test_its_entry_holds_the_digest_of_its_row(self, send: Any) -> None:
        answer = take(send, dust(35.5))
        assert answer is not None
        rows = records.value(
            """SELECT encode(sha256(zh_observation_bytes(datastream_id, at, value, flags)), 'hex') FROM observation
               WHERE envelope_id = %s""",
            (answer.envelope,),
        )
        (entry,) = journal.entries("envelope", answer.envelope)
        assert entry.data["rows"] == rows

    def test_within_a_transaction_it_is_not_for_others_to_write(self, send: Any) -> None:
        with records.atomic():
            assert take(send, dust()) is None

    def test_who_may_not_send_and_what_is_no_key_are_refused_before(self, send: Any, sender: Actor) -> None:
        silent = Actor(account=sender.account, name="x")
        with pytest.raises(NotPermitted):
            acts.take_one(silent, send.connector, b"{}", "", None, dust(), at_machine=AT)
        with pytest.raises(Refused):
            take(send, dust(), key="k" * (exchanges.KEY_LENGTH + 1))


class TestTogether:
    def test_one_bad_among_many_is_left_and_the_others_are_kept(
        self, one: Callable[..., Single], sender: Actor, kept: Any
    ) -> None:
        many = [
            one(dust(1.0)), one(dust(-5.0, device="east")), one(dust(device="nobody")), one(dust(2.0, -2, "east")),
            one(dust(0.1, quantity="rain")), one(dust(float("nan"), quantity="rain", device="east")),
            one(dust(0.2, hours=30, quantity="rain", device="east")),
            one(dust(0.3, quantity="rain", device="east"), actor=sender),
        ]  # fmt: skip
        assert taken(many) == [True, False, False, True, True, False, False, False]
        assert len({single.envelope for single in many}) == 4
        assert records.value("SELECT count(DISTINCT xid) FROM journal_entry WHERE act = 'sensing.record'") == 1
        assert records.value("SELECT count(*) FROM envelope") == 3
        assert kept("east", "dust") == {AT - 2 * HOUR: (2.0, 0)}
        assert kept("east", "rain") == {}

    def test_of_one_key_and_of_one_stream_only_the_first(self, one: Callable[..., Single], kept: Any) -> None:
        many = [
            one(dust(1.0), key="a"), one(dust(2.0), key="b"), one(dust(3.0, -2), key="c"),
            one(dust(4.0, quantity="rain"), key="a", body=b"other"), one(dust(5.0, device="east"), key="d"),
        ]  # fmt: skip
        assert taken(many) == [True, False, False, False, True]
        assert kept("west", "dust") == {AT - HOUR: (1.0, 0)}
        assert kept("east", "dust") == {AT - HOUR: (5.0, 0)}

    def test_what_was_sent_before_writes_nothing_and_leaves_the_others(
        self, one: Callable[..., Single], send: Any, kept: Any
    ) -> None:
        send(dust(1.0), key="a")
        many = [one(dust(9.0, 0), key="a", body=b"other bytes"), one(dust(2.0, device="east"), key="b")]
        assert taken(many) == [False, True]
        assert kept("west", "dust") == {AT - HOUR: (1.0, 0)}
        (newest,) = [
            one for (_, name), one in sensing.latest([sensing.device("west").id]).items() if name.endswith("dust")
        ]
        assert newest.at == AT - HOUR
        assert records.value("SELECT count(*) FROM envelope") == 2
        assert taken([one(dust(9.0, 0), key="a"), one(dust(9.0, 0, "east"), key="b")]) == [False, False]
        assert records.value("SELECT count(*) FROM envelope") == 2

    def test_devices_that_changed_meanwhile_are_looked_at_anew(self, one: Callable[..., Single], send: Any) -> None:
        assert taken([one(dust())]) == [True]
        records.execute("UPDATE sensing_version SET version = version + 1")
        assert taken([one(dust(hours=-2))]) == [False]
        assert send(dust(hours=-2)).accepted == 1
        assert taken([one(dust(hours=-3))]) == [True]

    def test_many_at_once_are_all_answered_each_for_its_own(
        self, send: Any, kept: Any, together: Callable[..., list[Any]]
    ) -> None:
        def work(number: int) -> list[acts.Recorded]:
            device, answers = ("west", "east")[number % 2], []
            for n in range(6):
                reading = dust(float(number), -1 - n - 6 * (number // 2), device)
                answers.append(take(send, reading, f"{number}-{n}") or send(reading, key=f"{number}-{n}"))
            return answers

        answers = [one for some in together([lambda n=n: work(n) for n in range(8)]) for one in some]
        assert [(one.accepted, one.duplicate, one.repeated) for one in answers] == [(1, 0, False)] * 48
        assert len({one.envelope for one in answers}) == 48
        assert len(kept("west", "dust")) == len(kept("east", "dust")) == 24
        assert records.value("SELECT count(*) FROM journal_entry WHERE act = 'sensing.record'") == 48

    def test_one_key_sent_by_many_at_once_is_taken_once(
        self, send: Any, kept: Any, together: Callable[..., list[Any]]
    ) -> None:
        answers = together([lambda: take(send, dust(), "k") or send(dust(), key="k") for _ in range(6)])
        assert len({one.envelope for one in answers}) == 1
        assert sorted(one.repeated for one in answers) == [False] + [True] * 5
        assert records.value("SELECT count(*) FROM envelope") == 1

    def test_a_session_that_ends_leaves_nothing_and_all_can_be_sent_again(
        self, one: Callable[..., Single], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def end(sql: str, params: Sequence[object] = ()) -> Any:
            with records.atomic():
                ask(sql, params)
                records.execute("SELECT pg_terminate_backend(pg_backend_pid())")

        ask = gathering.ask
        monkeypatch.setattr(gathering, "ask", end)
        many = [one(dust(), "a"), one(dust(device="east"), "b")]
        with pytest.raises(OperationalError):
            write_singles(many)
        assert [single.envelope for single in many] == [None, None]
        connection.close()
        assert records.value("SELECT count(*) FROM envelope") + records.value("SELECT count(*) FROM observation") == 0
        monkeypatch.setattr(gathering, "ask", ask)
        assert taken([one(dust(), "a"), one(dust(device="east"), "b")]) == [True, True]


class Wall:
    """Stands for the statement: holds the first one up until so many wait behind it, then does what it is told."""

    def __init__(self, wait: int, fault: Exception | None = None) -> None:
        self.wait, self.fault, self.written = wait, fault, []  # type: ignore[var-annotated]
        self.gathering = Gathering(self.write)

    def write(self, singles: Sequence[Single]) -> None:
        self.written.append(len(singles))
        if len(self.written) == 1:
            while len(self.gathering._waiting) < self.wait:
                Event().wait(0.001)
        if self.fault is not None:
            raise self.fault
        for number, single in enumerate(singles):
            single.envelope = number


def crowd(wall: Wall, one: Callable[..., Single], together: Callable[..., list[Any]]) -> list[Single | Exception]:
    def work(number: int) -> Single | Exception:
        single = one(dust(float(number)))
        try:
            wall.gathering.take(single)
        except Exception as fault:
            return fault
        return single

    return together([lambda n=n: work(n) for n in range(wall.wait + 1)])


class TestTakingTurns:
    def test_who_comes_while_others_are_written_is_written_together_with_all_who_wait(
        self, one: Callable[..., Single], together: Callable[..., list[Any]]
    ) -> None:
        wall = Wall(wait=7)
        answers = crowd(wall, one, together)
        assert wall.written[0] + sum(wall.written[1:]) == 8
        assert len(wall.written) == 2
        assert all(isinstance(answer, Single) and answer.envelope is not None for answer in answers)
        again = one(dust())
        wall.gathering.take(again)
        assert wall.written[-1] == 1

    def test_never_more_than_so_many(
        self, one: Callable[..., Single], together: Callable[..., list[Any]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(gathering, "MOST", 3)
        wall = Wall(wait=7)
        crowd(wall, one, together)
        assert max(wall.written) <= 3
        assert sum(wall.written) == 8

    def test_what_the_server_refused_each_tries_by_itself(
        self, one: Callable[..., Single], together: Callable[..., list[Any]]
    ) -> None:
        cause = type("Said", (Exception,), {"sqlstate": "22P02"})()
        fault = DataError("wrong")
        fault.__cause__ = cause
        answers = crowd(Wall(wait=4, fault=fault), one, together)
        assert [isinstance(answer, Single) and answer.envelope for answer in answers] == [None] * 5

    def test_when_nobody_can_say_what_was_written_all_are_told_so(
        self, one: Callable[..., Single], together: Callable[..., list[Any]]
    ) -> None:
        answers = crowd(Wall(wait=4, fault=OperationalError("the connection is lost")), one, together)
        assert [type(answer) for answer in answers] == [OperationalError] * 5
