"""The faults: each is done to the platform at an instant that the seed chooses, and taken back after a while."""

from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg

from tools.crash.moved_clock import MOVES, move_clock
from tools.crash.platform import Platform
from tools.crash.scene import Scene

Undo = Callable[[], None]
SMALL_DISK_MB = 320
SLOW_FLUSH_US = 100_000
ROOM_LEFT = 4096


@dataclass(frozen=True, slots=True)
class Fault:
    """One sort of fault: ``do`` does it and returns how it is taken back, or nothing where it passes by itself."""

    name: str
    do: Callable[[Hand], Undo | None]
    weight: int = 1
    needs: str = ""
    """What not every laboratory has: a small ``disk`` under the records, a ``clock`` that can be moved."""


@dataclass(slots=True)
class Hand:
    """What a fault works on."""

    scene: Scene
    platform: Platform
    random: random.Random

    def one(self, found: list[psutil.Process]) -> list[psutil.Process]:
        """Return one of these by chance, or none when there is none just now."""
        return [self.random.choice(found)] if found else []


def _kill(found: list[psutil.Process], number: signal.Signals = signal.SIGKILL) -> None:
    for process in found:
        with suppress(psutil.Error):
            process.send_signal(number)


def _freeze(found: list[psutil.Process]) -> Undo:
    _kill(found, signal.SIGSTOP)
    return lambda: _kill(found, signal.SIGCONT)


def _killed(*names: str) -> Callable[[Hand], None]:
    return lambda hand: _kill(hand.one(hand.platform.processes(*names)))


def _frozen(*names: str) -> Callable[[Hand], Undo]:
    return lambda hand: _freeze(hand.one(hand.platform.processes(*names)))


def _sessions_ended(hand: Hand) -> None:
    _as_superuser(
        hand, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'zhihai' AND random() < 0.5"
    )


def _slow_disk(hand: Hand) -> Undo:
    """Each flush of the log waits 100 ms: the server's own setting for gathering commits, used as a slow disk."""
    settings = {"commit_delay": SLOW_FLUSH_US, "commit_siblings": 0}
    for name, value in settings.items():
        _as_superuser(hand, f"ALTER SYSTEM SET {name} = {value}")
    _as_superuser(hand, "SELECT pg_reload_conf()")

    def undo() -> None:
        for name in settings:
            _as_superuser(hand, f"ALTER SYSTEM RESET {name}")
        _as_superuser(hand, "SELECT pg_reload_conf()")

    return undo


def _as_superuser(hand: Hand, statement: str) -> None:
    """Say something to the database while it is there; a fault may fall into another."""
    folder = hand.scene.data / "run"
    with (
        suppress(psycopg.Error),
        psycopg.connect(f"host={folder} user=postgres dbname=zhihai connect_timeout=2", autocommit=True) as connection,
    ):
        connection.execute("SET statement_timeout = 2000")
        connection.execute(statement)  # type: ignore[call-overload]


def _writes_refused(hand: Hand) -> Undo:
    """No process of the database can write beyond the first bytes of a file: its log can not grow."""
    found = hand.platform.processes("postgres")

    def limit(soft: int) -> None:
        for process in found:
            with suppress(psutil.Error, OSError):
                process.rlimit(resource.RLIMIT_FSIZE, (soft, resource.RLIM_INFINITY))

    limit(ROOM_LEFT)
    return lambda: limit(resource.RLIM_INFINITY)


def _disk_full(hand: Hand) -> Undo | None:
    """Take all room that the small disk under the records has left."""
    records = hand.scene.data / "records"
    if not os.path.ismount(records):
        return None
    filler = records / "filler"
    with suppress(OSError), filler.open("wb") as out:  # it may be full already
        while True:
            out.write(bytes(2**20))
            out.flush()
    return lambda: filler.unlink(missing_ok=True)


def _clock_moved(hand: Hand) -> Undo:
    """Move the machine's clock, as every process of the run sees it, by as much as a broken time server or a person."""
    move_clock(hand.random.choice(MOVES))
    return lambda: move_clock(0)


def _receiver_away(hand: Hand) -> Undo:
    hand.platform.leave("receiver", True)
    _kill(hand.platform.processes("receiver"))
    return lambda: hand.platform.leave("receiver", False)


def _cut(number: signal.Signals) -> Callable[[Hand], None]:
    def cut(hand: Hand) -> None:
        _kill(hand.platform.processes("lines"), number)

    return cut


FAULTS = (
    Fault("writers killed", _killed("writer"), 2),
    Fault("writers frozen", _frozen("writer")),
    Fault("background killed", _killed("background", "standby"), 3),
    Fault("background frozen", _frozen("background", "standby"), 3),
    Fault("web killed", _killed("web"), 3),
    Fault("web frozen", _frozen("web"), 2),
    Fault("supervisor killed", _killed("up")),
    Fault("database killed", lambda hand: _kill(hand.platform.postmasters()), 2),
    Fault("database frozen", lambda hand: _freeze(hand.platform.postmasters())),
    Fault("database stopped at once", lambda hand: _kill(hand.platform.postmasters(), signal.SIGQUIT)),
    Fault("session killed", lambda hand: _kill(hand.one(hand.platform.sessions("zhihai zhihai"))), 2),
    Fault("session frozen", lambda hand: _freeze(hand.one(hand.platform.sessions("zhihai zhihai"))), 3),
    Fault("sessions ended", _sessions_ended, 3),
    Fault("server process frozen", lambda hand: _freeze(hand.one(hand.platform.sessions()))),
    Fault("connections reset", _cut(signal.SIGUSR1), 3),
    Fault("mail connections reset", _cut(signal.SIGUSR2), 2),
    Fault("receiver away", _receiver_away, 2),
    Fault("disk slow", _slow_disk, 2),
    Fault("writes refused", _writes_refused),
    Fault("disk full", _disk_full, 8, needs="disk"),
    Fault("clock moved", _clock_moved, 8, needs="clock"),
)
BY_NAME = {fault.name: fault for fault in FAULTS}


def may_mount(folder: Path) -> bool:
    """Say whether this process may mount a small disk."""
    probe = folder / "probe"
    probe.mkdir(exist_ok=True)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", probe], capture_output=True, check=False)
    if done.returncode == 0:
        subprocess.run(["umount", probe], check=True)
    return done.returncode == 0


def small_disk(scene: Scene) -> None:
    """Lay the records of the run on a disk of 320 MB."""
    records = scene.data / "records"
    facts = records.stat()
    beside = scene.data / "records.beside"
    records.rename(beside)
    records.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK_MB}m", "none", records], check=True)
    subprocess.run(["cp", "-a", f"{beside}/.", records], check=True)
    os.chown(records, facts.st_uid, facts.st_gid)
    records.chmod(0o700)
    shutil.rmtree(beside)


@dataclass(slots=True)
class Injected:
    """A fault that was done: when, and when it was taken back, on the clock that the writers note."""

    name: str
    at: float
    until: float


def storm(hand: Hand, names: tuple[str, ...], seconds: float) -> list[Injected]:
    """Do faults of these sorts for so long, one on top of another; in the end all are taken back."""
    sorts = [BY_NAME[name] for name in names]
    done: list[Injected] = []
    held: list[tuple[float, Undo, Injected]] = []
    end = time.monotonic() + seconds
    first = True
    while (now := time.monotonic()) < end or held:
        due = [one for one in held if one[0] <= now or now >= end]
        held = [one for one in held if one not in due]
        for _, undo, injected in due:
            undo()
            injected.until = time.monotonic()
        hand.platform.look()
        if now < end:
            time.sleep(hand.random.uniform(0.2, 0.5) if first else hand.random.uniform(0.1, 0.5))
            first = False
            sort = hand.random.choices(sorts, [one.weight for one in sorts])[0]
            at = time.monotonic()
            undo_ = sort.do(hand)
            done.append(Injected(sort.name, at, time.monotonic()))
            if undo_ is not None:
                held.append((at + hand.random.uniform(0.2, 2.5), undo_, done[-1]))
    return done
