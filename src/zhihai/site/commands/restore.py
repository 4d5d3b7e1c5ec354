"""``zhihai restore``: bring a backup back, to a folder or a server, as of its end or any instant that is archived."""

from __future__ import annotations

import json
import time
from datetime import datetime
from pathlib import Path

import click

from zhihai.ground.words import Language, Words
from zhihai.site.backup.copies import Restored, to_folder, to_server
from zhihai.site.backup.manifest import choose, told
from zhihai.site.commands.usage import Speaker
from zhihai.site.configuration import read_configuration


class Instant(click.ParamType):
    """An instant with its zone, as RFC 3339 writes it; ``wrong`` is said of anything else."""

    name = "instant"

    def __init__(self, wrong: str) -> None:
        self._wrong = wrong

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read the option."""
        try:
            instant = datetime.fromisoformat(str(value))
        except ValueError:
            instant = None
        if instant is None or instant.tzinfo is None:
            self.fail(self._wrong, param, ctx)
        return instant


def command(words: Words, language: Language) -> click.Command:
    """Return the command; its exit code is 1 when what was restored is not what it should be."""

    say = Speaker(words, language, "restore")

    def restore(
        folder: Path, to: Path | None, to_url: str | None, at: datetime | None, takes_over: bool, archive: bool,
        as_json: bool,
    ) -> int:  # fmt: skip
        if (to is None) == (to_url is None):
            raise click.UsageError(say("where"))
        if at is not None and not archive:
            raise click.UsageError(say("at_archive"))
        config, backup, began = read_configuration(), choose(folder.absolute(), at), time.monotonic()
        if to is not None:
            done = to_folder(config, backup, to, at=at, takes_over=takes_over, archive=archive)
        else:
            done = to_server(config, backup, to_url or "", at=at, takes_over=takes_over, archive=archive)
        seconds = time.monotonic() - began
        if as_json:
            click.echo(json.dumps(_document(done, seconds)))
        else:
            _tell(done, seconds, say, to=to, takes_over=takes_over)
        return 0 if done.finished.ok else 1

    return say.command(restore, *_options(say))


def _options(say: Speaker) -> list[click.Parameter]:
    return [
        click.Argument(["folder"], type=click.Path(exists=True, file_okay=False, path_type=Path)),
        click.Option(["--to"], type=click.Path(file_okay=False, path_type=Path), help=say("to")),
        click.Option(["--to-url"], help=say("to_url")),
        click.Option(["--at"], type=Instant(say("instant")), help=say("at")),
        click.Option(["--takes-over"], is_flag=True, help=say("takes_over")),
        click.Option(["--archive/--without-archive"], default=True, help=say("archive")),
        say.json(),
    ]


def _tell(done: Restored, seconds: float, say: Speaker, *, to: Path | None, takes_over: bool) -> None:
    found, upto = done.finished, done.reached or done.backup.manifest.ended
    click.echo(say("done", backup=done.backup.path.name, upto=told(upto), seconds=f"{seconds:.1f}"))
    click.echo(say("verified", entries=f"{found.entries:,}", seals=f"{found.seals:,}", cases=f"{found.cases:,}"))
    if not found.ok:
        click.echo(say("faults" if found.faults else "headless", count=found.faults, seal=done.backup.manifest.seal))
    if found.steps:
        click.echo(say("behind", count=found.steps))
    click.echo(say("over" if takes_over else "copy", waiting=found.waiting))
    if to is not None:
        click.echo(say("next", folder=to.absolute()))


def _document(done: Restored, seconds: float) -> dict[str, object]:
    found = done.finished
    return {
        "backup": str(done.backup.path),
        "reached": told(done.reached or done.backup.manifest.ended),
        "ok": found.ok,
        "era": found.era,
        "entries": found.entries,
        "seals": found.seals,
        "cases": found.cases,
        "faults": found.faults,
        "waiting": found.waiting,
        "steps": found.steps,
        "seconds": round(seconds, 3),
    }
