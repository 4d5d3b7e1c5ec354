"""``zhihai journal``: take the journal out to be verified elsewhere, and change the key of the anchors."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from zhihai.ground.words import Language, Words
from zhihai.kernel.journal import acts, reads
from zhihai.site.commands.usage import USAGE
from zhihai.site.progress import progress
from zhihai.site.workers import anchors


def command(words: Words, language: Language) -> click.Command:
    """Return the command with what it can do: ``export FILE`` and, without a file, ``new-key``."""

    def run(file: Path | None = None, as_json: bool = False) -> int:
        if file is None:
            _change_key(words, language)
        else:
            _export(file, as_json, words, language)
        return 0

    return USAGE["journal"](words, language, run)


def _export(file: Path, as_json: bool, words: Words, language: Language) -> None:
    sealed = reads.sealed()
    label = words.say("command.journal.export.bar", language)
    draft = file.with_name(f"{file.name}.part")
    with progress((sealed.sealed_to_entry or 0) + sealed.unsealed) as step, draft.open("wb") as out:
        exported = reads.export(out, lambda entries: step(entries, label))
    draft.replace(file)
    if as_json:
        click.echo(json.dumps({"file": str(file), "entries": exported.entries, "seals": exported.seals}))
    else:
        facts = {"entries": f"{exported.entries:,}", "seals": f"{exported.seals:,}"}
        click.echo(words.say("command.journal.export.done", language, file=file, **facts))


def _change_key(words: Words, language: Language) -> None:
    change = acts.change_key(anchors(), at_machine=datetime.now(UTC))
    click.echo(words.say("command.journal.new_key.done", language, folder=anchors(), seal=change.seal))
