"""The crash laboratory, in short: two runs of what ``make crash`` does two hundred times.

What needs privileges of the kernel is run by ``make crash`` alone, which sets ``CRASH``; else it is listed as not run.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tools.crash.faults import may_mount
from tools.crash.table import Table, read_results

ROOT = Path(__file__).resolve().parents[2]


def run(folder: Path, *options: str) -> Table:
    """Run the laboratory in a process of its own and return what it found."""
    results = folder / "results.jsonl"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ZHIHAI_", "DJANGO_"))}
    ran = subprocess.run(
        [sys.executable, "-m", "tools.crash", "--results", results, "--keep", folder / "found", *options],
        cwd=ROOT,
        env=kept,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
    return read_results([results])


def test_two_runs_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    table = run(tmp_path, "--runs", "2", "--seed", "6", "--seconds", "1.5")
    counts = table.counts()
    assert (counts["lost"], counts["doubled"], counts["found"]) == (0, 0, 0)
    assert counts["acts"] > 50, "the writers were at work"
    assert counts["done"] >= 2, "faults were done"


def test_a_full_disk(tmp_path: Path) -> None:
    if "CRASH" not in os.environ:
        pytest.skip("needs to mount a small disk; `make crash` runs it")
    if not may_mount(tmp_path):
        pytest.skip("needs to mount a small disk, which this user may not")
    table = run(tmp_path, "--runs", "1", "--only", "disk full")
    assert table.counts()["done"] >= 1


def test_a_clock_that_is_moved(tmp_path: Path) -> None:
    if "CRASH" not in os.environ:
        pytest.skip("moves the clock that the platform sees; `make crash` runs it")
    if shutil.which("cc") is None:
        pytest.skip("needs a C compiler, to move the clock that the platform sees")
    table = run(tmp_path, "--clock", "--runs", "3", "--only", "clock moved")
    assert table.counts()["done"] >= 3
    counts = run(tmp_path, "--clock", "--runs", "3", "--seed", "20").counts()
    assert (counts["lost"], counts["doubled"], counts["found"]) == (0, 0, 0)
