"""A second district, invented, is brought up from its folder without a line of code."""

from __future__ import annotations

from zhihai.kernel import records
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.journal import reads as journal
from zhihai.kernel.places import reads as places
from zhihai.kernel.sensing import reads as sensing


def test_an_invented_district_comes_up_from_plain_files(district: str) -> None:
    clock = journal.clock()
    assert (clock.name.en, clock.mode, clock.zone.key) == ("Lakeside Example District", "replay", "Asia/Shanghai")
    assert [area.name.en for area in places.areas("street")] == [
        "East Shore Example Subdistrict",
        "West Shore Example Subdistrict",
    ]
    assert {device.code for device in sensing.devices()} == {"east-air", "east-weather", "far-air"}
    assert identity.actor_of(identity.account_named("inspector").id, at=clock.instant).may("case.work")


def test_how_long_a_tie_may_last_is_what_the_district_says_where_it_says_so(district: str) -> None:
    assert identity.longest_days("zhihai.guardian") == 1000
    assert identity.longest_days("zhihai.helper") == 366
    assert identity.longest_days("zhihai.representative") is None


def test_a_boundary_that_crosses_itself_is_mended_and_told(district: str) -> None:
    west = places.area_by_code("990101002")
    assert west.mended[0]["key"] == "geometry.found.crosses_itself"
    assert not places.area_by_code("990101001").mended


def test_a_point_is_located_in_street_and_synthetic_cell(district: str) -> None:
    place = places.locate(100.015, 30.005)
    assert place.area is not None
    assert place.area.code == "990101001"
    assert place.cell is not None
    assert place.cell.startswith("9901010019")
    assert place.community is None
    assert places.locate(100.5, 30.5).area is None


def test_loading_writes_the_journal(district: str) -> None:
    acts = {row[0] for row in records.rows("SELECT act FROM journal_entry")}
    assert {"journal.found_district", "places.load_areas", "identity.grant_role", "cases.load_calendar"} <= acts
