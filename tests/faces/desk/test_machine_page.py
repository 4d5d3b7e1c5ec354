"""The machine's page: what an operator must know of disk, database, backups, slow questions and settings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.conf import settings
from django.test import Client, override_settings
from pydantic import SecretStr

from zhihai.site import machine_page
from zhihai.site.backup.manifest import FORMAT, MANIFEST, NAME, Manifest
from zhihai.site.machine import DiskState
from zhihai.site.slow import note

ENDED = datetime(2026, 3, 2, tzinfo=UTC)


def with_settings(**changed: object) -> Any:
    return override_settings(CONFIG=settings.CONFIG.model_copy(update=changed))


def shown(reader: Callable[..., Client], language: str = "en") -> str:
    answer = reader("operator", language).get("/desk/machine/")
    assert answer.status_code == 200
    return str(answer.content.decode())


@pytest.mark.parametrize("language", ["zh", "en"])
def test_it_tells_settings_but_no_secret(language: str, worked: str, reader: Callable[..., Client]) -> None:
    hidden = SecretStr("smtps://user:never-to-be-shown@mail.example")
    with with_settings(smtp_url=hidden, metrics_token=SecretStr("never-to-be-shown-either")):
        page = shown(reader, language)
    assert "ZHIHAI_SMTP_URL" in page
    assert "••••••" in page
    assert "never-to-be-shown" not in page
    assert settings.SECRET_KEY not in page


def test_slow_questions_are_grouped_with_the_worst_first(
    worked: str, reader: Callable[..., Client], tmp_path: Path
) -> None:
    for ms in (600, 700):
        note(tmp_path, "SELECT often", ms, "wall")
    note(tmp_path, "SELECT <once>", 9_000, "worker mail")
    with with_settings(data=tmp_path):
        page = shown(reader)
    assert page.index("SELECT &lt;once&gt;") < page.index("SELECT often")
    assert "1,300" in page


def test_a_disk_that_is_almost_full_is_told_first(
    worked: str, reader: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "almost full" not in shown(reader)

    class Full:
        def state(self) -> DiskState:
            return DiskState(total=100 * 2**30, free=5 * 2**30, data=2**30, wal=None)

    monkeypatch.setattr(machine_page, "disk", Full)
    page = shown(reader)
    assert 'role="alert"' in page
    assert "almost full" in page


def test_it_tells_when_the_last_backup_ended(worked: str, reader: Callable[..., Client], tmp_path: Path) -> None:
    assert "No folder for backups is set" in shown(reader)
    with with_settings(backup=tmp_path):
        assert "There is no whole backup yet" in shown(reader)
        made = tmp_path / ENDED.strftime(NAME)
        made.mkdir()
        manifest = Manifest(
            format=FORMAT, sort="dump", version="0.1.0", migrations=(), postgres=180006, district="x", era=1, seal=7,
            head="", began=ENDED, ended=ENDED, size=5 * 2**20, wal=None, segment=None, marks=(), keys=False, files=(),
        )  # fmt: skip
        (made / MANIFEST).write_bytes(msgspec.json.encode(manifest))
        page = shown(reader)
    assert "hours ago" in page
    assert "seal no. 7" in page
