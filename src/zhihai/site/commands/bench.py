"""``zhihai bench``: measure the platform against the bare store doing the same work."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click
from django.conf import settings

from zhihai.ground.words import Language, Words
from zhihai.site.bench.course import AT_SIZE, FULL, QUICK, Measured, Sizes, Tell, measure, measure_at_size
from zhihai.site.bench.figures import Row
from zhihai.site.bench.groups import GROUPS
from zhihai.site.bench.page import conditions, page
from zhihai.site.commands.usage import USAGE

Course = Callable[[Tell], Measured]


def command(words: Words, language: Language) -> click.Command:
    """Return the command; goals that are not reached are told and are no failure."""

    def run(
        quick: bool, tenth: bool, cases: int | None, only: tuple[str, ...], district: Path | None, flush: float,
        write: Path | None, as_json: bool,
    ) -> int:  # fmt: skip
        sizes = replace(QUICK, at_size=district is not None) if quick else AT_SIZE if district else FULL
        sizes = replace(sizes.shared(10) if tenth else sizes, flush=flush)
        sizes = sizes if cases is None else replace(sizes, cases=cases)
        course = partial(measure_at_size if district else measure, sizes, frozenset(only or GROUPS))
        _bench(sizes, course, write, as_json, words, language)
        return 0

    return USAGE["bench"](words, language, run)


def _bench(sizes: Sizes, course: Course, write: Path | None, as_json: bool, words: Words, language: Language) -> None:
    found = conditions(datetime.now(UTC).date(), Path(settings.CONFIG.data))

    def tell(row: Row) -> None:
        name = words.say(f"bench.row.{row.name}", language, n=f"{row.n:,}")
        ratio = "" if row.ratio is None else f"  × {row.ratio:.2f}"
        click.echo(f"{name}: {row.value:,.3g} {row.unit}{ratio}", err=as_json)

    measured = course(tell)
    if as_json:
        rows = [row.document() for row in measured.rows]
        told = asdict(found) | {"day": found.day.isoformat(), "server": measured.server, "slow_flush_ms": sizes.flush}
        click.echo(json.dumps({"conditions": told, "rows": rows}, ensure_ascii=False, indent=2))
    if write is not None:
        write.write_text(page(measured.rows, found, measured.server, sizes, words, "en"), encoding="utf-8")
