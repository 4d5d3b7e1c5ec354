"""A folder with one thing wrong: nothing of it is loaded, and the refusal names the file, the line and the column."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from zhihai.ground.refusal import Refused
from zhihai.ground.words import LANGUAGES
from zhihai.kernel import house
from zhihai.kernel import records as tables
from zhihai.site.command import tell_refusal
from zhihai.site.faults import Faults
from zhihai.site.folder import COLUMNS, read_folder
from zhihai.site.loading import load_district
from zhihai.site.wording import say_refusal

LAKESIDE = Path(__file__).resolve().parents[1] / "districts" / "lakeside"
MACHINE = datetime(2026, 11, 2, 8, tzinfo=UTC)
Spoil = Callable[[Path], object]


def spoil(file: str, before: str, after: str) -> Spoil:
    """Put other text in the place of some that is there."""

    def write(folder: Path) -> None:
        text = (folder / file).read_text(encoding="utf-8")
        assert before in text, f"{file} has no {before!r}"
        (folder / file).write_text(text.replace(before, after, 1), encoding="utf-8")

    return write


def add(file: str, line: str) -> Spoil:
    """Put a line to the end of a table."""
    return lambda folder: (folder / file).write_text((folder / file).read_text(encoding="utf-8") + f"{line}\n")


def gb18030(folder: Path) -> None:
    """Save a table as spreadsheet programs often do."""
    path = folder / "organisations.csv"
    path.write_bytes(path.read_text(encoding="utf-8").encode("gb18030"))


def without_column(folder: Path) -> None:
    path = folder / "calendar.csv"
    lines = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()]
    path.write_text("\n".join(",".join([line[0], *line[2:]]) for line in lines), encoding="utf-8")


BAD: dict[str, tuple[Spoil, str, str]] = {
    "a column is missing": (without_column, "folder_columns", "calendar.csv:1"),
    "a file is missing": (lambda folder: (folder / "areas.csv").unlink(), "folder_missing", "areas.csv"),
    "a line has too many cells": (add("areas.csv", "1,street,,a,b,,c"), "folder_line", "areas.csv:6"),
    "a line has too few cells": (add("calendar.csv", "2014-06-02,holiday"), "folder_line", "calendar.csv:15"),
    "GB 18030": (gb18030, "folder_gb18030", "organisations.csv:2"),
    "neither UTF-8 nor GB 18030": (
        lambda folder: (folder / "targets.csv").write_bytes(b"id\n\xff\xfe\xff"),
        "folder_not_utf8",
        "targets.csv:2",
    ),
    "an unknown parent": (
        spoil("areas.csv", "990101002,street,990101,", "990101002,street,990199,"),
        "folder_stranger",
        "areas.csv:4 parent",
    ),
    "a circle": (
        spoil("organisations.csv", "990101,district,,", "990101,district,990101002,"),
        "tree_circle",
        "organisations.csv:2 parent",
    ),
    "an area twice": (add("areas.csv", "990101002,street,990101,a,,"), "folder_twice", "areas.csv:6"),
    "an unknown level": (spoil("areas.csv", ",community,", ",village,"), "folder_choice", "areas.csv:5 level"),
    "no number": (spoil("stations.csv", "100.30,30.30", "100.30,30°18′"), "folder_number", "stations.csv:4 lat"),
    "not a number": (spoil("stations.csv", "100.30,30.30", "nan,30.30"), "folder_number", "stations.csv:4 lon"),
    "off the globe": (spoil("stations.csv", "100.30,30.30", "30.30,100.30"), "folder_bounds", "stations.csv:4 lat"),
    "no whole number": (spoil("limits.csv", ",3,", ",3.5,"), "folder_number", "limits.csv:2 amount"),
    "no day": (spoil("calendar.csv", "2014-02-08", "2014-2-8"), "folder_day", "calendar.csv:10 date"),
    "a day that there is not": (
        spoil("calendar.csv", "2014-02-08", "2014-02-30"),
        "folder_day",
        "calendar.csv:10 date",
    ),
    "an empty cell": (spoil("accounts.csv", "reader,reader", ",reader"), "folder_empty", "accounts.csv:10 username"),
    "an account without area": (
        spoil("accounts.csv", "990101001,990101001,person", "990101001,990101009,person"),
        "folder_stranger",
        "accounts.csv:5 area",
    ),
    "an unknown role": (
        spoil("accounts.csv", "leader,leader", "leader,boss"),
        "folder_stranger",
        "accounts.csv:9 role",
    ),
    "an unknown device kind": (
        spoil("stations.csv", "east-weather,weather.station", "east-weather,weather.balloon"),
        "folder_stranger",
        "stations.csv:3 kind",
    ),
    "an unknown case kind": (
        spoil("duties.csv", "weather.flood_patrol,inspector", "weather.flood,inspector"),
        "folder_stranger",
        "duties.csv:7 kind",
    ),
    "an unknown kind of tie": (add("terms.csv", "zhihai.neighbour,30,示例规定"), "folder_stranger", "terms.csv:3 kind"),
    "a tie of no day": (spoil("terms.csv", ",1000,", ",0,"), "folder_bounds", "terms.csv:2 days"),
    "an unknown clock": (spoil("limits.csv", "on_site", "off_site"), "no_clock_kind", "limits.csv:2 clock"),
    "an archive that is not there": (
        spoil("stations.csv", ",,synthetic", ",East.csv.gz,synthetic"),
        "folder_missing",
        "stations.csv:2 readings",
    ),
    "a station outside the district": (
        spoil("stations.csv", "100.015,30.005", "101.015,31.005"),
        "device_outside",
        "stations.csv:2",
    ),
    "a duty twice": (
        spoil("organisations.csv", ",emergency,", ",environment,"),
        "folder_twice",
        "organisations.csv:4 duty",
    ),
    "no such district": (spoil("district.toml", '"990101"', '"990102"'), "folder_stranger", "district.toml: code"),
    "no name": (spoil("district.toml", "[name]", "[names]"), "folder_key", "district.toml"),
    "no time zone": (spoil("district.toml", "Asia/Shanghai", "Asia/Lakeside"), "zone_unknown", "district.toml: zone"),
    "no TOML": (spoil("district.toml", "[name]", "[name"), "folder_unreadable", "district.toml"),
    "a replay that ends before it starts": (
        spoil("district.toml", "ends = 2014-03-05", "ends = 2014-02-05"),
        "folder_replay",
        "district.toml: replay",
    ),
    "a replay without offset": (
        spoil("district.toml", "2014-02-17T00:00:00+08:00", "2014-02-17T00:00:00"),
        "folder_replay",
        "district.toml: replay",
    ),
    "a shape of nobody": (
        spoil("areas.geojson", "990101002", "990101003"),
        "folder_stranger",
        "areas.geojson: code",
    ),
    "a shape without code": (
        lambda folder: (folder / "areas.geojson").write_text(json.dumps({"features": [{"geometry": None}]})),
        "folder_feature",
        "areas.geojson: features[0]",
    ),
    "a shape that is none": (
        spoil("areas.geojson", '"Polygon"', '"Potato"'),
        "area_shape",
        "areas.990101001.geometry",
    ),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the invented district's folder, to be spoilt."""
    return Path(shutil.copytree(LAKESIDE, tmp_path / "lakeside"))


def load(folder: Path, *, live: bool = False) -> None:
    load_district(folder, at_machine=MACHINE, live=live, demonstration=True, say=lambda *_: None)


def counts() -> dict[str, int]:
    """How many rows every table has."""
    names = tables.rows(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
    )
    return {name: tables.value(f'SELECT count(*) FROM "{name}"') for (name,) in names}


@pytest.fixture(scope="module")
def empty(store: Any, bare: str) -> Iterator[None]:
    """One empty database for all that must leave it so."""
    with store.copy(bare):
        yield


@pytest.mark.parametrize("wrong", BAD)
def test_a_bad_folder_is_refused_whole_and_by_line(wrong: str, folder: Path, empty: None) -> None:
    spoil, code, field = BAD[wrong]
    spoil(folder)
    before = counts()
    with pytest.raises(Refused) as refused:
        load(folder)
    assert refused.value.code == code
    assert (refused.value.field or "").startswith(field)
    assert counts() == before
    for language in LANGUAGES:
        assert say_refusal(house.words(), refused.value, language).startswith(field)


def test_all_that_is_wrong_is_told_in_one_go(folder: Path, empty: None, capsys: pytest.CaptureFixture[str]) -> None:
    spoil("organisations.csv", "name_en", "name_fr")(folder)
    spoil("calendar.csv", "2014-02-08", "2014-02-30")(folder)
    spoil("accounts.csv", "inspector,990101-environment", "inspector,990101-nobody")(folder)
    spoil("stations.csv", "east-weather,weather.station", "east-weather,weather.balloon")(folder)
    spoil("stations.csv", "100.30,30.30", "100.30,330.30")(folder)
    add("duties.csv", "too,few")(folder)
    last = len((folder / "duties.csv").read_text(encoding="utf-8").splitlines())
    (folder / "areas.csv").unlink()
    with pytest.raises(Faults) as refused:
        load(folder)
    assert [(fault.code, fault.field) for fault in refused.value.faults] == [
        ("folder_missing", "areas.csv"),
        ("folder_columns", "organisations.csv:1"),
        ("folder_line", f"duties.csv:{last}"),
        ("folder_day", "calendar.csv:10 date"),
        ("folder_stranger", "accounts.csv:7 organisation"),
        ("folder_stranger", "stations.csv:3 kind"),
        ("folder_bounds", "stations.csv:4 lat"),
    ]
    tell_refusal(house.words(), refused.value, "en", as_json=False)
    said = capsys.readouterr().err.splitlines()
    assert [line.partition(":")[0] for line in said[:-1]] == [
        "areas.csv", "organisations.csv", "duties.csv", "calendar.csv", "accounts.csv", "stations.csv", "stations.csv"
    ]  # fmt: skip
    assert said[-1] == "7 things need to be corrected; nothing was written."
    tell_refusal(house.words(), refused.value, "zh", as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert (told["refused"], len(told["faults"])) == ("faults", 7)
    assert told["faults"][1]["field"] == "organisations.csv:1"


def test_an_unknown_organisation_in_several_files_is_told_at_each_line(folder: Path, empty: None) -> None:
    spoil("accounts.csv", "inspector,990101-environment", "inspector,990101-nobody")(folder)
    spoil("connectors.csv", "990101-environment", "990101-nobody")(folder)
    with pytest.raises(Faults) as refused:
        load(folder)
    told = [(fault.code, (fault.field or "").split()[1], fault.facts["value"]) for fault in refused.value.faults]
    assert told == [("folder_stranger", "organisation", "990101-nobody")] * 2


def test_of_very_many_faults_a_person_is_told_the_first(
    folder: Path, empty: None, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(60):
        add("calendar.csv", f"someday {number},holiday,假日,")(folder)
    with pytest.raises(Faults) as refused:
        load(folder)
    tell_refusal(house.words(), refused.value, "en", as_json=False)
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 52
    assert said[50] == "… and 10 more."


def test_a_mark_of_byte_order_and_other_columns_do_no_harm(folder: Path, records: str) -> None:
    path = folder / "areas.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(f" {line.replace(',', ' , ')},x" for line in lines).encode())
    read = read_folder(folder).lines("areas.csv")
    assert [line["code"] for line in read] == ["990101", "990101001", "990101002", "990101001001"]
    assert set(COLUMNS["areas.csv"]) < read[0].keys()


def test_a_second_district_is_refused(district: str, folder: Path) -> None:
    with pytest.raises(Refused, match="district_loaded"):
        load(folder)


def test_a_folder_without_a_replay_is_live(folder: Path, records: str) -> None:
    text = (folder / "district.toml").read_text(encoding="utf-8")
    (folder / "district.toml").write_text(text[: text.index("[replay]")] + text[text.index("[working]") :])
    load(folder)
    assert tables.value("SELECT mode FROM district") == "live"
