"""``zhihai caught``: mail and short messages that were written into files because nothing else is set."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path

import click

from zhihai.ground.words import Language, Words
from zhihai.site.configuration import read_configuration

PARTED = re.compile(rb"^-{79}\n", re.MULTILINE)
"""What the file backend of Django writes between two mails."""
NEWEST = 10


def command(words: Words, language: Language) -> click.Command:
    """Return the command; it prints what was caught, newest last."""

    def show(most: int) -> int:
        config = read_configuration()
        found = sorted([*_mails(config.data / "mail"), *_short(config.data / "sms")])[-most:]
        for _, way, to, text in found:
            click.echo(f"── {words.say(f'command.caught.{way}', language)} → {to}\n{text.rstrip()}\n")
        folders = {"mail": str(config.data / "mail"), "sms": str(config.data / "sms")}
        said = "command.caught.shown" if found else "command.caught.none"
        click.echo(words.say(said, language, n=len(found), **folders))
        return 0

    return click.Command(
        "caught",
        callback=show,
        help=words.say("command.caught.help", language),
        short_help=words.say("command.caught.short", language),
        params=[
            click.Option(
                ["--most"], type=click.IntRange(1, 1000), default=NEWEST, show_default=True,
                help=words.say("command.caught.most", language),
            )
        ],
    )  # fmt: skip


def _mails(folder: Path) -> Iterator[tuple[float, str, str, str]]:
    for path in folder.glob("*.log") if folder.is_dir() else ():
        for raw in PARTED.split(path.read_bytes()):
            if raw.strip():
                mail = message_from_bytes(raw, policy=policy.default)
                body = mail.get_body(("plain",))
                text = "" if body is None else str(body.get_content())
                yield path.stat().st_mtime, "email", str(mail["To"]), f"{mail['Subject']}\n{text}"


def _short(folder: Path) -> Iterator[tuple[float, str, str, str]]:
    for path in folder.glob("*.json") if folder.is_dir() else ():
        caught = json.loads(path.read_text(encoding="utf-8"))
        yield path.stat().st_mtime, "sms", caught["to"], caught["text"]
