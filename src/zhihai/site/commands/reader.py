"""``zhihai reader``: a machine that reads identity cards and is none, with cards of invented people."""

from __future__ import annotations

import random
from contextlib import suppress
from pathlib import Path

import click

from zhihai.ground.refusal import Refused
from zhihai.ground.words import Language, Words
from zhihai.site.card_machine import CardMachine, card_of, machine_key, public_pem
from zhihai.site.configuration import read_configuration
from zhihai.site.invented import SEED, drawn_names, drawn_people

PORT = 9101
CARDS = 40
"""How many of the invented people of a demonstration have a card here."""


def command(words: Words, language: Language) -> click.Command:
    """Return the command; it ends when it is interrupted."""

    def say(what: str, **facts: object) -> str:
        return words.say(f"command.reader.{what}", language, **facts)

    def serve(port: int, key: Path | None) -> int:
        config, chance = read_configuration(), random.Random(SEED)
        cards = [card_of(one) for one in drawn_people(chance, drawn_names(chance))[:CARDS]]
        origins = {config.origin, f"http://127.0.0.1:{config.port}", f"http://localhost:{config.port}"}
        signs = None if key is None else machine_key(key)
        try:
            machine = CardMachine(port, origins, cards, say, signs)
        except OSError:
            raise Refused("reader_port", "--port", port=port) from None
        click.echo(say("serves", address=machine.address))
        if signs is not None:
            click.echo(say("public", key=public_pem(signs)))
        with machine, suppress(KeyboardInterrupt):
            machine.serve_forever()
        return 0

    return click.Command(
        "reader",
        callback=serve,
        help=say("help"),
        short_help=say("short"),
        params=[
            click.Option(["--port"], type=click.IntRange(1, 65535), default=PORT, show_default=True, help=say("port")),
            click.Option(["--key"], type=click.Path(dir_okay=False, path_type=Path), help=say("key")),
        ],
    )
