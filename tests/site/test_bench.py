"""The benchmark runs: rows with their units, bare store and goals, and a page that says them. Nothing is timed here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from zhihai.site.bench.figures import Row, percentile


def test_a_quick_run_gives_rows_and_a_page(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    command = [sys.executable, "-m", "zhihai.site.command", "bench", "--quick", "--only", "places", "--json"]
    environment = os.environ | {"ZHIHAI_LANGUAGE": "en"}
    said = subprocess.run(
        [*command, "--write", str(page)], env=environment, capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stderr
    rows = {row["name"]: row for row in json.loads(said.stdout)["rows"]}
    assert list(rows) == ["locate", "tile_areas_p95", "tile_facilities_p95"]
    assert all(row["median"] > 0 and len(row["rounds"]) == 2 for row in rows.values())
    assert rows["tile_facilities_p95"]["bare"] > 0
    assert rows["tile_facilities_p95"]["reached"] is None, "a small run says nothing of a goal for a large one"
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# Benchmarks\n")
    assert "1,000 points" in text
    assert "What is synthetic" in text
    assert "zhihai-bench-" not in text, "no path of the machine on the page"


@pytest.mark.long
def test_a_simulated_district_is_measured_where_it_stands(tmp_path: Path) -> None:
    district, page = tmp_path / "district", tmp_path / "page.md"
    district.mkdir(mode=0o711)
    zhihai = [sys.executable, "-m", "zhihai.site.command"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ZHIHAI_")}
    environment["ZHIHAI_LANGUAGE"] = "en"
    built = [*zhihai, "simulate", "kernel", "--cases", "400", "--seed", "1"]
    subprocess.run(built, env=environment | {"ZHIHAI_DATA": str(district)}, capture_output=True, check=True)
    asked = [*zhihai, "bench", "--quick", "--district", str(district), "--write", str(page), "--json"]
    said = subprocess.run(asked, env=environment, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    rows = {row["name"]: row for row in json.loads(said.stdout)["rows"]}
    assert {"inbox_http_p95", "inbox_one_p50", "open_64", "tile_facilities_p95", "verify", "reckoned"} <= rows.keys()
    assert all(row["reached"] is None for name, row in rows.items() if name.startswith(("inbox", "tile_facilities")))
    assert rows["reckoned_cases"]["n"] > 0, "the changed day moves clocks"
    assert page.read_text(encoding="utf-8").startswith("# Benchmarks at size\n")


def test_only_a_simulated_district_is_measured_in_place(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "zhihai.site.command", "bench", "--district", str(tmp_path)]
    environment = os.environ | {"ZHIHAI_LANGUAGE": "en"}
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert said.returncode == 1
    assert said.stderr.startswith("--district: ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("row", "ratio", "reached"),
    [
        (Row(name="a", unit="x/s", rounds=(50.0, 60.0, 70.0), n=1, bare=(120.0,), least=55.0), 0.5, True),
        (Row(name="a", unit="ms", rounds=(60.0,), n=1, bare=(30.0,), most=50.0), 0.5, False),
        (Row(name="a", unit="x/s", rounds=(60.0,), n=1, bare=(200.0,), least=50.0, least_ratio=0.4), 0.3, False),
        (Row(name="a", unit="ms", rounds=(1.0,), n=9, most=50.0, goal_n=10), None, None),
        (Row(name="a", unit="ms", rounds=(1.0,), n=9), None, None),
    ],
)
def test_a_ratio_above_one_is_faster_and_every_goal_counts(row: Row, ratio: float | None, reached: bool | None) -> None:
    assert row.ratio == (None if ratio is None else pytest.approx(ratio))
    assert row.reached is reached


def test_a_percentile_is_one_of_the_values() -> None:
    assert percentile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert percentile(list(map(float, range(100))), 0.95) == 95.0
