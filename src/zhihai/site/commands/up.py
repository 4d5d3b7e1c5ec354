"""``zhihai up``: serve the platform."""

from __future__ import annotations

import os

import click

from zhihai.ground.words import Language, Words
from zhihai.site.configuration import PREFIX, read_configuration
from zhihai.site.supervisor import Supervisor


def command(words: Words, language: Language) -> click.Command:
    """Return the command; it ends with code 0 when asked to end and 1 when it could not go on."""

    def say(key: str, **facts: object) -> None:
        click.echo(words.say(key, language, **facts))

    def up(demonstration: bool | None, officials: bool | None, port: int | None) -> int:
        # The processes that are started read their settings from the environment, so that is where options go.
        for name, value in (("DEMONSTRATION", demonstration), ("OFFICIALS", officials), ("PORT", port)):
            if value is not None:
                os.environ[f"{PREFIX}{name}"] = str(value)
        return Supervisor(read_configuration(), say).run()

    return click.Command(
        "up",
        callback=up,
        help=words.say("command.up.help", language),
        short_help=words.say("command.up.short", language),
        params=[
            click.Option(
                ["--demonstration/--no-demonstration"],
                default=None,
                help=words.say("command.up.demonstration", language),
            ),
            click.Option(
                ["--officials/--without-officials"],
                default=None,
                help=words.say("command.up.officials", language),
            ),
            click.Option(["--port"], type=click.IntRange(1, 65535), help=words.say("command.up.port", language)),
        ],
    )
