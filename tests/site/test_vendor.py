"""The front-end libraries: locked without addresses, fetched whole or not at all, served with the right types."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from zhihai.ground.refusal import Refused
from zhihai.site import vendor

ROOT = Path(__file__).resolve().parents[2]
SETS = [vendor.SOURCE, *(ROOT / "tools" / name for name in ("browser", "editor", "scanner"))]
SERVED = json.loads((vendor.SOURCE / "package.json").read_text())["serve"]


@pytest.mark.parametrize("pins", SETS, ids=lambda pins: pins.name)
def test_the_lock_pins_every_package_by_hash_and_names_no_address(pins: Path) -> None:
    packages = json.loads((pins / "package-lock.json").read_text())["packages"]
    own = packages.pop("")
    assert packages
    assert all(package.get("integrity", "").startswith("sha512-") for package in packages.values())
    assert all("resolved" not in package for package in packages.values())
    assert all(version[0].isdigit() for version in own["dependencies"].values())


def test_every_library_that_is_needed_is_served() -> None:
    manifest = json.loads((vendor.SOURCE / "package.json").read_text())
    assert manifest["serve"].keys() == manifest["dependencies"].keys()


@pytest.mark.parametrize(("package", "file"), [(package, file) for package in SERVED for file in SERVED[package]])
def test_a_library_is_served(package: str, file: str) -> None:
    if not settings.VENDOR.is_dir():
        pytest.fail("no front-end libraries: run `python -m zhihai.site.vendor`", pytrace=False)
    answer = Client().get(f"/static/vendor/{package}/{file}", headers={"host": "localhost"})
    assert answer.status_code == 200
    if file.endswith((".js", ".mjs")):
        assert answer.headers["Content-Type"].startswith("text/javascript")
    b"".join(answer.streaming_content)


def pretend_install(source: Path, work: Path) -> None:
    for package, files in SERVED.items():
        for file in files:
            path = work / "node_modules" / package / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{source.name} {package} {file}")


def test_libraries_are_fetched_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vendor, "checkout", lambda: None)
    monkeypatch.setattr(vendor, "install_locked", pretend_install)
    assert vendor.fetch_vendor(tmp_path)
    assert (vendor.vendor_folder(tmp_path) / "maplibre-gl" / "dist" / "maplibre-gl.mjs").is_file()
    assert not vendor.fetch_vendor(tmp_path)


def test_a_fetch_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(source: Path, work: Path) -> None:
        pretend_install(source, work)
        raise Refused("npm_failed", reason="integrity")

    monkeypatch.setattr(vendor, "checkout", lambda: None)
    monkeypatch.setattr(vendor, "install_locked", fail)
    with pytest.raises(Refused):
        vendor.fetch_vendor(tmp_path)
    assert list(vendor.vendor_root(tmp_path).iterdir()) == []


def test_without_node_the_line_to_type_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vendor.shutil, "which", lambda name: None)
    monkeypatch.setattr(vendor, "find_spec", lambda name: None)
    with pytest.raises(Refused) as refused:
        vendor.node()
    assert refused.value.code == "npm_missing"
