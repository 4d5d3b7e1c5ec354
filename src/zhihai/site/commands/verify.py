"""``zhihai verify``: recompute the journal, and compare what stands in the tables with it."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from zhihai.ground.words import Language, Words
from zhihai.kernel.cases import reads as cases
from zhihai.kernel.exchange import reads as exchange
from zhihai.kernel.journal import reads as journal
from zhihai.kernel.sensing import reads as sensing
from zhihai.site.commands.usage import USAGE
from zhihai.site.progress import progress
from zhihai.site.workers import anchors

DIGESTS = (
    journal.Digests("envelope", "digest", exchange.raw_digests),
    journal.Digests("envelope", "rows", sensing.row_digests),
)
"""What entries noted of the bytes that came in and of the rows that were kept of them."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found of the whole journal and, where it was asked for, of the state; and how many seconds it took."""

    whole: journal.Verification
    state: journal.StateVerification | None
    anchors: Path | None
    seconds: float

    @property
    def faults(self) -> tuple[journal.Fault, ...]:
        return (*self.whole.faults, *(self.state.faults if self.state else ()))

    @property
    def untold(self) -> int:
        return self.whole.untold + (self.state.untold if self.state else 0)


def command(words: Words, language: Language) -> click.Command:
    """Return the command; its exit code is 1 when anything is wrong."""

    def run(state: bool, folder: Path | None, key: Path | None, as_json: bool) -> int:
        found = _verify(state, folder, key, words, language)
        if as_json:
            click.echo(json.dumps(_document(found, words, language), ensure_ascii=False, indent=2))
        else:
            _tell(found, words, language)
        return 1 if found.faults else 0

    return USAGE["verify"](words, language, run)


def _verify(state: bool, folder: Path | None, key: Path | None, words: Words, language: Language) -> Verified:
    given = folder or (anchors() if anchors().is_dir() else None)
    began, sealed = time.monotonic(), journal.sealed()
    with progress((sealed.sealed_to_entry or 0) + sealed.unsealed) as step:
        label = words.say("command.verify.bar", language)
        verified = journal.verify(given, lambda entries: step(entries, label), key=key)
    compared = journal.verify_state(cases.heads, DIGESTS) if state else None
    return Verified(verified, compared, given, time.monotonic() - began)


def _tell(found: Verified, words: Words, language: Language) -> None:
    def say(key: str, **facts: object) -> None:
        click.echo(words.say(f"command.verify.{key}", language, **facts))

    whole, state = found.whole, found.state
    say("read", entries=f"{whole.entries:,}", seals=f"{whole.seals:,}", seconds=f"{found.seconds:.1f}")
    say("sealed" if whole.sealed_to else "unsealed", entry=whole.sealed_to, n=f"{whole.unsealed:,}")
    say("anchored" if whole.anchored_to else "unanchored", entry=whole.anchored_to, folder=found.anchors or "–")
    if state is not None:
        say("compared", cases=f"{state.cases:,}", digests=f"{state.digests:,}")
    for fault in found.faults:
        mark = click.style("✗", fg="red")
        click.echo(f"{mark} {fault.where}: {words.say(fault.what, language, **fault.facts)}")
    if found.untold:
        say("untold", n=f"{found.untold:,}")
    say("bad" if found.faults else "ok", n=f"{len(found.faults) + found.untold:,}")


def _document(found: Verified, words: Words, language: Language) -> dict[str, object]:
    faults = [asdict(fault) | {"says": words.say(fault.what, language, **fault.facts)} for fault in found.faults]
    whole, state = found.whole, found.state
    return {
        "ok": not found.faults,
        "entries": whole.entries,
        "seals": whole.seals,
        "unsealed": whole.unsealed,
        "sealed_to": whole.sealed_to,
        "anchored_to": whole.anchored_to,
        "cases": state.cases if state else None,
        "digests": state.digests if state else None,
        "faults": faults,
        "untold": found.untold,
        "seconds": round(found.seconds, 3),
    }
