"""``zhihai up``: one process that starts the platform, watches over it and ends it (守护进程).

Its children are the embedded database, the web server and the background work. When it dies, however, they die. It
imports neither Django nor the house, so that watching costs little memory; what it has imported, the settings above
all, its children have from it.
"""

from __future__ import annotations

import http.client
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import NoReturn

from zhihai.ground.refusal import Refused
from zhihai.site.children import Child, Deaths, bind_to_parent
from zhihai.site.configuration import PREFIX, Configuration, make_data_folder
from zhihai.site.postgres import EmbeddedPostgres, Place, cluster_root, find_place, refuse_in_use
from zhihai.site.postgres_settings import server_settings
from zhihai.site.preparation import is_prepared
from zhihai.site.vendor import fetch_vendor

WATCH_SECONDS = 0.2
CHILD_SECONDS = 2.0
DATABASE_SECONDS = 1.5
"""Together well under the 5 s in which SIGTERM must end the platform."""
FIRST_PAGE_SECONDS = 120.0

SHARED = "PROMETHEUS_MULTIPROC_DIR"
"""By this variable the library of the measures knows that the children count together, and where."""

Say = Callable[..., None]


class _AskedToEnd(BaseException):
    """SIGTERM or SIGINT came; raised once, wherever the start or the watch stands."""


_asked = Event()
"""Set with it: what is raised while an object is taken down is lost, so the watch looks here too."""


class Supervisor:
    """Starts, watches and ends the platform; ``say(key, **facts)`` tells the operator a sentence of the words."""

    def __init__(self, config: Configuration, say: Say) -> None:
        self._config = config
        self._say = say
        self._database: EmbeddedPostgres | None = None
        self._database_deaths = Deaths()
        self._web = Child("web", "zhihai.site.web")
        self._background = Child("background", "zhihai.site.background_process")
        self._children = [self._web]
        self._ready = False

    def run(self) -> int:
        """Serve until SIGTERM or SIGINT; return the exit code: 0 when asked to end, 1 when it could not go on.

        Raises :class:`Refused` for whatever keeps it from starting.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _ask_to_end)
        try:
            settle_mode(self._config)
            refuse_taken_port(self._config)
            refuse_in_use(self._config)
            os.environ[SHARED] = str(fresh_measures(self._config.data))
            if fetch_vendor(self._config.data):
                self._say("up.vendor")
            prepared = is_prepared(self._config)
            if prepared:
                # Importing the house takes the web server longer than starting takes the database.
                self._web.start()
            self._start_database()
            if not prepared:
                if not self._prepare():
                    return 1
                self._web.start()
            return self._watch()
        except _AskedToEnd:
            return 0
        finally:
            self._end()

    def _start_database(self) -> None:
        if self._config.database_url is None:
            place = find_place(self._config)
            self._tell_place(place)
            self._database = EmbeddedPostgres(place, server_settings(self._config, place.major))
            self._database.start()

    def _tell_place(self, place: Place) -> None:
        if place.cluster.parent != self._config.data:
            self._say("up.records_elsewhere", folder=place.cluster.parent, data=self._config.data)

    def _prepare(self) -> bool:
        self._say("up.preparing")
        preparation = subprocess.Popen(
            [sys.executable, "-m", "zhihai.site.prepare"],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=bind_to_parent(signal.SIGTERM),
        )
        try:
            return preparation.wait() == 0
        finally:
            preparation.kill()
            preparation.wait()

    def _watch(self) -> int:
        give_up = time.monotonic() + FIRST_PAGE_SECONDS
        while self._mend():
            if _asked.is_set():
                raise _AskedToEnd
            if not self._ready and answers(self._config):
                self._begin()
            if not self._ready and time.monotonic() > give_up:
                self._say("up.silent", seconds=int(FIRST_PAGE_SECONDS))
                return 1
            time.sleep(WATCH_SECONDS if self._ready else 0.02)
        return 1

    def _begin(self) -> None:
        """Say that the first page answers, and only then begin the background work, so that the two do not compete."""
        self._ready = True
        if self._config.is_simulated:
            self._say("up.simulated")
        elif self._config.is_demonstration:
            self._say("up.demonstration")
            key, command = officials_told(self._config)
            self._say(key, command=command)
        if self._config.is_demonstration:
            self._say("up.accounts", command=f"{as_typed(self._config)} password")
        self._say("up.ready", address=self._config.origin)
        self._children.append(self._background)
        self._background.start()

    def _mend(self) -> bool:
        """Start again what has died; say false when that is no use."""
        if self._database is not None and self._database.pid is None:
            self._say("up.database_died")
            self._database.stop()
            time.sleep(self._database_deaths.note())
            if self._database_deaths.hopeless:
                self._say("up.hopeless", name="postgres")
                return False
            self._database.start()
        return all(self._mend_child(child) for child in self._children)

    def _mend_child(self, child: Child) -> bool:
        code = child.watch()
        if code is None:
            return True
        if not self._ready:
            self._say("up.not_started", name=child.name, code=code)
            return False
        self._say("up.child_died", name=child.name, code=code)
        if child.deaths.hopeless:
            self._say("up.hopeless", name=child.name)
        return not child.deaths.hopeless

    def _end(self) -> None:
        for child in self._children:
            child.ask_to_end()
        until = time.monotonic() + CHILD_SECONDS
        for child in self._children:
            child.end(until)
        if self._database is not None:
            self._database.stop(DATABASE_SECONDS)


def fresh_measures(data: Path) -> Path:
    """Return the folder into which the children count together, empty: counters begin anew with the platform."""
    folder = data / "measures"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    return folder


def _ask_to_end(number: int, frame: object) -> NoReturn:
    for ignored in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ignored, signal.SIG_IGN)
    _asked.set()
    raise _AskedToEnd


def as_typed(config: Configuration) -> str:
    """Return how ``zhihai`` is typed for this data folder, where this process stands."""
    program = sys.argv[0] if Path(sys.argv[0]).name == "zhihai" else "zhihai"
    named = os.environ.get(f"{PREFIX}DATA")
    return f"{PREFIX}DATA={shlex.quote(str(config.data))} {program}" if named else program


def officials_told(config: Configuration) -> tuple[str, str]:
    """Return what to say of the simulated officials, a key of the words, and what is typed to let them rest."""
    key = "up.officials" if config.officials else "up.by_hand"
    return key, f"{as_typed(config)} up --demonstration --without-officials"


def is_begun(config: Configuration) -> bool:
    """Say whether the data folder holds records already."""
    return (cluster_root(config.data) / "records").is_dir()


def settle_mode(config: Configuration) -> None:
    """Hold a data folder to what it was begun as: a demonstration is never put to real use, nor the other way.

    Raises :class:`Refused` ``a_demonstration`` or ``not_a_demonstration``.
    """
    make_data_folder(config.data)
    if config.is_demonstration and not config.mark.is_file():
        if is_begun(config):
            raise Refused("not_a_demonstration", "ZHIHAI_DEMONSTRATION", folder=str(config.data))
        config.mark.touch()
    elif not config.is_demonstration and config.mark.is_file():
        raise Refused("a_demonstration", "ZHIHAI_DEMONSTRATION", folder=str(config.data))
    config.key()


def settle_simulation(config: Configuration) -> None:
    """Begin a data folder for a simulated district, which is a demonstration too, or go on with one.

    Raises :class:`Refused` ``not_simulated`` for a folder with records of another sort.
    """
    if is_begun(config) and not config.is_simulated:
        raise Refused("not_simulated", f"{PREFIX}DATA", folder=str(config.data))
    settle_mode(config)
    config.simulation_mark.touch()


def refuse_taken_port(config: Configuration) -> None:
    """Raise :class:`Refused` ``port_taken`` when something listens on the port, naming one that is free."""
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((config.host, config.port))
        except OSError:
            with socket.socket(family) as other:
                other.bind((config.host, 0))
                free = other.getsockname()[1]
            raise Refused("port_taken", "ZHIHAI_PORT", port=config.port, other=free) from None


def answers(config: Configuration) -> bool:
    """Say whether the first page answers: that of the plain address, and the page of ours that it leads to."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(config.host, config.host)
    connection = http.client.HTTPConnection(host, config.port, timeout=5)
    try:
        status, leads_to = _ask(connection, config, "/")
        if leads_to.startswith("/"):
            status, _ = _ask(connection, config, leads_to)
    except (OSError, http.client.HTTPException):
        return False
    else:
        return status < 500
    finally:
        connection.close()


def _ask(connection: http.client.HTTPConnection, config: Configuration, path: str) -> tuple[int, str]:
    connection.request("GET", path, headers={"Host": config.hosts[0]})
    answer = connection.getresponse()
    answer.read()
    return answer.status, answer.headers.get("Location", "")
