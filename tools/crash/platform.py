"""The platform under trial: every process of it, found by what it is, started again as an operator's system would."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress

import psutil

from tools.crash.lines import carry, receive
from tools.crash.scene import LEASE, WRITERS, Scene
from tools.crash.writers import write
from zhihai.site import background
from zhihai.site.children import LIBC, PR_SET_NAME, bind_to_parent
from zhihai.site.configuration import Configuration
from zhihai.site.preparation import mark_prepared
from zhihai.site.supervisor import Supervisor, answers
from zhihai.site.workers import build_workers

PR_SET_CHILD_SUBREAPER = 36
"""``prctl`` option: what loses its parent becomes our child, so that nothing of a run is left behind (prctl(2))."""
READY_SECONDS = 60.0


def adopt_orphans() -> None:
    """Become the parent of whatever our children leave behind."""
    if LIBC is not None:
        LIBC.prctl(PR_SET_CHILD_SUBREAPER, ctypes.c_ulong(1))


def fork(name: str, log: str, work: Callable[[], object]) -> int:
    """Run ``work`` in a process of its own, which dies with us; what it says goes to the run's log."""
    bind = bind_to_parent(signal.SIGTERM)
    sys.stdout.flush()
    sys.stderr.flush()
    held = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # until the child has a handler of its own
    child = os.fork()
    if child:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
        return child
    code = 1
    try:
        os.setsid()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
        if bind is not None:
            bind()
        if LIBC is not None:
            LIBC.prctl(PR_SET_NAME, f"zh-{name}".encode())
        out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        for number in (1, 2):
            os.dup2(out, number)
        given = work()
        code = given if isinstance(given, int) else 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


class Platform:
    """All processes of one run, kept running: what has died is started again at the next :meth:`look`."""

    def __init__(self, scene: Scene, config: Configuration, token: str, *, standby: bool) -> None:
        self._scene, self._config, self._token, self._standby = scene, config, token, standby
        self._pids: dict[str, int] = {}
        self._away: set[str] = set()
        self._ready = False

    def start(self) -> None:
        """Start everything and return when the first page answers."""
        mark_prepared(self._config)
        background.LEASE_SECONDS = LEASE
        for name in ("lines", "receiver", "up"):
            self._start(name)
        until = time.monotonic() + READY_SECONDS
        while not answers(self._config):
            self.look()
            if time.monotonic() > until:
                raise RuntimeError("the platform does not answer")
            time.sleep(0.02)
        self._ready = True
        self.look()

    def look(self) -> None:
        """Start again whatever of ours has ended, orphans aside."""
        with suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG)[0]) != 0:
                self._pids = {name: pid for name, pid in self._pids.items() if pid != ended}
        names = ["lines", "receiver", "up"]
        if self._ready:
            names += [f"writer-{part}" for part in range(WRITERS)] + ["standby"] * self._standby
        for name in names:
            if name not in self._pids and name not in self._away:
                self._start(name)

    def leave(self, name: str, away: bool) -> None:
        """Let one of ours stay away, or come back at the next look."""
        self._away = self._away | {name} if away else self._away - {name}

    def pid(self, name: str) -> int:
        """Return the process of ours under a name."""
        return self._pids[name]

    def processes(self, *names: str) -> list[psutil.Process]:
        """Return the processes under these names, of whatever generation, children of the web server and all."""
        found = []
        for process in psutil.Process().children(recursive=True):
            with suppress(psutil.Error):
                if process.name().removeprefix("zh-") in names and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
        return found

    def sessions(self, what: str = "") -> list[psutil.Process]:
        """Return the server's processes whose title holds ``what``; the first process of the server is not among."""
        found = []
        for process in self.processes("postgres"):
            with suppress(psutil.Error, IndexError):
                if process.cmdline()[0].startswith("postgres:") and what in process.cmdline()[0]:
                    found.append(process)
        return found

    def postmasters(self) -> list[psutil.Process]:
        """Return the first process of each server that runs: one, unless it was just started again."""
        found = []
        for process in self.processes("postgres"):
            with suppress(psutil.Error, IndexError):
                if not process.cmdline()[0].startswith("postgres:"):
                    found.append(process)
        return found

    def end(self, *names: str, seconds: float = 60.0) -> None:
        """Ask processes of ours to end and wait for them; raises when one does not."""
        for name in names:
            self.leave(name, True)
            if name in self._pids:
                os.kill(self._pids[name], signal.SIGTERM)
        until = time.monotonic() + seconds
        while left := [name for name in names if name in self._pids]:
            self.look()
            if time.monotonic() > until:
                raise RuntimeError(f"{', '.join(left)} did not end")
            time.sleep(0.02)

    def kill(self) -> None:
        """End whatever is left, at once."""
        self._pids.clear()
        for _ in range(100):
            left = psutil.Process().children(recursive=True)
            if not left:
                return
            for process in left:
                with suppress(psutil.Error):
                    process.send_signal(signal.SIGKILL)
            with suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            time.sleep(0.02)
        raise RuntimeError("processes of the run can not be ended")

    def _start(self, name: str) -> None:
        scene, part = self._scene, name.rpartition("-")[2]
        works: dict[str, Callable[[], object]] = {
            "lines": lambda: carry([(scene.web_line, scene.web), (scene.mail_line, scene.mail)]),
            "receiver": lambda: receive(scene.mail, scene.notes),
            "up": lambda: Supervisor(self._config, lambda key, **facts: print("up:", key, facts, flush=True)).run(),
            "standby": lambda: background.serve_until_stopped(build_workers()),
        }
        work = works.get(name) or (lambda: write(scene, int(part), self._token))
        self._pids[name] = fork("writer" if name.startswith("writer") else name, str(scene.log), work)
