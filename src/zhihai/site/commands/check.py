"""``zhihai check``: is everything in order for the platform to run here?"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import click
from django.conf import settings
from pydantic import SecretStr

from zhihai.ground.words import Language, Words
from zhihai.kernel.journal import reads as journal
from zhihai.site.commands.usage import USAGE
from zhihai.site.configuration import PREFIX, Configuration, config_file
from zhihai.site.schema import pending, server_version
from zhihai.site.vendor import vendor_folder

OTHERS = ("CONFIG", "SHARED", "BROWSER", "TEST_DATABASE_URL", "TEST_RUN")
"""Names in the environment that begin like settings and are none: they belong to tests and tools."""
LEAST_VERSION = 150000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; ``says`` tells what was found and, when it is not in order, what to do."""

    about: str
    ok: bool
    says: str


def command(words: Words, language: Language) -> click.Command:
    """Return the command; its exit code is 1 when anything is out of order."""

    def run(as_json: bool) -> int:
        findings = [
            Finding(about, ok, words.say(f"command.check.{about}.{'ok' if ok else 'bad'}", language, **facts))
            for about, ok, facts in _look()
        ]
        if as_json:
            click.echo(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=2))
        else:
            for finding in findings:
                mark = click.style("✓", fg="green") if finding.ok else click.style("✗", fg="red")
                click.echo(f"{mark} {finding.says}")
        return 0 if all(finding.ok for finding in findings) else 1

    return USAGE["check"](words, language, run)


def _look() -> Iterator[tuple[str, bool, dict[str, object]]]:
    config = settings.CONFIG
    known = {*Configuration.model_fields, *(name.lower() for name in OTHERS)}
    unknown = sorted(
        name for name in os.environ if name.startswith(PREFIX) and name.removeprefix(PREFIX).lower() not in known
    )
    yield "settings", not unknown, {"names": ", ".join(unknown)}
    yield "secrets", secrets_are_kept(config_file(), config), {"file": config_file()}
    yield "proxy", not config.origin.startswith("https:") or config.behind_proxy, {"address": config.origin}
    yield "data", os.access(config.data, os.W_OK), {"folder": config.data}
    version = server_version()
    yield "server", version >= LEAST_VERSION, {"version": f"{version // 10000}.{version % 10000}"}
    steps = pending()
    yield "tables", steps == 0, {"count": steps}
    copied = journal.copied() if steps == 0 else None
    yield "original", copied is None, {"backup": copied["backup"] if copied else ""}
    if config.backup is not None:
        yield "backup", os.access(config.backup, os.W_OK), {"folder": config.backup}
    faults = settings.HOUSE.faults
    reasons = "; ".join(f"{fault.pack}: {fault.reason}" for fault in faults)
    yield "packs", not faults, {"count": len(settings.HOUSE.packs), "reasons": reasons}
    vendor = vendor_folder(config.data)
    yield "vendor", vendor.is_dir(), {"folder": vendor}
    yield "mail", config.smtp_url is not None or config.is_demonstration, {}


def secrets_are_kept(file: Path, config: Configuration) -> bool:
    """Say whether a settings file that holds a secret can be read by its owner and group alone."""
    if not file.is_file() or not file.stat().st_mode & 0o007:
        return True
    secret = {name for name in config.model_fields_set if isinstance(getattr(config, name), SecretStr)}
    return not secret & tomllib.loads(file.read_text(encoding="utf-8")).keys()
