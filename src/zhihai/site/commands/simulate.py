"""``zhihai simulate``: build an invented district of any size in a data folder of its own."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial

import click

from zhihai.ground.refusal import Refused
from zhihai.ground.words import Language, Words
from zhihai.kernel.cases import reads as cases
from zhihai.kernel.journal import reads as journal
from zhihai.site.commands.usage import USAGE
from zhihai.site.progress import progress
from zhihai.site.schema import migrate
from zhihai.site.simulated.building import build, build_people
from zhihai.site.simulated.district import Official, found, settled
from zhihai.site.simulated.staff import settle_staff


def command(words: Words, language: Language) -> click.Command:
    """Return the command with what it can simulate."""

    def run(what: str, count: int, seed: int | None, as_json: bool, officials: int = 0) -> int:
        if what == "people":
            _people(count, officials, seed, as_json, words, language)
        else:
            _simulate(count, seed or 0, as_json, words, language)
        return 0

    return USAGE["simulate"](words, language, run)


def _simulate(count: int, seed: int, as_json: bool, words: Words, language: Language) -> None:
    say = partial(_say, as_json, words, language)
    officials = _founded(count, seed)
    _tell(officials, say)
    began = time.monotonic()
    with progress(count) as step:
        label = words.say("command.simulate.bar", language)
        build(seed, count, lambda done: step(done, label))
    seconds = time.monotonic() - began
    open_ = sum(one.open for one in cases.load())
    sealed = journal.sealed()
    if as_json:
        told = {"cases": count, "open": open_, "seed": seed, "seconds": round(seconds, 1), **_accounts(officials)}
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    say("done", cases=f"{count:,}", open=f"{open_:,}", minutes=f"{seconds / 60:.1f}", seals=f"{sealed.no:,}")


def _people(count: int, many: int, seed: int | None, as_json: bool, words: Words, language: Language) -> None:
    """Bring people and officials into the simulated district, which is founded without cases where there is none."""
    say = partial(_say, as_json, words, language)
    there = settled()
    migrate()
    drawn = int(there["seed"]) if there and seed is None else seed or 0
    officials = (() if there else _founded(0, drawn)) + settle_staff(drawn, many)
    _tell(officials, say)
    began = time.monotonic()
    with progress(count) as step:
        label = words.say("command.simulate.people.bar", language)
        there_now = build_people(drawn, count, lambda done: step(done, label))
    seconds = time.monotonic() - began
    if as_json:
        told = {**asdict(there_now), "seed": drawn, "seconds": round(seconds, 1), **_accounts(officials)}
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    counts = {name: f"{n:,}" for name, n in asdict(there_now).items()}
    say("people.done", minutes=f"{seconds / 60:.1f}", **counts)


def _say(as_json: bool, words: Words, language: Language, key: str, **facts: object) -> None:
    click.echo(words.say(f"command.simulate.{key}", language, **facts), err=as_json)


def _tell(officials: tuple[Official, ...], say: Callable[..., None]) -> None:
    """Name the accounts that were made with their passwords, or say that bringing in goes on."""
    if not officials:
        say("goes_on")
        return
    say("founded")
    for one in officials:
        say("official", username=f"{one.username:<17}", password=one.password)


def _accounts(officials: tuple[Official, ...]) -> dict[str, object]:
    return {"accounts": [{"username": one.username, "password": one.password} for one in officials]}


def _founded(count: int, seed: int) -> tuple[Official, ...]:
    """Found the district unless it is there; raises ``Refused`` for one that was founded with something else."""
    there = settled()
    migrate()
    if there is None:
        return found(seed, count)
    if (there["seed"], there["cases"]) != (seed, count):
        raise Refused("simulated_otherwise", "--cases", seed=there["seed"], cases=there["cases"])
    return ()
