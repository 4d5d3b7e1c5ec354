"""Child processes: how they end is told, and what they inherit is theirs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PARENT = """
import sys, time
from zhihai.site.children import Child
child = Child("probe", "probe_module")
child.start()
while (code := child.watch()) is None:
    time.sleep(0.01)
print(f"ended with {code}")
"""


def run(folder: Path, module: str) -> subprocess.CompletedProcess[str]:
    """Run a module as a child, in a process of its own: one with threads is not forked."""
    (folder / "probe_module.py").write_text(module, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-c", PARENT],
        env={"PYTHONPATH": str(folder)},
        input="never read",
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("module", "code", "said"),
    [
        ("pass", 0, ""),
        ("raise SystemExit", 0, ""),
        ("raise SystemExit(3)", 3, ""),
        ("raise SystemExit('no key')", 1, "no key\n"),
        ("{}['lost']", 1, "KeyError: 'lost'\n"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", -9, ""),
    ],
)
def test_it_is_told_how_a_child_ended(module: str, code: int, said: str, tmp_path: Path) -> None:
    done = run(tmp_path, module)
    assert done.stdout.endswith(f"ended with {code}\n")
    assert done.stderr.endswith(said)


def test_a_child_runs_as_the_main_program_in_a_group_of_its_own_and_reads_nothing(tmp_path: Path) -> None:
    done = run(
        tmp_path, "import os, sys; print(__name__, os.getpid() == os.getpgrp(), repr(sys.stdin.read()), flush=True)"
    )
    assert done.stdout.splitlines()[0] == "__main__ True ''"
