"""Child processes of the platform (子进程): each dies with its parent, and takes its own children along."""

from __future__ import annotations

import ctypes
import gc
import os
import runpy
import signal
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable
from contextlib import suppress

PR_SET_PDEATHSIG = 1
"""``prctl`` option: the signal a process gets when its parent dies (prctl(2), Linux)."""
PR_SET_NAME = 15
"""``prctl`` option: the name under which ``ps`` and ``top`` show a process, 15 bytes at most."""
LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

QUICK_DEATHS = 5
QUICK_SECONDS = 60.0
LONGEST_PAUSE = 15.0
END_POLL_SECONDS = 0.01


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
    """A process that is kept running: started again after a death, later each time, until it dies too often.

    It is forked and runs ``module`` as ``python -m`` would: what this process has imported, it need not import again.
    """

    def __init__(self, name: str, module: str) -> None:
        self.name = name
        self._module = module
        self._process: int | None = None
        self.deaths = Deaths()
        self._again_at = 0.0

    def start(self) -> None:
        """Start the process at the head of a process group of its own."""
        bind = bind_to_parent(signal.SIGTERM)
        sys.stdout.flush()
        sys.stderr.flush()
        child = os.fork()
        if child:
            self._process = child
            return
        code = 1
        try:
            _leave_parent(self.name, bind)
            code = _run(self._module)
        finally:
            os._exit(code)  # nothing of what the parent would do at its end is done here

    def watch(self) -> int | None:
        """Look after the process once: return its exit code when it has just died, and start it again when due."""
        if self._process is None:
            if time.monotonic() >= self._again_at:
                self.start()
            return None
        ended, status = os.waitpid(self._process, os.WNOHANG)
        if not ended:
            return None
        self._end_group()
        self._process = None
        self._again_at = time.monotonic() + self.deaths.note()
        return os.waitstatus_to_exitcode(status)

    def ask_to_end(self) -> None:
        """Send SIGTERM; a process that is no more stays known until it is waited for, so it meets nobody else."""
        if self._process is not None:
            os.kill(self._process, signal.SIGTERM)

    def end(self, until: float) -> None:
        """Wait for the end until the monotonic instant ``until``, then kill it and all it has started."""
        if self._process is None:
            return
        while not (ended := os.waitpid(self._process, os.WNOHANG)[0]) and time.monotonic() < until:
            time.sleep(END_POLL_SECONDS)
        self._end_group()
        if not ended:
            os.waitpid(self._process, 0)
        self._process = None

    def _end_group(self) -> None:
        assert self._process is not None
        with suppress(ProcessLookupError):
            os.killpg(self._process, signal.SIGKILL)


def _leave_parent(name: str, bind: Callable[[], None] | None) -> None:
    """Make a forked process one of its own: group, signals, standard input, files and name; die with the parent."""
    os.setsid()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    if bind is not None:
        bind()
    if LIBC is not None:
        LIBC.prctl(PR_SET_NAME, f"zh-{name}".encode())
    # Files of the parent, the lock on its records among them, are not ours to hold open.
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)


def _run(module: str) -> int:
    """Run a module as the main program of this process, and return the exit code it ends with.

    Collection of garbage is off while the module imports; it is on again when the module says so.
    """
    gc.disable()  # nothing that an import makes is garbage: looking for it costs an eighth of the start
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as left:
        if isinstance(left.code, str):
            print(left.code, file=sys.stderr)
        return left.code if isinstance(left.code, int) else int(left.code is not None)
    except BaseException:
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0
