"""The ten faults by name, in the order of the runbook, and the table of what came of them."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

import psutil

from tools.faults import machine, records, work
from tools.faults.stage import Trial

RUNBOOK = Path("docs/howto/when-something-goes-wrong.md")
HEADING = "## Tried\n"
ROW = re.compile(r"^\| `([a-z-]+)` \|.*$", re.MULTILINE)
GIB = 2**30

FAULTS: Mapping[str, Callable[[Trial], None]] = MappingProxyType(
    {
        "database-died": machine.database_died,
        "background-frozen": machine.background_frozen,
        "disk-full": machine.disk_full,
        "seal-hanging": work.seal_hanging,
        "mail-away": work.mail_away,
        "event-parked": work.event_parked,
        "wrong-setting": machine.wrong_setting,
        "readings-quarantined": work.readings_quarantined,
        "row-deleted": records.row_deleted,
        "upgrade-failed": records.upgrade_failed,
    }
)


def line(trial: Trial) -> str:
    """Return what came of one fault, for a terminal."""
    if trial.untried:
        return f"{trial.name:<21} not tried: {trial.untried}"
    told = (
        f"{trial.name:<21} seen {trial.seen_after:.1f} s: {trial.seen}" if trial.seen else f"{trial.name:<21} NOT SEEN"
    )
    told += f"\n{'':<21} mended {trial.mended_after:.1f} s: {trial.mended}" if trial.mended else "\n  NOT MENDED"
    return told + (f"\n  {trial.wrong}" if trial.wrong else "")


def section(rows: Mapping[str, str]) -> str:
    """Return the last section of the runbook: what came of each fault, and on which machine."""
    memory = round(psutil.virtual_memory().total / GIB)
    lines = [
        HEADING,
        f"`make faults`, {datetime.now(UTC):%Y-%m-%d}: {os.cpu_count()} processors, {memory} GB, {platform.system()} "
        f"{platform.machine()}, load average {os.getloadavg()[2]:.1f} from other work beside it. Seconds are "
        "counted from the fault; they include waits that are there on purpose: leases of 15 s, retries that come later "
        "and later. A fault that was tried anew alone has its own row of a later run.",
        "",
        "| fault | seen | after | mended | after |",
        "| --- | --- | --- | --- | --- |",
    ]
    lines += [rows[name] for name in FAULTS if name in rows]
    return "\n".join(lines) + "\n"


def row(one: Trial) -> str:
    """Return one fault as a row of the table."""
    if one.untried:
        return f"| `{one.name}` | not tried: {one.untried} | | | |"
    seen = (one.seen or "**not seen**", f"{one.seen_after:.1f} s" if one.seen else "")
    mended = (one.mended or "**not mended**", f"{one.mended_after:.1f} s" if one.mended else "")
    return f"| `{one.name}` | {seen[0]} | {seen[1]} | {mended[0]} | {mended[1]} |"


def write(page: Path, trials: Sequence[Trial]) -> None:
    """Put the table at the end of the runbook; the row of a fault that was not tried this time stays as it is."""
    text, _, before = page.read_text(encoding="utf-8").partition(HEADING)
    rows = {found[1]: found[0] for found in ROW.finditer(before)} | {trial.name: row(trial) for trial in trials}
    page.write_text(text + section(rows), encoding="utf-8")
