"""Servers and platforms of their own for the tests of set-up."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.site.backed_up import ACTS, lines, write

from zhihai.site.configuration import Configuration, read_configuration
from zhihai.site.postgres import EmbeddedPostgres, find_place
from zhihai.site.postgres_settings import server_settings

Start = Callable[[Configuration], EmbeddedPostgres]


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder that the database's user can pass through too, with a short path."""
    made = Path(tempfile.mkdtemp(dir=os.environ["ZHIHAI_TEST_RUN"], prefix="f"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="session")
def cluster() -> Path:
    """A data folder with an empty cluster that nothing runs on, to be copied: making one takes a second."""
    data = Path(os.environ["ZHIHAI_TEST_RUN"]) / f"cluster-{os.getpid()}"
    place = find_place(read_configuration(data=data))
    server = EmbeddedPostgres(place, {"listen_addresses": "", "fsync": "off"})
    server.start()
    server.stop()
    return data


@pytest.fixture
def fresh(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Configuration:
    """A demonstration with a data folder of its own, not made yet, and the embedded database."""
    monkeypatch.delenv("ZHIHAI_DATABASE_URL", raising=False)
    return read_configuration(data=folder / "data", buffers=32)


@pytest.fixture
def config(fresh: Configuration, cluster: Path) -> Configuration:
    """The same with a cluster in it."""
    subprocess.run(["cp", "-a", cluster, fresh.data], check=True)
    return fresh


@pytest.fixture
def start() -> Iterator[Start]:
    """Start an embedded server; whatever the test leaves running is stopped."""
    servers: list[EmbeddedPostgres] = []

    def begin(config: Configuration) -> EmbeddedPostgres:
        place = find_place(config)
        settings = server_settings(config, place.major) | {"fsync": "off"}
        server = EmbeddedPostgres(place, settings)
        servers.append(server)
        server.start()
        return server

    yield begin
    for server in servers:
        server.stop()


@pytest.fixture(scope="session")
def written() -> Iterator[Path]:
    """A data folder with a district, a few acts, all sealed, and no server: to be copied."""
    data = Path(os.environ["ZHIHAI_TEST_RUN"]) / f"written-{os.getpid()}"
    data.mkdir(mode=0o711)
    config = read_configuration(data=data, database_url=None, buffers=32)
    place = find_place(config)
    server = EmbeddedPostgres(place, server_settings(config, place.major) | {"fsync": "off"})
    server.start()
    try:
        assert lines(write(data, 0, ACTS))[-1] == "verified True"
    finally:
        server.stop()
    yield data
    shutil.rmtree(data)


@pytest.fixture
def written_config(folder: Path, written: Path, monkeypatch: pytest.MonkeyPatch) -> Configuration:
    """The settings of a data folder with that district, and a folder for its backups."""
    monkeypatch.delenv("ZHIHAI_DATABASE_URL", raising=False)
    subprocess.run(["cp", "-a", written, folder / "data"], check=True)
    (folder / "backups").mkdir()
    return read_configuration(data=folder / "data", buffers=32, backup=folder / "backups")
