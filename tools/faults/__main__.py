"""``python -m tools.faults``: bring the ten faults about, one after another, and tell what came of them."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from tools.faults.stage import ROOT, Stage, Trial, UntriedError
from tools.faults.table import FAULTS, RUNBOOK, line, write


def main() -> int:
    """Try the faults that were asked for; the exit code is 1 when one was not seen or not mended."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was begun is ended and taken away then too
    options = _options()
    for name in [name for name in os.environ if name.startswith("ZHIHAI_")]:
        del os.environ[name]
    work = Path(tempfile.mkdtemp(prefix="zhihai-faults-", dir=options.work))
    work.chmod(0o711)
    trials = []
    try:
        for name in options.only or FAULTS:
            trial = attempt(Stage(work), name)
            trials.append(trial)
            print(line(trial), flush=True)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    if options.write:
        write(ROOT / RUNBOOK, trials)
    return 0 if all(trial.ok or trial.untried for trial in trials) else 1


def attempt(stage: Stage, name: str) -> Trial:
    """Try one fault; what goes wrong with it is noted, so that the others are tried all the same."""
    trial = Trial(stage, name)
    try:
        FAULTS[name](trial)
    except UntriedError as why:
        trial.untried = str(why)
    except Exception as fault:
        trial.wrong = f"{type(fault).__name__}: {fault}"
    return trial


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.faults", description=__doc__)
    parser.add_argument("--only", action="append", choices=list(FAULTS), help="this fault alone; may be given again")
    parser.add_argument("--work", type=Path, help="folder for the data (default: the system's for temporary files)")
    parser.add_argument("--write", action="store_true", help=f"put the table at the end of {RUNBOOK}")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
