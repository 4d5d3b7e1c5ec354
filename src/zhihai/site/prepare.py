"""Preparation (准备): the step before serving, run as ``python -m zhihai.site.prepare`` beside a running database.

Brings the tables up to this code, lays out the static files and, for the demonstration, loads the reference district.
It is a process of its own so that the process that keeps watch over the platform stays small.
"""

from __future__ import annotations

import os
import shutil
import sys
from datetime import UTC, datetime

import click
import django
from django.conf import settings
from django.core.management import call_command

from zhihai.ground.kind import word
from zhihai.ground.refusal import Refused
from zhihai.site.preparation import mark_prepared
from zhihai.site.schema import is_replica, migrate
from zhihai.site.wording import say_refusal, site_words, terminal_language

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhihai.site.settings")
try:
    django.setup()
except Refused as refused:
    sys.exit(say_refusal(site_words(), refused, terminal_language()))

from zhihai.ground.actors import SYSTEM
from zhihai.kernel.forms import acts as forms
from zhihai.kernel.journal import acts as journal_acts
from zhihai.kernel.journal import reads as journal
from zhihai.kernel.sensing import acts as sensing
from zhihai.kernel.trust import acts as trust_acts
from zhihai.site.demonstration import bring_up

COLLECTED = "whitenoise.storage.CompressedManifestStaticFilesStorage"


def lay_out_static() -> None:
    """Copy every static file to the data folder under a name with its hash, compressed beside."""
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": COLLECTED}}
    call_command("collectstatic", verbosity=0, interactive=False, clear=True)


def empty_compiled() -> None:
    """Begin a new folder of compiled templates: what is in it was compiled by the code that was here before."""
    shutil.rmtree(settings.COMPILED, ignore_errors=True)
    settings.COMPILED.mkdir(mode=0o700)


def say(key: str, **facts: object) -> None:
    """Tell the operator a sentence."""
    click.echo(settings.ZHIHAI_WORDS.say(key, terminal_language(), **facts))


def role_name(role: str) -> str:
    """Return what a role is called, by its full name."""
    return str(settings.ZHIHAI_WORDS.say(word(role, "role", "name"), terminal_language()))


def settle_district() -> None:
    """Bring devices and forms up to what their packs declare now, and see that there is a key to sign with.

    Nothing before a district is loaded.
    """
    try:
        at = journal.now()
    except Refused:
        return
    sensing.align(SYSTEM, at=at)
    forms.record_versions(at=at)
    trust_acts.keep_signing_keys(at=at, at_machine=datetime.now(UTC))


def main() -> int:
    """Prepare, and return the exit code."""
    try:
        migrate()
        journal_acts.begin_era(at=datetime.now(UTC))
        lay_out_static()
        empty_compiled()
        if settings.CONFIG.is_demonstration:
            bring_up(say, role_name)
        if journal.copied() is not None:
            say("up.copy")
        if not is_replica():
            settle_district()
        mark_prepared(settings.CONFIG)
    except Refused as refusal:
        click.echo(say_refusal(settings.ZHIHAI_WORDS, refusal, terminal_language()), err=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
