"""Upgrade: from what an earlier version wrote, with refusals before anything is touched, and the way back.

``data/records-at-0003.sql.gz`` was written by the version whose last step of the tables was 0003: a district, readings,
cases that have gone a step, all sealed. Its passwords are taken out.
"""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from zhihai.ground.refusal import Refused
from zhihai.site.backup.manifest import known_migrations
from zhihai.site.backup.restoring import running
from zhihai.site.backup.upgrading import go_back, upgrade
from zhihai.site.configuration import Configuration
from zhihai.site.postgres import EmbeddedPostgres, Place, find_place

OLD = Path(__file__).with_name("data") / "records-at-0003.sql.gz"
WRITER = Path(__file__).with_name("crash_writer.py")
APPLIED = ("0001_initial", "0002_case_load_and_settings", "0003_places_of_cases")
WRITTEN_BY_A_RESTORE = {"district", "journal_entry", "journal_seal", "django_migrations"}
LISTS_OF_MODELS = {"auth_permission", "django_content_type", "django_migrations"}
"""What Django itself keeps of its models and steps, which grows with them."""
Start = Callable[[Configuration], EmbeddedPostgres]
Columns = dict[str, list[str]]


def ask(place: Place, sql: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(place.url, autocommit=True, options="-c zhihai.reader=platform") as connection:
        cursor = connection.execute(sql)
        return cursor.fetchall() if cursor.description else []


def columns(place: Place) -> Columns:
    """Return every table with its columns."""
    found = ask(
        place,
        """SELECT c.relname, array_agg(quote_ident(a.attname) ORDER BY a.attnum)
           FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
           WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace
             AND a.attnum > 0 AND NOT a.attisdropped GROUP BY 1""",
    )  # fmt: skip
    return dict(found)


def digests(place: Place, tables: Columns) -> dict[str, tuple[Any, ...]]:
    """Count and hash the rows of tables, as those columns tell them."""
    return {
        table: ask(
            place,
            f"""SELECT count(*), md5(string_agg(md5(t::text), '' ORDER BY t::text))
                FROM (SELECT {", ".join(names)} FROM {table}) t""",
        )[0]
        for table, names in tables.items()
    }


@pytest.fixture
def old(config: Configuration, start: Start, monkeypatch: pytest.MonkeyPatch) -> Configuration:
    """A data folder as the earlier version left it."""
    monkeypatch.setenv("ZHIHAI_DATA", str(config.data))
    monkeypatch.setenv("ZHIHAI_BUFFERS", "32")  # a setting that does not go together with the address of a server
    config.mark.touch()
    server = start(config)
    subprocess.run(
        [server.place.programs / "psql", "-d", server.place.url, "-q", "-v", "ON_ERROR_STOP=1"],
        input=gzip.decompress(OLD.read_bytes()),
        check=True, stdout=subprocess.DEVNULL, env={"PATH": os.defpath, "LC_ALL": "C"},
    )  # fmt: skip
    server.stop()
    return config


def applied(place: Place) -> tuple[str, ...]:
    return tuple(name for (name,) in ask(place, "SELECT name FROM django_migrations WHERE app = 'zh' ORDER BY 1"))


def test_up_and_back(old: Configuration) -> None:
    place = find_place(old)
    with running(old, place):
        assert applied(place) == APPLIED
        tables = columns(place)
        before = digests(place, tables)
    assert before["cases"][0] == 3
    assert before["journal_entry"][0] > 50
    done = upgrade(old, None)
    assert done is not None
    assert (done.steps, done.faults) == (len(known_migrations()) - len(APPLIED), 0)
    assert done.entries == before["journal_entry"][0]
    assert upgrade(old, None) is None
    with running(old, place):
        assert applied(place) == known_migrations()
        kept = tables.keys() - LISTS_OF_MODELS
        after = digests(place, {table: tables[table] for table in kept})
        assert after == {table: before[table] for table in kept}
        written = subprocess.run(
            [sys.executable, WRITER, "zhihai", "9", "4"], check=True, capture_output=True, text=True
        )  # fmt: skip
        assert written.stdout.splitlines()[-1] == "verified True"
    returned = go_back(old)
    assert returned.kept.is_dir()
    assert (returned.backup.path, returned.backup.manifest.migrations) == (done.backup.path, APPLIED)
    with running(old, place):
        assert applied(place) == APPLIED
        again = digests(place, {table: names for table, names in tables.items() if table not in WRITTEN_BY_A_RESTORE})
        assert again == {table: before[table] for table in again}
        assert ask(place, "SELECT max(era) FROM journal_entry") == [(2,)]
    with pytest.raises(Refused) as refused:
        go_back(old)
    assert refused.value.code == "upgrade_no_way_back"


def test_what_can_not_be_done_is_refused_before_anything_is_touched(old: Configuration, start: Start) -> None:
    server = start(old)
    with pytest.raises(Refused) as refused:
        upgrade(old, None)
    assert refused.value.code == "upgrade_running"
    ask(server.place, "INSERT INTO django_migrations (app, name, applied) VALUES ('zh', '9999_later', now())")
    server.stop()
    with pytest.raises(Refused) as refused:
        upgrade(old, None)
    assert (refused.value.code, refused.value.facts) == ("tables_ahead", {"names": "9999_later"})
    started = subprocess.run(
        [sys.executable, "-m", "zhihai.site.command", "migrate"], check=False, capture_output=True, text=True
    )
    assert started.returncode == 1
    assert "9999_later" in started.stderr
    assert not (old.data / "backups").exists()


def test_a_step_that_fails_is_undone_and_the_way_back_is_open(old: Configuration) -> None:
    place = find_place(old)
    with running(old, place):
        ask(place, "CREATE TABLE case_batch ()")  # in the way of step 0005
    with pytest.raises(Refused) as refused:
        upgrade(old, None)
    assert refused.value.code == "upgrade_failed"
    assert "case_batch" in str(refused.value.facts["reason"])
    with running(old, place):
        assert applied(place) == (*APPLIED, "0004_told_together")
    returned = go_back(old)
    assert returned.backup.path == Path(str(refused.value.facts["backup"]))
    with running(old, place):
        assert applied(place) == APPLIED
