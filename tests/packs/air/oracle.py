"""Independent libraries for the air quality index, each in an environment of its own, and what they were asked.

``aqi-hub`` 0.2.1 computes by the norms of 2012, 0.3.3 by those of 2026. They are installed by their pinned hashes from
``requirements/oracle-*.txt`` into the folder of the set-up, once for each change of pins or interpreter, and run as
processes: nothing of theirs is ever imported here.
"""

from __future__ import annotations

import csv
import fcntl
import hashlib
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.bootstrap import OURS, REQUIREMENTS, ROOT

WORKER = Path(__file__).with_name("oracle_worker.py")
ORACLES = {"2012": "oracle-2012.txt", "2026-stage1": "oracle-2026.txt"}
"""For each edition of ours, the pins of the library that implements it."""

BASE: str = getattr(sys, "_base_executable", sys.executable)
"""The interpreter the environment of the tests was made with: that one has pip."""

SET_UP = """\
import json
from tools.bootstrap import install_uv, uv_environment
print(json.dumps([str(install_uv()), uv_environment()]))
"""

UNITS = (1, 1, 1, 1, 1000, 1)
"""The library's units in µg/m³: carbon monoxide is asked for in mg/m³."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: form (``hourly``, ``daily``) and the six concentrations in our order, in the library's units."""

    form: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the library says: index, sub-indices in our order, primary pollutants."""

    index: int | None
    parts: tuple[int | None, ...]
    primary: tuple[str, ...]


def ask(edition: str, questions: Iterable[Asked]) -> list[Answer]:
    """Return the library's answer to each question, in order; raises ``CalledProcessError`` when it falls over."""
    text = io.StringIO()
    rows = csv.writer(text)
    for question in questions:
        rows.writerow([question.form, *("" if value is None else repr(value) for value in question.values)])
    command = [_python(ORACLES[edition]), "-I", str(WORKER)]
    said = subprocess.run(command, input=text.getvalue(), capture_output=True, text=True, check=True)
    return [_answer(row) for row in csv.reader(io.StringIO(said.stdout))]


def _answer(row: Sequence[str]) -> Answer:
    index, *parts, primary = row
    return Answer(
        int(index) if index else None,
        tuple(int(part) if part else None for part in parts),
        tuple(primary.split("+")) if primary else (),
    )


def _python(pins: str) -> str:
    """Return the interpreter of the oracle's environment, building the environment when it is not there."""
    requirements = REQUIREMENTS / pins
    mark = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()[:12]
    home = OURS / f"{requirements.stem}-{mark}"
    OURS.mkdir(exist_ok=True)
    with (OURS / f"{home.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / "ready").exists():
            shutil.rmtree(home, ignore_errors=True)
            _build(home, requirements)
            (home / "ready").touch()
    return str(home / "bin" / "python")


def _build(home: Path, requirements: Path) -> None:
    """Make the environment with the uv of the set-up, which knows the registry by the machine's own pip."""
    told = subprocess.run([BASE, "-c", SET_UP], cwd=ROOT, capture_output=True, text=True, check=True)
    uv, environment = json.loads(told.stdout.splitlines()[-1])
    python = str(home / "bin" / "python")
    for step in (
        [uv, "venv", "--quiet", "--no-project", "--python", BASE, str(home)],
        [uv, "pip", "install", "--quiet", "--python", python, "--require-hashes", "-r", str(requirements)],
    ):
        subprocess.run(step, env=environment, check=True)
