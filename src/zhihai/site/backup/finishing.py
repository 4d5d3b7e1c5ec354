"""The last stage of a restore, run as ``python -m zhihai.site.backup.finishing`` beside the restored records.

Begins a new era of the journal, notes from what the records were restored, recomputes the whole journal and compares
the cases with it. Says what it found as JSON on standard output.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import click
import django
import msgspec

from zhihai.ground.refusal import Refused
from zhihai.site.wording import say_refusal, site_words, terminal_language

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhihai.site.settings")
try:
    django.setup()
except Refused as refused:
    sys.exit(say_refusal(site_words(), refused, terminal_language()))

from zhihai.ground.actors import SYSTEM
from zhihai.kernel import records
from zhihai.kernel.cases import reads as cases
from zhihai.kernel.channels.reads import ELECTRONIC
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.journal import reads as journals
from zhihai.site.backup.copies import Finished
from zhihai.site.backup.manifest import read_backup
from zhihai.site.commands.verify import DIGESTS
from zhihai.site.schema import pending


def finish(backup: Path, anchors: Path, reached: str | None, *, takes_over: bool) -> Finished:
    """Begin the new era, verify, and say what was found; ``anchors`` are those of the original."""
    manifest = read_backup(backup).manifest
    now = datetime.now(UTC)
    era = 1
    if records.one("SELECT 1 FROM district"):
        era = journal.begin_era(at=now, restored=True)
        journal.mark_copy({"backup": backup.name, "version": manifest.version, "reached": reached}, at=now)
        if takes_over:
            journal.take_over(SYSTEM, at=now)
    while journal.seal(at_machine=now):
        pass
    whole = journals.verify(anchors if anchors.is_dir() else None)
    steps = pending()
    state = journals.verify_state(cases.heads, DIGESTS) if steps == 0 else None
    head = manifest.seal == 0 or records.one(
        "SELECT 1 FROM journal_seal WHERE no = %s AND encode(h, 'hex') = %s", (manifest.seal, manifest.head)
    )
    left = "SELECT count(*) FROM delivery WHERE state IN ('queued', 'sending') AND channel = ANY(%s)"
    waiting = records.value(left, (list(ELECTRONIC),))
    faults = len(whole.faults) + whole.untold + (len(state.faults) + state.untold if state else 0)
    return Finished(
        era, whole.entries, whole.seals, state.cases if state else 0, faults, head is not None, waiting, steps
    )


def main() -> None:
    """Finish what ``ZHIHAI_DATA`` or ``ZHIHAI_DATABASE_URL`` names."""
    backup, anchors, reached, takes_over = sys.argv[1:5]
    try:
        found = finish(Path(backup), Path(anchors), reached or None, takes_over=takes_over == "1")
    except Refused as refusal:
        sys.exit(say_refusal(site_words(), refusal, terminal_language()))
    click.echo(msgspec.json.encode(found).decode())


if __name__ == "__main__":
    main()
