"""How the commands that work on records are called: arguments, options, help.

Known before any setting is read and before the house stands, so that ``--help`` and wrong usage are answered at once.
The module of a command's own name gives what it does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import click

from zhihai.ground.powers import POWERS
from zhihai.ground.words import Language, Words
from zhihai.site.bench.groups import GROUPS

HELP = ("-h", "--help")
FULL = "full"
TOKEN_DAYS = 90
LONGEST_POST = 24
MOST_CASES = 2_000_000
MOST_PEOPLE, MOST_OFFICIALS = 20_000_000, 99_999
MOST_SEED = 2**31 - 1

Run = Callable[..., int]
"""What a command does with what it was given; returns the exit code."""


class Speed(click.ParamType):
    """District seconds a second, above 0, or as fast as it goes (``None``)."""

    name = "speed"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float | None:
        """Read the option."""
        if value is None or value == FULL:
            return None
        return float(click.FloatRange(min=0, min_open=True).convert(value, param, ctx))


class Speaker:
    """Says what the options of one command mean."""

    def __init__(self, words: Words, language: Language, name: str) -> None:
        self._words, self._language, self._name = words, language, name

    def __call__(self, key: str, **facts: object) -> str:
        return self._words.say(f"command.{self._name}.{key}", self._language, **facts)

    def other(self, key: str, **facts: object) -> str:
        """Say what several commands say."""
        return self._words.say(key, self._language, **facts)

    def command(self, run: Run, *params: click.Parameter) -> click.Command:
        name = self._name.rpartition(".")[2]
        return click.Command(
            name, callback=run, help=self("help"), short_help=self("short"), params=list(params),
            context_settings={"help_option_names": list(HELP)},
        )  # fmt: skip

    def json(self) -> click.Option:
        return click.Option(["--json", "as_json"], is_flag=True, help=self._words.say("command.json", self._language))


def _bench(words: Words, language: Language, run: Run) -> click.Command:
    say = Speaker(words, language, "bench")
    folder = click.Path(exists=True, file_okay=False, path_type=Path)
    return say.command(
        run,
        click.Option(["--quick"], is_flag=True, help=say("quick")),
        click.Option(["--tenth"], is_flag=True, help=say("tenth")),
        click.Option(["--cases"], type=click.IntRange(1, MOST_CASES), help=say("cases")),
        click.Option(["--only"], multiple=True, type=click.Choice(GROUPS), help=say("only")),
        click.Option(["--district"], type=folder, help=say("district")),
        click.Option(["--flush"], type=click.FloatRange(0, 100), default=0.0, help=say("flush")),
        click.Option(["--write"], type=click.Path(dir_okay=False, path_type=Path), help=say("write")),
        say.json(),
    )


def _check(words: Words, language: Language, run: Run) -> click.Command:
    say = Speaker(words, language, "check")
    return say.command(run, say.json())


def _journal(words: Words, language: Language, run: Run) -> click.Command:
    say = Speaker(words, language, "journal.export")
    file = click.Path(dir_okay=False, writable=True, path_type=Path)
    export = say.command(run, click.Argument(["file"], type=file), say.json())
    new_key = Speaker(words, language, "journal.new_key").command(run)
    new_key.name = "new-key"
    return click.Group(
        "journal",
        commands={"export": export, "new-key": new_key},
        help=words.say("command.journal.help", language),
        short_help=words.say("command.journal.short", language),
        context_settings={"help_option_names": list(HELP)},
    )


def _load(words: Words, language: Language, run: Run) -> click.Command:
    say = Speaker(words, language, "load.district")
    district = say.command(
        run,
        click.Argument(["folder"], type=click.Path(exists=True, file_okay=False, path_type=Path)),
        click.Option(["--live"], is_flag=True, help=words.say("command.load.live", language)),
        say.json(),
    )
    return click.Group(
        "load",
        commands={"district": district},
        help=words.say("command.load.help", language),
        short_help=words.say("command.load.short", language),
        context_settings={"help_option_names": list(HELP)},
    )


def _migrate(words: Words, language: Language, run: Run) -> click.Command:
    return Speaker(words, language, "migrate").command(run)


def _password(words: Words, language: Language, run: Run) -> click.Command:
    say = Speaker(words, language, "password")
    return say.command(
        run,
        click.Argument(["name"], required=False),
        click.Option(["--ask"], is_flag=True, help=say("ask")),
        click.Option(["--lost-second-factor"], is_flag=True, help=say("lost")),
        say.json(),
    )


def _reorganise(words: Words, language: Language, run: Run) -> click.Command:
    say = Speaker(words, language, "reorganise")
    return say.command(
        run,
        click.Argument(["what"], type=click.Choice(("organisation", "area"))),
        click.Argument(["old"]),
        click.Argument(["new"]),
        click.Option(["--cause"], default="", help=say("cause")),
        click.Option(["--kinds"], multiple=True, metavar="KIND", help=say("kinds")),
        click.Option(["--posts"], type=click.Choice(("follow", "end")), default="follow", help=say("posts")),
    )


def _replay(words: Words, language: Language, run: Run) -> click.Command:
    say = Speaker(words, language, "replay")
    file = click.Path(exists=True, dir_okay=False, path_type=Path)
    folder = click.Path(exists=True, file_okay=False, path_type=Path)
    hours = click.IntRange(1, LONGEST_POST)
    return say.command(
        run,
        click.Argument(["what"]),
        click.Option(["--folder"], type=folder, help=say("folder")),
        click.Option(["--from", "begin"], help=say("from")),
        click.Option(["--to", "end"], help=say("to")),
        click.Option(["--speed"], type=Speed(), metavar=f"N|{FULL}", default=FULL, help=say("speed")),
        click.Option(["--together"], type=hours, metavar="HOURS", default=1, help=say("together")),
        click.Option(["--url"], help=say("url")),
        click.Option(["--token-file"], type=file, help=say("token_file")),
        say.json(),
    )


def _simulate(words: Words, language: Language, run: Run) -> click.Command:
    say, more = Speaker(words, language, "simulate.kernel"), Speaker(words, language, "simulate.people")
    seed = click.IntRange(0, MOST_SEED)
    kernel = say.command(
        partial(run, what="kernel"),
        click.Option(["--cases", "count"], type=click.IntRange(1, MOST_CASES), required=True, help=say("cases")),
        click.Option(["--seed"], type=seed, default=1, show_default=True, help=say("seed")),
        say.json(),
    )
    officials = click.IntRange(0, MOST_OFFICIALS)
    people = more.command(
        partial(run, what="people"),
        click.Option(["--people", "count"], type=click.IntRange(1, MOST_PEOPLE), required=True, help=more("people")),
        click.Option(["--officials"], type=officials, default=0, show_default=True, help=more("officials")),
        click.Option(["--seed"], type=seed, help=more("seed")),
        more.json(),
    )
    return click.Group(
        "simulate",
        commands={"kernel": kernel, "people": people},
        help=words.say("command.simulate.help", language),
        short_help=words.say("command.simulate.short", language),
        context_settings={"help_option_names": list(HELP)},
    )


def _staff(words: Words, language: Language, run: Run) -> click.Command:
    say = Speaker(words, language, "staff.import")
    file = click.Path(exists=True, dir_okay=False, path_type=Path)
    imported = say.command(
        run,
        click.Argument(["file"], type=file),
        click.Option(["--directory", "meaning"], type=file, metavar="TABLE", help=say("directory")),
        click.Option(["--apply", "applied"], is_flag=True, help=say("apply")),
        click.Option(["--batch"], default="", help=say("batch")),
        click.Option(["--most-leave"], is_flag=True, help=say("most_leave")),
        say.json(),
    )
    return click.Group(
        "staff",
        commands={"import": imported},
        help=words.say("command.staff.help", language),
        short_help=words.say("command.staff.short", language),
        context_settings={"help_option_names": list(HELP)},
    )


def _take_over(words: Words, language: Language, run: Run) -> click.Command:
    return Speaker(words, language, "take-over").command(run)


def _token(words: Words, language: Language, run: Run) -> click.Command:
    say = Speaker(words, language, "token")
    days, powers = click.IntRange(1, 3660), sorted(POWERS)
    powers_help = say("powers", powers=", ".join(powers))
    return say.command(
        run,
        click.Argument(["name"]),
        click.Option(["--powers"], multiple=True, type=click.Choice(powers), metavar="POWER", help=powers_help),
        click.Option(["--days"], type=days, default=TOKEN_DAYS, show_default=True, help=say("days")),
        say.json(),
    )


def _trust(words: Words, language: Language, run: Run) -> click.Command:
    def part(name: str, *params: click.Parameter) -> click.Command:
        return Speaker(words, language, f"trust.{name}").command(partial(run, what=name), *params)

    say = Speaker(words, language, "trust.take")
    out = click.Path(dir_okay=False, writable=True, path_type=Path)
    signed = click.Path(exists=True, dir_okay=False, path_type=Path)
    return click.Group(
        "trust",
        commands={
            "request": part("request", click.Argument(["file"], type=out)),
            "take": part(
                "take", click.Argument(["file"], type=signed), click.Option(["--fingerprint"], help=say("fingerprint"))
            ),
            "show": part("show", say.json()),
        },
        help=words.say("command.trust.help", language),
        short_help=words.say("command.trust.short", language),
        context_settings={"help_option_names": list(HELP)},
    )


def _verify(words: Words, language: Language, run: Run) -> click.Command:
    say = Speaker(words, language, "verify")
    existing = click.Path(exists=True, path_type=Path)
    return say.command(
        run,
        click.Option(["--state"], is_flag=True, help=say("state")),
        click.Option(["--anchors", "folder"], type=existing, help=say("anchors")),
        click.Option(["--key"], type=existing, help=say("key")),
        say.json(),
    )


USAGE: Mapping[str, Callable[[Words, Language, Run], click.Command]] = {
    "bench": _bench,
    "check": _check,
    "journal": _journal,
    "load": _load,
    "migrate": _migrate,
    "password": _password,
    "reorganise": _reorganise,
    "replay": _replay,
    "simulate": _simulate,
    "staff": _staff,
    "take-over": _take_over,
    "token": _token,
    "trust": _trust,
    "verify": _verify,
}
"""Every command that works on records, by name."""
