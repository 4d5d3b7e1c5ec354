"""``python -m tools.crash``: run the laboratory."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path

import django

from tools.crash import moved_clock
from tools.crash.scene import make_scene

if "--clock" in sys.argv and not moved_clock.clock_moves():
    under = moved_clock.environment(Path(tempfile.mkdtemp(prefix="zhihai-crash-clock-")))
    os.execve(sys.executable, [sys.executable, "-m", "tools.crash", *sys.argv[1:]], under)
SCENE = make_scene(Path(tempfile.mkdtemp(prefix="zhihai-crash-")))
SCENE.settle()
django.setup()

from tools.crash.laboratory import Laboratory  # noqa: E402
from tools.crash.table import Table, read_results  # noqa: E402


def main() -> int:
    """Run as often as asked; the exit code is 1 when any run found a fault."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was begun is ended and taken away then too
    options = _options()
    if options.read:
        _page(options)
        return 0
    laboratory = Laboratory(SCENE, options.keep)
    table = Table(laboratory.mounts)
    began = time.monotonic()
    try:
        for seed in range(options.seed, options.seed + options.runs):
            try:
                result = laboratory.run(seed, seconds=options.seconds, only=tuple(options.only), calm=options.calm)
            except Exception:
                table.broke(seed, traceback.format_exc())
                print(f"seed {seed}: the run itself broke\n{traceback.format_exc()}", flush=True)
                continue
            table.add(result)
            if options.results:
                with options.results.open("a", encoding="utf-8") as out:
                    out.write(json.dumps(result.document(), ensure_ascii=False) + "\n")
            print(result.line(), flush=True)
            for fault in result.found.faults[:8]:
                print(f"  {fault}", flush=True)
        print(table.summary(time.monotonic() - began))
        if options.write:
            options.write.write_text(table.page(options.seconds, time.monotonic() - began), encoding="utf-8")
    finally:
        laboratory.end()
        if options.clock:
            shutil.rmtree(Path(os.environ[moved_clock.FILE]).parent)
    return 0 if table.ok else 1


def _page(options: argparse.Namespace) -> None:
    """Write the page of runs that laboratories have kept."""
    SCENE.end()
    table = read_results(options.read)
    print(table.summary(table.seconds))
    if options.write:
        options.write.write_text(table.page(options.seconds, table.seconds), encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.crash", description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=4.0, help="how long faults are done in each run")
    parser.add_argument("--only", action="append", default=[], help="one sort of fault; may be given several times")
    parser.add_argument("--calm", action="store_true", help="no faults at all: what the checker says then")
    parser.add_argument("--clock", action="store_true", help="move the machine's clock too; needs a C compiler")
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()) / "zhihai-crash-found")
    parser.add_argument("--results", type=Path, help="add each run to this file")
    parser.add_argument("--read", type=Path, action="append", default=[], help="run nothing: add up files of --results")
    parser.add_argument("--write", type=Path, help="write the table of the runs to this page")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
