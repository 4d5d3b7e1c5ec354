"""The second stage of the command ``zhihai``: commands that work on records, run as ``python -m zhihai.site.inside``.

Like :mod:`zhihai.site.wsgi` it is the start of a process: Django is set up before the house is imported.
"""

from __future__ import annotations

import os
import sys

import click
import django
from django.db import DatabaseError

from zhihai.ground.refusal import Refused
from zhihai.site.wording import say_refusal, site_words, terminal_language

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhihai.site.settings")
try:
    django.setup()
except Refused as refused:
    sys.exit(say_refusal(site_words(), refused, terminal_language()))

from zhihai.kernel import house
from zhihai.site.command import tell_refusal
from zhihai.site.commands import (
    bench,
    check,
    journal,
    load,
    migrate,
    password,
    reorganise,
    replay,
    simulate,
    staff,
    take_over,
    token,
    trust,
    verify,
)
from zhihai.site.schema import refusal_of


def main() -> None:
    """Run one command on the records and leave with its exit code."""
    words, language = house.words(), terminal_language()
    modules = (
        bench,
        check,
        journal,
        load,
        migrate,
        password,
        reorganise,
        replay,
        simulate,
        staff,
        take_over,
        token,
        trust,
        verify,
    )
    commands = [module.command(words, language) for module in modules]
    group = click.Group("zhihai", commands={command.name: command for command in commands if command.name})
    try:
        code = group.main(prog_name="zhihai", standalone_mode=False)
    except Refused as refusal:
        tell_refusal(words, refusal, language, as_json="--json" in sys.argv)
        code = 1
    except DatabaseError as fault:
        refused = refusal_of(fault)
        if refused is None:
            raise
        tell_refusal(words, refused, language, as_json="--json" in sys.argv)
        code = 1
    except click.ClickException as wrong:
        wrong.show()
        code = wrong.exit_code
    except click.Abort:
        code = 130
    sys.exit(code or 0)


if __name__ == "__main__":
    main()
