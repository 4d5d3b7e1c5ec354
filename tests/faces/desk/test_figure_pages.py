"""What pages of figures, the wall and devices say: period, numerator, who may see, whose a station is."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client

from zhihai.faces.desk.figures import above_words
from zhihai.faces.desk.rules import source_of
from zhihai.faces.naming import telling
from zhihai.kernel import records
from zhihai.kernel.indicators import reads as indicators
from zhihai.kernel.indicators.kinds import CaseRow
from zhihai.kernel.rules.kinds import Threshold

ON_TIME = "/figures/air.on_time_inspections/2014-02-01"
GOOD_DAYS = "/figures/air.good_days/2014-01-01"


def text_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def test_every_row_of_a_share_says_what_it_adds_to_the_numerator(worked: str, reader: Callable[..., Client]) -> None:
    said = text_of(reader("leader", "en"), GOOD_DAYS)
    found = indicators.lineage("air.good_days", date(2014, 1, 1))
    assert found.above is not None
    assert found.counted
    assert len(re.findall(r"\+1 good", said)) == len(found.above)
    assert len(re.findall(r"0 not good", said)) == len(found.counted - found.above)


def test_a_figure_without_words_of_its_own_says_yes_and_no() -> None:
    assert above_words("air.on_time_inspections", telling("zh")) == {True: "按时", False: "逾期"}
    assert above_words("air.data_completeness", telling("en")) == {True: "yes", False: "no"}


def test_who_may_not_see_a_case_is_told_its_days_and_not_its_number(worked: str, reader: Callable[..., Client]) -> None:
    found = indicators.lineage("air.on_time_inspections", date(2014, 2, 1))
    rows = [row for row in found.rows if isinstance(row, CaseRow)]
    leader = text_of(reader("leader", "en"), ON_TIME)
    assert found.counted
    assert all(row.number in leader for row in rows)
    for who in (None, "operator"):
        said = text_of(reader(who, "en"), ON_TIME)
        assert not any(row.number in said for row in rows), who
        assert said.count("one case") == len(found.counted), who


@pytest.mark.parametrize("address", ["/wall/", "/figures/"])
def test_a_tile_states_its_period(worked: str, reader: Callable[..., Client], address: str) -> None:
    said = text_of(reader(None, "en"), address)
    assert "Good-air days 2014" in said
    assert "Data completeness February 2014" in said or "Data completeness Feb 2014" in said


def test_who_is_signed_in_finds_the_way_back_from_the_wall(worked: str, reader: Callable[..., Client]) -> None:
    signed_in, nobody = (reader(who, "en").get("/wall/").content.decode() for who in ("leader", None))
    address = re.search(r'<a href="([^"]*)">Desk</a>', signed_in)
    assert address
    assert reader("leader").get(address[1], follow=True).status_code == 200
    assert ">Desk</a>" not in nobody


def test_a_neighbours_station_stands_outside_the_district(worked: str, reader: Callable[..., Client]) -> None:
    records.execute("UPDATE device SET belongs = 'received' WHERE code = 'east-air'")
    for address in ("/desk/devices/", "/desk/devices/east-air"):
        assert "outside the district" in text_of(reader("leader", "en"), address)
    assert "outside the district" not in text_of(reader("leader", "en"), "/desk/devices/east-weather")


def test_a_value_of_a_day_has_no_hour_and_a_pure_number_no_brackets(worked: str, reader: Callable[..., Client]) -> None:
    page = reader("leader", "en").get("/desk/devices/east-air?quantity=aqi_day&days=30").content.decode()
    assert 'data-told="whole">yesterday</time>' in page
    assert "()" not in page.partition('class="behind"')[2].partition("</table>")[0]


def test_units_of_time_and_sources_are_said_in_the_readers_language() -> None:
    zh, en = telling("zh"), telling("en")
    assert [zh.unit("h"), zh.unit("s"), zh.unit("ug/m3")] == ["小时", "秒", "µg/m³"]
    assert en.unit("h") == "h"
    limit = Threshold(id="index", value=200, unit="1", source="HJ 633-2012 4.3 table 2; HJ 633-2026")
    assert "表 2" in source_of("air.heavy_pollution", limit, zh)
    assert source_of("air.heavy_pollution", limit, en) == limit.source
    assert source_of("air.silent_station", limit, zh) == limit.source
