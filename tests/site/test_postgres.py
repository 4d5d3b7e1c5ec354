"""The embedded database: it starts, stops, recovers, keeps to itself and refuses what is not its own."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path

import psutil
import psycopg
import pytest

from zhihai.ground.refusal import Refused
from zhihai.site import postgres, privileges
from zhihai.site.configuration import Configuration, read_configuration
from zhihai.site.postgres import (
    SOCKET_FILE,
    SOCKET_LIMIT,
    EmbeddedPostgres,
    embedded_url,
    find_place,
    ready_pid,
    records_server,
    socket_folder,
)  # fmt: skip
from zhihai.site.postgres_settings import server_settings

Start = Callable[[Configuration], EmbeddedPostgres]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: what root must do to lend the server a user")


def ask(url: str, sql: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(sql)
        return cursor.fetchall() if cursor.description else []


def test_records_survive_a_clean_stop(config: Configuration, start: Start) -> None:
    server = start(config)
    ask(server.place.url, "CREATE TABLE kept AS SELECT 7 AS n")
    server.stop()
    assert ready_pid(server.place.cluster) is None
    server.start()
    assert ask(server.place.url, "SELECT n FROM kept") == [(7,)]


def test_acknowledged_records_survive_a_kill(config: Configuration, start: Start) -> None:
    server = start(config)
    ask(server.place.url, "CREATE TABLE kept AS SELECT 7 AS n")
    assert server.pid is not None
    psutil.Process(server.pid).kill()
    server.stop()
    assert (server.place.cluster / "postmaster.pid").exists()
    server.start()
    assert ask(server.place.url, "SELECT n FROM kept") == [(7,)]


def test_a_process_number_left_behind_is_no_obstacle(config: Configuration, start: Start) -> None:
    server = start(config)
    server.stop()
    left = f"{os.getpid()}\n{server.place.cluster}\n1\n5432\n\n\n\nready\n"
    (server.place.cluster / "postmaster.pid").write_text(left)
    server.start()
    assert ask(server.place.url, "SELECT 1") == [(1,)]


def test_what_a_dead_owner_left_running_is_ended(config: Configuration, start: Start) -> None:
    place = find_place(config)
    orphan = EmbeddedPostgres(place, server_settings(config, place.major), bound=False)
    orphan.start()
    left = orphan.pid
    assert left is not None
    orphan.let_go()
    assert start(config).pid != left
    assert not psutil.pid_exists(left) or psutil.Process(left).status() == psutil.STATUS_ZOMBIE


def test_what_is_committed_while_an_orphan_is_being_ended_is_kept(
    config: Configuration, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its checkpointer wrote the last checkpoint while sessions still committed, and what they committed was lost."""
    monkeypatch.setattr(postgres, "STOP_SECONDS", 0.5)
    place = find_place(config)
    orphan = EmbeddedPostgres(place, server_settings(config, place.major), bound=False)
    orphan.start()
    assert orphan.pid is not None
    first = psutil.Process(orphan.pid)
    orphan.let_go()
    ask(place.url, "CREATE TABLE kept (n integer PRIMARY KEY)")
    acknowledged: list[int] = []
    at_work = threading.Event()

    def work() -> None:
        with suppress(psycopg.OperationalError), psycopg.connect(place.url, autocommit=True) as line:
            for number in count():
                with suppress(psycopg.errors.QueryCanceled):
                    line.execute("INSERT INTO kept VALUES (%s)", (number,))
                    acknowledged.append(number)
                    at_work.set()

    worker = threading.Thread(target=work)
    worker.start()
    assert at_work.wait(30), "a session that is not yet open when the first process is frozen is never opened"
    first.suspend()  # frozen, it tells its children nothing: they work on
    before = len(acknowledged)
    start(config)
    worker.join()
    kept = {n for (n,) in ask(place.url, "SELECT n FROM kept")}
    assert len(acknowledged) > before, "nothing was committed while it was being ended: the test shows nothing"
    assert set(acknowledged) <= kept
    log = "".join(file.read_text() for file in place.cluster.glob("log/*.log"))
    assert "checkpoint starting: shutdown" not in log, "nobody was told to, but for the first process, which was frozen"


def test_the_server_dies_with_the_process_that_started_it(config: Configuration) -> None:
    code = (
        "import os, signal; from zhihai.site.configuration import read_configuration as read\n"
        "from zhihai.site.postgres import EmbeddedPostgres, find_place\n"
        "server = EmbeddedPostgres(find_place(read()), {'listen_addresses': ''}); server.start()\n"
        "print(server.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    said = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "ZHIHAI_DATA": str(config.data)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == -signal.SIGKILL, said.stderr
    server = int(said.stdout)
    if psutil.pid_exists(server):
        psutil.wait_procs([psutil.Process(server)], timeout=30)
    assert ready_pid(config.data / "records") is None


def test_one_data_folder_has_one_server(config: Configuration, start: Start) -> None:
    start(config)
    with pytest.raises(Refused) as refused:
        start(config)
    assert refused.value.code == "data_in_use"
    assert refused.value.facts["pid"] == str(os.getpid())


def test_the_server_listens_on_a_private_socket_only(config: Configuration, start: Start) -> None:
    server = start(config)
    assert server.pid is not None
    family = [server.pid, *(child.pid for child in psutil.Process(server.pid).children(recursive=True))]
    assert [end for pid in family for end in psutil.Process(pid).net_connections("inet")] == []
    assert stat.S_IMODE(server.place.socket.stat().st_mode) == 0o700
    assert stat.S_IMODE((server.place.socket / SOCKET_FILE).stat().st_mode) == 0o700


def test_the_platform_is_no_superuser(config: Configuration, start: Start) -> None:
    rights = "SELECT rolsuper, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = current_user"
    assert ask(start(config).place.url, rights) == [(False, False, True)]


def test_nothing_personal_reaches_the_log(config: Configuration, start: Start) -> None:
    server = start(config)
    ask(server.place.url, "CREATE TABLE person (name text PRIMARY KEY)")
    with psycopg.connect(server.place.url, autocommit=True) as connection:
        for _ in range(2):
            try:
                connection.execute("INSERT INTO person VALUES (%s)", ["110108199003070012"])
            except psycopg.errors.UniqueViolation:
                continue
    server.stop()
    logs = "".join(file.read_text() for file in server.place.cluster.glob("log/*.log"))
    assert "person_pkey" in logs
    assert "110108199003070012" not in logs


def test_another_major_version_is_refused_with_the_way_out(config: Configuration, start: Start) -> None:
    server = start(config)
    server.stop()
    (server.place.cluster / "PG_VERSION").write_text("15\n")
    with pytest.raises(Refused) as refused:
        server.start()
    assert refused.value.code == "postgres_version"
    assert refused.value.facts["found"] == "15"
    (server.place.cluster / "PG_VERSION").write_text(f"{server.place.major}\n")
    server.start()


def test_a_cluster_that_was_half_made_is_made_anew(fresh: Configuration, start: Start) -> None:
    place = find_place(fresh)
    draft = place.cluster.with_name("records.draft")
    draft.mkdir(mode=0o700)
    (draft / "PG_VERSION").write_text("18\n")
    assert ask(start(fresh).place.url, "SELECT 1") == [(1,)]


def test_a_server_that_can_not_start_says_why(config: Configuration) -> None:
    server = EmbeddedPostgres(find_place(config), {"listen_addresses": "", "shared_buffers": "many"})
    with pytest.raises(Refused) as refused:
        server.start()
    assert refused.value.code == "postgres_failed"
    assert "shared_buffers" in str(refused.value.facts["reason"])
    assert Path(str(refused.value.facts["log"])).is_file()


def test_a_long_data_folder_gets_a_short_socket(folder: Path, start: Start) -> None:
    config = read_configuration(data=folder / ("deep" * 20) / "data", buffers=32)
    server = start(config)
    assert len(os.fsencode(server.place.socket / SOCKET_FILE)) <= SOCKET_LIMIT
    assert ask(embedded_url(config.data), "SELECT 1") == [(1,)]
    server.stop()
    server.place.socket.rmdir()


def test_a_socket_folder_of_somebody_else_is_not_used(config: Configuration, start: Start) -> None:
    socket_folder(config.data).chmod(0o755)
    with pytest.raises(Refused) as refused:
        start(config)
    assert refused.value.code == "socket_folder_taken"


def test_a_command_uses_the_server_that_runs_and_leaves_it(config: Configuration, start: Start) -> None:
    with records_server(config) as url:
        assert ask(url, "SELECT 1") == [(1,)]
    place = find_place(config)
    assert ready_pid(place.cluster) is None
    server = start(config)
    with records_server(config) as url:
        assert url == place.url
    assert ready_pid(place.cluster) == server.pid


def test_programs_that_are_not_there_are_refused(folder: Path) -> None:
    with pytest.raises(Refused) as refused:
        find_place(read_configuration(data=folder / "data", postgres_bin=folder))
    assert refused.value.code == "postgres_missing"


@as_root
def test_root_lends_the_server_an_unprivileged_user(config: Configuration, start: Start) -> None:
    server = start(config)
    assert server.pid is not None
    uids = psutil.Process(server.pid).uids()
    assert uids.real == uids.effective == uids.saved == server.place.cluster.stat().st_uid != 0


@as_root
def test_an_unreachable_data_folder_is_left_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: Start, folder: Path
) -> None:
    monkeypatch.setattr(postgres, "STATE", folder)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    before = [(path, path.stat().st_mode, path.stat().st_uid) for path in (closed, *closed.parents)]
    config = read_configuration(data=closed / "data", buffers=32)
    server = start(config)
    assert server.place.cluster.is_relative_to(folder)
    assert ask(embedded_url(config.data), "SELECT 1") == [(1,)]
    assert [(path, path.stat().st_mode, path.stat().st_uid) for path in (closed, *closed.parents)] == before
    server.stop()
    assert find_place(config).cluster == server.place.cluster


@as_root
def test_programs_out_of_reach_are_copied(
    config: Configuration, folder: Path, monkeypatch: pytest.MonkeyPatch, start: Start
) -> None:
    wheel = find_place(config).programs
    monkeypatch.setattr(postgres, "STATE", folder)
    runs = privileges.ServerUser.runs
    monkeypatch.setattr(
        privileges.ServerUser, "runs", lambda user, program: program.parent != wheel and runs(user, program)
    )
    server = start(config)
    assert server.place.programs.is_relative_to(folder)
    assert ask(server.place.url, "SELECT 1") == [(1,)]


@as_root
def test_a_normal_user_needs_nobody(folder: Path) -> None:
    """The same without root: a process of this test gives its rights away for good and runs a server as it is."""
    user = privileges.server_user()
    assert user is not None
    programs = find_place(read_configuration(data=folder / "root")).programs
    home = folder / "home"
    home.mkdir()
    os.chown(home, user.uid, user.gid)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setgroups([])
            os.setgid(user.gid)
            os.setuid(user.uid)
            code = serve_as_normal_user(home, programs)
        except BaseException:
            traceback.print_exc()
        os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def serve_as_normal_user(home: Path, programs: Path) -> int:
    config = read_configuration(data=home / "data", postgres_bin=programs, buffers=32)
    place = find_place(config)
    server = EmbeddedPostgres(place, server_settings(config, place.major))
    server.start()
    assert place.user is None
    assert ask(place.url, "SELECT 1") == [(1,)]
    server.stop()
    return 0 if stat.S_IMODE(config.data.stat().st_mode) == 0o700 else 2
