"""``zhihai token``: give an account a token for the API."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import click

from zhihai.ground.actors import SYSTEM
from zhihai.ground.powers import SEND_READINGS
from zhihai.ground.refusal import NotFound
from zhihai.ground.words import Language, Words
from zhihai.kernel.exchange import reads as exchange
from zhihai.kernel.identity import acts as identity
from zhihai.kernel.identity import reads as identities
from zhihai.kernel.journal import reads as journal
from zhihai.site.commands.usage import USAGE


def command(words: Words, language: Language) -> click.Command:
    """Return the command; the token alone goes to standard output, what is to be known of it to standard error."""

    def issue(name: str, powers: tuple[str, ...], days: int, as_json: bool) -> int:
        def note(key: str, **facts: object) -> None:
            click.echo(words.say(f"command.token.{key}", language, **facts), err=True)

        account = identities.account_named(name)
        if not account.active:
            raise NotFound("no_account", "name")
        at, now = journal.now(), datetime.now(UTC)
        token = identity.issue_token(SYSTEM, account.id, at=at, at_machine=now, powers=powers or None, days=days)
        expires = now + timedelta(days=days)
        lacking = _lacking(account.id, powers, at)
        if as_json:
            facts = {"account": name, "token": token, "powers": sorted(powers) or None, "expires": expires.isoformat()}
            click.echo(json.dumps(facts, ensure_ascii=False))
        else:
            click.echo(token)
            note("once", name=name, day=expires.date().isoformat())
            if not powers:
                note("all")
        if lacking:
            note("lacking", name=name, powers=", ".join(lacking))
        if SEND_READINGS in lacking:
            note("senders", names=", ".join(_senders()))
        return 0

    return USAGE["token"](words, language, issue)


def _lacking(account: int, powers: tuple[str, ...], at: datetime) -> list[str]:
    """Return which of the powers asked for the account does not hold; nothing asked for is the power to send."""
    actor = identities.actor_of(account, at=at)
    return [power for power in sorted(powers) or [SEND_READINGS] if not actor.may(power)]


def _senders() -> list[str]:
    """Return the accounts that systems and devices send with: those of the connectors."""
    sending = {connector.account for connector in exchange.connectors()}
    return [account.username for account in identities.accounts() if account.id in sending]
