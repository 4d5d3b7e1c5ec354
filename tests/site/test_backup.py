"""Backup and restore: taken while others write, brought back elsewhere, and compared with what was acknowledged."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.site.backed_up import ACTS, Start, ask, backed_up, digests, lines, reseal, write

from zhihai.ground.actors import SYSTEM
from zhihai.ground.refusal import Refused
from zhihai.kernel.journal import acts as journal
from zhihai.site import workers
from zhihai.site.backup import restoring
from zhihai.site.backup.copies import to_server
from zhihai.site.backup.manifest import MANIFEST, Backup, choose, read_backup
from zhihai.site.backup.programs import administrator_url
from zhihai.site.backup.restoring import restore_folder, restore_server, running
from zhihai.site.backup.taking import take_backup
from zhihai.site.command import main
from zhihai.site.configuration import Configuration, read_configuration


@pytest.fixture
def config(written_config: Configuration) -> Configuration:
    """The settings of a data folder with a district and a few acts, and a folder for its backups."""
    return written_config


def command(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, dict[str, Any]]:
    """Run a command of ours and return its exit code and what it told."""
    with pytest.raises(SystemExit) as left:
        main([*map(str, arguments), "--json"])
    return int(left.value.code or 0), json.loads(capsys.readouterr().out or "{}")


def test_taken_while_others_write_and_restored_to_another_folder(
    config: Configuration, start: Start, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ZHIHAI_DATA", str(config.data))
    monkeypatch.setenv("ZHIHAI_BACKUP", str(config.backup))
    server = start(config)
    writer = write(config.data, ACTS, 100_000)
    assert writer.stdout is not None
    told = []
    while len(told) < 8:
        told.append(next(writer.stdout).strip())
    code, backup = command(capsys, "backup", "--keep", "3")
    after = next(writer.stdout).strip()
    writer.kill()
    writer.communicate()
    server.stop()
    assert (code, backup["sort"], backup["archived"]) == (0, "physical", False)
    target = config.data.with_name("restored")
    code, done = command(capsys, "restore", backup["folder"], "--to", target)
    assert (code, done["ok"], done["era"], done["cases"] > 0) == (0, True, 2, True)
    restored = start(config.model_copy(update={"data": target}))
    readings = {value for (value,) in ask(restored.place.url, "SELECT value::int FROM observation")}
    numbers = [number for (number,) in ask(restored.place.url, "SELECT (facts->>'n')::int FROM cases")]
    assert {int(line.split()[1]) for line in told if line.startswith("reading")} <= readings
    assert {int(line.split()[1]) for line in told if line.startswith("case")} <= set(numbers)
    assert len(numbers) == len(set(numbers))
    assert int(after.split()[1]) > 0  # the platform went on
    assert lines(write(target, 200_000, 4))[-1] == "verified True"
    eras = ask(restored.place.url, "SELECT DISTINCT era FROM journal_seal ORDER BY 1")
    assert eras == [(1,), (2,)]


def test_what_is_asked_wrongly_is_told_at_once(
    fresh: Configuration, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ZHIHAI_DATA", str(fresh.data))
    assert command(capsys, "backup")[1]["refused"] == "backup_nowhere"
    assert command(capsys, "backup", folder)[1]["refused"] == "nothing_begun"
    assert command(capsys, "upgrade", "--back")[1]["refused"] == "nothing_begun"
    assert command(capsys, "restore", folder, "--to", folder / "x")[1]["refused"] == "backup_missing"
    for wrong in ((), ("--to", "x", "--to-url", "y"), ("--to", "x", "--at", "2026-11-22T12:00"),
                  ("--to", "x", "--at", "2026-11-22T12:00Z", "--without-archive")):  # fmt: skip
        assert command(capsys, "restore", folder, *wrong)[0] == 2
    assert not fresh.data.exists()


def test_every_row_is_the_same_in_another_folder_and_on_another_server(
    config: Configuration, start: Start, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = start(config)
    backup = backed_up(config)
    expected = digests(server.place.url)
    assert expected["cases"][0] > 0
    assert expected["observation"][0] == ACTS
    copy = config.model_copy(update={"data": folder / "copy"})
    recovered = restore_folder(copy, backup, at=None, takes_over=False)
    with running(copy, recovered.place):
        assert digests(recovered.place.url) == expected
        other = recovered.place.url.replace("/zhihai?", "/other?")
        ask(administrator_url(recovered.place), "CREATE DATABASE other OWNER zhihai")
        restore_server(other, config, backup, at=None)
        assert digests(other) == expected
        (folder / "own.toml").write_text("buffers = 64\n", encoding="utf-8")  # of the data folder's own server
        monkeypatch.setenv("ZHIHAI_CONFIG", str(folder / "own.toml"))
        done = to_server(
            config, backup, empty_again(recovered.place.url, other), at=None, takes_over=True, archive=True
        )
        assert done.finished.ok
        assert done.finished.era == 2
        assert ask(other, "SELECT facts ? 'copy' FROM district") == [(False,)]
        with pytest.raises(Refused) as refused:
            restore_server(other, config, backup, at=None)
        assert refused.value.code == "restore_not_empty"


def empty_again(url: str, other: str) -> str:
    ask(url, "DROP DATABASE other WITH (FORCE)")
    ask(url, "CREATE DATABASE other")
    return other


def test_a_dump_of_a_server_of_others_comes_back_in_a_folder(config: Configuration, start: Start, folder: Path) -> None:
    server = start(config)
    ask(
        server.place.url,
        "INSERT INTO notice (account_id, template, once, at, mode) SELECT id, 'x', 'x', now(), 'live' FROM account",
    )
    outside = read_configuration(data=folder / "outside", database_url=server.place.url)
    backup = take_backup(outside, folder / "backups")
    assert backup.manifest.sort == "dump"
    assert ask(server.place.url, "SELECT count(*) FROM notice") > [(0,)]
    expected = digests(server.place.url)
    copy = config.model_copy(update={"data": folder / "copy"})
    recovered = restore_folder(copy, backup, at=None, takes_over=False)
    with running(copy, recovered.place):
        assert digests(recovered.place.url) == expected


def test_what_speaks_against_a_restore_is_told_before_anything_is_written(
    config: Configuration, start: Start, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = start(config)
    backup = backed_up(config)

    def refusal(backup: Backup, to: str = "copy", at: datetime | None = None) -> str:
        with pytest.raises(Refused) as refused:
            restore_folder(config.model_copy(update={"data": folder / to}), backup, at=at, takes_over=False)
        assert to == "data" or not (folder / to / "records").exists()
        return refused.value.code

    assert refusal(backup, to="data") == "restore_not_empty"
    assert refusal(backup, at=backup.manifest.ended) == "restore_no_archive"
    newer = reseal(backup, migrations=(*backup.manifest.migrations, "9999_later"))
    assert refusal(newer) == "tables_ahead"
    assert refusal(reseal(newer, migrations=backup.manifest.migrations, postgres=150004)) == "restore_postgres"
    with pytest.raises(Refused) as refused:
        restore_server(server.place.url, config, reseal(backup, postgres=990001), at=None)
    assert refused.value.code == "restore_older_server"
    sound = reseal(backup, postgres=backup.manifest.postgres)
    full = type("Usage", (), {"total": 2**40, "used": 2**40, "free": 2**20})
    with monkeypatch.context() as patched:
        patched.setattr(restoring.shutil, "disk_usage", lambda _: full)
        assert refusal(sound) == "restore_room"
        with pytest.raises(Refused) as refused:
            backed_up(config)
        assert refused.value.code == "backup_room"
    with (backup.path / "base.tar.gz").open("r+b") as file:
        file.write(b"torn")
    assert refusal(sound) == "backup_torn"
    (backup.path / MANIFEST).write_text('{"format": 2}')
    for broken, code in (('{"format": 2}', "backup_format"), ("[]", "backup_torn"), (None, "backup_missing")):
        (backup.path / MANIFEST).unlink() if broken is None else (backup.path / MANIFEST).write_text(broken)
        with pytest.raises(Refused) as refused:
            choose(backup.path, None)
        assert refused.value.code == code
    assert not [left for left in (folder / "backups").iterdir() if left.name.startswith(".")]


def test_keys_go_along_or_stay_and_a_copy_signs_with_its_own(config: Configuration, start: Start, folder: Path) -> None:
    server = start(config)
    anchors = config.data / "anchors"
    anchors.mkdir()
    for name in ("anchors.jsonl", "anchor.pub", "anchor.key", "anchor.key.old"):
        (anchors / name).write_text(name)
    (config.data / "secret_key").write_text("s" * 64)
    whole, bare = backed_up(config), None
    assert whole.manifest.keys
    assert (whole.path / "anchors" / "anchor.key").stat().st_mode & 0o777 == 0o600
    whole.path.rename(folder / "kept")
    bare = backed_up(config, keys=False)
    server.stop()
    assert not bare.manifest.keys
    assert not [path for path in bare.path.rglob("*") if ".key" in path.name or path.name == "secret_key"]
    assert (bare.path / "anchors" / "anchors.jsonl").is_file()
    for name, takes_over in (("copy", False), ("heir", True)):
        target = config.model_copy(update={"data": folder / name})
        restore_folder(target, read_backup(folder / "kept"), at=None, takes_over=takes_over)
        assert (target.data / "anchors" / "anchor.key").is_file() == takes_over
        assert (target.data / "anchors-of-the-original" / "anchors.jsonl").is_file() != takes_over
        assert not list((target.data / "anchors-of-the-original").glob("*.key*"))
        assert (target.data / "secret_key").read_text() == "s" * 64


def test_a_copy_sends_nothing_outside_until_it_takes_over(district: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[datetime] = []
    monkeypatch.setattr(workers.channels, "deliver", lambda post, *, at_machine: sent.append(at_machine) or 1)
    at = datetime(2026, 11, 22, tzinfo=UTC)
    assert workers.run_mail() == 1
    journal.mark_copy({"backup": "2026-11-22T21-52-05Z"}, at=at)
    assert workers.run_mail() == 0
    journal.take_over(SYSTEM, at=at)
    assert workers.run_mail() == 1
    assert len(sent) == 2
    with pytest.raises(Refused) as refused:
        journal.take_over(SYSTEM, at=at)
    assert refused.value.code == "no_copy"
