"""Bars for long work on a terminal: on standard error, so that standard output stays for what is asked."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

Step = Callable[[float, str], None]
"""Told how much is done by now, and of what."""


@contextmanager
def progress(total: float | None) -> Iterator[Step]:
    """Show a bar while the block runs, ``total`` being how much there is, ``None`` unknown; nothing off a terminal."""
    console = Console(stderr=True)
    if not console.is_terminal or not sys.stderr.isatty():
        yield lambda done, label: None
        return
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=console, transient=True) as bars:
        bar = bars.add_task("", total=total)
        yield lambda done, label: bars.update(bar, completed=done, description=label)
