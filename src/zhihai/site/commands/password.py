"""``zhihai password``: list the accounts that people sign in with, or give one of them a new password."""

from __future__ import annotations

import json
import secrets

import click
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from zhihai.ground.actors import SYSTEM
from zhihai.ground.refusal import NotFound, Refused
from zhihai.ground.words import Language, Words
from zhihai.kernel.identity import acts as identity
from zhihai.kernel.identity import reads as identities
from zhihai.kernel.journal import reads as journal
from zhihai.site.commands.usage import USAGE

RANDOM_BYTES = 9
"""Twelve characters, as many as an account's first password has."""


def command(words: Words, language: Language) -> click.Command:
    """Return the command; a random password alone goes to standard output, what is to be known to standard error."""

    def change(name: str | None, ask: bool, lost_second_factor: bool, as_json: bool) -> int:
        if name is None:
            _list(as_json, language)
            return 0
        account = identities.account_named(name)
        if not account.active:
            raise NotFound("no_account", "name")
        if account.sort != "person":
            raise Refused("password_nobody", "name", name=name)
        password = _asked(words, language) if ask else secrets.token_urlsafe(RANDOM_BYTES)
        identity.set_password(SYSTEM, account.id, password, at=journal.now())
        if lost_second_factor:
            identity.drop_second_factor(SYSTEM, account.id, at=journal.now())
        if as_json:
            click.echo(json.dumps({"account": name, "password": None if ask else password}, ensure_ascii=False))
            return 0
        if not ask:
            click.echo(password)
        click.echo(words.say(f"command.password.{'asked' if ask else 'once'}", language, name=name), err=True)
        return 0

    return USAGE["password"](words, language, change)


def _list(as_json: bool, language: Language) -> None:
    """Print the accounts that people sign in with, one a line."""
    people = [account for account in identities.accounts() if account.sort == "person" and account.active]
    if as_json:
        click.echo(json.dumps([{"account": one.username, "name": one.name.say(language)} for one in people],
                              ensure_ascii=False))  # fmt: skip
        return
    for one in people:
        click.echo(f"{one.username:<16} {one.name.say(language)}")


def _asked(words: Words, language: Language) -> str:
    """Return a password that is typed twice and not shown; raises ``Refused`` for one that is easily guessed."""
    password: str = click.prompt(
        words.say("command.password.new", language), err=True, hide_input=True,
        confirmation_prompt=words.say("command.password.again", language),
    )  # fmt: skip
    try:
        validate_password(password)
    except ValidationError as weak:
        raise Refused("password_weak", "password", reason=" ".join(weak.messages)) from None
    return password
