"""The archived log: any instant, an archive that is away, a reader that is let go, gaps, and what is forgotten."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from tests.site.backed_up import Start, ask, backed_up, caught_up

from zhihai.ground.refusal import Refused
from zhihai.site.backup.archiving import Archiving
from zhihai.site.backup.keeping import keep
from zhihai.site.backup.manifest import MANIFEST, choose
from zhihai.site.backup.programs import administrator_url
from zhihai.site.backup.restoring import _lay_out, restore_folder, running
from zhihai.site.backup.segments import WAL, segments_from
from zhihai.site.configuration import Configuration
from zhihai.site.postgres import EmbeddedPostgres, find_place
from zhihai.site.postgres_settings import server_settings


@pytest.fixture
def config(written_config: Configuration) -> Configuration:
    """The settings of a data folder with a district and a few acts, and a folder for its backups."""
    return written_config


@pytest.fixture
def archiving(config: Configuration) -> Iterator[Archiving]:
    """The archive of that folder's log; its reader is ended."""
    found = Archiving(config)
    yield found
    found.stop()


def test_any_instant_between_two_acts(config: Configuration, start: Start, archiving: Archiving, folder: Path) -> None:
    server = start(config)
    archiving.step()
    backup = backed_up(config)
    assert backup.manifest.wal is not None
    ask(server.place.url, "CREATE TABLE act AS SELECT 'first' AS name")
    (between,) = ask(server.place.url, "SELECT clock_timestamp()")[0]
    ask(server.place.url, "INSERT INTO act VALUES ('second')")
    caught_up(archiving, server.place.url)
    assert archiving.behind() == 0.0
    wanted = {"between": (between, ["first"]), "end": (None, ["first", "second"])}
    for name, (at, expected) in wanted.items():
        copy = config.model_copy(update={"data": folder / name})
        recovered = restore_folder(copy, choose(folder / "backups", at), at=at, takes_over=False)
        with running(copy, recovered.place):
            assert [row for (row,) in ask(recovered.place.url, "SELECT name FROM act ORDER BY 1")] == expected
        assert recovered.reached is not None
        assert at is None or recovered.reached <= at
    outside = {"restore_after": datetime.now(UTC) + timedelta(hours=1), "restore_before": backup.manifest.began}
    for code, at in outside.items():
        with pytest.raises(Refused) as refused:
            restore_folder(
                config.model_copy(update={"data": folder / code}), choose(folder / "backups", at), at=at,
                takes_over=False,
            )  # fmt: skip
        assert refused.value.code == code
        assert not (folder / code).exists()


def test_the_database_works_on_while_the_archive_is_away(
    config: Configuration, start: Start, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, now = start(config), [100.0]
    archiving = Archiving(config, clock=lambda: now[0])
    archiving.step()
    backup = backed_up(config)
    caught_up(archiving, server.place.url)
    away = (folder / "backups").rename(folder / "away")
    with pytest.raises(Refused):
        archiving.step()
    for moment in range(3):
        now[0] += 60.0
        ask(server.place.url, f"CREATE TABLE meanwhile_{moment} AS SELECT 1 AS n")
        with pytest.raises(Refused) as refused:
            archiving.step()
        assert refused.value.code == "archive_away"
        assert archiving.behind() == 60.0 * moment
    away.rename(folder / "backups")
    caught_up(archiving, server.place.url)
    assert archiving.behind() == 0.0
    archiving.stop()
    assert backup.manifest.wal is not None
    assert backup.manifest.segment is not None
    assert segments_from(folder / "backups" / WAL / backup.manifest.wal, backup.manifest.segment)


def test_a_reader_too_far_behind_is_let_go_and_a_new_series_begins(config: Configuration, folder: Path) -> None:
    place = find_place(config)
    small = {"max_slot_wal_keep_size": "16MB", "max_wal_size": "32MB", "min_wal_size": "32MB", "fsync": "off"}
    server = EmbeddedPostgres(place, server_settings(config, place.major) | small)
    server.start()
    archiving = Archiving(config)
    try:
        archiving.step()
        backup = backed_up(config)
        caught_up(archiving, place.url)
        archiving.stop()
        for _ in range(6):
            ask(
                administrator_url(place),
                "SELECT pg_logical_emit_message(false, 'x', repeat('y', 100)), pg_switch_wal()",
            )
        ask(administrator_url(place), "CHECKPOINT")
        state = archiving.state()
        assert state is not None
        assert state.lost
        archiving.step()
        later = backed_up(config)
    finally:
        archiving.stop()
        server.stop()
    assert later.manifest.wal not in (None, backup.manifest.wal)
    # So little is kept here that the next reader may fall behind too: then there is a third series.
    kept = {one.name for one in (folder / "backups" / WAL).iterdir()}
    assert {backup.manifest.wal, later.manifest.wal} <= kept


def test_without_the_setting_nothing_is_kept_for_a_reader(config: Configuration, start: Start) -> None:
    server = start(config)
    archiving = Archiving(config)
    archiving.step()
    caught_up(archiving, server.place.url)
    archiving.stop()
    Archiving(config.model_copy(update={"backup": None})).step()
    assert ask(server.place.url, "SELECT count(*) FROM pg_replication_slots") == [(0,)]


def test_a_missing_segment_is_told_and_the_backup_alone_can_still_be_had(
    config: Configuration, start: Start, archiving: Archiving, folder: Path
) -> None:
    server = start(config)
    archiving.step()
    backup = backed_up(config)
    for _ in range(3):
        ask(administrator_url(server.place), "SELECT pg_logical_emit_message(false, 'x', 'y'), pg_switch_wal()")
    caught_up(archiving, server.place.url)
    archiving.stop()
    assert backup.manifest.wal is not None
    assert backup.manifest.segment is not None
    lost = segments_from(folder / "backups" / WAL / backup.manifest.wal, backup.manifest.segment)[1]
    lost.unlink()
    copy = config.model_copy(update={"data": folder / "copy"})
    with pytest.raises(Refused) as refused:
        restore_folder(copy, backup, at=None, takes_over=False)
    assert (refused.value.code, refused.value.facts["name"]) == ("wal_gap", lost.name)
    recovered = restore_folder(copy, backup, at=None, takes_over=False, archive=False)
    with running(copy, recovered.place):
        assert ask(recovered.place.url, "SELECT count(*) > 0 FROM cases") == [(True,)]


def test_old_backups_are_forgotten_with_the_log_that_only_they_need(folder: Path) -> None:
    segment = "00000001000000000000000"
    series = folder / WAL / "zhihai_a"
    series.mkdir(parents=True)
    for number in range(1, 8):
        (series / f"{segment}{number}").touch()
    gone = folder / WAL / "zhihai_0"
    gone.mkdir()
    for day, wal, first in ((1, "zhihai_0", 1), (2, "zhihai_a", 2), (3, "zhihai_a", 4), (4, "zhihai_a", 6)):
        path = folder / f"2026-11-0{day}T00-00-00Z"
        path.mkdir()
        at = datetime(2026, 11, day, tzinfo=UTC)
        said = {
            "format": 1, "sort": "physical", "version": "1", "migrations": [], "postgres": 180006, "district": None,
            "era": 1, "seal": 0, "head": "", "began": at, "ended": at, "size": 1, "wal": wal,
            "segment": f"{segment}{first}", "marks": [], "keys": False, "files": [],
        }  # fmt: skip
        (path / MANIFEST).write_bytes(msgspec.json.encode(said))
    assert keep(folder, 2) == 2
    assert sorted(path.name for path in folder.glob("2026*")) == ["2026-11-03T00-00-00Z", "2026-11-04T00-00-00Z"]
    assert sorted(path.name for path in series.iterdir()) == [f"{segment}{number}" for number in (4, 5, 6, 7)]
    assert not gone.exists()


@pytest.mark.parametrize("name", ["../outside", "/tmp/outside", "pg_wal/../../outside"])
def test_nothing_is_laid_out_elsewhere(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python before 3.11.4 has no filter of its own: what leads out of the folder is refused before it is written."""
    monkeypatch.delattr("tarfile.data_filter", raising=False)
    packed, into = tmp_path / "base.tar", tmp_path / "into"
    into.mkdir()
    with tarfile.open(packed, "w") as archive:
        for one in ("postgresql.conf", name):
            archive.addfile(tarfile.TarInfo(one))
    with tarfile.open(packed) as archive, pytest.raises(Refused):
        _lay_out(archive, into)
    assert [one.name for one in into.iterdir()] == ["postgresql.conf"]
    assert not (tmp_path / "outside").exists()
