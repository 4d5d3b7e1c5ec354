"""``zhihai token``: give an account a token for the API."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import click

from zhihai.ground.actors import SYSTEM
from zhihai.ground.refusal import NotFound
from zhihai.ground.words import Language, Words
from zhihai.kernel.identity import acts as identity
from zhihai.kernel.identity import reads as identities
from zhihai.kernel.identity.kinds import POWERS
from zhihai.kernel.journal import reads as journal

DAYS = 90


def command(words: Words, language: Language) -> click.Command:
    """Return the command; the token alone goes to standard output, what is to be known of it to standard error."""

    def issue(name: str, powers: tuple[str, ...], days: int, as_json: bool) -> int:
        account = identities.account_named(name)
        if not account.active:
            raise NotFound("no_account", "name")
        now = datetime.now(UTC)
        token = identity.issue_token(
            SYSTEM, account.id, at=journal.now(), at_machine=now, powers=powers or None, days=days
        )
        expires = now + timedelta(days=days)
        if as_json:
            facts = {"account": name, "token": token, "powers": sorted(powers) or None, "expires": expires.isoformat()}
            click.echo(json.dumps(facts, ensure_ascii=False))
            return 0
        click.echo(token)
        click.echo(words.say("command.token.once", language, name=name, day=expires.date().isoformat()), err=True)
        if not powers:
            click.echo(words.say("command.token.all", language), err=True)
        return 0

    return click.Command(
        "token",
        callback=issue,
        help=words.say("command.token.help", language),
        short_help=words.say("command.token.short", language),
        params=[
            click.Argument(["name"]),
            click.Option(
                ["--powers"], multiple=True, type=click.Choice(sorted(POWERS)),
                help=words.say("command.token.powers", language),
            ),
            click.Option(
                ["--days"], type=click.IntRange(1, 3660), default=DAYS, show_default=True,
                help=words.say("command.token.days", language),
            ),
            click.Option(["--json", "as_json"], is_flag=True, help=words.say("command.json", language)),
        ],
    )  # fmt: skip
