"""``zhihai simulate``: build an invented district of any size in a data folder of its own."""

from __future__ import annotations

import json
import time

import click

from zhihai.ground.refusal import Refused
from zhihai.ground.words import Language, Words
from zhihai.kernel.cases import reads as cases
from zhihai.kernel.journal import reads as journal
from zhihai.site.commands.usage import USAGE
from zhihai.site.progress import progress
from zhihai.site.schema import migrate
from zhihai.site.simulated.building import build
from zhihai.site.simulated.district import Official, found, settled


def command(words: Words, language: Language) -> click.Command:
    """Return the command with what it can simulate."""

    def run(count: int, seed: int, as_json: bool) -> int:
        _simulate(count, seed, as_json, words, language)
        return 0

    return USAGE["simulate"](words, language, run)


def _simulate(count: int, seed: int, as_json: bool, words: Words, language: Language) -> None:
    def say(key: str, **facts: object) -> None:
        click.echo(words.say(f"command.simulate.{key}", language, **facts), err=as_json)

    officials = _founded(count, seed)
    if officials:
        say("founded")
        for one in officials:
            say("official", username=f"{one.username:<16}", password=one.password)
    else:
        say("goes_on")
    began = time.monotonic()
    with progress(count) as step:
        label = words.say("command.simulate.bar", language)
        build(seed, count, lambda done: step(done, label))
    seconds = time.monotonic() - began
    open_ = sum(one.open for one in cases.load())
    sealed = journal.sealed()
    if as_json:
        accounts = [{"username": one.username, "password": one.password} for one in officials]
        told = {"cases": count, "open": open_, "seed": seed, "seconds": round(seconds, 1), "accounts": accounts}
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    say("done", cases=f"{count:,}", open=f"{open_:,}", minutes=f"{seconds / 60:.1f}", seals=f"{sealed.no:,}")


def _founded(count: int, seed: int) -> tuple[Official, ...]:
    """Found the district unless it is there; raises ``Refused`` for one that was founded with something else."""
    there = settled()
    migrate()
    if there is None:
        return found(seed, count)
    if (there["seed"], there["cases"]) != (seed, count):
        raise Refused("simulated_otherwise", "--cases", seed=there["seed"], cases=there["cases"])
    return ()
