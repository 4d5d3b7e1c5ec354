"""Questions: devices and values, datasets, figures, areas; what is open to all, and what is not."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from tests.faces.api.conftest import AT, Caller, hear, problem, reading

from zhihai.faces.api import tables
from zhihai.ground.actors import SYSTEM
from zhihai.kernel.catalogue import acts as catalogue
from zhihai.kernel.catalogue.kinds import Described, Field
from zhihai.kernel.indicators import acts as indicators

PUBLIC = (
    "/api/areas", "/api/areas/990101001", "/api/locate?lon=100.015&lat=30.005", "/api/devices", "/api/devices/east-air",
    "/api/devices/east-air/latest", "/api/devices/east-air/observations/pm25", "/api/datasets", "/api/targets",
    "/api/datasets/zhihai.targets", "/api/datasets/zhihai.targets/rows", "/api/figures", "/api/problems/no_device",
)  # fmt: skip
PRIVATE = (
    "/api/inbox", "/api/cases/LS-2014-KQ-1", "/api/cases/LS-2014-KQ-1/history", "/api/cases/LS-2014-KQ-1/process.bpmn",
    "/api/rules", "/api/rules/air.heavy_pollution", "/api/findings", "/api/quarantine", "/api/notices", "/api/me",
)  # fmt: skip


def rows(answer: Any) -> Any:
    assert answer.status_code == 200, answer.content
    return json.loads(answer.content)["rows"]


@pytest.fixture
def measured(stations: Caller) -> None:
    """Thirty hours of fine dust at both stations; events are heard."""
    batch = [reading(10 + hour, hour=hour, device=code) for hour in range(1, 31) for code in ("east-air", "far-air")]
    assert stations.post("/api/readings", batch).status_code == 201
    hear()


@pytest.mark.usefixtures("described")
@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_open_needs_no_sign_in(nobody: Caller, address: str) -> None:
    assert nobody.get(address).status_code == 200


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_open_asks_to_sign_in(nobody: Caller, address: str) -> None:
    problem(nobody.get(address), 401)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_wrong_token_is_told_even_where_none_is_needed(nobody: Caller, address: str) -> None:
    problem(nobody.get(address, Authorization="Bearer zh_old"), 401)


def test_pages_of_areas_go_on_in_the_order_of_the_tree(nobody: Caller) -> None:
    whole = rows(nobody.get("/api/areas"))
    seen, after = [], ""
    while True:
        told = json.loads(nobody.get(f"/api/areas?limit=2{after}").content)
        seen.extend(told["rows"])
        if told["next"] is None:
            break
        after = f"&after={told['next']}"
    assert seen == whole
    assert whole[0]["level"] == "district"
    assert {area["code"]: area["parent"] for area in whole}["990101001"] == "990101"
    assert {area["level"] for area in rows(nobody.get("/api/areas?level=street"))} == {"street"}


def test_a_point_is_located_and_outside_nothing_is_known(nobody: Caller) -> None:
    inside = json.loads(nobody.get("/api/locate?lon=100.015&lat=30.005").content)
    assert inside["street"]["code"] == "990101001"
    assert inside["community"] is None
    assert inside["cell"].startswith("990101001")
    outside = json.loads(nobody.get("/api/locate?lon=0&lat=0").content)
    assert (outside["street"], outside["cell"]) == (None, None)


def test_devices_come_in_pages_and_by_kind(caller: Callable[..., Caller], nobody: Caller) -> None:
    reader = caller("reader")
    first = json.loads(reader.get("/api/devices?limit=2").content)
    second = json.loads(reader.get(f"/api/devices?limit=2&after={first['next']}").content)
    assert [one["code"] for one in first["rows"] + second["rows"]] == ["east-air", "east-weather", "far-air"]
    assert second["next"] is None
    assert [one["code"] for one in rows(reader.get("/api/devices?kind=weather.station"))] == ["east-weather"]


def test_nobody_sees_the_quantities_of_open_datasets_and_no_others(
    caller: Callable[..., Caller], nobody: Caller
) -> None:
    shown = json.loads(nobody.get("/api/devices/east-air").content)
    whole = json.loads(caller("reader").get("/api/devices/east-air").content)
    open_ = {stream["quantity"] for stream in shown["streams"]}
    assert "air.aqi_hour" in open_
    assert open_ < {stream["quantity"] for stream in whole["streams"]}
    assert problem(nobody.get("/api/devices/east-air/observations/aqi_24h"), 404)["type"] == "/api/problems/no_quantity"
    assert caller("reader").get("/api/devices/east-air/observations/aqi_24h").status_code == 200


@pytest.mark.usefixtures("measured")
def test_latest_values_and_liveness(nobody: Caller) -> None:
    told = json.loads(nobody.get("/api/devices/east-air/latest").content)
    assert told["liveness"] == "alive"
    values = {one["quantity"]: one for one in told["values"]}
    assert values["air.pm25"]["value"] == 11.0
    assert values["air.pm25"]["at"] == "2014-02-16T15:00:00Z"
    assert values["air.pm25"]["unit"] == "ug/m3"


@pytest.mark.usefixtures("measured")
def test_observations_go_on_where_the_page_before_ended(nobody: Caller) -> None:
    address, seen, after = "/api/devices/east-air/observations/pm25?limit=7", [], ""
    while True:
        told = json.loads(nobody.get(address + after).content)
        seen.extend(told["rows"])
        if told["next"] is None:
            break
        assert len(told["rows"]) == 7
        after = f"&after={told['next']}"
    assert [row["value"] for row in seen] == [float(10 + hour) for hour in range(30, 0, -1)]
    span = "start=2014-02-16T10:00:00Z&end=2014-02-16T20:00:00%2B08:00"
    assert len(rows(nobody.get(f"{address}&{span}"))) == 2


@pytest.mark.usefixtures("described", "measured")
def test_rows_of_an_open_dataset_as_json_and_as_a_table(nobody: Caller) -> None:
    seen, after = [], ""
    while True:
        told = json.loads(nobody.get(f"/api/datasets/air.hourly/rows?limit=11{after}").content)
        seen.extend(told["rows"])
        if told["next"] is None:
            break
        after = f"&after={told['next']}"
    assert len(seen) == 60
    assert len({(row["at"], row["device"]) for row in seen}) == 60
    answer = nobody.get("/api/datasets/air.hourly/rows?format=csv")
    assert answer.headers["Content-Type"].startswith("text/csv")
    table = list(csv.DictReader(io.StringIO(answer.getvalue().decode())))
    assert [(row["at"], row["device"]) for row in table] == [(row["at"], row["device"]) for row in seen]
    assert [float(row["pm25"]) for row in table] == [row["values"]["pm25"] for row in seen]
    assert table[0]["so2"] == ""
    assert {row["provenance"] for row in table} == {"synthetic"}


@pytest.mark.usefixtures("described", "measured")
def test_a_span_of_a_dataset(nobody: Caller) -> None:
    span = "start=2014-02-16T10:00:00Z&end=2014-02-16T12:00:00Z"
    assert len(rows(nobody.get(f"/api/datasets/air.hourly/rows?{span}"))) == 4
    table = nobody.get(f"/api/datasets/air.hourly/rows?format=csv&{span}").getvalue().decode().splitlines()
    assert len(table) == 5


@pytest.fixture
def register(district: str) -> None:
    """A dataset of each grade, with a row that a spreadsheet would take for a formula."""
    fields = (Field(id="text", sort="text"), Field(id="number", sort="number"), Field(id="flag", sort="flag"))
    grades = ("open", "shared", "restricted", "closed")
    sets = [Described(name=f"test.{grade}", owner="environment", grade=grade, fields=fields) for grade in grades]
    catalogue.describe(SYSTEM, sets, {}, at=AT)
    given = [
        catalogue.RecordInput(key="a", data={"text": '=HYPERLINK("http://x")', "number": -5.5, "flag": True}),
        catalogue.RecordInput(key="b", data={"text": "东岸,\n一号", "number": None}),
    ]
    for one in sets:
        catalogue.put_records(SYSTEM, one.name, given, at=AT, provenance="synthetic")


@pytest.mark.usefixtures("register")
def test_a_table_is_safe_in_a_spreadsheet_and_exact_otherwise(nobody: Caller) -> None:
    table = nobody.get("/api/datasets/test.open/rows?format=csv").getvalue().decode()
    first, second = csv.DictReader(io.StringIO(table))
    assert first["text"] == '\'=HYPERLINK("http://x")'
    assert (first["number"], first["flag"]) == ("-5.5", "true")
    assert (second["text"], second["number"]) == ("东岸,\n一号", "")


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\tx", "\r", "\nx", "＝1", "＋1", "－1", "＠x"])
def test_texts_that_begin_like_a_formula_are_defused(text: str) -> None:
    assert tables.cell(text) == f"'{text}"
    assert tables.cell("x" + text) == "x" + text


@pytest.mark.usefixtures("register")
@pytest.mark.parametrize(
    ("username", "readable"),
    [(None, {"open"}), ("street-east", {"open", "shared"}), ("operator", {"open", "shared"})],
)
def test_rows_are_read_as_the_grade_allows(
    nobody: Caller, caller: Callable[..., Caller], username: str | None, readable: set[str]
) -> None:
    who = nobody if username is None else caller(username)
    listed = {one["name"] for one in rows(who.get("/api/datasets"))}
    for grade in ("open", "shared", "restricted", "closed"):
        answer = who.get(f"/api/datasets/test.{grade}/rows")
        if grade in readable:
            assert [row["key"] for row in rows(answer)] == ["a", "b"]
            assert f"test.{grade}" in listed
        else:
            problem(answer, 404)
            problem(who.get(f"/api/datasets/test.{grade}/rows?format=csv"), 404)
        if f"test.{grade}" in listed:
            assert json.loads(who.get(f"/api/datasets/test.{grade}").content)["readable"] is (grade in readable)


@pytest.mark.usefixtures("measured")
def test_a_public_figure_opens_down_to_open_readings(nobody: Caller) -> None:
    indicators.compute(at=AT, at_machine=datetime.now(UTC), rest=timedelta(0))
    figures = {one["name"]: one for one in rows(nobody.get("/api/figures"))}
    shown = figures["air.data_completeness"]
    assert shown["unit"] == "%"
    told = json.loads(nobody.get(f"/api/figures/air.data_completeness/{shown['starts']}?limit=10").content)
    assert told["unchanged"] is True
    assert told["figure"] == shown
    seen, after = [], ""
    while True:
        page = json.loads(nobody.get(f"/api/figures/air.data_completeness/{shown['starts']}?limit=9{after}").content)
        seen.extend(page["rows"])
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert [row["no"] for row in seen] == list(range(30))
    assert sum(row["counted"] for row in seen) == shown["rows"]
    assert rows(nobody.get("/api/figures/air.data_completeness"))[0] == shown


def test_promises_behind_a_figure_are_named_to_those_who_may_see_the_case(
    nobody: Caller, caller: Callable[..., Caller], case: str
) -> None:
    who = caller("dispatcher")
    task = json.loads(who.get(f"/api/cases/{case}").content)["tasks"][0]["id"]
    assert who.post(f"/api/cases/{case}/tasks/{task}/step", {"outcome": "send"}).status_code == 200
    inspector = caller("inspector")
    task = next(
        t["id"] for t in json.loads(inspector.get(f"/api/cases/{case}").content)["tasks"] if t["state"] == "open"
    )
    inspector.post(f"/api/cases/{case}/tasks/{task}/step", {"outcome": "clean"})
    hear()
    indicators.compute(at=AT, at_machine=datetime.now(UTC), rest=timedelta(0))
    address = "/api/figures/air.on_time_inspections/2014-02-01"
    (named,) = rows(caller("leader").get(address))
    assert (named["number"], named["counted"]) == (case, True)
    for who in (nobody, caller("street-west"), caller("reader")):
        (hidden,) = rows(who.get(address))
        assert hidden == {
            **dict.fromkeys(("number", "started", "due", "stopped", "breached")),
            "no": 0,
            "counted": True,
        }


def test_targets_are_public(nobody: Caller) -> None:
    (target,) = rows(nobody.get("/api/targets"))
    assert (target["id"], target["value"], target["baseline"]) == ("T33", 95.0, None)


@pytest.mark.parametrize(
    ("address", "field", "part"),
    [
        ("/api/locate?lon=abc&lat=30", "lon", "number"),
        ("/api/locate?lon=nan&lat=30", "lon", "number"),
        ("/api/locate?lon=181&lat=30", "lon", "180"),
        ("/api/locate?lon=100", "lat", "missing"),
        ("/api/areas?limit=0", "limit", "1"),
        ("/api/areas?limit=99999", "limit", "5000"),
        ("/api/areas?level=planet", "level", "district, street, community"),
        ("/api/areas/%00", "code", "control"),
        ("/api/devices?kind=" + "x" * 201, "kind", "200"),
        ("/api/devices/east-air/observations/pm25?start=2014-02-16T10:00:00", "start", "offset"),
        ("/api/devices/east-air/observations/pm25?start=2014-02-16T10:00:00+08:00", "start", "2014"),
        ("/api/devices/east-air/observations/pm25?start=0001-01-01T00:00:00Z", "start", "1900"),
        ("/api/devices/east-air/observations/pm25?after=x", "after", "first page"),
        ("/api/figures/air.good_days/yesterday", "starts", "2014-02-26"),
        ("/api/figures/air.good_days/2014-01-01?after=-1", "after", "0"),
    ],
)
def test_a_wrong_input_is_named_with_its_remedy(nobody: Caller, address: str, field: str, part: str) -> None:
    told = problem(nobody.get(address), 422)
    ((found, detail),) = [(one["field"], one["detail"]) for one in told["errors"]]
    assert found == field
    assert part in detail
    assert told["instance"] == address.partition("?")[0]


def test_problems_are_said_in_the_language_asked(nobody: Caller) -> None:
    english = problem(nobody.get("/api/devices/x"), 404)
    answer = nobody.get("/api/devices/x", Accept_Language="zh-CN,zh;q=0.9,en;q=0.8")
    chinese = problem(answer, 404)
    assert answer.headers["Content-Language"] == "zh-CN"
    assert english["detail"].isascii()
    assert not chinese["detail"].isascii()
    sort = json.loads(nobody.get(english["type"]).content)
    assert (sort["en"], sort["zh"]) == (english["detail"], chinese["detail"])


@pytest.mark.parametrize("address", ["/api/", "/api", "/api/nothing", "/api/devices/", "/ogc/x/y", "/tiles/areas/1"])
def test_an_address_that_leads_nowhere_is_a_problem_too(nobody: Caller, address: str) -> None:
    if address == "/api":
        assert nobody.get(address).status_code in (301, 404)
    else:
        assert problem(nobody.get(address), 404)["type"] == "/api/problems/no_address"


def test_head_is_get_without_a_body(nobody: Caller, described: None) -> None:
    whole = nobody.get("/api/areas")
    bare = nobody.client.head("/api/areas", headers=nobody.headers({}))
    assert bare.status_code == 200
    assert bare.content == b""
    assert bare.headers["Content-Length"] == str(len(whole.content))
    table = nobody.client.head("/api/datasets/air.hourly/rows?format=csv")
    assert (table.status_code, table.content) == (200, b"")


def test_before_a_district_is_loaded_the_api_says_so(records: str) -> None:
    client = Client(SERVER_NAME="localhost", headers={"Authorization": "Bearer zh_x", "Accept-Language": "en"})
    for address in ("/clock", "/api/me"):
        answer = client.get(address)
        assert problem(answer, 503)["type"] == "/api/problems/no_district"
        assert answer.headers["Retry-After"]


def test_answers_are_kept_by_no_cache(nobody: Caller) -> None:
    assert nobody.get("/api/areas").headers["Cache-Control"] == "no-store"
