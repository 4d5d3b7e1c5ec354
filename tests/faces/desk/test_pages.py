"""What pages of the desk say: an episode by its peak and its end, every case it opened, why a row is not counted."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from tests.faces.staging import actor, number_of

from zhihai.faces.desk.figures import why_left_out
from zhihai.faces.desk.showing import told
from zhihai.faces.naming import organisation_names, telling
from zhihai.ground.actors import SYSTEM
from zhihai.ground.reading import Flag
from zhihai.kernel import records
from zhihai.kernel.cases import acts as cases
from zhihai.kernel.cases import reads as case_reads
from zhihai.kernel.exchange import acts as exchange
from zhihai.kernel.indicators.kinds import CaseRow, ObservedRow
from zhihai.kernel.journal import reads as clock
from zhihai.kernel.rules.reads import Episode
from zhihai.kernel.sensing import reads as sensing
from zhihai.site.plan_page import chapters

AT = datetime(2014, 2, 25, 13, tzinfo=UTC)
LONG_AGO = AT - timedelta(days=900)
HEAVY = "air.heavy_pollution"
FACTS = {"index": 117.0, "primary": "no2", "peak": 462.0, "peak_primary": "pm25"}


def text_of(client: Client, address: str) -> str:
    """Return what a page says, without its marks."""
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def ended(**facts: float | str) -> Episode:
    return Episode(AT - timedelta(days=4), None, AT, {**FACTS, **facts})


def test_an_episode_that_lasts_is_told_by_its_latest_value() -> None:
    one = told(Episode(AT, None, None, FACTS), HEAVY, telling("en"))
    assert (one.ending, one.found[:15]) == ("open", "24-hour AQI 117")


def test_an_episode_that_has_ended_leads_with_its_peak() -> None:
    assert told(ended(cause="within"), HEAVY, telling("en")).found == (
        "Peak of the 24-hour AQI 462, primary pollutant PM2.5"
    )
    assert told(ended(cause="within"), HEAVY, telling("zh")).found == "过程最高 24 小时 AQI 462，首要污染物 PM2.5"


@pytest.mark.parametrize(
    ("facts", "ending", "lost"),
    [
        ({"cause": "within"}, "within", None),
        ({"cause": "gap"}, "gap", None),
        ({"cause": "gap", "lost": 4.0}, "lost", AT - timedelta(hours=4)),
        ({}, "closed", None),
    ],
)
def test_why_an_episode_ended_is_told(facts: dict[str, float | str], ending: str, lost: datetime | None) -> None:
    one = told(ended(**facts), HEAVY, telling("en"))
    assert (one.ending, one.lost) == (ending, lost)


def many_findings(count: int) -> set[str]:
    """Give a station so many findings that have ended, each with a case of its own; return the cases' numbers."""
    device = sensing.device("east-air")
    found = records.rows(
        """INSERT INTO finding (rule, version, device_id, opened_at, closed_at, facts, limits, mode)
           SELECT 'air.heavy_pollution', 1, %s, %s + n * interval '1 day', %s + n * interval '1 day 5 hours',
               '{"index": 90, "primary": "", "peak": 250, "peak_primary": "pm25", "cause": "gap"}', '{}', 'replay'
           FROM generate_series(1, %s) n RETURNING id""",
        (device.id, LONG_AGO, LONG_AGO, count),
    )
    return {
        cases.open_case(
            SYSTEM, "air.inspection", at=clock.now(), area=device.area_id, lon=device.lon, lat=device.lat,
            facts={"device": {"zh": "东岸空气站", "en": "East Shore air station"}}, subject=("finding", id_),
            provenance="synthetic",
        ).number
        for (id_,) in found
    }  # fmt: skip


def test_every_case_of_a_device_is_listed_page_after_page(worked: str, reader: Callable[..., Client]) -> None:
    opened, client = many_findings(15), reader("leader", "en")
    first = client.get("/desk/devices/east-air").content.decode().partition('id="cases"')[2]
    older = re.search(r'rel="next" href="[^"]*cases=(\d+)', first)
    assert older
    second = client.get(f"/desk/devices/east-air?cases={older[1]}").content.decode().partition('id="cases"')[2]
    assert 'rel="next"' not in second
    listed = [re.findall(r'data-id="(LS-[^"]+)"', page) for page in (first, second)]
    assert opened <= {*listed[0], *listed[1]}
    assert not {*listed[0]} & {*listed[1]}


def test_who_may_see_no_case_is_told_of_none(worked: str, reader: Callable[..., Client]) -> None:
    (number,) = many_findings(1)
    assert number in text_of(reader("leader", "en"), "/desk/devices/east-air")
    assert number not in text_of(reader("operator", "en"), "/desk/devices/east-air")


def test_an_end_by_a_gap_and_a_cell_that_is_not_known_are_explained(worked: str, reader: Callable[..., Client]) -> None:
    many_findings(1)
    said = text_of(reader("leader", "en"), "/desk/devices/east-air?findings=99999")
    assert "data broke off" in said
    records.execute("UPDATE device SET cell = NULL, accuracy_m = 2000 WHERE code = 'east-air'")
    assert "the position is approximate, wider than a cell" in text_of(reader("leader", "en"), "/desk/devices/east-air")


@pytest.mark.parametrize(
    ("flags", "why"),
    [
        (Flag.INVALID, "invalid"),
        (Flag.INCOMPLETE, "incomplete"),
        (Flag.INVALID | Flag.INCOMPLETE, "invalid"),
        (0, "other"),
    ],
)
def test_a_value_that_is_not_counted_says_why(flags: int, why: str) -> None:
    assert why_left_out(ObservedRow(AT, 36.0, int(flags), None, 1)) == why


@pytest.mark.parametrize(("stopped", "why"), [(None, "running"), (AT, "other")])
def test_a_promise_that_is_not_counted_says_why(stopped: datetime | None, why: str) -> None:
    assert why_left_out(CaseRow(1, "X-1", AT, AT, stopped, None)) == why


def test_the_rows_of_a_figure_carry_names_and_units_and_what_it_was_made_from(
    worked: str, reader: Callable[..., Client]
) -> None:
    said = text_of(reader("leader", "en"), "/figures/air.data_completeness/2014-02-01")
    assert "PM2.5 East Shore air station" in said
    assert "µg/m³" in said
    assert all(name in said for name in ("Rows counted", "As of", "Version"))
    assert " pm25 " not in said


def test_a_value_of_a_day_is_shown_with_its_date_alone(worked: str, reader: Callable[..., Client]) -> None:
    said = text_of(reader("leader", "en"), "/figures/air.good_days/2014-01-01")
    assert re.search(r"Mon 17 Feb Day AQI", said)
    assert "00:00 Day AQI" not in said


def test_the_plan_counts_functions_and_targets_apart(worked: str, reader: Callable[..., Client]) -> None:
    functions = sum(one.tally.total for one in chapters() if one.sort == "functions")
    targets = sum(one.tally.total for one in chapters() if one.sort == "targets")
    said = text_of(reader(None, "en"), "/plan/")
    assert f"of {functions} functions of the plan work" in said
    assert f"of {targets} numbers of the plan are measured" in said
    assert f"of {functions + targets}" not in said


def test_the_operation_page_tells_how_far_the_journal_is_sealed_and_anchored(
    worked: str, reader: Callable[..., Client]
) -> None:
    said = text_of(reader("operator", "en"), "/desk/operation/")
    assert all(name in said for name in ("Sealed to entry", "Anchored to", "readings wait in quarantine"))


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("/desk/cases/?only=late&kind=weather.flood_patrol", "Choose another area or kind"),
        ("/desk/search?q=zzz", "three characters at least"),
        ("/desk/devices/east-weather", "What the rules find out of bounds is told here"),
    ],
)
def test_an_empty_list_says_what_would_be_there_or_what_to_do(
    worked: str, reader: Callable[..., Client], address: str, says: str
) -> None:
    assert says in text_of(reader("leader", "en"), address)


def test_the_office_of_a_case_is_that_of_its_open_task_and_who_leads_stands_apart(
    worked: str, reader: Callable[..., Client]
) -> None:
    number = number_of(0)
    shown = case_reads.case_view(actor("leader"), number, clock.now())
    (task,) = [task for task in shown.tasks if task.state == "open"][:1]
    names = organisation_names()
    said = text_of(reader("leader", "en"), f"/desk/cases/{number}")
    assert f"Office {names[task.org].en}" in said
    assert (f"Leading organisation {names[shown.org].en}" in said) == (shown.org != task.org)


def test_the_search_promises_case_numbers_alone_and_only_to_who_may_see_cases(
    worked: str, reader: Callable[..., Client]
) -> None:
    assert 'placeholder="Case number, ' in reader("leader", "en").get("/desk/devices/").content.decode()
    assert 'type="search"' not in reader("operator", "en").get("/desk/devices/").content.decode()


@pytest.mark.parametrize("address", ["/desk/cases/", "/desk/closed/", "/desk/devices/", "/desk/search?q=LS-"])
def test_every_page_of_the_desk_ends_its_title_with_the_product(
    worked: str, reader: Callable[..., Client], address: str
) -> None:
    title = re.search(r"<title>(.*?)</title>", reader("leader").get(address).content.decode())
    assert title is not None
    assert re.fullmatch(r"[^·]+ · 智海", title[1])


def test_what_was_turned_away_is_dated_by_machine_time(worked: str, reader: Callable[..., Client]) -> None:
    exchange.turn_away("unreadable", at_machine=datetime.now(UTC))
    assert "机器时间" in text_of(reader("operator"), "/desk/intake/")
