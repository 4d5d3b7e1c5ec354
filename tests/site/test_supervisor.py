"""The contract of ``zhihai up``: the ready line, health, a clean end, and no process left behind."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from django.conf import settings

from zhihai.site import supervisor
from zhihai.site.configuration import Configuration, read_configuration
from zhihai.site.postgres import ready_pid
from zhihai.site.supervisor import Supervisor, answers, as_typed, officials_told
from zhihai.site.wording import site_words

PATIENCE = 60.0
"""Seconds after which something did not happen; nothing here is timed more tightly."""


def wait_for(happened: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < until, what
        time.sleep(0.05)


def opened(process: psutil.Process) -> set[str]:
    """Return the plain files that a process holds open."""
    return {one.path for one in process.open_files()}


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class Platform:
    """A platform of its own, run as an operator runs it."""

    def __init__(self, data: Path) -> None:
        self.port = free_port()
        self.data = data
        self.said = data.parent / "said.txt"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ZHIHAI_")}
        self.environment = kept | {
            "ZHIHAI_DATA": str(data),
            "ZHIHAI_PORT": str(self.port),
            "ZHIHAI_SECRET_KEY": "a key of this test and of nothing else",
            "ZHIHAI_CONFIG": os.environ["ZHIHAI_CONFIG"],
            "ZHIHAI_WORKERS": "1",
            "ZHIHAI_BUFFERS": "32",
            "ZHIHAI_LANGUAGE": "en",
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.said.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "zhihai.site.command", "up"], env=self.environment, stdout=out, stderr=out
            )
        wait_for(self.is_ready, "no ready line")

    def is_ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.said.read_text()
        return f"ready http://127.0.0.1:{self.port}\n" in self.said.read_text()

    def family(self) -> list[psutil.Process]:
        assert self.process is not None
        return psutil.Process(self.process.pid).children(recursive=True)

    def health(self) -> tuple[int, dict[str, object]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("GET", "/health")
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        except (OSError, http.client.HTTPException):
            return 0, {}
        finally:
            connection.close()

    def configuration(self) -> Configuration:
        return read_configuration(data=self.data, port=self.port, demonstration=False)

    def web(self) -> psutil.Process:
        return next(one for one in self.family() if one.name() == "zh-web" and self.is_child(one))

    def is_child(self, process: psutil.Process) -> bool:
        assert self.process is not None
        return process.ppid() == self.process.pid

    def end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(PATIENCE)


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    """One data folder for the module: its tables are made once."""
    if not settings.VENDOR.is_dir():
        pytest.fail("no front-end libraries: run `python -m zhihai.site.vendor`", pytrace=False)
    with tempfile.TemporaryDirectory(dir=os.environ["ZHIHAI_TEST_RUN"]) as folder:
        Path(folder).chmod(0o711)
        yield Path(folder) / "data"


@pytest.fixture
def platform(data: Path) -> Iterator[Platform]:
    running = Platform(data)
    running.start()
    yield running
    running.end()


def test_it_says_ready_answers_health_and_ends_cleanly(platform: Platform) -> None:
    status, health = platform.health()
    assert (status, health["state"]) == (200, "ok")
    family = platform.family()
    assert platform.process is not None
    platform.process.terminate()
    assert platform.process.wait(PATIENCE) == 0
    assert [one for one in family if one.is_running() and one.status() != psutil.STATUS_ZOMBIE] == []
    assert not (platform.data / "records" / "postmaster.pid").exists()


def test_ready_is_said_of_a_page_that_answers_and_it_is_drawn_from_compiled_templates(platform: Platform) -> None:
    assert answers(platform.configuration())
    assert any((platform.data / "templates").iterdir())


def test_processes_go_by_their_names_and_hold_no_file_of_their_parent(platform: Platform) -> None:
    wait_for(lambda: {"zh-web", "zh-background"} <= {one.name() for one in platform.family()}, "no such names")
    lock = str(platform.data / "records.lock")
    assert platform.process is not None
    assert lock in opened(psutil.Process(platform.process.pid))
    assert [one.name() for one in platform.family() if lock in opened(one)] == []


def test_a_second_start_finds_everything_prepared(platform: Platform) -> None:
    platform.end()
    platform.start()
    assert "Preparing" not in platform.said.read_text()


def test_how_a_password_is_renewed_is_said_for_this_data_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/srv/zhihai/.venv/bin/zhihai", "up"])
    monkeypatch.setenv("ZHIHAI_DATA", "/srv/my data")
    assert as_typed(read_configuration()) == "ZHIHAI_DATA='/srv/my data' /srv/zhihai/.venv/bin/zhihai"
    monkeypatch.delenv("ZHIHAI_DATA")
    assert as_typed(read_configuration()) == "/srv/zhihai/.venv/bin/zhihai"


@pytest.mark.parametrize(("officials", "says"), [(True, "take every task"), (False, "rest")])
def test_the_start_says_who_works_the_cases_and_how_to_do_it_by_hand(
    officials: bool, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", [".venv/bin/zhihai", "up"])
    monkeypatch.delenv("ZHIHAI_DATA", raising=False)
    key, command = officials_told(read_configuration(officials=officials))
    said = site_words().say(key, "en", command=command)
    assert f"Simulated officials {says}" in said
    assert (".venv/bin/zhihai up --demonstration --without-officials" in said) is officials


def test_an_interrupt_ends_it_too(platform: Platform) -> None:
    assert platform.process is not None
    platform.process.send_signal(signal.SIGINT)
    assert platform.process.wait(PATIENCE) == 0


def test_when_it_is_killed_everything_dies_with_it(platform: Platform) -> None:
    family = platform.family()
    assert platform.process is not None
    platform.process.kill()
    platform.process.wait()
    _, left = psutil.wait_procs(family, timeout=PATIENCE)
    assert [one for one in left if one.status() != psutil.STATUS_ZOMBIE] == []


def test_no_worker_of_the_web_server_outlives_it_and_holds_the_port(platform: Platform) -> None:
    """Found by the crash laboratory: the web server stopped, its parent killed, then itself: nothing could start."""
    web, family = platform.web(), platform.family()
    assert len(web.children()) >= 1
    web.suspend()
    assert platform.process is not None
    platform.process.kill()
    platform.process.wait()
    web.kill()
    _, left = psutil.wait_procs(family, timeout=PATIENCE)
    assert [one for one in left if one.status() != psutil.STATUS_ZOMBIE] == []
    platform.start()
    assert platform.health()[0] == 200


def test_a_killed_database_comes_back(platform: Platform) -> None:
    database = ready_pid(platform.data / "records")
    assert database is not None
    psutil.Process(database).kill()
    wait_for(lambda: ready_pid(platform.data / "records") not in (None, database), "the database did not come back")
    wait_for(lambda: platform.health()[0] == 200, "the pages did not come back")


def test_a_killed_web_server_comes_back(platform: Platform) -> None:
    web = platform.web()
    workers = web.children(recursive=True)
    web.kill()
    psutil.wait_procs(workers, timeout=PATIENCE)
    wait_for(lambda: platform.health()[0] == 200, "the pages did not come back")
    assert platform.web().pid != web.pid


def test_a_second_one_on_the_same_data_folder_is_refused_and_touches_nothing(platform: Platform) -> None:
    processes, began = {one.pid for one in platform.family()}, platform.data.stat().st_mtime_ns
    second = subprocess.run(
        [sys.executable, "-m", "zhihai.site.command", "up", "--port", str(free_port())],
        env=platform.environment | {"ZHIHAI_LANGUAGE": "en"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert second.returncode == 1
    assert platform.process is not None
    assert str(platform.process.pid) in second.stderr
    assert "Traceback" not in second.stderr
    assert platform.data.stat().st_mtime_ns == began
    assert {one.pid for one in platform.family()} >= processes
    assert platform.health()[0] == 200


def test_a_second_one_on_the_same_port_is_refused(platform: Platform) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "zhihai.site.command", "up"],
        env=platform.environment | {"ZHIHAI_DATA": str(platform.data.parent / "other"), "ZHIHAI_LANGUAGE": "en"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert second.returncode == 1
    assert f"port {platform.port} is taken" in second.stderr
    assert "Traceback" not in second.stderr


def test_an_asking_that_is_lost_on_its_way_is_heard_all_the_same(
    config: Configuration, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A signal may come while an object is taken down; what is raised there goes nowhere."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    monkeypatch.setattr(supervisor, "_asked", threading.Event())
    monkeypatch.setattr(Supervisor, "_mend", lambda _: True)
    try:
        with pytest.raises(supervisor._AskedToEnd):
            supervisor._ask_to_end(signal.SIGTERM, None)
        with pytest.raises(supervisor._AskedToEnd):
            Supervisor(config, lambda key, **facts: None)._watch()
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
