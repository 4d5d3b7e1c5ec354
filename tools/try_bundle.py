"""Tries the bundle where there is no network: ``python -m tools.try_bundle [FOLDER]``, needs the right to ``unshare``.

In a network namespace of its own, with a loopback and no route, the newest bundle is installed into a new folder, the
demonstration is started from it, pages are asked, and it is ended. Each step is told with its seconds; the exit code is
1 when one fails.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
INSIDE = "--inside"
PORT = 8000
READY_SECONDS = 180.0
END_SECONDS = 15.0
ELSEWHERE = ("192.0.2.1", 443)
"""An address that is nobody's (RFC 5737): what counts is that there is no way to it."""
PAGES = ("/", "/health/live", "/static/vendor/htmx.org/dist/htmx.min.js")


def main() -> None:
    """Step into a namespace without routes, or, once there, try the bundle."""
    if INSIDE in sys.argv:
        folder = Path(sys.argv[-1])
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        with tempfile.TemporaryDirectory(prefix="zhihai-bundle-") as work:
            os.chmod(work, 0o711)
            try_it(folder, Path(work))
        return
    if not allowed():
        sys.exit("try_bundle: not run: unshare --net is not permitted here")
    found = [Path(sys.argv[1])] if len(sys.argv) > 1 else sorted((ROOT / "dist").glob("zhihai-*"))
    if not found:
        sys.exit("try_bundle: there is no bundle: make bundle")
    inside = ["unshare", "--net", sys.executable, "-m", "tools.try_bundle", INSIDE, str(found[-1].absolute())]
    sys.exit(subprocess.run(inside, cwd=ROOT, check=False).returncode)


def allowed() -> bool:
    """Say whether this process may make a network namespace."""
    program = shutil.which("unshare")
    return program is not None and subprocess.run([program, "--net", "true"], check=False).returncode == 0


def try_it(bundle: Path, work: Path) -> None:
    """Install, start, ask, end; every step told with its seconds."""
    with told("no way out"):
        refuse_network()
    copy, app, data = work / "bundle", work / "app", work / "data"
    shutil.copytree(bundle, copy)
    bare = {"PATH": os.environ["PATH"], "HOME": str(work), "LC_ALL": "C.UTF-8"}
    with told("install"):
        subprocess.run([copy / "install", app], env=bare, check=True)
    shutil.rmtree(copy)  # what is installed needs the bundle no more
    settings = {**bare, "ZHIHAI_DATA": str(data), "ZHIHAI_PORT": str(PORT), "ZHIHAI_LANGUAGE": "en"}
    with told("check"):
        subprocess.run([app / "bin" / "zhihai", "check"], env={**settings, "ZHIHAI_DEMONSTRATION": "1"}, check=False)
    with running(app, settings, work) as platform:
        with told("from start to ready"):
            wait_until_ready(platform, work / "log")
        with told("pages"):
            for page in PAGES:
                with urllib.request.urlopen(f"http://127.0.0.1:{PORT}{page}", timeout=30) as answer:
                    assert answer.status == 200, page
    with told("a changed file is refused"):
        refuse_changed(bundle, work, bare)


@contextmanager
def told(step: str) -> Iterator[None]:
    """Tell a step and its seconds when it is done."""
    began = time.monotonic()
    yield
    print(f"{step}: {time.monotonic() - began:.1f} s", flush=True)


def refuse_network() -> None:
    """End unless every way out is closed."""
    with socket.socket() as line:
        line.settimeout(5)
        try:
            line.connect(ELSEWHERE)
        except OSError:
            return
    sys.exit("try_bundle: there is a network here")


@contextmanager
def running(app: Path, settings: dict[str, str], work: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Have the demonstration running while the block runs."""
    with (work / "log").open("wb") as log:
        platform = subprocess.Popen(
            [app / "bin" / "zhihai", "up", "--demonstration"], env=settings, stdout=log, stderr=log
        )
        try:
            yield platform
        finally:
            platform.send_signal(signal.SIGTERM)
            platform.wait(END_SECONDS)


def wait_until_ready(platform: subprocess.Popen[bytes], log: Path) -> None:
    """Wait for the line that says so; end with the log when it does not come."""
    until = time.monotonic() + READY_SECONDS
    while b"ready http" not in log.read_bytes():
        if platform.poll() is not None or time.monotonic() > until:
            sys.exit(f"try_bundle: not ready\n{log.read_text(encoding='utf-8', errors='replace')[-4000:]}")
        time.sleep(0.1)


def refuse_changed(bundle: Path, work: Path, environment: dict[str, str]) -> None:
    """End unless a bundle with one changed byte is refused and leaves nothing."""
    torn, app = work / "torn", work / "app-of-torn"
    shutil.copytree(bundle, torn)
    wheel = next((torn / "wheels").glob("zhihai-*.whl"))
    content = bytearray(wheel.read_bytes())
    content[len(content) // 2] ^= 1
    wheel.write_bytes(content)
    done = subprocess.run([torn / "install", app], env=environment, capture_output=True, check=False)
    if done.returncode == 0 or app.exists():
        sys.exit("try_bundle: a changed bundle was installed")


if __name__ == "__main__":
    main()
