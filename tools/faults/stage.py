"""The stage: data folders that are copied from one template, and the platform on them, as an operator starts it."""

from __future__ import annotations

import http.client
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import psutil
import psycopg
from prometheus_client.parser import text_string_to_metric_families

from zhihai.site.configuration import Configuration
from zhihai.site.postgres import embedded_url

ROOT = Path(__file__).resolve().parents[2]
DISTRICT = ROOT / "tests" / "districts" / "lakeside"
PATIENCE = 90.0
HOUR = timedelta(hours=1)
SMALL_DISK_MB = 400
Found = TypeVar("Found")


class NotSoError(Exception):
    """Something that the runbook tells did not come about."""


class UntriedError(Exception):
    """A fault that can not be brought about here, and why."""


def wait_for(ask: Callable[[], Found], what: str, seconds: float = PATIENCE) -> Found:
    """Ask until the answer is true, and return it. Raises :class:`NotSoError` when it never is."""
    until = time.monotonic() + seconds
    while not (found := ask()):
        if time.monotonic() > until:
            raise NotSoError(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.1)
    return found


def hold(so: object, what: str) -> None:
    """Raise :class:`NotSoError` unless something is so."""
    if not so:
        raise NotSoError(what)


def free_port() -> int:
    """Return a port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(slots=True)
class Platform:
    """``zhihai`` on one data folder: its commands, ``up``, what it answers and what it logs."""

    data: Path
    log_file: Path
    environment: dict[str, str]
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def zhihai(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            [sys.executable, "-m", "zhihai.site.command", *arguments],
            env=self._named(settings), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )  # fmt: skip

    def done(self, *arguments: str) -> str:
        """Run a command that must succeed, and return what it printed."""
        ran = self.zhihai(*arguments)
        hold(ran.returncode == 0, f"zhihai {arguments[0]} ended with {ran.returncode}: {ran.stdout}{ran.stderr}")
        return ran.stdout.strip()

    def up(self, **settings: str) -> None:
        """Start the platform and wait until its background work is done by somebody."""
        with self.log_file.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "zhihai.site.command", "up"],
                env=self._named(settings), stdin=subprocess.DEVNULL, stdout=out, stderr=out,
            )  # fmt: skip
        wait_for(lambda: self.worker("pulse").get("running"), "the background work begins")

    def end(self) -> None:
        """End the platform as an operator does, and make sure of it."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    def ended(self) -> bool:
        """Say whether ``up`` has ended by itself."""
        return self.process is not None and self.process.poll() is not None

    def log(self) -> str:
        """Return what ``up`` and its processes have said."""
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    def ask(self, path: str, body: str | None = None, **headers: str) -> tuple[int, str]:
        """Ask for a path, or post to it; status 0 when nobody answers."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            line.request("GET" if body is None else "POST", path, body, named)
            answer = line.getresponse()
            return answer.status, answer.read().decode()
        except (OSError, http.client.HTTPException):
            return 0, ""
        finally:
            line.close()

    def health(self) -> dict[str, Any]:
        """Return what ``/health`` tells a machine; nothing when nobody answers."""
        status, told = self.ask("/health", Accept="application/json")
        return dict(json.loads(told)) if status in (200, 503) else {}

    def worker(self, name: str) -> dict[str, Any]:
        """Return what ``/health`` tells of one worker."""
        return next((dict(one) for one in self.health().get("workers", ()) if one["name"] == name), {})

    def measure(self, name: str, **labels: str) -> float:
        """Return a measure, summed over what bears these labels; -1 when it is not told."""
        status, told = self.ask("/metrics")
        if status != 200:
            return -1.0
        found = [
            sample.value
            for family in text_string_to_metric_families(told)
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        ]
        return sum(found) if found else -1.0

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        """Do a statement past the platform, as the administrator of the database."""
        with closing(psycopg.connect(self.url, user="postgres", autocommit=True)) as line:
            cursor = line.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    @property
    def url(self) -> str:
        """Address of the embedded database."""
        return embedded_url(self.data)

    def database(self) -> psutil.Process:
        """Return the first process of the embedded database."""
        return psutil.Process(int((self.data / "records" / "postmaster.pid").read_text().split()[0]))

    def background(self) -> psutil.Process:
        """Return the process of the background work."""
        assert self.process is not None
        children = psutil.Process(self.process.pid).children(recursive=True)
        return next(one for one in children if one.name() == "zh-background")

    def open_case(self) -> str:
        """Open a case through the act, and return its number."""
        ran = subprocess.run(
            [sys.executable, "-m", "tools.faults.opening"],
            env=self._named({}), cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        hold(ran.returncode == 0, f"no case could be opened: {ran.stderr[-300:]}")
        return ran.stdout.strip()

    def send(self, token: str, readings: list[dict[str, Any]], key: str = "") -> tuple[int, dict[str, Any]]:
        """Send readings as a device does; return the status and what was answered."""
        status, told = self.ask(
            "/api/readings", json.dumps(readings), Authorization=f"Bearer {token}",
            Content_Type="application/json", Accept_Language="en", Idempotency_Key=key or secrets.token_hex(8),
        )  # fmt: skip
        return status, json.loads(told) if told.startswith("{") else {}

    def _named(self, settings: dict[str, str]) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ZHIHAI_")}
        own = {"ZHIHAI_DATA": str(self.data), "ZHIHAI_PORT": str(self.port)}
        return kept | self.environment | own | settings


def reading(hours: int = 1, **other: object) -> dict[str, Any]:
    """Return the reading of a station some hours ago, with anything about it said otherwise."""
    at = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - hours * HOUR
    sound = {"device": "east-air", "quantity": "pm25", "at": at.isoformat(), "value": 35, "unit": "ug/m3"}
    return sound | other


@dataclass(slots=True)
class Stage:
    """A folder of work with the template of all data folders in it."""

    work: Path

    @property
    def environment(self) -> dict[str, str]:
        """Settings that every platform here has."""
        nothing = self.work / "zhihai.toml"
        nothing.touch()
        return {
            "ZHIHAI_CONFIG": str(nothing), "ZHIHAI_SECRET_KEY": "a key that is good for these trials alone",
            "ZHIHAI_WORKERS": "1", "ZHIHAI_THREADS": "4", "ZHIHAI_BUFFERS": "32", "ZHIHAI_LOG_FORM": "json",
            "LC_ALL": "C.UTF-8", "ZHIHAI_SECOND_FACTOR": "false",
        }  # fmt: skip

    def bare(self, name: str) -> Platform:
        """Return a platform on an empty folder."""
        folder = self.work / name
        folder.mkdir(mode=0o711)
        return Platform(folder / "data", folder / "up.log", self.environment)

    @contextmanager
    def platform(self, name: str, *, small_disk: bool = False, begun: bool = True) -> Iterator[Platform]:
        """Give a platform on a data folder of its own while the block runs; with ``begun`` a copy of the template."""
        platform = self.bare(name)
        try:
            platform.data.mkdir(mode=0o711)
            if small_disk:
                size = f"size={SMALL_DISK_MB}m,mode=711"
                mount = ["mount", "-t", "tmpfs", "-o", size, "none", str(platform.data)]
                if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
                    raise UntriedError("needs the right to mount a small disk")
            if begun:
                subprocess.run(["cp", "-a", f"{self._template()}/.", platform.data], check=True)
            yield platform
        finally:
            platform.end()
            if platform.data.is_mount():
                subprocess.run(["umount", "-l", platform.data], check=True)
            shutil.rmtree(platform.data.parent, ignore_errors=True)

    def _template(self) -> Path:
        """Load the small invented district once."""
        made = self.work / "template"
        if not made.is_dir():
            platform = self.bare("made")
            platform.done("load", "district", str(DISTRICT), "--live")
            platform.data.rename(made)
        return made


@dataclass(slots=True)
class Trial:
    """What came of one fault: what was seen of it and what mended it, with the seconds since it was done."""

    stage: Stage
    name: str
    began: float = field(default_factory=time.monotonic)
    seen: str = ""
    seen_after: float = 0.0
    mended: str = ""
    mended_after: float = 0.0
    wrong: str = ""
    untried: str = ""

    def done(self) -> None:
        """The fault is there now: seconds are counted from here."""
        self.began = time.monotonic()

    def see(self, what: str) -> None:
        """Note that what the runbook says one sees was seen, all of it."""
        self.seen, self.seen_after = what, time.monotonic() - self.began

    def mend(self, what: str) -> None:
        """Note that what the runbook says to do has mended it."""
        self.mended, self.mended_after = what, time.monotonic() - self.began

    @property
    def ok(self) -> bool:
        """Whether it was seen and mended."""
        return bool(self.seen and self.mended) and not self.wrong


def configuration(data: Path) -> Configuration:
    """Return the settings of a data folder, for what is done to it from outside."""
    return Configuration(data=data)
