"""``zhihai load``: bring up a district from a folder of plain files."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import click
from django.conf import settings

from zhihai.ground.kind import word
from zhihai.ground.words import Language, Words
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.journal import reads as journal
from zhihai.kernel.places import reads as places
from zhihai.kernel.sensing import reads as sensing
from zhihai.site.commands.usage import USAGE
from zhihai.site.district_files import TABLES
from zhihai.site.loading import Loaded, load_district
from zhihai.site.progress import progress
from zhihai.site.schema import migrate


def command(words: Words, language: Language) -> click.Command:
    """Return the command with what it can load."""

    def run(folder: Path, live: bool, as_json: bool) -> int:
        return _load(folder, live, as_json, words, language)

    return USAGE["load"](words, language, run)


def _load(folder: Path, live: bool, as_json: bool, words: Words, language: Language) -> int:
    migrate()
    counts: dict[str, int] = {}
    with progress(len(TABLES)) as step:

        def say(file: str, lines: int) -> None:
            counts[file] = lines
            step(len(counts), file)

        loaded = load_district(
            folder, at_machine=datetime.now(UTC), live=live, demonstration=settings.CONFIG.is_demonstration, say=say
        )
    if as_json:
        click.echo(json.dumps(_document(counts, loaded), ensure_ascii=False, indent=2))
    else:
        _tell(counts, loaded, words, language)
    return 0


def _tell(counts: dict[str, int], loaded: Loaded, words: Words, language: Language) -> None:
    def say(key: str, **facts: object) -> None:
        click.echo(words.say(f"command.load.{key}", language, **facts))

    clock = journal.clock()
    say("done", name=clock.name.say(language), code=clock.code)
    for file, lines in counts.items():
        say("part", file=file, lines=lines)
    at = clock.instant.astimezone(clock.zone)
    say(f"clock.{clock.mode}", at=at.strftime("%Y-%m-%d %H:%M"), zone=clock.zone.key, speed=f"{clock.speed:g}")
    for area in _mended(loaded):
        for note in area.mended:
            sentence = words.say(note["key"], language, **note["facts"])
            say("mended", name=area.name.say(language), code=area.code, sentence=sentence)
    for what, count in _synthetic(loaded).items():
        if count:
            say(f"synthetic.{what}", n=f"{count:,}")
    say("accounts")
    for account in loaded.accounts:
        role = words.say(word(account.role, "role", "name"), language)
        say("account" if account.password else "no_password", role=role, username=f"{account.username:<16}",
            password=account.password)  # fmt: skip


def _mended(loaded: Loaded) -> list[places.Area]:
    return [places.area_by_code(code) for code in loaded.mended]


def _synthetic(loaded: Loaded) -> dict[str, int]:
    """Count what was invented or generated, so that nobody takes it for real."""
    return {
        "cells": loaded.generated_cells,
        "organisations": sum(one.provenance == "synthetic" for one in identity.organisations()),
        "accounts": sum(one.sort == "simulated" for one in identity.accounts()),
        "devices": sum(one.provenance == "synthetic" for one in sensing.devices()),
        "people": loaded.invented_people,
    }


def _document(counts: dict[str, int], loaded: Loaded) -> dict[str, object]:
    clock = journal.clock()
    accounts = [{"username": one.username, "role": one.role, "password": one.password} for one in loaded.accounts]
    return {
        "district": clock.code,
        "clock": {"mode": clock.mode, "instant": clock.instant.isoformat(), "speed": clock.speed},
        "loaded": counts,
        "mended": {area.code: [note["key"] for note in area.mended] for area in _mended(loaded)},
        "synthetic": _synthetic(loaded),
        "accounts": accounts,
    }
