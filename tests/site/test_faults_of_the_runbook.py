"""The faults of the runbook: the page and the script tell of the same ten, and the cheapest of them is tried."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tools.faults.__main__ import attempt
from tools.faults.stage import ROOT, Stage
from tools.faults.table import FAULTS, RUNBOOK, write

NAMED = re.compile(r"^## \d+\. .+\n\n`python -m tools\.faults --only ([a-z-]+)`$", re.MULTILINE)
TRIED = re.compile(r"^\| `([a-z-]+)` \|", re.MULTILINE)


@pytest.fixture
def stage() -> Iterator[Stage]:
    work = Path(tempfile.mkdtemp(dir=os.environ["ZHIHAI_TEST_RUN"], prefix="r"))
    work.chmod(0o711)
    yield Stage(work)
    shutil.rmtree(work, ignore_errors=True)


def test_page_script_and_table_tell_of_the_same_faults_in_the_same_order() -> None:
    page = (ROOT / RUNBOOK).read_text(encoding="utf-8")
    assert NAMED.findall(page) == list(FAULTS)
    assert TRIED.findall(page) == list(FAULTS)


def test_a_wrong_setting_is_seen_and_mended(stage: Stage) -> None:
    trial = attempt(stage, "wrong-setting")
    assert trial.ok, trial.wrong


def test_what_does_not_come_about_is_told_and_not_written_as_mended(stage: Stage, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("what to do\n\n## Tried\nof before\n| `mail-away` | so | 1 s | so | 2 s |\n", encoding="utf-8")
    (stage.work / "wrong-setting").mkdir()  # in the way of the data folder
    trial = attempt(stage, "wrong-setting")
    assert not trial.ok
    assert "FileExistsError" in trial.wrong
    write(page, [trial])
    text = page.read_text(encoding="utf-8")
    assert text.startswith("what to do\n\n## Tried\n")
    assert "of before" not in text
    rows = ["| `mail-away` | so | 1 s | so | 2 s |", "| `wrong-setting` | **not seen** |  | **not mended** |  |"]
    assert text.splitlines()[-2:] == rows, "what was not tried this time stays, in the order of the page"
