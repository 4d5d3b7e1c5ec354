"""The demonstration: the reference district, brought up once in an empty database (演示)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from zhihai.kernel import records
from zhihai.site.folder import Head, read_head
from zhihai.site.loading import Loaded, load_district

SEEDS = Path(__file__).with_name("seeds")

Say = Callable[..., None]
"""Tells the operator a sentence of the words: its key and facts."""


def reference_folder() -> Path:
    """Return the folder of the reference district: the only one that is shipped."""
    (folder,) = (file.parent for file in SEEDS.glob("*/district.toml"))
    return folder


@cache
def reference_head() -> Head:
    """Return what the reference district's folder says of it: code, zone, replay."""
    return read_head(reference_folder())


def bring_up(say: Say, role_name: Callable[[str], str]) -> None:
    """Load the reference district unless there is one, and tell the accounts it made: their passwords only now."""
    if records.one("SELECT 1 FROM district") is None:
        now = datetime.now(UTC)
        loaded = load_district(
            reference_folder(),
            at_machine=now,
            live=False,
            demonstration=True,
            say=lambda file, lines: say("demonstration.loaded", file=file, lines=lines),
        )
        tell_accounts(loaded, say, role_name)


def tell_accounts(loaded: Loaded, say: Say, role_name: Callable[[str], str]) -> None:
    """Tell who can sign in, with which password and in which role."""
    say("demonstration.accounts")
    for account in loaded.accounts:
        if account.password:
            role = role_name(account.role)
            say("demonstration.account", username=f"{account.username:<14}", password=account.password, role=role)
