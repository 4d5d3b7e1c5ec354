"""The weather's part of state that services share (C2.1): a cloudburst, from the gauge to a dry street and open data.

What the other services would share is not there: the register says absent, and this is what there is.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.reading import Reading
from zhihai.kernel.cases import acts as casework
from zhihai.kernel.cases import reads as cases
from zhihai.kernel.channels import reads as channels
from zhihai.kernel.exchange import reads as exchange
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.indicators import acts as figures
from zhihai.kernel.indicators import reads as indicators
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.rules import reads as rules
from zhihai.kernel.sensing import acts as sensing
from zhihai.site.player import body_of
from zhihai.site.pulse import pulse

HOUR = timedelta(hours=1)
START = datetime(2014, 2, 16, 16, tzinfo=UTC)
RAIN = [0.0] * 6 + [3.0, 24.5, 9.0] + [0.0] * 9
BURST = 7
"""The hour, from 0, in which more falls than 20 mm."""


def actor(username: str, at: datetime) -> Actor:
    return identity.actor_of(identity.account_named(username).id, at=at)


def report(hour: int) -> datetime:
    """Let the gauge of the eastern street report one hour, by the door that a device uses; return now."""
    at = journal.advance(START + (hour + 1) * HOUR)
    values = {"weather.rain": RAIN[hour], "weather.temperature": 12.0}
    readings = [Reading("east-weather", quantity, START + hour * HOUR, value) for quantity, value in values.items()]
    sender = actor("stations", at)
    sensing.take_in(
        sender, exchange.connector_of(sender.account), body_of(readings), "application/json", f"hour-{hour}",
        lambda _: readings, at=at, at_machine=datetime.now(UTC),
    )  # fmt: skip
    while pulse(at, datetime.now(UTC)):
        pass
    return at


def end_task(number: str, username: str, outcome: str, at: datetime) -> None:
    """The official whose task waits ends it, as they would on the page."""
    case = cases.case_view(actor(username, at), number, at)
    (task,) = (one for one in case.tasks if one.may_work)
    casework.take_step(actor(username, at), case.id, task.id, outcome, note="桥下积水，已处置", at=at)


@pytest.mark.usefixtures("district")
def test_c2_1_from_a_cloudburst_to_a_dry_street_and_open_data() -> None:
    for hour in range(BURST):
        report(hour)
    assert rules.findings(rule="weather.heavy_rain") == ()
    at = report(BURST)
    (found,) = rules.findings(rule="weather.heavy_rain")
    assert (found.opened, found.closed, found.facts["hour"]) == (at, None, 24.5)
    (line,) = cases.recent(SYSTEM, subject=("finding", [found.id]))
    told = channels.notices(identity.account_named("street-east").id)
    assert [one.link for one in told] == [f"/desk/cases/{line.number}"], "the street is told at once"
    assert channels.notices(identity.account_named("street-west").id) == ()

    end_task(line.number, "street-east", "flooded", at + HOUR)
    end_task(line.number, "sim-inspector", "drained", at + 2 * HOUR)
    end_task(line.number, "street-east", "solved", at + 3 * HOUR)
    for hour in range(BURST + 1, len(RAIN)):
        at = report(hour)
    (found,) = rules.findings(rule="weather.heavy_rain")
    assert found.closed == START + 15 * HOUR, "six dry hours after the last rain"
    case = cases.case_view(SYSTEM, line.number, at)
    assert (case.state, case.closing, case.late) == ("closed", "handled", False)

    figures.compute(at=at, at_machine=datetime.now(UTC), rest=timedelta(0))
    promise = indicators.lineage("weather.patrols_in_time", date(2014, 2, 1))
    assert (promise.figure.value, [row.number for row in promise.rows]) == (1.0, [line.number])
    anybody_reads_the_rain()


def anybody_reads_the_rain() -> None:
    """Nobody has to sign in for it: every hour of every station, with its unit and where it comes from."""
    nobody = Client(SERVER_NAME="localhost")
    described = json.loads(nobody.get("/api/datasets/weather.hourly").content)
    assert described["grade"] == "open"
    assert {field["id"]: field["unit"] for field in described["fields"]}["rain"] == "mm"
    rows = json.loads(nobody.get("/api/datasets/weather.hourly/rows?limit=100").content)["rows"]
    assert [row["rain"] for row in (one.get("values", one) for one in rows)] == RAIN
