"""Fetch a headless Chromium from npm into ``.zhihai/browser``, for machines that have none and may not install one."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from zhihai.site.vendor import install_locked, node

ROOT = Path(__file__).resolve().parents[1]
SOURCE = Path(__file__).with_name("browser")
UNPACK = "import('@sparticuz/chromium').then((module) => module.default.executablePath())"


def fetch(target: Path) -> None:
    """Fetch and unpack the browser and the libraries it brings, whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".browser-") as work:
        install_locked(SOURCE, Path(work))
        unpacked = Path(work) / "unpacked"
        unpacked.mkdir()
        # The package unpacks into the temporary folder, and its shared libraries only where it takes the machine
        # for the bare one it is made for.
        environment = {**os.environ, "TMPDIR": str(unpacked), "AWS_EXECUTION_ENV": "AWS_Lambda_nodejs22.x"}
        subprocess.run([node(), "-e", UNPACK], cwd=work, env=environment, check=True)
        shutil.rmtree(target, ignore_errors=True)
        unpacked.rename(target)


if __name__ == "__main__":
    fetch(ROOT / ".zhihai" / "browser")
