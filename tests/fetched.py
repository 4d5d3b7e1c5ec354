"""Scripts of others that only tests use: a set of pins in ``tools``, fetched once for a lock, served to nobody."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

from zhihai.site.vendor import install_locked

ROOT = Path(__file__).resolve().parents[1]


def fetched(pins: str, script: str) -> Path:
    """Return the file ``script`` of the packages that ``tools/<pins>`` pins by version and hash.

    It is kept beside the environment, not among the libraries that pages are served, and so goes into no bundle.
    """
    source = ROOT / "tools" / pins
    lock = hashlib.sha256((source / "package-lock.json").read_bytes()).hexdigest()[:12]
    kept = ROOT / ".zhihai" / f"{pins}-{lock}" / Path(script).name
    if not kept.is_file():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent) as work:
            install_locked(source, Path(work))
            (Path(work) / "node_modules" / script).rename(kept)
    return kept
