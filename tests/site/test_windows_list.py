"""A district's folder may list its windows: they are open as it says, and what can not be read is told by line."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.conftest import LAKESIDE

from zhihai.ground.refusal import Refused
from zhihai.kernel.offers import reads
from zhihai.kernel.offers.kinds import Session
from zhihai.site.loading import load_district

MACHINE = datetime(2026, 5, 1, tzinfo=UTC)
HEAD = "name_zh,name_en,organisation,place_zh,place_en,weekdays,hours\n"


def load(tmp_path: Path, weekdays: str, hours: str) -> None:
    folder = Path(shutil.copytree(LAKESIDE, tmp_path / "lakeside"))
    line = f"窗口,Window,990101,一层,Ground floor,{weekdays},{hours}\n"
    (folder / "windows.csv").write_text(HEAD + line, encoding="utf-8")
    load_district(folder, at_machine=MACHINE, live=False, demonstration=False, say=lambda *_: None)


def test_a_window_is_open_as_its_line_says(records: str, tmp_path: Path) -> None:
    load(tmp_path, "1 6", "09:00-12:00 4 | 13:30-17:00 2")
    (window,) = reads.offers()
    assert (window.name.en, window.open) == ("Window", True)
    assert window.week == dict.fromkeys((0, 5), (Session(540, 720, 4), Session(810, 1020, 2)))


@pytest.mark.parametrize(
    ("weekdays", "hours", "code", "field"),
    [("0", "09:00-12:00 4", "offer_weekday", "weekdays"), ("1", "nine to noon", "offer_hours_text", "hours")],
)
def test_what_can_not_be_read_is_told_by_line(
    records: str, tmp_path: Path, weekdays: str, hours: str, code: str, field: str
) -> None:
    with pytest.raises(Refused) as refused:
        load(tmp_path, weekdays, hours)
    assert (refused.value.code, refused.value.field) == (code, f"windows.csv:2 {field}")
