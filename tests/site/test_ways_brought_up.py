"""Upgrade: choices of one way each, as they were kept before several could be chosen, come through as they were."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import psycopg
import pytest

from zhihai.site.configuration import Configuration
from zhihai.site.postgres import EmbeddedPostgres

Start = Callable[[Configuration], EmbeddedPostgres]
BEFORE = "0041_numbers"
CHOICES = (
    ("none", None, None, "{}", ""),
    ("stopped", None, "en", "{zhihai.taken_away,zhihai.rating_answered}", ""),
    ("mail", "email", "zh", "{zhihai.draft_ending}", ""),
    ("message", "sms", "zh", "{}", ""),
    ("letter", "post", "zh", "{}", ""),
    ("visit", "person", "en", "{}", ""),
    ("system", "webhook", "zh", "{}", "https://firm.example/hook"),
    ("kept", "email", "zh", "{}", "https://firm.example/kept"),
)
"""Account, way, language, what it stopped, the address of its own system: chose nothing, stopped kinds alone, each way,
and one that is told by mail and keeps an address."""


def migrate(*to: str) -> None:
    subprocess.run([sys.executable, "-m", "django", "migrate", *to, "-v", "0"], check=True)


def test_old_choices_of_one_way_come_through(
    config: Configuration, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHIHAI_DATA", str(config.data))
    monkeypatch.setenv("ZHIHAI_BUFFERS", "32")
    config.mark.touch()
    server = start(config)
    migrate("zh", BEFORE)
    with psycopg.connect(server.place.url, autocommit=True, options="-c zhihai.reader=platform") as connection:
        for name, way, language, off, address in CHOICES:
            connection.execute(
                """WITH made AS (
                       INSERT INTO account (username, password, name_zh, name_en, email, sort, language, is_active,
                           grants_version, second_factor, sound)
                       VALUES (%s, '', '居民', 'Resident', '', 'resident', 'zh', true, 1, false, '') RETURNING id)
                   INSERT INTO notice_choice (account_id, way, language, off, address, at)
                   SELECT id, %s, %s, %s, %s, now() FROM made""",
                (name, way, language, off, address),
            )
    migrate()
    with psycopg.connect(server.place.url, autocommit=True, options="-c zhihai.reader=platform") as connection:
        found = connection.execute(
            """SELECT a.username, c.ways, c.language, c.off::text, c.address, c.off_by
               FROM notice_choice c JOIN account a ON a.id = c.account_id ORDER BY c.id"""
        ).fetchall()
        force = connection.execute(
            "SELECT relforcerowsecurity FROM pg_class WHERE relname = 'notice_choice'"
        ).fetchone()
    assert found == [
        (name, [] if way is None else [way], language, off, address, [])
        for name, way, language, off, address in CHOICES
    ]
    assert force == (True,), "whose choices they are stays behind the wall"
