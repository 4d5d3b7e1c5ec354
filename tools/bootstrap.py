"""Set-up: from Python, pip and a package registry to an environment that is exactly the one that is pinned.

``bootstrap.py run`` makes the environment that serves, ``dev`` the one that also tests, ``browser`` finds or installs a
browser for the stories, ``lock`` pins anew. What is in place already is told by stamps, in milliseconds. Every package
is checked against its hash; no registry is named anywhere, the machine's own settings of pip are used.
Nothing but the standard library is imported: this runs before anything is installed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OURS = ROOT / ".zhihai"
VENV = ROOT / ".venv"
REQUIREMENTS = ROOT / "requirements"
LEAST = (3, 11)
NEWER = ("python3.14", "python3.13", "python3.12", "python3.11")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
LEVELS = ("run", "dev")


def main() -> None:
    """Do the steps that are named, in order."""
    if sys.version_info < LEAST:
        use_newer_python()
    for step in sys.argv[1:]:
        if step in LEVELS:
            make_environment(step)
        elif step == "browser":
            find_browser()
        elif step == "lock":
            lock()
        else:
            sys.exit(f"bootstrap: no step {step!r}; there are run, dev, browser and lock")


def use_newer_python() -> None:
    """Start again with a newer Python of this machine, or say what to install."""
    for name in NEWER:
        found = shutil.which(name)
        if found:
            os.execv(found, [found, *sys.argv])
    sys.exit(
        f"Python {LEAST[0]}.{LEAST[1]} or newer is needed; this is {sys.version.split()[0]}. "
        "Install one and name it: make PYTHON=/path/to/python3.12 up"
    )


def make_environment(level: str) -> None:
    """Make ``.venv`` hold what ``requirements/<level>.txt`` pins, and this project, unless it does already."""
    if any(stamped(one) for one in LEVELS[LEVELS.index(level) :]):
        return
    tell(f"Setting up the environment ({level}) …")
    uv = install_uv()
    if not (VENV / "bin" / "python").exists():
        call([uv, "venv", "--quiet", "--no-project", "--python", sys.executable, VENV])
    needed = [REQUIREMENTS / f"{level}.txt"]
    if shutil.which("npm") is None or shutil.which("node") is None:
        needed.append(REQUIREMENTS / "node.txt")
    python = ["--python", VENV / "bin" / "python"]
    call([uv, "pip", "sync", "--quiet", "--require-hashes", *python, *needed])
    call([uv, "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", *python, "--editable", ROOT])
    for other in LEVELS:
        stamp(other).unlink(missing_ok=True)
    stamp(level).write_text(seal(level), encoding="ascii")


def stamp(level: str) -> Path:
    """Return the file that says what ``.venv`` was made from."""
    return VENV / f"zhihai-{level}.stamp"


def stamped(level: str) -> bool:
    """Say whether ``.venv`` was made from the pins of ``level`` as they are now."""
    file = stamp(level)
    return file.is_file() and file.read_text(encoding="ascii") == seal(level)


def seal(level: str) -> str:
    """Return a hash over everything the environment is made from."""
    parts = [(ROOT / "pyproject.toml").read_bytes(), (REQUIREMENTS / f"{level}.txt").read_bytes(), bytes(ROOT)]
    return hashlib.sha256(b"\0".join([*parts, sysconfig.get_python_version().encode()])).hexdigest()


def install_uv() -> Path:
    """Return uv, installed by pip into a folder of ours: Debian's Python refuses to install anything globally."""
    pins = REQUIREMENTS / "uv.txt"
    folder = OURS / f"uv-{hashlib.sha256(pins.read_bytes()).hexdigest()[:12]}"
    uv = folder / "bin" / "uv"
    if not uv.exists():
        pip = [sys.executable, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-deps"]
        call([*pip, "--root-user-action=ignore", "--require-hashes", "--target", folder, "--requirement", pins])
    return uv


def uv_environment() -> dict[str, str]:
    """Return the environment for uv: the registry and certificates are those that pip is set to on this machine."""
    environment = {**os.environ, "UV_NO_PROGRESS": "1"}
    environment.pop("VIRTUAL_ENV", None)
    for option, name in (("index-url", "UV_DEFAULT_INDEX"), ("cert", "SSL_CERT_FILE")):
        asked = subprocess.run(
            [sys.executable, "-m", "pip", "config", "get", f"global.{option}"],
            capture_output=True,
            text=True,
            check=False,
        )
        value = os.environ.get(f"PIP_{option.upper().replace('-', '_')}") or asked.stdout.strip()
        if value:
            environment.setdefault(name, value)
    return environment


def find_browser() -> None:
    """Find a Chromium for the browser stories, else install one, else say what to type.

    The order: the one ``ZHIHAI_BROWSER`` names, the system's, Debian's package when we are root, npm's package.
    """
    named = os.environ.get("ZHIHAI_BROWSER")
    if named or any(map(shutil.which, BROWSERS)) or (OURS / "browser" / "chromium").exists():
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        tell("Installing a browser for the stories …")
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        call(["apt-get", "update", "-qq"], quiet)
        call(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium", "fonts-noto-cjk"], quiet)
        return
    tell("Fetching a browser for the stories …")
    call([VENV / "bin" / "python", ROOT / "tools" / "fetch_browser.py"])


def lock() -> None:
    """Pin every package anew by version and hash; no address is recorded."""
    uv = install_uv()
    compile_ = [uv, "pip", "compile", "--quiet", "--generate-hashes", "--no-header", "--universal"]
    compile_ += ["--python-version", ".".join(map(str, LEAST)), "--upgrade"]
    project, run = ROOT / "pyproject.toml", REQUIREMENTS / "run.txt"
    call([*compile_, "--group", "uv", "-o", REQUIREMENTS / "uv.txt"])
    call([*compile_, "--group", "node", "-o", REQUIREMENTS / "node.txt"])
    call([*compile_, project, "--group", "build", "-o", run])
    call([*compile_, project, "--group", "build", "--group", "dev", "-c", run, "-o", REQUIREMENTS / "dev.txt"])


def call(command: list[str | Path], environment: dict[str, str] | None = None) -> None:
    """Run a step; when it fails, end with its code, for it has said why itself."""
    done = subprocess.run(command, cwd=ROOT, env=environment or uv_environment(), check=False)
    if done.returncode != 0:
        sys.exit(done.returncode)


def tell(line: str) -> None:
    """Say what takes a while."""
    print(line, flush=True)


if __name__ == "__main__":
    main()
