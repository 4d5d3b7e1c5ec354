"""Platforms that a test starts as an operator does, each a process of its own."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import psycopg

PATIENCE = 90.0


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_for(happened: Callable[[], object], what: str) -> None:
    until = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < until, what
        time.sleep(0.1)


def is_ready(port: int) -> bool:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        line.request("GET", "/health/ready", headers={"Host": "127.0.0.1"})
        return line.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        line.close()


class Platform:
    """``zhihai up`` with a data folder of its own and a database that is not its own."""

    def __init__(self, folder: Path, url: str, **settings: str) -> None:
        self.port, self.log = free_port(), folder / "log"
        folder.mkdir(mode=0o711)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ZHIHAI_")}
        self.environment = kept | {
            "ZHIHAI_CONFIG": os.environ["ZHIHAI_CONFIG"], "ZHIHAI_DATA": str(folder / "data"),
            "ZHIHAI_DATABASE_URL": url, "ZHIHAI_PORT": str(self.port), "ZHIHAI_WORKERS": "2", "ZHIHAI_THREADS": "4",
            **{f"ZHIHAI_{name.upper()}": value for name, value in settings.items()},
        }  # fmt: skip

    def start(self) -> None:
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "zhihai.site.command", "up"], env=self.environment, stdout=out, stderr=out
            )

    def wait(self) -> None:
        """Wait until it says that it is ready; fails at once with what it said when it has ended instead."""
        wait_for(lambda: self.process.poll() is not None or is_ready(self.port), "it is not ready")
        assert self.process.poll() is None, self.log.read_text()

    def told(self, *words: str) -> str:
        """Return what a command prints in this platform's environment."""
        asked = [sys.executable, "-m", "zhihai.site.command", *words]
        done = subprocess.run(
            asked, env=self.environment, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def children(self) -> set[int]:
        """Return the processes that the platform has started."""
        return {one.pid for one in psutil.Process(self.process.pid).children(recursive=True)}

    def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        if self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(PATIENCE)


def holders(url: str) -> set[int]:
    """Return the processes that hold a lease of a worker in this database now."""
    with psycopg.connect(url, autocommit=True) as line:
        found = line.execute("SELECT DISTINCT holder FROM worker WHERE lease_until > clock_timestamp()").fetchall()
    return {int(holder.split("/")[1]) for (holder,) in found}
