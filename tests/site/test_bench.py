"""The benchmark runs: rows with their units, bare store and goals, and a page that says them. Nothing is timed here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from tools import beside

from zhihai.ground.actors import SYSTEM
from zhihai.ground.words import Words, read_words
from zhihai.kernel.trust import reads as trust
from zhihai.site.bench import page as bench_page
from zhihai.site.bench.course import AT_SIZE, FULL
from zhihai.site.bench.figures import Row, percentile
from zhihai.site.bench.forming import forms
from zhihai.site.bench.page import Conditions
from zhihai.site.bench.sealing import seals


def test_a_quick_run_gives_rows_and_a_page(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    command = [sys.executable, "-m", "zhihai.site.command", "bench", "--quick", "--only", "places", "--json"]
    environment = os.environ | {"ZHIHAI_LANGUAGE": "en"}
    said = subprocess.run(
        [*command, "--write", str(page)], env=environment, capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stderr
    rows = {row["name"]: row for row in json.loads(said.stdout)["rows"]}
    assert list(rows) == ["locate", "tile_areas_p95", "tile_facilities_p95", "tile_facilities_zooms_p95"]
    assert all(row["median"] > 0 and len(row["rounds"]) == 2 for row in rows.values())
    assert rows["tile_facilities_p95"]["bare"] > 0
    assert rows["tile_facilities_p95"]["reached"] is None, "a small run says nothing of a goal for a large one"
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# Benchmarks\n")
    assert "1,000 points" in text
    assert "What is synthetic" in text
    assert "zhihai-bench-" not in text, "no path of the machine on the page"


@pytest.mark.long
def test_people_are_brought_in_signed_in_and_asked_for() -> None:
    command = [sys.executable, "-m", "zhihai.site.command", "bench", "--quick", "--only", "identity", "--json"]
    said = subprocess.run(
        command, env=os.environ | {"ZHIHAI_LANGUAGE": "en"}, capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stderr
    rows = {row["name"]: row for row in json.loads(said.stdout)["rows"]}
    people = {"sign_in", "session_p50", "session_p95", "people_read_p95", "people_http_p95", "looks_http_p95"}
    assert people | {"token_issue", "token_sweep"} <= rows.keys()
    assert all(row["median"] > 0 for row in rows.values())
    assert rows["people_read_p95"]["bare"] > 0
    assert [rows[name]["reached"] for name in ("people_http_p95", "looks_http_p95")] == [None, None], "too small"


def test_a_goal_that_is_missed_says_why() -> None:
    found = Conditions(date(2026, 11, 23), 2, 24.0, 0.1, "3.11", 0.2, 30.0)
    missed = Row(name="step", unit="steps/s", rounds=(900.0, 1000.0, 1100.0), bare=(1400.0,), n=8, least=1600.0)
    kept = replace(missed, rounds=(1700.0,))
    words = Words(read_words(Path(bench_page.__file__).with_name("words.toml")))
    text = bench_page.page([missed], found, "18.6", FULL, words, "en")
    assert "(8 a round): The bare store doing the same makes 1,400 steps/s" in text
    assert "makes 1,400" not in bench_page.page([kept], found, "18.6", FULL, words, "en")


@pytest.mark.long
def test_a_simulated_district_is_measured_where_it_stands(tmp_path: Path) -> None:
    district, page = tmp_path / "district", tmp_path / "page.md"
    district.mkdir(mode=0o711)
    zhihai = [sys.executable, "-m", "zhihai.site.command"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ZHIHAI_")}
    environment["ZHIHAI_LANGUAGE"] = "en"
    for built in (["kernel", "--cases", "400", "--seed", "1"], ["people", "--people", "150", "--officials", "20"]):
        asked = [*zhihai, "simulate", *built]
        subprocess.run(asked, env=environment | {"ZHIHAI_DATA": str(district)}, capture_output=True, check=True)
    asked = [*zhihai, "bench", "--quick", "--district", str(district), "--write", str(page), "--json"]
    said = subprocess.run(asked, env=environment, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    rows = {row["name"]: row for row in json.loads(said.stdout)["rows"]}
    assert rows["people_http_p95"]["n"] == 150
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


def test_a_tenth_is_a_tenth_of_what_is_counted_and_as_many_rounds() -> None:
    tenth = FULL.shared(10)
    assert (tenth.rounds, tenth.asks) == (FULL.rounds, FULL.asks)
    assert (tenth.openings, tenth.facilities, tenth.batches) == (640, 10_000, 4)
    assert AT_SIZE.shared(10).points == 0, "what is not measured stays so"


@pytest.mark.long
def test_a_slow_disk_is_felt_by_every_commit() -> None:
    asked = [sys.executable, "-m", "zhihai.site.command", "bench", "--quick", "--only", "intake", "--json"]
    said = subprocess.run(
        [*asked, "--tenth", "--flush", "40"], env=os.environ | {"ZHIHAI_LANGUAGE": "en"}, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert said.returncode == 0, said.stderr
    found = json.loads(said.stdout)
    assert found["conditions"]["slow_flush_ms"] == 40
    single = next(row for row in found["rows"] if row["name"] == "intake_single")
    assert single["median"] <= 2 * 1000 / 40, "neither client is answered before a flush"


def test_runs_are_laid_side_by_side(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    conditions = {
        "day": "2026-11-23", "cores": 2, "memory_gb": 24.0, "load": 0.5, "python": "3.11.7", "server": "18.6",
        "flush_ms": 0.25, "slow_flush_ms": 0.0,
    }  # fmt: skip
    row = Row(name="open_64", unit="cases/s", rounds=(900.0,), n=6400, bare=(1000.0,), least=1000.0).document()
    for name, rows, more in (("a", [row], {}), ("b", [], {"slow_flush_ms": 5.0})):
        text = json.dumps({"conditions": conditions | more, "rows": rows})
        (tmp_path / f"{name}.json").write_text(text, encoding="utf-8")
    beside.main([f"here={tmp_path / 'a.json'}", f"slow={tmp_path / 'b.json'}"])
    said = capsys.readouterr().out
    assert "| work | here | slow |" in said
    assert "| **900 cases/s** · 0.90 (n = 6,400) | – |" in said
    assert "and 5 ms more, simulated" in said


def test_a_large_form_is_checked_and_read() -> None:
    rows = forms(2, 2)
    assert [(row.name, row.n, row.most, row.reached) for row in rows] == [
        ("form_check", 100, 20.0, True), ("form_read", 100, 1.0, True),
    ]  # fmt: skip


def test_documents_are_sealed_and_checked(district: str) -> None:
    rows = seals(3, 2)
    assert [(row.name, row.n, row.least, len(row.rounds)) for row in rows] == [
        ("seal", 3, 10.0, 2), ("seal_check", 3, 10.0, 2),
    ]  # fmt: skip
    assert len(trust.sealings(SYSTEM)) == 6
