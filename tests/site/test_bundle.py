"""The bundle: what is carried over installs what it says, or nothing. Without a network: ``tools.try_bundle``."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from tools import bundle, try_bundle

from zhihai.site import vendor

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A bundle that is whole and holds no packages."""
    folder = tmp_path / "bundle"
    (folder / "wheels").mkdir(parents=True)
    shutil.copy(bundle.BUNDLED / "install", folder / "install")
    (folder / "pythons").write_text(f"{sys.version_info[0]}.{sys.version_info[1]}\n")
    (folder / "requirements.txt").write_text("")
    bundle.seal(folder)
    return folder


def install(folder: Path, target: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [folder / "install", target], env={"PATH": os.environ["PATH"], "HOME": str(target.parent)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_changed_missing_or_other_file_is_refused_and_nothing_is_left(small: Path, tmp_path: Path) -> None:
    (small / "requirements.txt").write_text("something==1\n")
    refused = install(small, tmp_path / "app")
    assert refused.returncode == 1
    assert "Nothing was installed" in refused.stderr
    assert not (tmp_path / "app").exists()
    (small / "requirements.txt").unlink()
    assert install(small, tmp_path / "app").returncode == 1
    assert not (tmp_path / "app").exists()


def test_a_folder_that_is_there_is_left_alone(small: Path, tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    refused = install(small, tmp_path / "app")
    assert (refused.returncode, "is there already" in refused.stderr) == (1, True)
    assert not list((tmp_path / "app").iterdir())


def test_a_machine_without_a_python_that_is_served_is_told_which(small: Path, tmp_path: Path) -> None:
    (small / "pythons").write_text("3.99\n")
    (small / "SHA256SUMS").unlink()
    bundle.seal(small)
    refused = install(small, tmp_path / "app")
    assert refused.returncode == 1
    assert "3.99" in refused.stderr
    assert not (tmp_path / "app").exists()


def test_a_path_of_this_machine_or_its_registry_never_leaves(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = small / "wheels" / "zhihai-0-py3-none-any.whl"
    monkeypatch.setattr(bundle, "registries", lambda: iter(["packages.example"]))
    with zipfile.ZipFile(own, "w") as wheel:
        wheel.writestr("zhihai/clean.py", "nothing = 1")
    bundle.refuse_traces(small, own)
    for trace in (str(ROOT), "https://packages.example/simple"):
        with zipfile.ZipFile(own, "w") as wheel:
            wheel.writestr("zhihai/note.py", f"folder = '{trace}'")
        with pytest.raises(SystemExit, match=r"note\.py names"):
            bundle.refuse_traces(small, own)


def test_libraries_that_came_with_the_bundle_are_used_and_not_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = vendor.vendor_folder(tmp_path / "data").name
    monkeypatch.setattr(vendor.sys, "prefix", str(tmp_path / "app"))
    assert vendor.vendor_folder(tmp_path / "data") != tmp_path / "app" / vendor.SHIPPED / name
    shipped = tmp_path / "app" / vendor.SHIPPED / name
    shipped.mkdir(parents=True)
    assert vendor.vendor_folder(tmp_path / "data") == shipped
    assert vendor.fetch_vendor(tmp_path / "data") is False


@pytest.mark.long
@pytest.mark.skipif(not try_bundle.allowed(), reason="needs the right to make a network namespace (unshare --net)")
@pytest.mark.skipif(not list((ROOT / "dist").glob("zhihai-*")), reason="there is no bundle: make bundle")
def test_it_installs_and_serves_without_a_network() -> None:
    subprocess.run([sys.executable, "-m", "tools.try_bundle"], cwd=ROOT, check=True)
