"""Set-up: everything pinned by hash and without an address, and a second run that has nothing to do."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from tools import bootstrap

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = sorted((ROOT / "requirements").glob("*.txt"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PIN = re.compile(r"([A-Za-z0-9._-]+)(?:\[[a-z,-]+\])?==([^ ;\\]+)")


def pins(file: Path) -> dict[str, str]:
    lines = file.read_text(encoding="utf-8").splitlines()
    return dict(match.groups() for line in lines if (match := PIN.match(line)))


@pytest.mark.parametrize("file", REQUIREMENTS, ids=lambda file: file.name)
def test_every_package_is_pinned_by_hash_and_no_address_is_named(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=[A-Za-z0-9])", "\n" + re.sub(r"(?m)^ *#.*\n", "", text))
    wanted = [block for block in blocks if block.strip()]
    assert wanted
    assert [block for block in wanted if not PIN.match(block) or "--hash=sha256:" not in block] == []
    assert "://" not in text


@pytest.mark.parametrize(
    ("wanted", "file"),
    [
        (PROJECT["project"]["dependencies"], "run.txt"),
        (PROJECT["dependency-groups"]["build"], "run.txt"),
        (PROJECT["dependency-groups"]["dev"], "dev.txt"),
        (PROJECT["dependency-groups"]["uv"], "uv.txt"),
        (PROJECT["project"]["optional-dependencies"]["node"], "node.txt"),
    ],
    ids=["dependencies", "build", "dev", "uv", "node"],
)
def test_the_lock_holds_what_the_project_asks_for(wanted: list[str], file: str) -> None:
    locked = pins(ROOT / "requirements" / file)
    asked = dict(match.groups() for one in wanted if (match := PIN.match(one)))
    assert len(asked) == len(wanted), "every dependency names its version"
    assert {name: locked.get(name) for name in asked} == asked


def test_what_serves_is_what_is_tested() -> None:
    assert pins(ROOT / "requirements" / "run.txt").items() <= pins(ROOT / "requirements" / "dev.txt").items()


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    made: list[list[str]] = []
    (tmp_path / "bin").mkdir()
    monkeypatch.setattr(bootstrap, "VENV", tmp_path)
    monkeypatch.setattr(bootstrap, "install_uv", lambda: Path("uv"))
    monkeypatch.setattr(bootstrap, "call", lambda command, environment=None: made.append([str(one) for one in command]))
    return made


def test_a_second_run_has_nothing_to_do(calls: list[list[str]]) -> None:
    bootstrap.make_environment("dev")
    assert any("--require-hashes" in call for call in calls)
    calls.clear()
    bootstrap.make_environment("dev")
    bootstrap.make_environment("run")
    assert calls == [], "what tests can also serve"


def test_an_environment_that_serves_is_not_enough_to_test(calls: list[list[str]]) -> None:
    bootstrap.make_environment("run")
    calls.clear()
    bootstrap.make_environment("dev")
    assert calls != []


def test_changed_pins_are_installed(calls: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    bootstrap.make_environment("run")
    calls.clear()
    monkeypatch.setattr(bootstrap, "seal", lambda level: "of other pins")
    bootstrap.make_environment("run")
    assert calls != []


def test_node_is_brought_where_there_is_none(calls: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: None)
    bootstrap.make_environment("run")
    assert any(one.endswith("node.txt") for call in calls for one in call)


def test_root_installs_a_browser_and_others_fetch_one(
    calls: list[list[str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("ZHIHAI_BROWSER", raising=False)
    monkeypatch.setattr(bootstrap, "OURS", tmp_path)
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: "/usr/bin/apt-get" if name == "apt-get" else None)
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 0)
    bootstrap.find_browser()
    assert [call[:2] for call in calls] == [["apt-get", "update"], ["apt-get", "install"]]
    calls.clear()
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 1000)
    bootstrap.find_browser()
    assert [Path(call[1]).name for call in calls] == ["fetch_browser.py"]


def test_help_lists_every_target() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = next(line for line in text.splitlines() if line.startswith(".PHONY:"))
    said = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert all(re.search(rf"make {target}\s+\S", said) for target in phony.split()[1:])


def test_the_gate_is_the_whole_suite_and_nothing_else() -> None:
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line and not line.startswith("#")] == [
        "set -eu",
        'cd "$(dirname "$0")/.."',
        "exec make test",
    ]
