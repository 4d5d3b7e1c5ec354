"""Every hour and day of the three stations against the independent library, and the page that lists the differences."""

from __future__ import annotations

from pathlib import Path

from tests.packs.air.mismatches import FLOAT, PAGE, SO2_TABLE, STATIONS, compare, page, probes
from tests.packs.air.oracle import ORACLES


def test_the_library_agrees_everywhere_or_the_difference_is_explained(shared: Path) -> None:
    compared = list(compare(shared))
    every = [mismatch for one in compared for mismatch in one.mismatches]
    assert [mismatch for mismatch in every if mismatch.why is None] == []
    assert {mismatch.why for mismatch in every} == {FLOAT, SO2_TABLE}
    assert sum(one.rows for one in compared) == len(STATIONS) * (len(ORACLES) * (35_064 + 1461) + 35_064)
    hours = [one for one in compared if one.series == "hour"]
    assert [len(one.mismatches) for one in hours] == [0] * len(STATIONS) * len(ORACLES)
    assert page(compared) == PAGE.read_text(encoding="utf-8"), (
        "make the page again: python -m tests.packs.air.mismatches"
    )


def test_what_the_library_says_where_the_data_do_not_lead() -> None:
    said = {(edition, question): (theirs, ours) for edition, question, theirs, ours, _ in probes()}
    for edition in ORACLES:
        assert said[edition, "CO, 24 hours, 2.2 mg/m³"] == (56, 55)
        assert said[edition, "PM2.5, 24 hours, no value given as NaN"] == (500, None)
    assert said["2026-stage1", "SO2, hour, 801 µg/m³ after a day of 300"] == (200, 200)
    assert said["2026-stage1", "O3, 8 hours, 801 µg/m³"] == (300, 300)
