"""``zhihai root``: the root of the district's certificate authority, on a machine of its own, without a database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import Certificate

from zhihai.ground.certificates.lists import ISSUER_REASONS
from zhihai.ground.words import Language, Words
from zhihai.site.commands.usage import HELP, Speaker
from zhihai.site.offline import root as offline

ROOT_YEARS, ISSUING_YEARS = 20, 5
FOLDER = click.Path(file_okay=False, path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
OUT = click.Path(dir_okay=False, writable=True, path_type=Path)


def command(words: Words, language: Language) -> click.Command:
    """Return the command with what it can do: ``make``, ``sign`` and ``list``."""
    made = (_make, _sign, _list)
    return click.Group(
        "root",
        commands={one.name: one for make in made if (one := make(words, language)).name},
        help=words.say("command.root.help", language),
        short_help=words.say("command.root.short", language),
        context_settings={"help_option_names": list(HELP)},
    )


def _years(say: Speaker, most: int, usual: int) -> click.Option:
    sort = click.IntRange(1, most)
    return click.Option(["--years"], type=sort, default=usual, show_default=True, help=say.other("command.root.years"))


def _passphrase(say: Speaker) -> click.Option:
    return click.Option(["--passphrase-file"], type=FILE, help=say.other("command.root.passphrase_file"))


def _asked(say: Speaker, file: Path | None, *, fresh: bool = False) -> str:
    """Return the passphrase: the first line of a file, or typed unseen, twice where it is a new one."""
    if file is not None:
        return file.read_text(encoding="utf-8").splitlines()[0] if file.stat().st_size else ""
    again = say.other("command.root.again") if fresh else False
    typed: str = click.prompt(
        say.other("command.root.passphrase"), err=True, hide_input=True, confirmation_prompt=again
    )
    return typed


def _told(say: Speaker, certificate: Certificate) -> None:
    text = certificate.fingerprint(SHA256()).hex()
    click.echo(say.other("command.root.fingerprint", found=" ".join(text[at : at + 4] for at in range(0, 64, 4))))


def _make(words: Words, language: Language) -> click.Command:
    say = Speaker(words, language, "root.make")

    def run(folder: Path, name: str, years: int, passphrase_file: Path | None) -> int:
        passphrase = _asked(say, passphrase_file, fresh=True)
        certificate = offline.make(folder, name, passphrase, years, at=datetime.now(UTC))
        click.echo(say("done", folder=folder))
        _told(say, certificate)
        return 0

    years = _years(say, 40, ROOT_YEARS)
    return _command(say, run, click.Argument(["folder"], type=FOLDER), click.Argument(["name"]), years)


def _sign(words: Words, language: Language) -> click.Command:
    say = Speaker(words, language, "root.sign")

    def run(folder: Path, request: Path, out: Path, years: int, yes: bool, passphrase_file: Path | None) -> int:
        asked = offline.read_request(request.read_bytes())
        click.echo(say("asked", name=asked.subject.rfc4514_string()))
        if not yes:
            click.confirm(say("sure"), abort=True)
        root = offline.open_root(folder, _asked(say, passphrase_file))
        out.write_bytes(offline.sign(root, asked, years, at=datetime.now(UTC)))
        click.echo(say("done", file=out))
        _told(say, root.certificate)
        return 0

    return _command(
        say, run, click.Argument(["folder"], type=FOLDER), click.Argument(["request"], type=FILE),
        click.Argument(["out"], type=OUT),
        _years(say, 20, ISSUING_YEARS),
        click.Option(["--yes"], is_flag=True, help=say("yes")),
    )  # fmt: skip


def _list(words: Words, language: Language) -> click.Command:
    say = Speaker(words, language, "root.list")

    def run(folder: Path, out: Path, revoke: str | None, reason: str, passphrase_file: Path | None) -> int:
        root = offline.open_root(folder, _asked(say, passphrase_file))
        at = datetime.now(UTC)
        out.write_bytes(offline.revoke(root, revoke, reason, at=at) if revoke else offline.new_list(root, at=at))
        click.echo(say("done", file=out))
        return 0

    reasons = click.Choice(ISSUER_REASONS)
    return _command(
        say, run, click.Argument(["folder"], type=FOLDER), click.Argument(["out"], type=OUT),
        click.Option(["--revoke"], metavar="SERIAL", help=say("revoke")),
        click.Option(["--reason"], type=reasons, default="superseded", show_default=True, help=say("reason")),
    )  # fmt: skip


def _command(say: Speaker, run: Callable[..., int], *params: click.Parameter) -> click.Command:
    return say.command(run, *params, _passphrase(say))
