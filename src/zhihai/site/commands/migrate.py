"""``zhihai migrate``: bring the tables up to this version."""

from __future__ import annotations

import click

from zhihai.ground.words import Language, Words
from zhihai.site.commands.usage import USAGE
from zhihai.site.schema import migrate


def command(words: Words, language: Language) -> click.Command:
    """Return the command. Run twice it changes nothing the second time."""

    def run() -> int:
        steps = migrate()
        click.echo(words.say("command.migrate.done" if steps else "command.migrate.nothing", language, count=steps))
        return 0

    return USAGE["migrate"](words, language, run)
