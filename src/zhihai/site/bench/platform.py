"""The platform under measurement: a process group of its own, run as an operator runs it."""

from __future__ import annotations

import http.client
import subprocess
import sys
import time
from pathlib import Path

import psutil
from django.db import connections

from zhihai.ground.refusal import Refused

PATIENCE = 180.0
END_SECONDS = 20.0


class Platform:
    """``zhihai up`` in the environment this process has; ``start`` returns once the first page has answered."""

    def __init__(self, data: Path, port: int) -> None:
        self.data, self.port = data, port
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> float:
        """Start it; return the seconds until the first page. Raises ``Refused`` ``bench_platform`` if it does not."""
        self.data.mkdir(mode=0o711, parents=True, exist_ok=True)
        began = time.monotonic()
        with (self.data.parent / "said.txt").open("ab") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "zhihai.site.command", "up"], stdin=subprocess.DEVNULL, stdout=out, stderr=out
            )
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > began + PATIENCE:
                raise Refused("bench_platform", seconds=int(PATIENCE))
            time.sleep(0.02)
        return time.monotonic() - began

    def end(self) -> None:
        """End it, with everything it started."""
        for connection in connections.all(initialized_only=True):
            connection.close()
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(END_SECONDS)

    def memory(self) -> float:
        """Return the proportional set size of all its processes, database included, in MB of 2^20 bytes."""
        assert self._process is not None
        first = psutil.Process(self._process.pid)
        total = 0
        for one in (first, *first.children(recursive=True)):
            try:
                total += one.memory_full_info().pss
            except psutil.NoSuchProcess:  # a connection's server process that has just ended
                continue
        return float(total) / 2**20

    def _answers(self) -> bool:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            line.request("GET", "/")
            return line.getresponse().status < 400
        except (OSError, http.client.HTTPException):
            return False
        finally:
            line.close()
