"""What every test may ask for: a database of its own, the outside data, and an honest list of what was not run.

One PostgreSQL serves each of pytest-xdist's workers, begun by the first test that needs it: transactions of one worker
must not hold up what another one seals and hears, and the horizon belongs to a whole server. Or all use the server
that ``ZHIHAI_TEST_DATABASE_URL`` names (its role may create databases). A template is built once for a worker; each
test works in a copy of it, which is dropped afterwards.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import django
import psutil
import psycopg
import pytest
from django.core.management import call_command
from django.db import connections

ROOT = Path(__file__).resolve().parents[1]
LAKESIDE = ROOT / "tests" / "districts" / "lakeside"
pytest_plugins = ["tests.chromium", "tests.written"]

KEPT = {"ZHIHAI_TEST_DATABASE_URL", "ZHIHAI_TEST_RUN", "ZHIHAI_SHARED", "ZHIHAI_BROWSER"}
ROOMY = 4 * 2**30
NO_DATABASE = "this_test_asked_for_no_database"


def _room() -> Path:
    """Return where databases that nobody needs tomorrow are quick: memory where there is plenty, else the disk."""
    memory = Path("/dev/shm")
    if "TMPDIR" not in os.environ and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOMY:
        return memory
    return Path(tempfile.gettempdir())


def _begin_run() -> tuple[Path, bool]:
    """Return the folder of this run, and whether this process made it: workers inherit it by the environment."""
    given = os.environ.get("ZHIHAI_TEST_RUN")
    if given:
        return Path(given), False
    runs = _room() / f"zhihai-tests-{os.geteuid()}"
    runs.mkdir(mode=0o711, exist_ok=True)
    for left in runs.iterdir():
        if not psutil.pid_exists(int(left.name.partition("-")[0])):
            _end_run(left)
    folder = Path(tempfile.mkdtemp(dir=runs, prefix=f"{os.getpid()}-"))
    folder.chmod(0o711)
    os.environ["ZHIHAI_TEST_RUN"] = str(folder)
    return folder, True


def _end_run(folder: Path) -> None:
    """End the servers of a run, whose data nobody needs, and remove its folder."""
    for note in folder.glob("*/records/postmaster.pid"):
        with suppress(OSError, ValueError, psutil.NoSuchProcess):
            server = psutil.Process(int(note.read_text().split()[0]))
            if server.name() == "postgres" and server.cwd() == str(note.parent):
                server.send_signal(signal.SIGQUIT)
                server.wait(10)
    shutil.rmtree(folder, ignore_errors=True)


RUN, OWNER = _begin_run()
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
DATA = RUN / WORKER
"""This worker's own data folder, with its server."""


def _hermetic() -> None:
    """Leave no setting of the machine in force: tests stand on their own configuration."""
    for name in [name for name in os.environ if name.startswith("ZHIHAI_") and name not in KEPT]:
        del os.environ[name]
    DATA.mkdir(mode=0o711, exist_ok=True)
    DATA.chmod(0o711)
    (DATA / "static").mkdir(exist_ok=True)
    empty = DATA / "zhihai.toml"
    empty.touch()
    os.environ.update(
        DJANGO_SETTINGS_MODULE="zhihai.site.settings",
        ZHIHAI_CONFIG=str(empty),
        ZHIHAI_DATA=str(DATA),
        ZHIHAI_DEMONSTRATION="1",
    )
    if os.environ.get("ZHIHAI_TEST_DATABASE_URL"):
        os.environ["ZHIHAI_DATABASE_URL"] = os.environ["ZHIHAI_TEST_DATABASE_URL"]


_hermetic()

from zhihai.site import settings as site_settings  # noqa: E402
from zhihai.site.postgres import EmbeddedPostgres, find_place, ready_pid  # noqa: E402
from zhihai.site.postgres_settings import server_settings  # noqa: E402

django.setup()

from zhihai.site.loading import load_district  # noqa: E402

TEST_SERVER = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",  # its workers are the superuser's: DROP DATABASE … (FORCE) may not end them
    "logging_collector": "off",
    "log_error_verbosity": "default",
    "shared_buffers": "128MB",
    "max_connections": "200",
}


def pytest_unconfigure(config: pytest.Config) -> None:
    connections.close_all()
    if OWNER:
        if os.environ.get("ZHIHAI_TEST_DATABASE_URL"):
            _drop_all()
        _end_run(RUN)
        del os.environ["ZHIHAI_TEST_RUN"]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """List everything that was not run, with its reason: nothing is skipped silently."""
    skipped = terminalreporter.stats.get("skipped", [])
    if skipped:
        terminalreporter.section("not run")
        for report in skipped:
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
            terminalreporter.line(f"{report.nodeid}: {reason.removeprefix('Skipped: ')}")


@contextmanager
def _alone(name: str) -> Iterator[None]:
    with (DATA / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _sql(*statements: str) -> None:
    with psycopg.connect(site_settings.DATABASE_URL, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def _drop_all() -> None:
    with psycopg.connect(site_settings.DATABASE_URL, autocommit=True) as connection:
        found = connection.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [OURS])
        for (name,) in found.fetchall():
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


OURS = f"zhihai_test_{RUN.name.replace('-', '_').lower()}_"


def _name(part: str) -> str:
    return f"{OURS}{WORKER}_{part}"


def _use(name: str) -> None:
    """Point every thread's connection of Django at this database: they share one dictionary of settings."""
    for connection in connections.all(initialized_only=True):
        connection.close()
    connections.settings["default"]["NAME"] = name


class Store:
    """This worker's databases. Its first test begins the server, the run's owner ends it."""

    def __init__(self) -> None:
        self._copies = 0
        if not os.environ.get("ZHIHAI_TEST_DATABASE_URL"):
            with _alone("server"):
                config = site_settings.CONFIG
                place = find_place(config)
                if ready_pid(place.cluster) is None:
                    settings = server_settings(config, place.major) | TEST_SERVER
                    server = EmbeddedPostgres(place, settings, bound=False)
                    server.start()
                    server.let_go()

    def template(self, name: str, build: Callable[[], None], base: str | None = "bare") -> str:
        """Return the name of a template database, built once a run by ``build`` on a copy of template ``base``.

        ``build`` finds Django's connection pointing at the new database.
        """
        database = _name(name)
        with _alone(f"template-{name}"):
            if not (DATA / f"template-{name}.ready").exists():
                _sql(
                    f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)',
                    f'CREATE DATABASE "{database}"' + (f' TEMPLATE "{_name(base)}" STRATEGY FILE_COPY' if base else ""),
                )
                before = connections.settings["default"]["NAME"]
                _use(database)
                try:
                    build()
                finally:
                    _use(before)
                (DATA / f"template-{name}.ready").touch()
        return database

    @contextmanager
    def copy(self, template: str) -> Iterator[str]:
        """Make a database from ``template`` for the length of the block; Django's connection points at it."""
        self._copies += 1
        database = _name(str(self._copies))
        _sql(f'CREATE DATABASE "{database}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        _use(database)
        try:
            yield database
        finally:
            _use(NO_DATABASE)
            _sql(f'DROP DATABASE "{database}" WITH (FORCE)')


def _migrate() -> None:
    call_command("migrate", verbosity=0, interactive=False)


connections.settings["default"]["NAME"] = NO_DATABASE


@pytest.fixture(scope="session")
def store() -> Store:
    """The run's databases: ``store.template(name, build)`` caches a template, ``store.copy(template)`` copies it."""
    return Store()


@pytest.fixture(scope="session")
def bare(store: Store) -> str:
    """The name of the template that holds the tables and nothing in them."""
    return store.template("bare", _migrate, base=None)


@pytest.fixture
def records(store: Store, bare: str) -> Iterator[str]:
    """A fresh, migrated, empty database, which Django's connection points at; its name."""
    with store.copy(bare) as name:
        yield name


def _load_lakeside() -> None:
    """Load the invented district: its clock stands at 2014-02-17 00:00 in its zone."""
    load_district(LAKESIDE, at_machine=datetime.now(UTC), live=False, demonstration=True, say=lambda *_: None)


@pytest.fixture(scope="session")
def lakeside(store: Store, bare: str) -> str:
    """The name of the template that holds the invented district."""
    return store.template("lakeside", _load_lakeside)


@pytest.fixture
def district(store: Store, lakeside: str) -> Iterator[str]:
    """A fresh copy of the invented district, which Django's connection points at; the database's name."""
    with store.copy(lakeside) as name:
        yield name


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of outside data (``ZHIHAI_SHARED``, default beside the checkout); absent, the test is *not run*."""
    folder = Path(os.environ.get("ZHIHAI_SHARED") or ROOT.parent / "shared").resolve()
    if not (folder / "data").is_dir():
        pytest.skip(f"needs the outside data: set ZHIHAI_SHARED ({folder}/data is no folder)")
    return folder
