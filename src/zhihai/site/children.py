"""Child processes of the platform: each dies with its parent, and takes its own children along."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress

PR_SET_PDEATHSIG = 1
"""``prctl`` option: the signal a process gets when its parent dies (prctl(2), Linux)."""
LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

QUICK_DEATHS = 5
QUICK_SECONDS = 60.0
LONGEST_PAUSE = 15.0


def bind_to_parent(number: signal.Signals) -> Callable[[], None] | None:
    """Return what a new process must do to get signal ``number`` when this process dies, or ``None`` off Linux.

    Only the thread that starts the process counts as its parent: start children from the main thread.
    """
    if LIBC is None:
        return None
    library, parent = LIBC, os.getpid()

    def bind() -> None:
        library.prctl(PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:
            os._exit(1)

    return bind


class Deaths:
    """How often something has died of late, and how long to wait before it is started again."""

    def __init__(self) -> None:
        self._at: deque[float] = deque(maxlen=QUICK_DEATHS)

    def note(self) -> float:
        """Count one death now; return the seconds to wait, longer each time."""
        self._at.append(time.monotonic())
        recent = sum(at > self._at[-1] - QUICK_SECONDS for at in self._at)
        return min(LONGEST_PAUSE, 0.1 * 2.0**recent)

    @property
    def hopeless(self) -> bool:
        """Whether it died so often in so short a time that starting it again is no use."""
        return len(self._at) == QUICK_DEATHS and self._at[-1] - self._at[0] < QUICK_SECONDS


class Child:
    """A process that is kept running: started again after a death, later each time, until it dies too often."""

    def __init__(self, name: str, command: Sequence[str]) -> None:
        self.name = name
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self.deaths = Deaths()
        self._again_at = 0.0

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start the process at the head of a process group of its own."""
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=bind_to_parent(signal.SIGTERM)
        )

    def watch(self) -> int | None:
        """Look after the process once: return its exit code when it has just died, and start it again when due."""
        if self._process is None:
            if time.monotonic() >= self._again_at:
                self.start()
            return None
        code = self._process.poll()
        if code is None:
            return None
        self._end_group(signal.SIGKILL)
        self._process = None
        self._again_at = time.monotonic() + self.deaths.note()
        return code

    def ask_to_end(self) -> None:
        """Send SIGTERM."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def end(self, until: float) -> None:
        """Wait for the end until the monotonic instant ``until``, then kill it and all it has started."""
        if self._process is None:
            return
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(max(0.0, until - time.monotonic()))
        self._end_group(signal.SIGKILL)
        self._process.wait()
        self._process = None

    def _end_group(self, number: signal.Signals) -> None:
        assert self._process is not None
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)
