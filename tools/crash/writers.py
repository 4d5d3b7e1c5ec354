"""The writers: each writes down what it begins and what was acknowledged, and tries what is in doubt until it knows."""

from __future__ import annotations

import http.client
import json
import os
import signal
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import Error, connection

from tools.crash.scene import THREADS, Scene, station
from zhihai.ground.actors import SYSTEM
from zhihai.ground.refusal import Conflict
from zhihai.kernel import records
from zhihai.kernel.cases import acts as cases
from zhihai.kernel.cases import reads as case_reads
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.journal import reads as clock
from zhihai.kernel.places import reads as places

FIRST_HOUR = datetime(2014, 1, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
QUANTITIES = ("air.pm25", "air.pm10")
CLOCK_STEP, CLOCK_EVERY = timedelta(minutes=20), 0.3
ASK_AGAIN = 0.05
PAUSE = 0.2
"""Between two acts of a writer: processors shall have room for what the faults ask of them."""
AREA = "990101001"
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(99, %s)"
"""Who opens a case under a number of its own holds that number: a session that was given up may still commit."""


class Notes:
    """What one writer has begun (``begin``) and has been told is done (``done``), with the machine's running time.

    A line is in the kernel's hands once it is written, so ``kill -9`` takes nothing of it away.
    """

    def __init__(self, scene: Scene, writer: int) -> None:
        path = scene.notes / f"writer-{writer:02d}.log"
        lines = path.read_text(encoding="ascii").splitlines() if path.is_file() else []
        begun = [int(line.split()[1]) for line in lines if line.startswith("begin")]
        finished = {int(line.split()[1]) for line in lines if line.startswith("all")}
        self.next = 0 if not begun else begun[-1] + (begun[-1] in finished)
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def say(self, what: str, number: int, more: object = "") -> None:
        """Write one line down."""
        os.write(self._file, f"{what} {number} {time.monotonic():.4f} {more}\n".encode())


def readings_of(writer: int, number: int) -> list[dict[str, Any]]:
    """Return what a writer sends in its post ``number``: two hours of two quantities that nobody else sends."""
    found = []
    for half in range(2):
        hour = (number * 2 + half) * 2 + (writer >= THREADS)
        at = (FIRST_HOUR + hour * HOUR).isoformat()
        value = float((writer * 7 + number) % 90)
        found += [{"device": station(writer), "quantity": one, "at": at, "value": value} for one in QUANTITIES]
    return found


class Sender:
    """Sends readings by HTTP over the line that is cut from time to time, each post under a key of its own."""

    MOST = 270
    """Posts that fit between the first hour and the district's now."""

    def __init__(self, scene: Scene, writer: int, token: str, stopping: threading.Event) -> None:
        self._scene, self._writer, self._stopping = scene, writer, stopping
        self._notes = Notes(scene, writer)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._line: http.client.HTTPConnection | None = None

    def run(self) -> None:
        """Send until asked to stop; what was begun is brought to its end."""
        number = self._notes.next
        while not self._stopping.is_set() and number < self.MOST:
            self._notes.say("begin", number)
            body = json.dumps(readings_of(self._writer, number))
            while (told := self._post(body, f"{self._writer}-{number}")) is None:
                time.sleep(ASK_AGAIN)
            self._notes.say("done", number, "reading")
            if told["accepted"] != len(QUANTITIES) * 2:
                self._notes.say("odd", number, json.dumps(told))
            self._notes.say("all", number)
            number += 1
            time.sleep(PAUSE)

    def _post(self, body: str, key: str) -> dict[str, Any] | None:
        try:
            if self._line is None:
                self._line = http.client.HTTPConnection("127.0.0.1", self._scene.web_line, timeout=5)
            self._line.request("POST", "/api/readings", body, {**self._headers, "Idempotency-Key": key})
            answer = self._line.getresponse()
            told = answer.read()
            if answer.status in (200, 201):
                return dict(json.loads(told))
            if answer.status < 500:
                self._notes.say("odd", -1, f"{answer.status} {told[:200]!r}")
        except (OSError, ValueError, http.client.HTTPException):
            pass
        if self._line is not None:
            self._line.close()
            self._line = None
        return None


class Worker:
    """Opens cases and works on them through the acts, in the database of the run."""

    def __init__(self, scene: Scene, writer: int, stopping: threading.Event) -> None:
        self._writer, self._stopping = writer, stopping
        self._notes = Notes(scene, writer)

    def run(self) -> None:
        """Work until asked to stop; every third case is left as it was opened, every third after one step."""
        number = self._notes.next
        while not self._stopping.is_set():
            self._notes.say("begin", number)
            name = self._writer * 100_000 + number
            case = until_done(lambda name=name: _open(name))  # type: ignore[misc]
            self._notes.say("done", number, f"case {name} {case}")
            for step, outcome in (("dispatch", "send"), ("inspect", "clean"))[: number % 3]:
                until_done(lambda case=case, step=step, outcome=outcome: _step(case, step, outcome))  # type: ignore[misc]
                self._notes.say("done", number, f"step {name} {step}")
            self._notes.say("all", number)
            number += 1
            time.sleep(PAUSE)
        connection.close()


def _open(name: int) -> str:
    with records.atomic():
        records.one(ONE_AT_A_TIME, (name,))
        known = records.value("SELECT number FROM cases WHERE facts->>'n' = %s", (str(name),))
        if known is not None:
            return str(known)
        area, facts = places.area_by_code(AREA).id, {"n": str(name), "device": station(0)}
        return cases.open_case(SYSTEM, "air.inspection", at=clock.now(), area=area, facts=facts).number


def _step(number: str, step: str, outcome: str) -> None:
    """Take a step that nobody else takes; whoever does not know whether it did finds the task done."""
    while True:
        at = clock.now()
        shown = case_reads.case_view(SYSTEM, number, at)
        (task,) = [task for task in shown.tasks if task.step == step]
        if task.state == "done":
            return
        try:
            cases.take_step(SYSTEM, shown.id, task.id, outcome, at=at)
        except Conflict:  # the tick changed the case meanwhile
            continue
        return


def until_done(act: Callable[[], Any]) -> Any:
    """Try until the database has answered."""
    while True:
        try:
            return act()
        except Error:
            connection.close()
            time.sleep(ASK_AGAIN)


def _move_clock(stopping: threading.Event) -> None:
    """Let the district's clock go on by jumps, so that clocks of cases come to their warnings and their ends."""
    while not stopping.wait(CLOCK_EVERY):
        try:
            now = clock.now()
            journal.set_clock(SYSTEM, instant=now + CLOCK_STEP, at=now)
        except Error:
            connection.close()
    connection.close()


def write(scene: Scene, part: int, token: str) -> None:
    """Be one process of writers until SIGTERM: parts 0 and 1 send readings, the others work on cases."""
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    numbers = range(part * THREADS, (part + 1) * THREADS)
    if part < 2:
        works = [Sender(scene, number, token, stopping).run for number in numbers]
    else:
        works = [Worker(scene, number, stopping).run for number in numbers]
    threads = [threading.Thread(target=work) for work in works]
    if part == 2:
        threads.append(threading.Thread(target=_move_clock, args=(stopping,)))
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive():
            thread.join(0.2)
