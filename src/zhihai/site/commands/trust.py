"""``zhihai trust``: the platform's part of the certificate authority: ask the root, take in what it signed, show it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from zhihai.faces.certificates.places import addresses_of
from zhihai.ground.actors import SYSTEM
from zhihai.ground.words import Language, Words
from zhihai.kernel.journal import reads as journal
from zhihai.kernel.trust import acts, reads
from zhihai.site.commands.usage import USAGE


def command(words: Words, language: Language) -> click.Command:
    """Return the command with what it can do: ``request FILE``, ``take FILE`` and ``show``."""

    def run(what: str, file: Path | None = None, fingerprint: str | None = None, as_json: bool = False) -> int:
        if what == "show":
            _show(words, language, as_json=as_json)
        elif file is not None and what == "request":
            _request(file, words, language)
        elif file is not None:
            _take(file, fingerprint, words, language)
        return 0

    return USAGE["trust"](words, language, run)


def _request(file: Path, words: Words, language: Language) -> None:
    district = journal.clock()
    _, request = acts.request_issuing(
        SYSTEM, district.name.zh, addresses_of, at=district.instant, at_machine=datetime.now(UTC)
    )
    file.write_bytes(request)
    click.echo(words.say("command.trust.request.done", language, file=file))


def _take(file: Path, fingerprint: str | None, words: Words, language: Language) -> None:
    at_machine = datetime.now(UTC)
    taken = acts.take_in(SYSTEM, file.read_bytes(), fingerprint, at=journal.now(), at_machine=at_machine)
    acts.keep_certificates(at_machine=at_machine)
    key = "issuing" if taken.issuing else "list"
    click.echo(words.say(f"command.trust.take.{key}", language, number=taken.list_number))


def _show(words: Words, language: Language, *, as_json: bool) -> None:
    """Print roots and keys that issue, one a line; nothing of it is secret."""
    found: list[dict[str, object]] = [
        {"root": one.fingerprint.replace(" ", ""), "until": f"{one.certificate.not_valid_after_utc:%Y-%m-%d}",
         "list": f"{one.revoked.until:%Y-%m-%d}"}
        for one in reads.roots()
    ]  # fmt: skip
    keys: list[dict[str, object]] = [
        {"issuing": one.id, "serial": f"{one.certificate.serial_number:x}",
         "until": f"{one.certificate.not_valid_after_utc:%Y-%m-%d}",
         "list": f"{one.list_until:%Y-%m-%d}" if one.list_until else None}
        for one in reads.issuing_keys() if one.certificate is not None
    ]  # fmt: skip
    if as_json:
        click.echo(json.dumps({"roots": found, "issuing": keys}))
        return
    for line in (*found, *keys):
        click.echo("  ".join(f"{name} {value}" for name, value in line.items()))
    if not keys:
        click.echo(words.say("command.trust.show.none", language))
