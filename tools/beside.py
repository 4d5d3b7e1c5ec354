"""Runs of ``zhihai bench --json`` laid side by side: what another size, disk or server changes.

``python -m tools.beside --write docs/reference/benchmarks-compared.md "a million=million.json" "a tenth=tenth.json"``.
Several files after one name, with commas between, are one column.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools.lint import ROOT
from zhihai.ground.words import Words, read_words

HEAD = """# Benchmarks under other conditions

This page is written by `python -m tools.beside` from runs of `zhihai bench --json`. Each figure is the median of the
rounds, behind it the ratio to the bare store in the same run (see [benchmarks](benchmarks.md)); **bold** is a goal not
reached. A dash: not measured there. The goals of rows at size are only judged at that size.
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the page, or print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path)
    parser.add_argument("--note", type=Path, help="Markdown put after the table")
    parser.add_argument("runs", nargs="+", metavar="NAME=FILE[,FILE]")
    asked = parser.parse_args(arguments)
    runs = [_read(one) for one in asked.runs]
    words = Words(read_words(ROOT / "src/zhihai/site/bench/words.toml"))
    text = "\n".join([HEAD, *_table(runs, words), "", *(_conditions(name, found) for name, found in runs), ""])
    if asked.note:
        text += "\n" + asked.note.read_text(encoding="utf-8")
    if asked.write:
        asked.write.write_text(text, encoding="utf-8")
    else:
        print(text, end="")


Run = tuple[str, list[dict[str, Any]]]


def _read(one: str) -> Run:
    name, _, files = one.partition("=")
    return name, [json.loads(Path(file).read_text(encoding="utf-8")) for file in files.split(",")]


def _table(runs: Sequence[Run], words: Words) -> list[str]:
    columns = [{row["name"]: row for run in found for row in run["rows"]} for _, found in runs]
    names = list(dict.fromkeys(name for column in columns for name in column))
    lines = [f"| work | {' | '.join(name for name, _ in runs)} |", f"| --- |{' --- |' * len(runs)}"]
    for name in names:
        cells = [_cell(column.get(name)) for column in columns]
        lines.append(f"| {_said(words, name)} | {' | '.join(cells)} |")
    return lines


def _said(words: Words, name: str) -> str:
    """Say a row without its size, which differs between the columns and stands in the cells."""
    return words.say(f"bench.row.{name}", "en", n="n")


def _cell(row: dict[str, Any] | None) -> str:
    if row is None:
        return "–"
    ratio = "" if row["ratio"] is None else f" · {row['ratio']:.2f}"
    size = f" (n = {row['n']:,})" if row["n"] > 1 else ""
    figure = f"{_figure(row['median'])} {row['unit']}"
    return (f"**{figure}**" if row["reached"] is False else figure) + ratio + size


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.3g}"


def _conditions(name: str, found: Sequence[dict[str, Any]]) -> str:
    one = found[0]["conditions"]
    loads = ", ".join(f"{run['conditions']['load']:.2f}" for run in found)
    slow = f" and {one['slow_flush_ms']:g} ms more, simulated" if one["slow_flush_ms"] else ""
    return (
        f"- **{name}**: {one['day']}; {one['cores']} cores, {one['memory_gb']:.0f} GB of memory, load average before "
        f"{loads}; Python {one['python']}, PostgreSQL "
        f"{one['server']}; a flush takes {one['flush_ms']:.2f} ms{slow}. Load generator, platform and database share "
        "the cores."
    )


if __name__ == "__main__":
    main()
