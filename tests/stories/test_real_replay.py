"""Twelve real days of February 2014 through the intake, rules, cases and figures: what is known of them from outside.

The archives ship with the reference district. Everything expected here was counted from the published files by other
code: by hand, by :mod:`tests.packs.air.test_air_episodes`, or below with nothing but the ``csv`` module.
"""

from __future__ import annotations

import csv
import gzip
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from tests.packs.air.test_air_episodes import brute_episodes, brute_indices

from zhihai.ground.actors import SYSTEM
from zhihai.kernel import house
from zhihai.kernel import records as tables
from zhihai.kernel.cases import reads as cases
from zhihai.kernel.exchange import reads as exchange
from zhihai.kernel.identity import acts as identity
from zhihai.kernel.identity import reads as identities
from zhihai.kernel.indicators import reads as indicators
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.journal import reads as clock
from zhihai.kernel.rules import reads as rules
from zhihai.kernel.sensing import reads as sensing
from zhihai.site.archive_replay import Played, Replaying
from zhihai.site.commands.verify import DIGESTS
from zhihai.site.demonstration import reference_folder
from zhihai.site.folder import read_folder
from zhihai.site.loading import load_district
from zhihai.site.officials import read_officials
from zhihai.site.player import Wait, archives, hours_of

ZONE = ZoneInfo("Asia/Shanghai")
FIRST = datetime(2013, 3, 1, tzinfo=ZONE)
"""Where the archives begin."""
STARTS, ENDS = datetime(2014, 2, 17, tzinfo=ZONE), datetime(2014, 3, 1, tzinfo=ZONE)
HOUR = timedelta(hours=1)
STATIONS = {"wanliu": "Wanliu", "guanyuan": "Guanyuan", "gucheng": "Gucheng"}
POLLUTANTS = {"pm25": "PM2.5", "pm10": "PM10", "so2": "SO2", "no2": "NO2", "co": "CO", "o3": "O3"}


def load() -> None:
    load_district(reference_folder(), at_machine=datetime.now(UTC), live=False, demonstration=True, say=lambda *_: None)


@cache
def published(station: str) -> tuple[dict[str, str], ...]:
    """The lines of a published file, as the ``csv`` module gives them."""
    with gzip.open(archive(station), "rt", encoding="utf-8") as lines:
        return tuple(csv.DictReader(lines))


def archive(station: str) -> Path:
    return reference_folder() / "readings" / f"{station}.csv.gz"


def between(station: str, starts: datetime, ends: datetime) -> tuple[dict[str, str], ...]:
    return published(station)[(starts - FIRST) // HOUR : (ends - FIRST) // HOUR]


def play(starts: datetime, ends: datetime, together: int) -> Played:
    """Play all stations' hours through the whole of the intake, and all that follows."""
    account = identities.account_named("stations").id
    token = identity.issue_token(SYSTEM, account, at=clock.now(), at_machine=datetime.now(UTC))
    client = Client(SERVER_NAME="localhost", headers={"authorization": f"Bearer {token}"})

    def send(body: bytes, key: str) -> Wait:
        answer = client.post("/api/readings", body, "application/json", headers={"idempotency-key": key})
        assert answer.status_code == 201, answer.content
        return lambda: None

    folder = read_folder(reference_folder())
    found = archives(folder.folder, folder.lines("stations.csv"))
    hours = hours_of(found, house.registry(), ZONE, starts, ends)
    officials = read_officials(folder.officials)
    journal.set_clock(SYSTEM, instant=starts, ends_at=ends, at=clock.now())
    with journal.replaying():
        return Replaying(hours, starts, ends, None, together, send, officials).run(lambda *_: None)


@pytest.fixture(scope="module")
def played(store: Any, bare: str) -> Iterator[Played]:
    """The reference district after twelve days, for tests that only read."""
    with store.copy(store.template("haidian", load)):
        yield play(STARTS, ENDS, together=1)


def device(code: str) -> sensing.Device:
    return sensing.device(code)


def stream(code: str, quantity: str) -> int:
    found = device(code).stream(quantity)
    assert found is not None
    return found.id


def local(at: datetime | None) -> str:
    return "" if at is None else at.astimezone(ZONE).strftime("%d %H:%M")


def test_every_reading_of_the_files_was_taken_in(played: Played) -> None:
    assert played.hours == 288
    counts = [
        (code, quantity, sum(line[column] != "NA" for line in between(station, STARTS, ENDS)))
        for code, station in STATIONS.items()
        for quantity, column in POLLUTANTS.items()
    ]
    for code, quantity, count in counts:
        assert len(sensing.observations(stream(f"{code}-air", quantity), limit=1000)) == count, (code, quantity)
    envelopes = exchange.envelopes(limit=1000)
    assert len(envelopes) == played.posts
    assert sum(one.accepted for one in envelopes) == played.readings > sum(count for _, _, count in counts)
    assert sum(one.quarantined + one.duplicate for one in envelopes) == 0


def test_gaps_are_those_of_the_files(played: Played) -> None:
    for code, station in STATIONS.items():
        for quantity, column in POLLUTANTS.items():
            missing = [line[column] == "NA" for line in between(station, STARTS, ENDS)]
            begins = [hour for hour, gone in enumerate(missing) if gone and not (hour and missing[hour - 1])]
            gaps = sensing.gaps(stream(f"{code}-air", quantity), STARTS, ENDS)
            assert [(gap.start - STARTS) // HOUR for gap in gaps] == begins, (code, quantity)
            assert sum(gap.missing for gap in gaps) == sum(missing)


def test_two_episodes_of_heavy_pollution_at_their_hours(played: Played) -> None:
    found = rules.findings(device=device("wanliu-air").id, rule="air.heavy_pollution")
    assert [(local(one.since), local(one.opened), local(one.closed)) for one in reversed(found)] == [
        ("20 17:00", "20 23:00", "25 21:00"),
        ("27 02:00", "27 08:00", "27 22:00"),
    ]
    assert [one.facts["cause"] for one in reversed(found)] == ["gap", "within"]
    assert {one.facts["peak_primary"] for one in found} == {"pm25"}


def test_the_implausible_reading_of_26_february_is_found(played: Played) -> None:
    found = rules.findings(device=device("wanliu-air").id, rule="air.implausible_reading")
    (slipped,) = [one for one in found if local(one.since) == "26 15:00"]
    assert local(slipped.opened) == "26 18:00"
    facts = {name: slipped.facts[name] for name in ("quantity", "before", "value", "after")}
    assert facts == {"quantity": "pm25", "before": 539.0, "value": 3.0, "after": 328.0}


def test_the_index_of_each_day_is_the_one_known_and_two_days_have_none(played: Played) -> None:
    days = sensing.observations(stream("wanliu-air", "aqi_day"), limit=100, start=datetime(2014, 2, 20, tzinfo=ZONE))
    assert {one.at.astimezone(ZONE).day: one.value for one in days} == {
        20: 269, 21: 356, 22: 335, 23: 259, 24: 322, 27: 69, 28: 140,
    }  # fmt: skip


def test_cases_follow_from_findings_of_the_districts_own_station_alone(played: Played) -> None:
    own, neighbours = device("wanliu-air").id, [device("guanyuan-air").id, device("gucheng-air").id]
    assert any(rules.findings(device=one, rule="air.heavy_pollution") for one in neighbours)
    findings = {one.id: one for one in rules.findings(device=own, limit=200)}
    opened = cases.recent(SYSTEM, subject=("finding", list(findings)), limit=200)
    inspections = [one for one in opened if one.kind == "air.inspection"]
    assert [local(one.opened_at) for one in reversed(inspections)] == ["20 23:00", "27 08:00"]
    subjects = tables.rows("SELECT DISTINCT subject_id FROM cases WHERE subject_noun = 'finding'")
    weather = {one.id for one in rules.findings(device=device("wanliu-weather").id, limit=200)}
    assert {row[0] for row in subjects} <= findings.keys() | weather


def test_the_first_inspection_was_worked_by_simulated_officials_and_closed(played: Played) -> None:
    number = tables.value("SELECT min(number) FROM cases WHERE number LIKE '%%-KQ-%%'")
    view = cases.case_view(SYSTEM, number, at=clock.now())
    assert view.state == "closed"
    assert {task.actor_sort for task in view.tasks if task.state == "done"} == {"simulated"}
    steps = [task.step for task in view.tasks]
    assert steps[:2] == ["dispatch", "inspect"]
    assert steps[-1] == "report"


def test_a_figure_opens_to_the_rows_it_was_made_from(played: Played) -> None:
    lines = between("Wanliu", STARTS, ENDS)
    lineage = indicators.lineage("air.data_completeness", date(2014, 2, 1), limit=100_000)
    assert lineage.unchanged
    assert lineage.figure.numerator == sum(line[column] != "NA" for line in lines for column in POLLUTANTS.values())
    assert len(lineage.counted) == lineage.figure.rows


def test_the_journal_is_whole_and_so_is_what_stands_in_the_tables(played: Played) -> None:
    assert clock.sealed().unsealed == 0
    verified, state = clock.verify(), clock.verify_state(cases.heads, DIGESTS)
    assert (verified.faults, state.faults) == ((), ())
    assert state.digests == 2 * played.posts


def test_an_episode_ends_in_the_same_hour_however_many_hours_share_a_post(store: Any, bare: str) -> None:
    """Gucheng falls silent for hours on 18 January, while its means go on for a while and others go on sending."""
    starts = datetime(2014, 1, 14, tzinfo=ZONE)
    begin = (starts - FIRST) // HOUR
    with store.copy(store.template("haidian", load)):
        play(starts, starts + 168 * HOUR, together=24)
        found = rules.findings(device=device("gucheng-air").id, rule="air.heavy_pollution")
    (expected,) = [one for one in brute_episodes(brute_indices(archive("Gucheng"))) if 0 < one.since - begin < 100]
    assert [tuple(map(hours_since, (one.since, one.opened, one.closed))) for one in found] == [
        (expected.since, expected.opened + 1, (expected.closed or 0) + 1)
    ]
    assert expected.cause == "gap"


@pytest.fixture
def from_the_beginning(records: str, tmp_path: Path) -> None:
    """The reference district with its clock where the archives begin."""
    folder = Path(shutil.copytree(reference_folder(), tmp_path / "district"))
    facts = (folder / "district.toml").read_text(encoding="utf-8")
    begun = re.sub(r"^(from|starts) = \S{10}T", r"\1 = 2013-03-01T", facts, flags=re.M)
    (folder / "district.toml").write_text(begun, encoding="utf-8")
    load_district(folder, at_machine=datetime.now(UTC), live=False, demonstration=True, say=lambda *_: None)


@pytest.mark.long
def test_four_years_of_three_stations_give_the_episodes_that_the_brute_force_counts(from_the_beginning: None) -> None:
    played = play(FIRST, FIRST + 35_064 * HOUR, together=24)
    assert played.hours == 35_064
    for code, station in STATIONS.items():
        found = rules.findings(device=device(f"{code}-air").id, rule="air.heavy_pollution", limit=1000)
        expected = list(brute_episodes(brute_indices(archive(station))))
        assert [tuple(map(hours_since, (one.since, one.opened, one.closed))) for one in reversed(found)] == [
            (one.since, one.opened + 1, None if one.closed is None else one.closed + 1) for one in expected
        ], station
        assert len(expected) > 100
    verified = clock.verify_state(cases.heads, DIGESTS)
    assert (verified.faults, verified.digests) == ((), 2 * played.posts)


def hours_since(at: datetime | None) -> int | None:
    return None if at is None else (at - FIRST) // HOUR
