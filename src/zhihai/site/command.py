"""The command ``zhihai``.

Two stages. This one is small: it knows the settings, the embedded database and nothing of Django, serves ``up`` and
``plan`` itself, and hands every command that works on records to :mod:`zhihai.site.inside` in a process of its own,
with a database running for as long as that lasts.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Sequence

import click

import zhihai
from zhihai.ground.refusal import Refused
from zhihai.ground.words import Language, Words
from zhihai.site.bench.apart import apart
from zhihai.site.commands import plan, up
from zhihai.site.configuration import read_configuration
from zhihai.site.postgres import records_server
from zhihai.site.supervisor import is_begun, settle_mode
from zhihai.site.wording import say_refusal, site_words, terminal_language

RECORDS_COMMANDS = ("bench", "check", "load", "migrate", "replay", "token", "verify")
HELP = ("-h", "--help")
APART = "bench"
"""The command that works on records of its own: it begins and removes them."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code: 0 done, 1 refused or failed, 2 wrong usage."""
    words, language = site_words(), terminal_language()
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = group(words, language).main(given, prog_name="zhihai", standalone_mode=False)
    except Refused as refusal:
        tell_refusal(words, refusal, language, as_json="--json" in given)
        code = 1
    except click.ClickException as wrong:
        wrong.show()
        code = wrong.exit_code
    except click.Abort:
        code = 130
    sys.exit(code or 0)


def group(words: Words, language: Language) -> click.Group:
    """Return the command group with every command's help in ``language``."""
    commands = [up.command(words, language), plan.command(words, language)]
    commands += [_on_records(name, words, language) for name in RECORDS_COMMANDS]
    return click.Group(
        "zhihai",
        help=words.say("command.help", language),
        commands={command.name: command for command in commands if command.name},
        params=[_version(words, language)],
        context_settings={"help_option_names": list(HELP)},
    )


def tell_refusal(words: Words, refusal: Refused, language: Language, *, as_json: bool) -> None:
    """Say why a command was refused: a sentence on standard error, or with ``--json`` an object on standard output."""
    sentence = say_refusal(words, refusal, language)
    if as_json:
        click.echo(json.dumps({"refused": refusal.code, "field": refusal.field, "says": sentence}, ensure_ascii=False))
    else:
        click.echo(sentence, err=True)


def _version(words: Words, language: Language) -> click.Option:
    def show(context: click.Context, _: click.Parameter, asked: bool) -> None:
        if asked and not context.resilient_parsing:
            click.echo(f"zhihai {zhihai.__version__}")
            context.exit()

    help_ = words.say("command.version", language)
    return click.Option(["--version"], is_flag=True, is_eager=True, expose_value=False, callback=show, help=help_)


def _on_records(name: str, words: Words, language: Language) -> click.Command:
    def hand_over(arguments: tuple[str, ...]) -> int:
        command = [sys.executable, "-m", "zhihai.site.inside", name, *arguments]
        if any(argument in HELP for argument in arguments):
            return subprocess.run(command, check=False).returncode
        if name == APART:
            with apart() as environment:
                return subprocess.run(command, check=False, env=environment).returncode
        # An interrupt reaches the command too, which ends by itself; the database must outlive it.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        config = read_configuration()
        if not is_begun(config):
            settle_mode(config)
        with records_server(config):
            return subprocess.run(
                command, check=False, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
            ).returncode

    return click.Command(
        name,
        callback=hand_over,
        short_help=words.say(f"command.{name}.short", language),
        params=[click.Argument(["arguments"], nargs=-1, type=click.UNPROCESSED)],
        add_help_option=False,
        context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    )


if __name__ == "__main__":
    main()
