"""The bundle: one folder that installs on a machine without any network (离线安装包), made by ``make bundle``.

Run by the project's own environment, on a machine with a network: packages are downloaded by the hashes of the lock,
for this platform and each Python that is asked for, and the project's own wheel is built. What is ours in it is
searched for addresses of registries and paths of this machine before the folder appears under its name.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import zhihai
from tools.bootstrap import ROOT, VENV, uv_environment
from zhihai.site.configuration import default_data
from zhihai.site.vendor import vendor_folder

BUNDLED = ROOT / "tools" / "bundled"
DIST = ROOT / "dist"
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
GLIBC = ("2_17", "2_28")
"""Versions of the C library whose wheels are taken (PEP 600): the later one is what the bundle needs."""


def main() -> None:
    """Make the bundle and say where it is and how large."""
    parser = argparse.ArgumentParser(description="make one folder that installs without any network")
    parser.add_argument(
        "--python", action="append", choices=PYTHONS, help="a version of Python to serve (default: all)"
    )
    asked = parser.parse_args().python or list(PYTHONS)
    platform = sysconfig.get_platform().replace("-", "_")
    target = DIST / f"zhihai-{zhihai.__version__}-{platform}"
    draft = DIST / f".{target.name}"
    shutil.rmtree(draft, ignore_errors=True)
    (draft / "wheels").mkdir(parents=True)
    own = build_wheel(draft / "wheels")
    for python in asked:
        download(ROOT / "requirements" / "run.txt", draft / "wheels", python, platform)
    download(ROOT / "requirements" / "uv.txt", draft / "installer", asked[0], platform)
    lay_out(draft, own, asked)
    refuse_traces(draft, own)
    seal(draft)
    shutil.rmtree(target, ignore_errors=True)
    draft.rename(target)
    size = sum(path.stat().st_size for path in target.rglob("*") if path.is_file())
    print(f"{target.relative_to(ROOT)}: {size / 1e6:.0f} MB, Python {', '.join(asked)}")


def build_wheel(folder: Path) -> Path:
    """Build the project's own wheel, the same bytes from the same files."""
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1577836800"}
    build = [VENV / "bin" / "python", "-m", "hatchling", "build", "--target", "wheel", "--directory", folder]
    subprocess.run(build, cwd=ROOT, env=environment, check=True, capture_output=True)
    return next(folder.glob("zhihai-*.whl"))


def download(pins: Path, folder: Path, python: str, platform: str) -> None:
    """Download what ``pins`` names for one Python, each package checked against its hash."""
    machine = platform.removeprefix("linux_")
    tags = [f"--platform=manylinux_{glibc}_{machine}" for glibc in GLIBC] if platform.startswith("linux") else []
    pip = [sys._base_executable, "-m", "pip", "download", "-qq", "--disable-pip-version-check", "--no-deps"]  # type: ignore[attr-defined]
    options = ["--require-hashes", "--only-binary=:all:", f"--python-version={python}", *tags]
    subprocess.run([*pip, *options, "--dest", folder, "--requirement", pins], cwd=ROOT, check=True)


def lay_out(folder: Path, own: Path, pythons: list[str]) -> None:
    """Put what is ours beside the wheels."""
    for name in ("install", "README.md"):
        shutil.copy(BUNDLED / name, folder / name)
    for name in ("LICENSE", "NOTICE"):
        shutil.copyfile(ROOT / name, folder / name)
    libraries = vendor_folder(default_data())
    shutil.copytree(libraries, folder / "vendor" / libraries.name)
    pins = (ROOT / "requirements" / "run.txt").read_text(encoding="utf-8")
    (folder / "requirements.txt").write_text(
        f"{pins}zhihai=={zhihai.__version__} \\\n    --hash=sha256:{digest(own)}\n", encoding="utf-8"
    )
    (folder / "pythons").write_text("".join(f"{python}\n" for python in reversed(pythons)), encoding="ascii")


def refuse_traces(folder: Path, own: Path) -> None:
    """End when a file of ours names a registry that this machine is set to, or a path of this machine."""
    traces = [trace.encode() for trace in (str(ROOT), str(Path.home()) + "/", *registries())]
    for name, content in contents(folder, own):
        for trace in traces:
            if trace in content:
                sys.exit(f"bundle: {name} names {trace.decode()}")


def registries() -> Iterator[str]:
    """Yield the places that this machine is set to get packages from."""
    environment = uv_environment()
    addresses = [environment.get("UV_DEFAULT_INDEX", ""), os.environ.get("NPM_CONFIG_REGISTRY", "")]
    for address in addresses:
        parts = urlsplit(address)
        place = parts.hostname or parts.path
        if place:
            yield place


def contents(folder: Path, own: Path) -> Iterator[tuple[str, bytes]]:
    """Yield every file that is not another project's, those in our own wheel singly."""
    others = {folder / "wheels", folder / "installer"}
    for path in folder.rglob("*"):
        if path.is_file() and path.parent not in others:
            yield str(path.relative_to(folder)), path.read_bytes()
    with zipfile.ZipFile(own) as wheel:
        for name in wheel.namelist():
            yield f"{own.name}/{name}", wheel.read(name)


def seal(folder: Path) -> None:
    """Write the hash of every file, as ``sha256sum --check`` reads them."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    lines = [f"{digest(path)}  {path.relative_to(folder)}\n" for path in files]
    (folder / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    main()
