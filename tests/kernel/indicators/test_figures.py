"""Figures: measured over periods of the district's zone, opened down to their rows, computed anew when those change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from django.test.utils import override_settings

from zhihai.ground.actors import SYSTEM
from zhihai.ground.measure import Measured, share
from zhihai.ground.reading import Flag, Reading
from zhihai.ground.refusal import NotFound, Refused
from zhihai.ground.registry import Registry
from zhihai.kernel import records, standard
from zhihai.kernel.cases import acts as cases
from zhihai.kernel.cases import reads as case_reads
from zhihai.kernel.exchange import reads as exchange
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.indicators import acts, reads
from zhihai.kernel.indicators.kinds import IndicatorKind, ObservedRow, OfClocks, OfObservations
from zhihai.kernel.indicators.periods import periods_between
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.journal import reads as clock
from zhihai.kernel.places import reads as places
from zhihai.kernel.sensing import acts as sensing
from zhihai.kernel.wiring import LISTENERS
from zhihai.packs.air.kinds import KINDS as AIR
from zhihai.packs.weather.kinds import KINDS as WEATHER

START = datetime(2014, 2, 16, 16, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MACHINE = datetime(2026, 5, 1, tzinfo=UTC)
NUMBERS = count()


def wet_hours(rows: tuple[ObservedRow, ...], span: Any) -> Measured:
    """The share of hours with rain, among those that count."""
    valid = [place for place, row in enumerate(rows) if not row.flags & Flag.INVALID]
    return share(sum(rows[place].value > 0 for place in valid), len(valid), tuple(valid))


def rain(rows: tuple[ObservedRow, ...], span: Any) -> Measured:
    """The sum of rain: what version 2 measures instead."""
    return Measured(sum(row.value for row in rows), sum(row.value for row in rows), 1, tuple(range(len(rows))))


def kind(id_: str, period: Any = "day", **more: Any) -> IndicatorKind:
    source = OfObservations(id="station", quantities=("rain",))
    given = {"source": source, "measure": wet_hours, "unit": "%", **more}
    return IndicatorKind(id=id_, period=period, **given)


OWN = (
    kind("wet_day"), kind("wet_month", "month"), kind("wet_year", "year"),
    kind("changing", valid_from=date(2014, 1, 1)),
    kind("changing", version=2, valid_from=date(2014, 2, 19), measure=rain, unit="mm"),
    kind("held", public=False, target="T33"),
)  # fmt: skip
CARRIED = IndicatorKind(
    id="carried", period="day", unit="1", measure=rain, source=OfObservations(id="station", quantities=("aqi_24h",))
)
REGISTRY = Registry({standard.PACK: standard.KINDS, "air": (*AIR, CARRIED), "weather": (*WEATHER, *OWN)})
OLD = Registry({standard.PACK: standard.KINDS, "air": AIR, "weather": (*WEATHER, *OWN[:4])})


@pytest.fixture(autouse=True)
def kinds(district: str) -> Iterator[None]:
    """Six figures about rain beside those of the packs."""
    with override_settings(ZHIHAI_REGISTRY=REGISTRY):
        yield


def send(
    hours: Sequence[tuple[int, float]], device: str = "east-weather", quantity: str = "weather.rain",
    at: datetime | None = None,
) -> None:  # fmt: skip
    """Take in values by the number of their hour since the district's clock began, and hear what they bring."""
    at = at or START + (max(hour for hour, _ in hours) + 1) * HOUR
    readings = [Reading(device, quantity, START + hour * HOUR, value) for hour, value in hours]
    connector = exchange.connector_of(identity.account_named("stations").id)
    key = f"k{next(NUMBERS)}"
    sensing.take_in(SYSTEM, connector, b"{}", "application/json", key, lambda _: readings, at=at, at_machine=at)
    hear()


def hear() -> None:
    while journal.hear(LISTENERS, at_machine=datetime.now(UTC)):
        pass


def compute(at: datetime = START + 100 * DAY) -> int:
    done = 0
    while n := acts.compute(at=at, at_machine=MACHINE, rest=timedelta(0)):
        done += n
    return done


def dirty() -> set[tuple[str, date]]:
    return {(name, starts) for name, starts in records.rows("SELECT indicator, starts FROM indicator_dirty")}


def value(name: str, starts: date) -> float | None:
    return next(one.value for one in reads.history(name) if one.starts == starts)


FIRST, SECOND, THIRD = date(2014, 2, 17), date(2014, 2, 18), date(2014, 2, 19)


class TestPeriods:
    def test_a_day_is_a_day_of_the_districts_zone(self) -> None:
        send([(22, 1.0), (23, 1.0), (24, 0.0), (25, 1.0)])
        compute()
        assert [value("weather.wet_day", day) for day in (FIRST, SECOND)] == [1.0, 0.5]

    def test_months_and_years_hold_their_days(self) -> None:
        send([(hour, float(hour % 2)) for hour in (0, 1, 24 * 12, 24 * 12 + 1)])
        compute()
        months = {one.starts: (one.value, one.ends, one.rows) for one in reads.history("weather.wet_month")}
        assert months == {date(2014, 2, 1): (0.5, date(2014, 3, 1), 2), date(2014, 3, 1): (0.5, date(2014, 4, 1), 2)}
        (year,) = reads.history("weather.wet_year")
        assert (year.starts, year.ends, year.rows, year.denominator) == (date(2014, 1, 1), date(2015, 1, 1), 4, 4)

    def test_what_comes_after_the_instant_does_not_count(self) -> None:
        send([(0, 1.0), (1, 1.0), (2, 0.0)])
        compute(at=START + 2 * HOUR)
        (figure,) = reads.history("weather.wet_day")
        assert (figure.value, figure.as_of) == (1.0, START + 2 * HOUR)

    def test_periods_follow_one_another_without_gap(self) -> None:
        zone = clock.clock().zone
        months = list(
            periods_between("month", datetime(2013, 11, 30, 17, tzinfo=UTC), datetime(2014, 2, 1, tzinfo=UTC), zone)
        )
        assert months == [date(2013, 12, 1), date(2014, 1, 1), date(2014, 2, 1)]
        assert list(periods_between("year", START, START, zone)) == [date(2014, 1, 1)]


class TestMarks:
    def test_a_reading_marks_the_periods_it_lies_in_and_no_others(self) -> None:
        send([(30, 1.0)])
        of_rain = {(name, starts) for name, starts in dirty() if "wet" in name}
        assert of_rain == {
            ("weather.wet_day", SECOND),
            ("weather.wet_month", date(2014, 2, 1)),
            ("weather.wet_year", date(2014, 1, 1)),
        }

    def test_computing_takes_the_marks_away(self) -> None:
        send([(0, 1.0)])
        assert compute() == len(OWN) - 1
        assert dirty() == set()
        assert compute() == 0

    def test_a_neighbours_readings_mark_nothing_and_count_nowhere(self) -> None:
        send([(0, 30.0)], device="far-air", quantity="air.pm25")
        assert dirty() == set()
        send([(0, 30.0)], device="east-air", quantity="air.pm25")
        compute()
        (figure,) = reads.history("air.data_completeness")
        assert (figure.numerator, figure.rows) == (1, 1)

    def test_a_late_reading_marks_every_day_whose_derived_values_it_changes(self) -> None:
        send([(hour, 30.0) for hour in range(72) if hour != 20], device="east-air", quantity="air.pm25")
        compute()
        send([(20, 90.0)], device="east-air", quantity="air.pm25", at=START + 72 * HOUR)
        assert {starts for name, starts in dirty() if name == "air.carried"} == {FIRST, SECOND}
        assert not reads.lineage("air.carried", SECOND).unchanged

    def test_a_figure_rests_before_it_is_computed_again(self) -> None:
        send([(0, 1.0)])
        assert acts.compute(at=START + DAY, at_machine=MACHINE) > 0
        send([(1, 0.0)])
        assert acts.compute(at=START + DAY, at_machine=MACHINE + timedelta(milliseconds=900)) == 0
        assert value("weather.wet_day", FIRST) == 1.0
        assert acts.compute(at=START + DAY, at_machine=MACHINE + timedelta(milliseconds=1001)) > 0
        assert value("weather.wet_day", FIRST) == 0.5

    def test_a_few_at_a_time_all_are_computed(self) -> None:
        send([(hour, 1.0) for hour in range(0, 240, 12)])
        marked = len(dirty())
        counts = []
        while n := acts.compute(at=START + 20 * DAY, at_machine=MACHINE, limit=4, rest=timedelta(0)):
            counts.append(n)
        assert (sum(counts), max(counts)) == (marked, 4)

    def test_two_at_once_compute_each_figure_once(self, together: Any) -> None:
        send([(hour, 1.0) for hour in range(0, 240, 12)])
        marked = len(dirty())
        counts = together(*([compute] * 4))
        assert sum(counts) == marked
        assert dirty() == set()


class TestLineage:
    def test_a_figure_opens_to_the_very_rows_it_was_made_of(self) -> None:
        send([(0, 1.0), (1, 0.0), (2, 0.5)])
        compute()
        opened = reads.lineage("weather.wet_day", FIRST)
        assert [(row.at, row.value) for row in opened.rows] == [
            (START, 1.0),
            (START + HOUR, 0.0),
            (START + 2 * HOUR, 0.5),
        ]
        assert opened.counted == {0, 1, 2}
        assert (opened.total, opened.unchanged) == (3, True)
        assert opened.figure.value == pytest.approx(2 / 3)

    def test_rows_that_were_not_counted_are_shown_as_such(self) -> None:
        send([(0, 1.0), (1, 0.0)])
        records.execute("UPDATE observation SET flags = %s WHERE at = %s", (Flag.INVALID.value, START))
        compute()
        opened = reads.lineage("weather.wet_day", FIRST)
        assert (opened.total, opened.counted, opened.figure.rows) == (2, {1}, 1)

    def test_late_data_show_until_the_figure_is_computed_again(self) -> None:
        send([(0, 1.0), (2, 1.0)])
        compute()
        send([(1, 0.0), (3, 0.0)])
        assert not reads.lineage("weather.wet_day", FIRST).unchanged
        compute()
        opened = reads.lineage("weather.wet_day", FIRST)
        assert (opened.unchanged, opened.total, opened.figure.value) == (True, 4, 0.5)

    def test_a_value_tampered_with_shows(self) -> None:
        send([(0, 1.0), (1, 1.0)])
        compute()
        records.execute("UPDATE observation SET value = 2 WHERE at = %s", (START,))
        assert not reads.lineage("weather.wet_day", FIRST).unchanged

    def test_long_lineages_are_paged(self) -> None:
        send([(hour, 1.0) for hour in range(24)])
        compute()
        pages = [reads.lineage("weather.wet_day", FIRST, offset=offset, limit=10) for offset in (0, 10, 20, 30)]
        assert [len(page.rows) for page in pages] == [10, 10, 4, 0]
        assert {page.total for page in pages} == {24}

    def test_one_that_was_never_computed_is_not_found(self) -> None:
        with pytest.raises(NotFound) as refused:
            reads.lineage("weather.wet_day", FIRST)
        assert refused.value.code == "no_figure"
        for ask in (lambda: reads.lineage("weather.snow", FIRST), lambda: reads.history("weather.snow")):
            with pytest.raises(NotFound) as refused:
                ask()
            assert refused.value.code == "no_indicator"


class TestClocks:
    def patrol(self) -> Any:
        return cases.open_case(SYSTEM, "weather.flood_patrol", at=START, area=places.area_by_code("990101001").id)

    def step(self, case: Any, outcome: str, at: datetime) -> None:
        task = case_reads.case_view(SYSTEM, case.number, at).tasks[0].id
        cases.take_step(SYSTEM, case.id, task, outcome, at=at, note="x")

    def test_a_share_of_promises_kept_opens_to_the_promises(self) -> None:
        kept, late, open_ = self.patrol(), self.patrol(), self.patrol()
        self.step(kept, "dry", START + HOUR)
        self.step(late, "dry", START + 3 * HOUR)
        hear()
        compute(at=START + HOUR)
        (figure,) = reads.history("weather.patrols_in_time")
        assert (figure.value, figure.numerator, figure.denominator) == (0.5, 1, 2)
        cases.tick(at=START + 3 * HOUR)
        hear()
        compute(at=START + 3 * HOUR)
        opened = reads.lineage("weather.patrols_in_time", date(2014, 2, 1))
        assert [row.number for row in opened.rows] == [kept.number, late.number, open_.number]
        assert (opened.figure.value, opened.unchanged) == (pytest.approx(1 / 3), True)
        assert opened.figure.kind.source == OfClocks(id="flood_patrol", clock="arrive")


class TestVersions:
    def test_each_period_is_measured_by_the_version_of_its_first_day(self) -> None:
        send([(hour, 2.0) for hour in (0, 24, 48, 72)])
        compute()
        measured = {one.starts: (one.version, one.value, one.kind.unit) for one in reads.history("weather.changing")}
        assert measured == {
            FIRST: (1, 1.0, "%"), SECOND: (1, 1.0, "%"), THIRD: (2, 2.0, "mm"), date(2014, 2, 20): (2, 2.0, "mm"),
        }  # fmt: skip
        (newest,) = [one for one in reads.figures() if one.name == "weather.changing"]
        assert (newest.starts, newest.version) == (date(2014, 2, 20), 2)

    def test_a_period_measured_anew_by_a_later_version_is_shown_once(self) -> None:
        with override_settings(ZHIHAI_REGISTRY=OLD):
            send([(48, 2.0), (49, 3.0)])
            compute()
            assert [(one.version, one.value) for one in reads.history("weather.changing")] == [(1, 1.0)]
        send([(50, 1.0)])
        compute()
        assert [(one.version, one.value) for one in reads.history("weather.changing")] == [(2, 6.0)]
        assert reads.lineage("weather.changing", THIRD).figure.value == 6.0
        assert records.value("SELECT count(*) FROM indicator_value WHERE indicator = 'weather.changing'") == 2

    def test_a_figure_opens_by_the_version_it_was_measured_by(self) -> None:
        send([(0, 2.0), (1, 0.0)])
        compute()
        opened = reads.lineage("weather.changing", FIRST)
        assert (opened.figure.kind.version, opened.counted, opened.unchanged) == (1, {0, 1}, True)


class TestShown:
    def test_figures_stand_in_order_and_what_is_not_public_is_left_out(self) -> None:
        send([(0, 1.0), (24, 0.0)])
        compute()
        everything = [one.name for one in reads.figures()]
        assert everything == [
            name for name, _ in REGISTRY.all(IndicatorKind) if name.startswith("weather.") and "patrols" not in name
        ]
        assert set(everything) - {one.name for one in reads.figures(public_only=True)} == {"weather.held"}
        held = next(one for one in reads.figures() if one.name == "weather.held")
        assert (held.starts, held.value, held.mode) == (SECOND, 0.0, "replay")
        assert held.target is not None
        assert (held.target.id, held.target.value) == ("T33", 95)

    def test_of_a_replay_that_has_ended_the_last_word_is_shown(self) -> None:
        send([(0, 1.0)])
        compute()
        journal.set_clock(SYSTEM, mode="frozen", at=START)
        send([(1, 0.0)])
        compute()
        assert [(one.mode, one.value) for one in reads.history("weather.wet_day")] == [("frozen", 0.5)]


def target(id_: str, baseline: str = "", value: str = "95") -> dict[str, str]:
    """A line of ``targets.csv``."""
    told = {
        "id": id_,
        "clause_id": "C1",
        "name_zh": "甲",
        "name_en": "A",
        "unit": "%",
        "comparison": ">=",
        "clause": "x",
    }
    return {**told, "baseline": baseline, "baseline_year": "2010", "target": value, "target_year": "2015", "note": ""}


class TestTargets:
    def test_they_are_loaded_whole_in_place_of_those_before(self) -> None:
        assert acts.load_targets(SYSTEM, [target("T1"), target("T2", value="")], at=START) == 2
        assert [(one.id, one.value, one.baseline) for one in reads.targets()] == [
            ("T1", 95.0, None),
            ("T2", None, None),
        ]

    def test_a_wrong_number_names_its_line(self) -> None:
        before = reads.targets()
        with pytest.raises(Refused) as refused:
            acts.load_targets(SYSTEM, [target("T1"), target("T2", "many")], at=START)
        assert refused.value.field == "targets.csv:3 baseline"
        assert reads.targets() == before
