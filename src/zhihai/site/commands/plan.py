"""``zhihai plan``: what the plan names, and how much of it works."""

from __future__ import annotations

import json

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from zhihai.ground.words import Language, Words
from zhihai.site import plan as register
from zhihai.site.plan import TARGETS, Group, Plan, Row, Tally


def command(words: Words, language: Language) -> click.Command:
    """Return the command; ``--json`` prints the whole register for machines."""

    def show(ids: tuple[str, ...], as_json: bool) -> int:
        plan = register.plan()
        chosen = [row for row in plan.rows if not ids or row.id in ids or row.group in ids]
        if not chosen:
            raise click.UsageError(words.say("command.plan.none", language, ids=", ".join(ids)))
        if as_json:
            click.echo(json.dumps(_document(chosen), ensure_ascii=False, indent=2))
        else:
            _draw(plan, chosen, words, language, detailed=bool(ids))
        return 0

    return click.Command(
        "plan",
        callback=show,
        help=words.say("command.plan.help", language),
        short_help=words.say("command.plan.short", language),
        params=[
            click.Argument(["ids"], nargs=-1),
            click.Option(["--json", "as_json"], is_flag=True, help=words.say("command.json", language)),
        ],
    )


def _draw(plan: Plan, rows: list[Row], words: Words, language: Language, *, detailed: bool) -> None:
    console = Console()
    for group in plan.groups:
        members = [row for row in rows if row.group == group.id]
        if members:
            console.print(_table(group, members, words, language, detailed=detailed))
    for sort, total in _totals(rows).items():
        if total.total:
            console.print(words.say(f"command.plan.total.{sort}", language, works=total.works, total=total.total))


def _totals(rows: list[Row]) -> dict[str, Tally]:
    """Count functions and targets apart."""
    return {
        "functions": register.tally(row for row in rows if row.group != TARGETS),
        "targets": register.tally(row for row in rows if row.group == TARGETS),
    }


def _table(group: Group, rows: list[Row], words: Words, language: Language, *, detailed: bool) -> Table:
    sort = "targets" if group.id == TARGETS else "functions"
    table = Table(title=escape(f"{group.id} {group.words.say(language)}"), title_justify="left", expand=True)
    table.add_column(words.say("command.plan.id", language), no_wrap=True)
    table.add_column(words.say(f"command.plan.named.{sort}", language), ratio=1)
    table.add_column(words.say(f"command.plan.state.{sort}", language), no_wrap=True, justify="right")
    for row in rows:
        tally = register.tally([row])
        table.add_row(row.id, escape(row.words.say(language)), f"{tally.works} / {tally.total}")
        for function in row.functions if detailed else ():
            state = words.say(f"command.plan.{sort}.{function.state}", language)
            table.add_row(f"  {function.id}", escape(function.words.say(language)), state)
    return table


def _document(rows: list[Row]) -> dict[str, object]:
    totals = {sort: {"works": total.works, "total": total.total} for sort, total in _totals(rows).items()}
    return {**totals, "rows": [_row(row) for row in rows]}


def _row(row: Row) -> dict[str, object]:
    tally = register.tally([row])
    functions = [
        {
            "id": function.id,
            "zh": function.words.zh,
            "en": function.words.en,
            "state": function.state,
            "pack": function.pack,
            "room": function.room,
            "indicator": function.indicator,
            "story": function.story,
        }
        for function in row.functions
    ]
    facts = {"id": row.id, "zh": row.words.zh, "en": row.words.en, "works": tally.works, "total": tally.total}
    return facts | {"functions": functions}
