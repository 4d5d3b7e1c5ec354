"""From a sensor reading to a solved case to a figure (C3.2): a station plays an episode of heavy pollution.

The invented station of the invented district reports two clean days, two heavy ones and four clean ones, through the
door that a device uses. What must come of it is reckoned here by hand.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from zhihai.ground.actors import SYSTEM
from zhihai.ground.reading import Reading
from zhihai.kernel.cases import reads as cases
from zhihai.kernel.channels import reads as channels
from zhihai.kernel.exchange import reads as exchange
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.indicators import acts as figures
from zhihai.kernel.indicators import reads as indicators
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.journal import reads as entries
from zhihai.kernel.rules import reads as rules
from zhihai.kernel.sensing import acts as sensing
from zhihai.site.folder import read_folder
from zhihai.site.officials import NOTE, read_officials, work
from zhihai.site.player import body_of
from zhihai.site.pulse import pulse

LAKESIDE = Path(__file__).resolve().parents[1] / "districts" / "lakeside"
HOUR = timedelta(hours=1)
START = datetime(2014, 2, 16, 16, tzinfo=UTC)
DAYS = 8
CLEAN = {"air.pm10": 60.0, "air.so2": 10.0, "air.no2": 40.0, "air.co": 900.0, "air.o3": 30.0}


def play() -> None:
    """Let the district live through eight days, hour by hour, its cases worked by simulated officials."""
    account = identity.account_named("stations").id
    officials = read_officials(read_folder(LAKESIDE).officials)
    assert officials is not None
    for number in range(24 * DAYS):
        begin = START + number * HOUR
        at = journal.advance(begin + HOUR)
        values = {"air.pm25": 320.0 if 48 <= number < 96 else 20.0, **CLEAN}
        readings = [Reading("east-air", quantity, begin, value) for quantity, value in values.items()]
        sender, line = identity.actor_of(account, at=at), exchange.connector_of(account)
        recorded = sensing.take_in(
            sender, line, body_of(readings), "application/json", f"hour-{number}", lambda _, read=readings: read,
            at=at, at_machine=datetime.now(UTC),
        )  # fmt: skip
        assert (recorded.accepted, recorded.quarantined) == (6, 0)
        while work(officials, at):
            pass
        pulse(at, datetime.now(UTC))
    while pulse(at, datetime.now(UTC)):
        pass
    figures.compute(at=at, at_machine=datetime.now(UTC), rest=timedelta(0))


def test_c3_2_from_a_reading_to_a_solved_case_to_a_figure(district: str) -> None:
    play()
    found = one_episode()
    case = one_inspection_solved(found)
    everything_is_in_the_journal(case)
    those_whom_it_concerned_were_told(case)
    it_counts(case)


def one_episode() -> rules.Finding:
    """Eleven hours of 320 among 24 bring their mean above 150 and the index above 200: from hour 58 on.

    Six such hours open it. From hour 109 on the index is not above 200 any more, and twelve such hours close it.
    """
    (found,) = rules.findings(rule="air.heavy_pollution")
    assert (found.since, found.opened, found.closed) == (START + 58 * HOUR, START + 64 * HOUR, START + 121 * HOUR)
    assert found.facts["peak"] > 300
    assert found.facts["peak_primary"] == "pm25"
    return found


def one_inspection_solved(found: rules.Finding) -> cases.CaseView:
    """It opened in that hour, in the station's street, and was solved by those whose duty it is."""
    (line,) = cases.recent(SYSTEM, subject=("finding", [found.id]))
    case = cases.case_view(SYSTEM, line.number, START + 24 * DAYS * HOUR)
    assert case.number.startswith("LS-2014-KQ-")
    assert (case.opened_at, case.state, case.closing) == (found.opened, "closed", "handled")
    assert case.cell is not None
    assert {task.actor_sort for task in case.tasks} == {"simulated"}
    assert [task.step for task in case.tasks][:2] == ["dispatch", "inspect"]
    assert all(task.state == "done" and task.note == NOTE for task in case.tasks)
    assert all(clock.clock.done for clock in case.clocks)
    return case


def everything_is_in_the_journal(case: cases.CaseView) -> None:
    """The case's chain tells every step in order, and it holds."""
    chain = entries.case_entries(case.id)
    assert [entry.case_seq for entry in chain] == list(range(1, case.seq + 1))
    assert chain[0].act == "cases.open_case"
    done = sorted(case.tasks, key=lambda task: (task.done_at, task.id))
    steps = [entry.data["step"] for entry in chain if entry.act == "cases.take_step"]
    assert steps == [task.step for task in done]
    while journal.seal(at_machine=datetime.now(UTC)):
        pass
    assert entries.verify().ok


def those_whom_it_concerned_were_told(case: cases.CaseView) -> None:
    """The dispatcher heard of the task, with the station's name in it."""
    told = channels.notices(identity.account_named("dispatcher").id)
    (notice,) = [one for one in told if case.number in one.link]
    assert notice.link == f"/desk/cases/{case.number}"
    assert "东岸空气站" in notice.say("zh")[0]


def it_counts(case: cases.CaseView) -> None:
    """Six of eight days were good; the promise of the inspection opens to this very case.

    Of February's 24 days so far the station has reported the last eight, without a gap.
    """
    shown = {figure.name: figure for figure in indicators.figures(public_only=True)}
    good, complete = shown["air.good_days"], shown["air.data_completeness"]
    assert (good.value, good.numerator, good.denominator) == (0.75, 6, 8)
    assert (complete.numerator, complete.denominator) == (24 * DAYS * 6, 24 * 24 * 6)
    on_site = next(clock.clock for clock in case.clocks if clock.name == "on_site")
    assert on_site.terms.source == "湖畔示例区服务承诺第 1 项"
    promise = indicators.lineage("air.on_time_inspections", date(2014, 2, 1))
    assert promise.unchanged
    assert [row.number for row in promise.rows] == [case.number]
    assert promise.figure.value == float(not on_site.stopped_late)
    days = indicators.lineage("air.good_days", date(2014, 1, 1))
    assert days.unchanged
    assert [row.value for row in days.rows if row.value > 100] == pytest.approx([370.0, 370.0], abs=1)
