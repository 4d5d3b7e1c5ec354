"""One suite over every pack: what the house promises of each, whoever wrote it."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import product
from string import Formatter
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings

from zhihai.ground.named import Named
from zhihai.ground.reading import Flag
from zhihai.ground.registry import Registry
from zhihai.ground.window import Sample, Verdict, Window
from zhihai.ground.words import LANGUAGES, Words
from zhihai.ground.worktime.calendar import CalendarDay, WorkingCalendar
from zhihai.kernel.cases.clocks import Clock, clock_from, terms_of
from zhihai.kernel.cases.engine import Plan, Task, plan_opening, plan_step, rows_of_starts
from zhihai.kernel.cases.kinds import CaseKind
from zhihai.kernel.indicators.kinds import CaseRow, IndicatorKind, ObservedRow, OfClocks, OfRatings, RatedRow, Span
from zhihai.kernel.records import as_json, json_object
from zhihai.kernel.rules.judging import verdicts
from zhihai.kernel.rules.kinds import RuleKind
from zhihai.kernel.sensing.kinds import DeviceKind, QuantityKind
from zhihai.site.packs import pack_folders
from zhihai.site.references import sentences

REGISTRY: Registry = settings.ZHIHAI_REGISTRY
WORDS: Words = settings.ZHIHAI_WORDS
ZONE = ZoneInfo("Asia/Shanghai")
AT = datetime(2014, 2, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)
PACKS = [pack for pack in REGISTRY.packs if pack != "zhihai"]
RULES = [pytest.param(name, kind, id=name) for name, kind in REGISTRY.all(RuleKind)]
CASES = [pytest.param(name, kind, id=name) for name, kind in REGISTRY.all(CaseKind)]
QUANTITIES = [pytest.param(name, kind, id=name) for name, kind in REGISTRY.all(QuantityKind)]
INDICATORS = [pytest.param(name, kind, id=name) for name, kind in REGISTRY.all(IndicatorKind)]
UCUM = re.compile(r"1|%|[a-zA-Z]+([0-9]*)(/[a-zA-Z]+[0-9]*)?")
HAN = re.compile(r"[\u4e00-\u9fff]")


def places(text: str) -> set[str]:
    return {name.partition(".")[0].partition("[")[0] for _, name, _, _ in Formatter().parse(text) if name is not None}


class TestWhole:
    def test_every_pack_that_ships_was_taken_in(self) -> None:
        assert settings.ZHIHAI_FAULTS == ()
        assert sorted(PACKS) == sorted(folder.name for folder in pack_folders().values())

    @pytest.mark.parametrize("pack", PACKS)
    def test_every_sentence_is_said_in_both_languages_with_the_same_places(self, pack: str) -> None:
        wanted = set(sentences(pack, REGISTRY))
        assert wanted
        for key in wanted:
            phrase = WORDS[key]
            assert places(phrase.zh) == places(phrase.en), key
            assert HAN.search(phrase.zh) or not phrase.zh.strip("0123456789.{} ").isalpha() or phrase.zh.isascii(), key
            assert not HAN.search(phrase.en), key

    @pytest.mark.parametrize("pack", PACKS)
    def test_a_pack_says_nothing_under_anothers_name(self, pack: str) -> None:
        said = {key for key in WORDS if key.startswith(f"{pack}.")}
        assert said >= set(sentences(pack, REGISTRY))


@pytest.mark.parametrize(("name", "kind"), QUANTITIES)
class TestQuantities:
    def test_unit_range_and_interval_make_sense(self, name: str, kind: QuantityKind) -> None:
        assert UCUM.fullmatch(kind.unit), kind.unit
        assert kind.low < kind.high
        assert kind.every > timedelta(0)
        assert kind.stale_after >= kind.every
        assert 0 <= kind.digits <= 4

    def test_some_device_has_it(self, name: str, kind: QuantityKind) -> None:
        pack = name.partition(".")[0]
        devices = [device for full, device in REGISTRY.all(DeviceKind) if full.startswith(f"{pack}.")]
        assert any(kind.id in device.quantities for device in devices)

    def test_what_it_is_derived_of_is_measured_and_the_window_may_be_empty(self, name: str, kind: QuantityKind) -> None:
        derivation = kind.derivation
        if derivation is None:
            return
        pack, day = name.partition(".")[0], date(2014, 2, 20)
        assert all(REGISTRY.get(QuantityKind, f"{pack}.{one}").derivation is None for one in derivation.of)
        for window in windows(derivation.of, f"{pack}", derivation.window):
            derived = derivation.compute(window, day, ZONE)
            assert derived.value is None or kind.low <= derived.value <= kind.high
            assert derivation.compute(window, day, ZONE) == derived
        assert derivation.compute(Window(AT, {}), day, ZONE).value is None


def windows(quantities: Any, pack: str, span: timedelta, seed: int = 1) -> Iterator[Window]:
    """Windows that are empty, full, gappy, late, flagged and at the edges of what a quantity can be."""
    draw = random.Random(seed)
    bounds = {one: REGISTRY.get(QuantityKind, f"{pack}.{one}") for one in quantities}
    count = span // HOUR + 2
    yield Window(AT, {})
    yield Window(AT, dict.fromkeys(bounds, ()))
    for share, flagged in product((0.0, 0.1, 0.5, 0.9, 1.0), (0, Flag.INVALID.value, Flag.INCOMPLETE.value)):
        for pick in ("low", "high", "any"):
            series = {}
            for one, quantity in bounds.items():
                hours = [n for n in range(count) if draw.random() < share]
                value = {"low": lambda q=quantity: q.low, "high": lambda q=quantity: q.high}.get(
                    pick, lambda q=quantity: draw.uniform(q.low, q.high)
                )
                series[one] = tuple(
                    Sample(AT - (count - n) * HOUR, value(), flagged if draw.random() < 0.3 else 0) for n in hours
                )
            yield Window(AT, series)


@pytest.mark.parametrize(("name", "kind"), RULES)
class TestRules:
    def test_it_answers_every_window_and_always_the_same(self, name: str, kind: RuleKind) -> None:
        limits = {limit.id: limit.value for limit in kind.limits}
        pack, seen = name.partition(".")[0], set()
        for window, open_ in product(windows(kind.watches, pack, kind.window), (False, True)):
            verdict = kind.test(window, open_, limits)
            assert isinstance(verdict, Verdict)
            assert verdict.kind in ({"holds", "closes"} if open_ else {"quiet", "opens"})
            assert verdict.since is None or verdict.since <= window.at
            assert all(isinstance(fact, str | int | float) for fact in verdict.facts.values())
            assert kind.test(window, open_, limits) == verdict
            seen.add(verdict.kind)
        assert len(seen) >= 3

    def test_it_opens_and_closes_in_turns_over_a_course(self, name: str, kind: RuleKind) -> None:
        pack, limits = name.partition(".")[0], {limit.id: limit.value for limit in kind.limits}
        draw = random.Random(9)
        hours = [AT + n * HOUR for n in range(24 * 30)]
        series = {
            one: tuple(Sample(at, draw.uniform(q.low, q.high)) for at in hours if draw.random() < 0.8)
            for one in kind.watches
            for q in [REGISTRY.get(QuantityKind, f"{pack}.{one}")]
        }

        def cut(at: datetime) -> Window:
            return Window(
                at, {one: tuple(s for s in of if at - kind.window <= s.at < at) for one, of in series.items()}
            )

        turns = [said.kind for _, said in verdicts(kind, limits, cut, hours, False) if said.kind in ("opens", "closes")]
        assert all(kind == ("opens", "closes")[place % 2] for place, kind in enumerate(turns))

    def test_its_thresholds_are_within_its_window_and_its_sentence_knows_their_names(
        self, name: str, kind: RuleKind
    ) -> None:
        assert len({limit.id for limit in kind.limits}) == len(kind.limits)
        assert all(0 <= limit.value < kind.window / HOUR for limit in kind.limits if limit.unit == "h")
        assert timedelta(0) < kind.window <= timedelta(days=31)
        assert kind.again_after >= timedelta(0)

    def test_what_it_found_can_be_said(self, name: str, kind: RuleKind) -> None:
        pack, limits = name.partition(".")[0], {limit.id: limit.value for limit in kind.limits}
        needed = places(WORDS[f"{pack}.rule.{kind.id}.found"].zh)
        opened = [
            verdict
            for window in windows(kind.watches, pack, kind.window)
            if (verdict := kind.test(window, False, limits)).kind == "opens"
        ]
        assert all(needed <= verdict.facts.keys() for verdict in opened)
        if opened and kind.opens:
            title = places(WORDS[f"{pack}.case.{kind.opens}.title"].zh)
            assert title <= {"device", "rule", "found", "device_code", "since"}


class Walk:
    """A case worked by the engine alone, at random."""

    def __init__(self, kind: CaseKind, calendar: WorkingCalendar, seed: int) -> None:
        self.kind, self.calendar, self.draw = kind, calendar, random.Random(seed)
        self.at = AT
        self.tasks: list[Task] = []
        self.clocks: list[Clock] = []
        self.closing: str | None = None
        self._follow(plan_opening(kind))

    def open(self) -> list[Task]:
        return [task for task in self.tasks if task.state == "open"]

    def step(self) -> None:
        task = self.draw.choice(self.open())
        outcome = self.draw.choice(self.kind.step(task.step).outcomes)
        self.at += timedelta(hours=self.draw.randint(0, 30))
        plan = plan_step(self.kind, self.tasks, self.clocks, task, outcome, self.at)
        gone = {one.id for one in plan.withdrawn}
        self.tasks = [self._ended(one, one.id == task.id, one.id in gone) for one in self.tasks]
        self.clocks = [plan.changed.get(clock.id, clock) for clock in self.clocks]
        self.closing = plan.closing
        self._follow(plan)

    def _ended(self, task: Task, done: bool, withdrawn: bool) -> Task:
        state = "done" if done else "withdrawn" if withdrawn else task.state
        return Task(task.id, task.step, task.role, 1, 1, task.round, state, task.outcome)

    def _follow(self, plan: Plan) -> None:
        for step in plan.opens:
            self.tasks.append(Task(len(self.tasks) + 1, step.id, step.role, 1, 1, 1, "open", None))
        terms = {declared.id: terms_of(declared, None) for declared in plan.starts}
        for row in rows_of_starts(plan, terms, plan.specials(self.clocks, self.at), self.calendar, self.at):
            task = next((one.id for one in self.open()[::-1] if one.step == row["step"]), None)
            more = {
                "id": len(self.clocks) + 1,
                "task_id": task,
                "warned_at": None,
                "breached_at": None,
                "stopped_at": None,
            }
            self.clocks.append(clock_from({**json_object(as_json(row)), **more}))


@pytest.fixture(scope="module")
def calendar() -> WorkingCalendar:
    days = [CalendarDay(date(year, 1, 1), "holiday", Named("元旦", "New Year")) for year in (2014, 2015, 2016, 2017)]
    return WorkingCalendar(days, years=range(2014, 2018), zone=ZONE, version="conformance")


@pytest.mark.parametrize(("name", "kind"), CASES)
class TestCases:
    def test_it_never_gets_stuck_and_ends(self, name: str, kind: CaseKind, calendar: WorkingCalendar) -> None:
        closings = set()
        for seed in range(60):
            walk = Walk(kind, calendar, seed)
            for _ in range(80):
                assert walk.open(), [task.step for task in walk.tasks]
                walk.step()
                if walk.closing is not None:
                    closings.add(walk.closing)
                    assert walk.open() == []
                    assert all(clock.done for clock in walk.clocks)
                    break
        declared = {outcome.closes for step in kind.steps for outcome in step.outcomes if outcome.closes}
        assert closings == declared

    def test_every_step_opens_and_every_clock_starts_and_stops(
        self, name: str, kind: CaseKind, calendar: WorkingCalendar
    ) -> None:
        opened: set[str] = set()
        started: set[str] = set()
        before_closing: set[str] = set()
        ends_early = {
            clock.id for clock in kind.clocks if any("." in end or not closes_always(kind, end) for end in clock.ends)
        }
        for seed in range(4000):  # what a kind with many ways to end is deep within is come upon rarely
            if seed >= 60 and opened == {step.id for step in kind.steps} and before_closing >= ends_early:
                break
            walk = Walk(kind, calendar, seed)
            while walk.closing is None and len(walk.tasks) < 60:
                before_closing |= {clock.name for clock in walk.clocks if clock.done}
                walk.step()
            opened |= {task.step for task in walk.tasks}
            started |= {clock.name for clock in walk.clocks}
        assert opened == {step.id for step in kind.steps}
        assert started == {clock.id for clock in kind.clocks}
        assert before_closing >= ends_early

    def test_a_clock_tied_to_a_task_is_tied_to_one_that_is_open(
        self, name: str, kind: CaseKind, calendar: WorkingCalendar
    ) -> None:
        for seed in range(20):
            walk = Walk(kind, calendar, seed)
            while walk.closing is None and len(walk.tasks) < 60:
                steps = {task.id: task.step for task in walk.open()}
                for clock in walk.clocks:
                    declared = kind.clock(clock.name)
                    assert (clock.task is None) == (declared.times is None)
                    if not clock.done and clock.task is not None:
                        assert steps[clock.task] == declared.times
                walk.step()

    def test_its_prefix_and_titles_are_fit_for_people(self, name: str, kind: CaseKind) -> None:
        assert re.fullmatch(r"[A-Z]{2,4}", kind.prefix)
        others = [one.prefix for full, one in REGISTRY.all(CaseKind) if full != name]
        assert kind.prefix not in others


def closes_always(kind: CaseKind, step: str) -> bool:
    return all(outcome.closes is not None for outcome in kind.step(step).outcomes)


@pytest.mark.parametrize(("name", "kind"), INDICATORS)
class TestIndicators:
    def rows(self, kind: IndicatorKind, count: int, draw: random.Random) -> tuple[Any, ...]:
        if isinstance(kind.source, OfClocks):
            return tuple(self.clock(n, draw) for n in range(count))
        if isinstance(kind.source, OfRatings):
            return tuple(RatedRow(n, AT - n * HOUR, draw.randint(1, 5)) for n in range(count))
        return tuple(
            ObservedRow(AT + n // 6 * HOUR, draw.uniform(0, 500), draw.choice([0, 0, 1, 2, 4]), None, n % 6)
            for n in range(count)
        )

    def clock(self, number: int, draw: random.Random) -> CaseRow:
        due = draw.choice([None, AT + draw.randint(-5, 5) * HOUR])
        stopped = draw.choice([None, AT + draw.randint(-5, 5) * HOUR])
        return CaseRow(number, f"N{number}", AT - 9 * HOUR, due, stopped, None)

    @pytest.mark.parametrize("count", [0, 1, 7, 240])
    def test_it_measures_whatever_rows_there_are(self, name: str, kind: IndicatorKind, count: int) -> None:
        for seed in range(5):
            rows = self.rows(kind, count, random.Random(seed))
            span = Span(AT - 30 * 24 * HOUR, AT + 30 * 24 * HOUR, AT)
            measured = kind.measure(rows, span)
            assert kind.measure(rows, span) == measured
            assert len(set(measured.rows)) == len(measured.rows)
            assert all(0 <= place < len(rows) for place in measured.rows)
            if kind.unit == "%":
                assert measured.value is None or 0 <= measured.value <= 1
                assert (measured.value is None) == (measured.denominator == 0)
            assert count or not measured.rows

    def test_it_says_what_it_is_counted_of(self, name: str, kind: IndicatorKind) -> None:
        pack = name.partition(".")[0]
        for language in LANGUAGES:
            for tail in ("name", "what", "base"):
                assert WORDS.say(f"{pack}.indicator.{kind.id}.{tail}", language)
