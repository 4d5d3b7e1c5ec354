"""Writes readings and works cases without end, telling each act on a line once it is acknowledged; to be killed.

``crash_writer.py DATABASE FIRST COUNT``: acts FIRST to FIRST + COUNT - 1. What was not acknowledged is tried again
after the database has come back, as a device and an official would. The last line says whether journal and state agree.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import django
from django.core.management import call_command
from django.db import Error, connection, connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhihai.site.settings")
django.setup()

from zhihai.ground.actors import SYSTEM  # noqa: E402
from zhihai.ground.reading import Reading  # noqa: E402
from zhihai.ground.refusal import Conflict  # noqa: E402
from zhihai.kernel import records  # noqa: E402
from zhihai.kernel.cases import acts as cases  # noqa: E402
from zhihai.kernel.cases import reads as case_reads  # noqa: E402
from zhihai.kernel.exchange import reads as exchange  # noqa: E402
from zhihai.kernel.identity import reads as identity  # noqa: E402
from zhihai.kernel.journal import acts as journal  # noqa: E402
from zhihai.kernel.journal import reads as entries  # noqa: E402
from zhihai.kernel.places import reads as places  # noqa: E402
from zhihai.kernel.sensing import acts as sensing  # noqa: E402
from zhihai.site.loading import load_district  # noqa: E402

START = datetime(2014, 2, 16, 16, tzinfo=UTC)
HOUR = timedelta(hours=1)
PATIENCE = 60.0


def send(number: int) -> None:
    """A device posts one reading under its own number: posted again, it is taken once."""
    at = START + (number + 1) * HOUR
    readings = [Reading("east-air", "air.pm25", START + number * HOUR, float(number))]
    line = exchange.connector_of(identity.account_named("stations").id)
    body = f'{{"n": {number}}}'.encode()
    sensing.take_in(SYSTEM, line, body, "application/json", f"n{number}", lambda _: readings, at=at, at_machine=at)


def work(number: int) -> None:
    """Somebody opens a case and takes its first step; who is not sure looks whether it is there before trying again."""
    at = START + number * HOUR
    known = records.value("SELECT number FROM cases WHERE facts->>'n' = %s", (str(number),))
    if known is None:
        area = places.area_by_code("990101001").id
        known = cases.open_case(SYSTEM, "air.inspection", at=at, area=area, facts={"n": str(number)}).number
    shown = case_reads.case_view(SYSTEM, known, at)
    try:
        cases.take_step(SYSTEM, shown.id, shown.tasks[0].id, "send", at=at, note="x")
    except Conflict:  # it was taken before the answer was lost
        assert shown.tasks[0].state == "done"


def until_done(act: Callable[[int], None], number: int) -> None:
    """Try until the database has answered: it may be away for a while."""
    began = time.monotonic()
    while True:
        try:
            return act(number)
        except Error:
            connection.close()
            if time.monotonic() - began > PATIENCE:
                raise
            time.sleep(0.05)


def main() -> None:
    """Write, tell, and at the end verify."""
    database, first, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    if database != "-":
        connections.settings["default"]["NAME"] = database
    else:
        call_command("migrate", verbosity=0, interactive=False)
        folder = Path(__file__).resolve().parents[1] / "districts" / "lakeside"
        load_district(folder, at_machine=datetime.now(UTC), live=False, demonstration=True, say=lambda *_: None)
    print("ready", flush=True)
    for number in range(first, first + count):
        until_done(send, number)
        print(f"reading {number}", flush=True)
        if number % 3 == 0:
            until_done(work, number)
            print(f"case {number}", flush=True)
    while journal.seal(at_machine=datetime.now(UTC)):
        pass
    print(f"verified {entries.verify().ok and entries.verify_state(case_reads.heads).ok}", flush=True)


if __name__ == "__main__":
    main()
