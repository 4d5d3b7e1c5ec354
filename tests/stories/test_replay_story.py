"""From a sensor reading to a solved case to a figure: an invented station plays a heavy episode through the real door."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from zhihai.ground.reading import Reading
from zhihai.kernel import house, records
from zhihai.kernel.cases import reads as cases
from zhihai.kernel.exchange import reads as exchange
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.indicators import acts as figures
from zhihai.kernel.indicators import reads as indicators
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.rules import reads as rules
from zhihai.kernel.sensing import acts as sensing
from zhihai.site.folder import read_folder
from zhihai.site.officials import read_officials, work
from zhihai.site.player import body_of
from zhihai.site.pulse import pulse

HOUR = timedelta(hours=1)
START = datetime(2014, 2, 16, 16, tzinfo=UTC)


def pm25_at(hour: int) -> float:
    """Clean for two days, heavy for two, clean again."""
    return 20.0 if hour < 48 or hour >= 96 else 320.0


def play(hours: int) -> None:
    account = identity.account_named("stations").id
    officials = read_officials(read_folder(LAKESIDE).officials)
    assert officials is not None
    for number in range(hours):
        at = journal.advance(START + (number + 1) * HOUR)
        actor = identity.actor_of(account, at=at)
        begin = START + number * HOUR
        readings = [
            Reading("east-air", f"air.{quantity}", begin, value)
            for quantity, value in (("pm25", pm25_at(number)), ("pm10", 60.0), ("so2", 10.0), ("no2", 40.0), ("co", 900.0), ("o3", 30.0))
        ]
        sensing.take_in(actor, exchange.connector_of(account), body_of(readings), "application/json", f"h{number}", lambda _, r=readings: r, at=at, at_machine=datetime.now(UTC))
        pulse(at, datetime.now(UTC))
        work(officials, at)
        pulse(at, datetime.now(UTC))


from pathlib import Path  # noqa: E402

LAKESIDE = Path(__file__).resolve().parents[1] / "districts" / "lakeside"


def test_an_episode_opens_a_case_that_is_worked_and_counted(district: str) -> None:
    play(24 * 8)
    found = rules.findings(rule="air.heavy_pollution")
    assert len(found) == 1
    assert found[0].closed is not None
    figures.compute(at=START + 24 * 8 * HOUR, at_machine=datetime.now(UTC), rest=timedelta(0))
    for f in indicators.figures():
        print(f.name, f.value, f.numerator, f.denominator, f.rows, f.as_of)
    print(records.rows("select number,state,closing,late,seq from cases"))
    print(records.rows("select step,state,outcome,done_at from task order by id"))
    print(records.rows("select name,state,started_at,due_at,stopped_at,warned_at,breached_at from clock order by id"))
