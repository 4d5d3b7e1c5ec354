"""``zhihai take-over``: put a restored copy in the place of the original."""

from __future__ import annotations

import click

from zhihai.ground.actors import SYSTEM
from zhihai.ground.words import Language, Words
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.journal import reads as clock
from zhihai.site.commands.usage import USAGE


def command(words: Words, language: Language) -> click.Command:
    """Return the command; notices that wait are sent from then on."""

    def run() -> int:
        journal.take_over(SYSTEM, at=clock.now())
        click.echo(words.say("command.take-over.done", language))
        return 0

    return USAGE["take-over"](words, language, run)
