"""The command ``zhihai``.

Two stages. This one is small: it knows the settings, the embedded database and nothing of Django, serves ``up``,
``plan``, ``backup``, ``restore``, ``root`` and ``upgrade`` itself, answers ``--help`` and wrong usage of every command
before any setting is read, and hands a command that works on records to :mod:`zhihai.site.inside` in a process of its
own, with a database running for as long as that lasts.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import click

import zhihai
from zhihai.ground.refusal import Refused
from zhihai.ground.words import Language, Words
from zhihai.site.bench.apart import apart
from zhihai.site.commands import backup, caught, plan, reader, restore, root, up, upgrade
from zhihai.site.commands.usage import HELP, USAGE
from zhihai.site.configuration import PREFIX, Configuration, read_configuration
from zhihai.site.faults import Faults
from zhihai.site.postgres import records_server
from zhihai.site.supervisor import is_begun, settle_mode, settle_simulation
from zhihai.site.wording import say_refusal, site_words, terminal_language

MOST_FAULTS = 50
"""So many faults are told to a person; machines get all."""
APART = "bench"
"""The command that works on records of its own: it begins and removes them."""
SIMULATED = "simulate"
"""The command that begins a demonstration of its own sort."""
ON_A_DISTRICT = frozenset(
    ("journal", "password", "reorganise", "replay", "staff", "take-over", "token", "trust", "verify")
)
"""Commands that have nothing to do where nothing has been loaded; the others begin records where there are none."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code: 0 done, 1 refused or failed, 2 wrong usage."""
    words, language = site_words(), terminal_language()
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = group(words, language, given).main(given, prog_name="zhihai", standalone_mode=False)
    except Refused as refusal:
        tell_refusal(words, refusal, language, as_json="--json" in given)
        code = 1
    except click.ClickException as wrong:
        wrong.show()
        code = wrong.exit_code
    except click.Abort:
        code = 130
    sys.exit(code or 0)


def group(words: Words, language: Language, given: Sequence[str] = ()) -> click.Group:
    """Return the command group with every command's help in ``language``; ``given`` is what is handed over."""
    commands = [
        module.command(words, language) for module in (up, plan, backup, restore, root, upgrade, caught, reader)
    ]
    commands += [_on_records(name, words, language, given) for name in USAGE]
    return click.Group(
        "zhihai",
        help=words.say("command.help", language),
        commands={command.name: command for command in commands if command.name},
        params=[_version(words, language)],
        context_settings={"help_option_names": list(HELP)},
    )


def tell_refusal(words: Words, refusal: Refused, language: Language, *, as_json: bool) -> None:
    """Say why a command was refused: sentences on standard error, or with ``--json`` an object on standard output."""
    several = refusal.faults if isinstance(refusal, Faults) else ()
    if as_json:
        faults = [_refusal_document(words, fault, language) for fault in several]
        told = _refusal_document(words, refusal, language) | ({"faults": faults} if faults else {})
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    for fault in several[:MOST_FAULTS]:
        click.echo(say_refusal(words, fault, language), err=True)
    if len(several) > MOST_FAULTS:
        click.echo(words.say("command.more_faults", language, n=len(several) - MOST_FAULTS), err=True)
    click.echo(say_refusal(words, refusal, language), err=True)


def _refusal_document(words: Words, refusal: Refused, language: Language) -> dict[str, object]:
    sentence = say_refusal(words, refusal, language)
    return {"refused": refusal.code, "field": refusal.field, "says": sentence}


def _version(words: Words, language: Language) -> click.Option:
    def show(context: click.Context, _: click.Parameter, asked: bool) -> None:
        if asked and not context.resilient_parsing:
            click.echo(f"zhihai {zhihai.__version__}")
            context.exit()

    help_ = words.say("command.version", language)
    return click.Option(["--version"], is_flag=True, is_eager=True, expose_value=False, callback=show, help=help_)


def _on_records(name: str, words: Words, language: Language, given: Sequence[str]) -> click.Command:
    def hand_over(**asked: object) -> int:
        command = [sys.executable, "-m", "zhihai.site.inside", *given]
        if name == APART:
            with apart(cast("Path | None", asked.get("district"))) as environment:
                return subprocess.run(command, check=False, env=environment).returncode
        # An interrupt reaches the command too, which ends by itself; the database must outlive it.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if name == SIMULATED:  # the command is another process and reads its settings from the environment
            os.environ[f"{PREFIX}DEMONSTRATION"] = "1"
        config = read_configuration()
        _settle(name, config)
        with records_server(config):
            return subprocess.run(
                command, check=False, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
            ).returncode

    return USAGE[name](words, language, hand_over)


def _settle(name: str, config: Configuration) -> None:
    """Make sure that there are records to work on, or begin them; raises :class:`Refused` naming the data folder."""
    begun = config.database_url is not None or is_begun(config)
    if name in ON_A_DISTRICT and not begun:
        raise Refused("nothing_begun", "ZHIHAI_DATA", folder=str(config.data))
    if name == SIMULATED:
        settle_simulation(config)
    elif not is_begun(config):
        settle_mode(config)
    config.key()


if __name__ == "__main__":
    main()
