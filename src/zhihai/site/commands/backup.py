"""``zhihai backup``: copy the records, while the platform works, to a place from which they can be restored."""

from __future__ import annotations

import json
import time
from pathlib import Path

import click

from zhihai.ground.refusal import Refused
from zhihai.ground.words import Language, Words
from zhihai.site.backup.keeping import keep
from zhihai.site.backup.manifest import Backup, told
from zhihai.site.backup.taking import take_backup
from zhihai.site.commands.usage import Speaker
from zhihai.site.configuration import read_configuration
from zhihai.site.supervisor import is_begun


def command(words: Words, language: Language) -> click.Command:
    """Return the command; it says where the backup is, what it holds, and what it does not hold."""

    say = Speaker(words, language, "backup")

    def backup(folder: Path | None, keys: bool, most: int | None, as_json: bool) -> int:
        config = read_configuration()
        target = folder or config.backup
        if target is None:
            raise Refused("backup_nowhere", "FOLDER")
        if config.database_url is None and not is_begun(config):
            raise Refused("nothing_begun", "ZHIHAI_DATA", folder=str(config.data))
        began = time.monotonic()
        made = take_backup(config, target.absolute(), keys=keys)
        seconds = time.monotonic() - began
        forgotten = keep(target.absolute(), most) if most is not None else 0
        if as_json:
            click.echo(json.dumps(_document(made, seconds, forgotten)))
        else:
            _tell(made, seconds, forgotten, say)
        return 0

    return say.command(backup, *_options(say))


def _options(say: Speaker) -> list[click.Parameter]:
    return [
        click.Argument(["folder"], type=click.Path(file_okay=False, path_type=Path), required=False),
        click.Option(["--keys/--without-keys"], default=True, help=say("with_keys")),
        click.Option(["--keep", "most"], type=click.IntRange(1), help=say("keep")),
        say.json(),
    ]


def _tell(made: Backup, seconds: float, forgotten: int, say: Speaker) -> None:
    click.echo(say("done", folder=made.path, seconds=f"{seconds:.1f}", size=_size(made.bytes)))
    click.echo(say(f"holds.{made.manifest.sort}", size=_size(made.manifest.size), seal=made.manifest.seal))
    click.echo(say("keys" if made.manifest.keys else "no_keys"))
    click.echo(say("lacks"))
    if made.manifest.sort == "physical":
        click.echo(say("archived" if made.manifest.wal else "not_archived"))
    if forgotten:
        click.echo(say("forgotten", count=forgotten))


def _document(made: Backup, seconds: float, forgotten: int) -> dict[str, object]:
    return {
        "folder": str(made.path),
        "sort": made.manifest.sort,
        "bytes": made.bytes,
        "records_bytes": made.manifest.size,
        "began": told(made.manifest.began),
        "ended": told(made.manifest.ended),
        "seal": made.manifest.seal,
        "archived": made.manifest.wal is not None,
        "keys": made.manifest.keys,
        "seconds": round(seconds, 3),
        "forgotten": forgotten,
    }


def _size(count: int) -> str:
    return f"{count / 1e9:.2f} GB" if count >= 10**9 else f"{count / 1e6:.1f} MB"
