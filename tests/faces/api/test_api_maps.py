"""Maps and the clock: tiles with their caches, OGC API – Features as its clients and its abstract tests ask for it."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import mapbox_vector_tile
import pytest
from django.test import Client
from tests.faces.api.conftest import AT, Caller, problem

from zhihai.faces.api import ogc
from zhihai.faces.api.ogc_query import check_datetime, read_bbox, read_limit
from zhihai.faces.compressing import accepts_gzip
from zhihai.ground.actors import SYSTEM
from zhihai.ground.geometry import morton
from zhihai.ground.named import Named
from zhihai.ground.refusal import Refused
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.places import acts as places

LON, LAT = 100.015, 30.005
CORE = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core"


def told(answer: Any, media: str = "application/json") -> Any:
    assert answer.status_code == 200, answer.content
    assert answer.headers["Content-Type"] == media
    return json.loads(answer.content)


def links(document: Any) -> dict[str, str]:
    return {link["rel"]: link["href"] for link in document["links"]}


def address_of(layer: str, zoom: int, lon: float = LON, lat: float = LAT) -> str:
    x, y = morton.tile_of(morton.code_at(lon, lat), zoom)
    return f"/tiles/{layer}/{zoom}/{x}/{y}.mvt"


def test_the_clock_tells_what_an_open_page_needs(nobody: Caller) -> None:
    answer = nobody.get("/clock")
    assert told(answer) == {
        "mode": "replay", "instant": "2014-02-16T16:00:00Z", "speed": 60.0, "until": "2014-03-04T16:00:00Z",
    }  # fmt: skip
    assert answer.headers["Cache-Control"] == "no-store"
    journal.set_clock(SYSTEM, mode="frozen", at=AT)
    frozen = told(nobody.get("/clock"))
    assert (frozen["mode"], frozen["speed"], frozen["until"]) == ("frozen", 0.0, None)


def test_a_tile_holds_what_is_there(nobody: Caller) -> None:
    answer = nobody.get(address_of("areas", 14))
    assert answer.headers["Content-Type"] == "application/vnd.mapbox-vector-tile"
    layer = mapbox_vector_tile.decode(answer.content)["areas"]
    assert "990101001" in {feature["properties"]["code"] for feature in layer["features"]}


def test_a_tile_is_packed_for_who_takes_it_and_not_sent_twice(nobody: Caller) -> None:
    address = address_of("cells", 14)
    plain, packed = nobody.get(address), nobody.get(address, Accept_Encoding="br, gzip;q=0.8")
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert plain.headers["ETag"] != packed.headers["ETag"]
    assert packed.headers["Vary"] == "Accept-Encoding"
    assert "public" in packed.headers["Cache-Control"]
    again = nobody.get(address, Accept_Encoding="gzip", If_None_Match=packed.headers["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == packed.headers["ETag"]
    assert nobody.get(address, If_None_Match='"other"').status_code == 200


def test_a_tile_changes_its_tag_when_what_it_shows_changes(nobody: Caller) -> None:
    address = address_of("facilities", 15)
    assert nobody.get(address).status_code == 204
    before = nobody.get(address).headers["ETag"]
    hydrant = places.FacilityInput(kind="hydrant", code="1100010101000001", lon=LON, lat=LAT)
    places.load_facilities(SYSTEM, [hydrant], "synthetic", at=AT)
    after = nobody.get(address, If_None_Match=before)
    assert after.status_code == 200
    assert after.headers["ETag"] != before


@pytest.mark.parametrize(
    ("header", "taken"),
    [
        ("gzip", True), ("GZIP", True), ("deflate, gzip;q=0.5", True), ("*", True), ("gzip;q=0", False),
        ("gzip;q=0.0, *", False), ("", False), ("br", False), ("gzip;q=x", False),
    ],
)  # fmt: skip
def test_gzip_is_taken_as_the_header_says(header: str, taken: bool) -> None:
    assert accepts_gzip(header) is taken


@pytest.mark.parametrize(
    "address", ["/tiles/none/1/0/0.mvt", "/tiles/areas/1/2/0.mvt", "/tiles/areas/27/0/0.mvt", "/tiles/areas/a/0/0.mvt"]
)
def test_a_tile_there_is_not_is_a_problem(nobody: Caller, address: str) -> None:
    answer = nobody.get(address)
    problem(answer, 404)
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_landing_page_leads_to_everything(nobody: Caller) -> None:
    root = links(told(nobody.get("/ogc/")))
    assert links(told(nobody.get("/ogc"))) == root
    described = nobody.get(urlsplit(root["service-desc"]).path)
    assert told(described, ogc.OPENAPI)["openapi"].startswith("3.0")
    assert CORE in told(nobody.get(urlsplit(root["conformance"]).path))["conformsTo"]
    assert {one["id"] for one in told(nobody.get(urlsplit(root["data"]).path))["collections"]} == {
        "districts", "streets", "communities", "cells", "facilities",
    }  # fmt: skip


def test_a_collection_says_where_it_lies_and_where_its_features_are(nobody: Caller) -> None:
    for one in told(nobody.get("/ogc/collections"))["collections"]:
        assert told(nobody.get(f"/ogc/collections/{one['id']}")) == one
        assert one["itemType"] == "feature"
        assert one["crs"] == [ogc.CRS84]
        assert one["extent"]["spatial"]["bbox"] == [[100.0, 30.0, 100.02, 30.01]]
        assert nobody.get(urlsplit(links(one)["items"]).path).status_code == 200


def test_pages_of_features_hold_all_of_them_once(nobody: Caller) -> None:
    whole = told(nobody.get("/ogc/collections/cells/items?limit=1000"), ogc.GEOJSON)
    assert whole["type"] == "FeatureCollection"
    assert whole["numberReturned"] == len(whole["features"]) > 20
    assert datetime.fromisoformat(whole["timeStamp"]) <= datetime.now(UTC)
    seen, address = [], "http://localhost/ogc/collections/cells/items?limit=7"
    while address:
        page = told(nobody.client.get(address), ogc.GEOJSON)
        assert page["numberReturned"] == len(page["features"]) <= 7
        assert links(page)["self"] == address
        seen.extend(page["features"])
        address = links(page).get("next", "")
    assert seen == whole["features"]


def test_one_feature_is_geojson_with_links(nobody: Caller) -> None:
    feature = told(nobody.get("/ogc/collections/streets/items/990101001"), ogc.GEOJSON)
    assert (feature["type"], feature["id"]) == ("Feature", "990101001")
    assert feature["geometry"]["type"] in ("Polygon", "MultiPolygon")
    assert feature["properties"]["name_en"] == "East Shore Example Subdistrict"
    assert links(feature).keys() == {"self", "collection"}
    district = told(nobody.get("/ogc/collections/districts/items/990101"), ogc.GEOJSON)
    assert district["geometry"] is None


def ids(answer: Any) -> set[str]:
    return {feature["id"] for feature in told(answer, ogc.GEOJSON)["features"]}


def test_a_box_keeps_the_features_it_meets(nobody: Caller) -> None:
    streets = "/ogc/collections/streets/items"
    assert ids(nobody.get(streets)) == {"990101001", "990101002"}
    assert ids(nobody.get(f"{streets}?bbox=100.011,30.001,100.012,30.002")) == {"990101001"}
    assert ids(nobody.get(f"{streets}?bbox=100.011,30.001,0,100.012,30.002,100")) == {"990101001"}
    assert ids(nobody.get(f"{streets}?bbox=0,0,1,1")) == set()
    assert ids(nobody.get(f"{streets}?bbox=-180,-90,180,90")) == {"990101001", "990101002"}


def test_a_box_over_the_antimeridian_is_both_its_halves(nobody: Caller) -> None:
    streets = "/ogc/collections/streets/items"
    assert ids(nobody.get(f"{streets}?bbox=100.015,-90,100.005,90")) == {"990101001", "990101002"}
    assert ids(nobody.get(f"{streets}?bbox=100.015,-90,99,90")) == {"990101001"}
    page = told(nobody.get("/ogc/collections/cells/items?bbox=100.01,-90,100.0099,90&limit=5"), ogc.GEOJSON)
    seen = [feature["id"] for feature in page["features"]]
    while next_ := links(page).get("next"):
        page = told(nobody.client.get(next_), ogc.GEOJSON)
        seen.extend(feature["id"] for feature in page["features"])
    assert len(seen) == len(set(seen))
    assert set(seen) == ids(nobody.get("/ogc/collections/cells/items?limit=1000"))


def test_facilities_are_kept_by_their_own_point(nobody: Caller) -> None:
    inputs = [
        places.FacilityInput(kind="hydrant", code=f"11000101010000{n:02}", lon=100.0105 + n / 1000, lat=30.0055)
        for n in range(9)
    ]
    places.load_facilities(SYSTEM, inputs, "synthetic", at=AT)
    items = "/ogc/collections/facilities/items"
    assert len(ids(nobody.get(items))) == 9
    assert ids(nobody.get(f"{items}?bbox=100.0100,30.00,100.0120,30.01")) == {f"11000101010000{n:02}" for n in (0, 1)}
    assert len(ids(nobody.get(f"{items}?bbox=-180,-90,180,90"))) == 9


@pytest.mark.parametrize("limit", ["1001", "10000", "999999999999"])
def test_a_limit_beyond_the_greatest_is_no_fault(nobody: Caller, limit: str) -> None:
    assert nobody.get(f"/ogc/collections/streets/items?limit={limit}").status_code == 200
    assert read_limit(limit) == 1000


@pytest.mark.parametrize(
    "time",
    [
        "2014-02-26T15:00:00Z", "2014-02-26T15:00:00.123%2B08:00", "2014-02-26", "2014-02-26/2014-02-26T01:00:00Z",
        "2014-02-26T00:00:00Z/2014-02-27T00:00:00Z", "../2014-02-27T00:00:00Z", "2014-02-26T00:00:00Z/..",
        "2014-02-26T00:00:00Z/",
    ],
)  # fmt: skip
def test_a_time_matches_every_feature_since_none_is_bound_to_one(nobody: Caller, time: str) -> None:
    assert len(ids(nobody.get(f"/ogc/collections/streets/items?datetime={time}"))) == 2


@pytest.mark.parametrize(
    ("address", "field"),
    [
        ("/ogc/?crs=x", "crs"),
        ("/ogc/collections?limit=1", "limit"),
        ("/ogc/collections/streets?bbox=1,2,3,4", "bbox"),
        ("/ogc/collections/streets/items?name=x", "name"),
        ("/ogc/collections/streets/items/990101001?limit=1", "limit"),
        ("/ogc/collections/streets/items?limit=0", "limit"),
        ("/ogc/collections/streets/items?limit=-1", "limit"),
        ("/ogc/collections/streets/items?limit=ten", "limit"),
        ("/ogc/collections/streets/items?limit=", "limit"),
        ("/ogc/collections/streets/items?limit=1&limit=2", "limit"),
        ("/ogc/collections/streets/items?bbox=1,2,3", "bbox"),
        ("/ogc/collections/streets/items?bbox=1,2,3,4,5", "bbox"),
        ("/ogc/collections/streets/items?bbox=a,b,c,d", "bbox"),
        ("/ogc/collections/streets/items?bbox=nan,0,1,1", "bbox"),
        ("/ogc/collections/streets/items?bbox=0,2,1,1", "bbox"),
        ("/ogc/collections/streets/items?bbox=0,0,181,1", "bbox"),
        ("/ogc/collections/streets/items?bbox=0,-91,1,1", "bbox"),
        ("/ogc/collections/streets/items?datetime=yesterday", "datetime"),
        ("/ogc/collections/streets/items?datetime=../..", "datetime"),
        ("/ogc/collections/streets/items?datetime=", "datetime"),
        ("/ogc/collections/streets/items?datetime=2014-02-27T00:00:00Z/2014-02-26T00:00:00Z", "datetime"),
        ("/ogc/collections/streets/items?datetime=2014-13-01T00:00:00Z", "datetime"),
        ("/ogc/collections/streets/items?f=html", "f"),
        ("/ogc/collections/streets/items?after=%00", "after"),
    ],
)
def test_a_parameter_out_of_order_is_answered_with_400(nobody: Caller, address: str, field: str) -> None:
    assert problem(nobody.get(address), 400)["errors"][0]["field"] == field


@pytest.mark.parametrize("address", ["", "/items", "/items/x"])
def test_what_there_is_not_is_answered_with_404(nobody: Caller, address: str) -> None:
    assert problem(nobody.get(f"/ogc/collections/rivers{address}"), 404)["type"].endswith("no_collection")
    assert problem(nobody.get("/ogc/collections/streets/items/999"), 404)["type"].endswith("no_feature")
    assert problem(nobody.get("/ogc/collections/streets/items/%00"), 404)["type"].endswith("no_feature")


def test_the_description_names_what_is_taken(nobody: Caller) -> None:
    described = told(nobody.get("/ogc/api"), ogc.OPENAPI)
    items = described["paths"]["/collections/{collectionId}/items"]["get"]
    named = {one["$ref"].rpartition("/")[2] for one in items["parameters"]}
    assert named == {"collectionId", "bbox", "limit", "datetime", "after", "f"}
    assert described["components"]["parameters"]["limit"]["schema"] == {
        "type": "integer", "minimum": 1, "maximum": 1000, "default": 100,
    }  # fmt: skip
    assert told(nobody.get("/ogc/?f=json"))["links"]


def test_titles_are_in_the_language_asked(nobody: Caller) -> None:
    assert told(nobody.get("/ogc/collections/cells"))["title"] == "Grid cells"
    assert told(nobody.get("/ogc/collections/cells", Accept_Language="zh-CN"))["title"] == "单元网格"


def test_a_district_without_boundaries_has_no_extent(records: str) -> None:
    journal.found_district(
        SYSTEM, code="990102", name=Named("示例区", "Example"), zone="Asia/Shanghai", mode="live", at=datetime.now(UTC)
    )
    client = Client(SERVER_NAME="localhost")
    assert "extent" not in told(client.get("/ogc/collections/streets"))
    assert told(client.get("/ogc/collections/streets/items"), ogc.GEOJSON)["features"] == []


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
@pytest.mark.parametrize("address", ["/ogc/collections", "/clock", "/tiles/areas/1/0/0.mvt", "/api/openapi.json"])
def test_what_is_read_is_not_written(nobody: Caller, method: str, address: str) -> None:
    answer = getattr(Client(SERVER_NAME="localhost", enforce_csrf_checks=True), method)(address)
    problem(answer, 405)
    assert answer.headers["Allow"] == "GET, HEAD"


def test_parameters_alone() -> None:
    assert read_bbox(None) is None
    assert read_bbox("1,2,3,4") == ((1.0, 2.0, 3.0, 4.0),)
    assert read_bbox("170,-10,-170,10") == ((170.0, -10.0, 180.0, 10.0), (-180.0, -10.0, -170.0, 10.0))
    with pytest.raises(Refused):
        check_datetime("2014-02-26T15:00:00")
