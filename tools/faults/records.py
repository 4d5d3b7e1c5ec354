"""Faults of the records: a row deleted past the platform, an upgrade that failed."""

from __future__ import annotations

import gzip
import os
import subprocess
import time
from datetime import UTC, datetime

from tools.faults.stage import ROOT, Platform, Trial, configuration, hold, wait_for
from zhihai.site.backup.manifest import known_migrations
from zhihai.site.postgres import find_place, records_server

OLD = ROOT / "tests" / "site" / "data" / "records-at-0003.sql.gz"
IN_THE_WAY = "case_batch"
"""The name of a table that a later step makes."""


def row_deleted(trial: Trial) -> None:
    """A case is deleted past the platform: found by ``verify --state``, and brought back as of the instant before."""
    with trial.stage.platform(trial.name) as platform:
        backups = platform.data.parent / "backups"
        backups.mkdir(mode=0o711)
        platform.environment |= {"ZHIHAI_BACKUP": str(backups)}
        platform.up()
        wait_for(lambda: platform.worker("archive").get("running"), "the archive is kept")
        platform.done("backup")
        number = platform.open_case()
        time.sleep(1)
        before = datetime.now(UTC)
        time.sleep(1)
        trial.done()
        platform.sql(f"SET session_replication_role = replica; DELETE FROM cases WHERE number = '{number}'")
        found = platform.zhihai("verify", "--state")
        hold(found.returncode == 1, f"verify --state ends with 1: {found.stdout}")
        hold("faults were found" in found.stdout, f"it says so: {found.stdout}")
        trial.see("zhihai verify --state: exit code 1, the case named")
        hold(number in found.stdout or "case" in found.stdout, f"it names the case: {found.stdout}")
        wait_for(lambda: platform.worker("archive").get("behind_seconds") == 0, "the archive has all of it")
        platform.end()
        copy = platform.data.with_name("data-2")
        platform.done("restore", str(backups), "--to", str(copy), "--at", before.isoformat(), "--takes-over")
        platform.data = copy
        platform.up()
        try:
            hold(platform.sql(f"SELECT 1 FROM cases WHERE number = '{number}'"), "the case is there again")
            platform.done("verify", "--state")
        finally:
            platform.end()
        trial.mend("zhihai restore --at before it --takes-over: the case is there, verify --state finds no fault")


def upgrade_failed(trial: Trial) -> None:
    """A step of an upgrade fails: it is undone, the records go back to what they were, and a second try succeeds."""
    with trial.stage.platform(trial.name, begun=False) as platform:
        platform.environment |= {"ZHIHAI_DEMONSTRATION": "true"}
        _old_records(platform)
        steps = _on_records(platform, "SELECT count(*) FROM django_migrations WHERE app = 'zh'")
        _on_records(platform, f"CREATE TABLE {IN_THE_WAY} ()")
        trial.done()
        failed = platform.zhihai("upgrade")
        hold(failed.returncode == 1, f"zhihai upgrade ends with 1, not {failed.returncode}")
        hold("the tables were not brought up" in failed.stderr, f"it says so: {failed.stderr}")
        hold(IN_THE_WAY in failed.stderr, f"it says what was in the way: {failed.stderr}")
        refused = platform.zhihai("up")
        hold(refused.returncode == 1, "the platform does not start on tables that are half way")
        trial.see("zhihai upgrade: exit code 1, the tables were not brought up: … already exists; zhihai up refuses")
        platform.done("upgrade", "--back")
        hold(_on_records(platform, "SELECT count(*) FROM django_migrations WHERE app = 'zh'") == steps, "it is back")
        _on_records(platform, f"DROP TABLE {IN_THE_WAY}")
        platform.done("upgrade")
        now = int(_on_records(platform, "SELECT count(*) FROM django_migrations WHERE app = 'zh'"))
        hold(now == len(known_migrations()), f"all steps are taken: {now}")
        trial.mend("zhihai upgrade --back; what was in the way removed; zhihai upgrade succeeds, journal verified")


def _old_records(platform: Platform) -> None:
    """Lay out records as an earlier version left them."""
    (platform.data / "demonstration").touch()
    with records_server(configuration(platform.data)) as url:
        _psql(platform, url, gzip.decompress(OLD.read_bytes()).decode())


def _on_records(platform: Platform, statement: str) -> str:
    with records_server(configuration(platform.data)) as url:
        return _psql(platform, url, statement)


def _psql(platform: Platform, url: str, statements: str) -> str:
    program = find_place(configuration(platform.data)).programs / "psql"
    done = subprocess.run(
        [program, "-d", url, "-qAt", "-v", "ON_ERROR_STOP=1"],
        input=statements, capture_output=True, text=True, check=False, env={"PATH": os.defpath, "LC_ALL": "C"},
    )  # fmt: skip
    hold(done.returncode == 0, done.stderr)
    return done.stdout.strip()
