"""``zhihai upgrade``: bring the records up to this version, with a way back."""

from __future__ import annotations

import json
from pathlib import Path

import click

from zhihai.ground.refusal import Refused
from zhihai.ground.words import Language, Words
from zhihai.site.backup.upgrading import go_back, upgrade
from zhihai.site.commands.usage import Speaker
from zhihai.site.configuration import read_configuration
from zhihai.site.supervisor import is_begun


def command(words: Words, language: Language) -> click.Command:
    """Return the command; its exit code is 1 when something does not fit afterwards."""

    say = Speaker(words, language, "upgrade")

    def run(folder: Path | None, back: bool, as_json: bool) -> int:
        config = read_configuration()
        if config.database_url is None and not is_begun(config):
            raise Refused("nothing_begun", "ZHIHAI_DATA", folder=str(config.data))
        if back:
            returned = go_back(config)
            facts = {"backup": returned.backup.path, "version": returned.backup.manifest.version, "kept": returned.kept}
            click.echo(_json(facts) if as_json else say("returned", **facts))
            return 0
        done = upgrade(config, folder)
        if done is None:
            click.echo(_json({"steps": 0}) if as_json else say("nothing"))
            return 0
        if as_json:
            click.echo(_json({"steps": done.steps, "backup": done.backup.path, "entries": done.entries,
                              "faults": done.faults}))  # fmt: skip
        else:
            click.echo(say("backed_up", folder=done.backup.path))
            key = "faults" if done.faults else "done"
            click.echo(say(key, count=done.faults or done.steps, entries=f"{done.entries:,}"))
        return 1 if done.faults else 0

    return say.command(
        run,
        click.Option(["--backup", "folder"], type=click.Path(file_okay=False, path_type=Path), help=say("folder")),
        click.Option(["--back"], is_flag=True, help=say("back")),
        say.json(),
    )


def _json(told: dict[str, object]) -> str:
    return json.dumps(told, default=str)
