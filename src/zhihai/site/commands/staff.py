"""``zhihai staff import``: compare a staff list with what is held, and with ``--apply`` make it so."""

from __future__ import annotations

import json
from pathlib import Path

import click

from zhihai.ground.actors import SYSTEM
from zhihai.ground.words import Language, Words
from zhihai.kernel.identity import acts as identity
from zhihai.kernel.identity import reads as identities
from zhihai.kernel.journal import reads as journal
from zhihai.site.commands.usage import USAGE
from zhihai.site.directory_file import read_directory
from zhihai.site.faults import refuse
from zhihai.site.staff_list import read_staff

MOST = 50
"""So many of each sort of change are printed; machines get all."""


def command(words: Words, language: Language) -> click.Command:
    """Return the command; its report names accounts and roles, never people."""

    def run(file: Path, meaning: Path | None, applied: bool, batch: str, most_leave: bool, as_json: bool) -> int:
        at = journal.now()
        people, faults = read_directory(file, meaning) if meaning else read_staff(file)
        refuse(faults)
        if applied:
            name = batch or f"{file.name} {at:%Y-%m-%d}"
            found = identity.apply_staff(SYSTEM, people, name, at=at, most_leave=most_leave)
        else:
            found = identities.compare_staff(people, at=at)
        if as_json:
            click.echo(json.dumps(_document(found, applied=applied), ensure_ascii=False))
            return 0
        for line in _report(found, words, language):
            click.echo(line)
        key = "done" if applied else "same" if not found.changes else "would"
        click.echo(words.say(f"command.staff.import.{key}", language, n=found.changes))
        return 0

    return USAGE["staff"](words, language, run)


def _lines(found: identities.StaffDifference) -> dict[str, list[str]]:
    """Return what would change, sort by sort, as accounts and roles."""
    return {
        "new": [one.username for one in found.new],
        "back": [one.username for one in found.back],
        "renamed": [one.username for one in found.renamed],
        "given": [f"{one.username} {one.post[0]}" for one in found.given if not one.guarded],
        "proposed": [f"{one.username} {one.post[0]}" for one in found.given if one.guarded],
        "ended": [f"{username} {role}" for username, _, role in found.ended],
        "left": list(found.left),
    }


def _document(found: identities.StaffDifference, *, applied: bool) -> dict[str, object]:
    conflicts = [{"account": one.username, "line": one.line, "reason": one.reason} for one in found.conflicts]
    return {"applied": applied, **_lines(found), "conflicts": conflicts, "waiting": found.waiting, "kept": found.kept}


def _report(found: identities.StaffDifference, words: Words, language: Language) -> list[str]:
    said = []
    for sort, lines in _lines(found).items():
        if lines:
            said.append(words.say(f"command.staff.import.{sort}", language, n=len(lines)))
            said += [f"  {line}" for line in lines[:MOST]]
            if len(lines) > MOST:
                said.append(f"  … {len(lines) - MOST}")
    for one in found.conflicts:
        reason = words.say(f"command.staff.import.conflict.{one.reason}", language)
        said.append(
            words.say("command.staff.import.conflict", language, line=one.line, name=one.username, reason=reason)
        )
    said.append(words.say("command.staff.import.kept", language, n=found.kept, waiting=found.waiting))
    return said
