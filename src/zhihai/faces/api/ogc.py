"""OGC API – Features, part 1: areas, grid cells and facilities for QGIS and every other client that speaks it.

OGC 17-069r4 (1.0.1), conformance classes Core, GeoJSON and OpenAPI 3.0. Coordinates are those of CRS84.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
from django.http import HttpRequest, HttpResponse

from zhihai.faces.api.language import language_of
from zhihai.faces.api.ogc_description import describe
from zhihai.faces.api.ogc_query import ItemsQuery, check_parameters, items_query
from zhihai.ground.refusal import NotFound
from zhihai.ground.words import Language
from zhihai.kernel import house
from zhihai.kernel.places import reads as places

Thing = dict[str, Any]

JSON, GEOJSON = "application/json", "application/geo+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
CONFORMANCE = tuple(
    f"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/{part}" for part in ("core", "oas30", "geojson")
)


def landing(request: HttpRequest) -> HttpResponse:
    """Answer the landing page: where everything is."""
    check_parameters(request)
    root, language = _root(request), language_of(request)
    return _answer(
        {
            "title": _say("title", language),
            "description": _say("what", language),
            "links": [
                _link(root, "self", JSON, "this", language),
                _link(f"{root}api", "service-desc", OPENAPI, "api", language),
                _link(f"{root}conformance", "conformance", JSON, "conformance", language),
                _link(f"{root}collections", "data", JSON, "collections", language),
            ],
        }
    )


def api(request: HttpRequest) -> HttpResponse:
    """Answer the description of these addresses (OpenAPI 3.0)."""
    check_parameters(request)
    language = language_of(request)
    described = describe(_root(request), sorted(places.COLLECTIONS), _say("title", language), _say("what", language))
    return _answer(described, OPENAPI)


def conformance(request: HttpRequest) -> HttpResponse:
    """Answer the conformance classes that hold."""
    check_parameters(request)
    return _answer({"conformsTo": CONFORMANCE})


def collections(request: HttpRequest) -> HttpResponse:
    """Answer all collections."""
    check_parameters(request)
    here, language, box = f"{_root(request)}collections", language_of(request), _box()
    return _answer(
        {
            "links": [_link(here, "self", JSON, "this", language)],
            "collections": [_collection(here, name, language, box) for name in places.COLLECTIONS],
        }
    )


def collection(request: HttpRequest, name: str) -> HttpResponse:
    """Answer one collection."""
    check_parameters(request)
    _known(name)
    return _answer(_collection(f"{_root(request)}collections", name, language_of(request), _box()))


def items(request: HttpRequest, name: str) -> HttpResponse:
    """Answer a page of the features of a collection."""
    _known(name)
    asked, language = items_query(request), language_of(request)
    found, cursor = _found(name, asked)
    here = f"{_root(request)}collections/{name}"
    links = [
        _link(request.build_absolute_uri(), "self", GEOJSON, "this", language),
        _link(here, "collection", JSON, "collection", language),
    ]
    if cursor is not None:
        given = {key: value for key, value in request.GET.items() if key != "after"}
        links.append(_link(f"{here}/items?{urlencode({**given, 'after': cursor})}", "next", GEOJSON, "next", language))
    return _answer(
        {
            "type": "FeatureCollection", "timeStamp": _stamp(), "numberReturned": len(found), "links": links,
            "features": found,
        },
        GEOJSON,
    )  # fmt: skip


def item(request: HttpRequest, name: str, code: str) -> HttpResponse:
    """Answer one feature."""
    check_parameters(request)
    _known(name)
    if "\0" in code:
        raise NotFound("no_feature", "code")
    language, here = language_of(request), f"{_root(request)}collections/{name}"
    links = [
        _link(f"{here}/items/{quote(code, safe='')}", "self", GEOJSON, "this", language),
        _link(here, "collection", JSON, "collection", language),
    ]
    return _answer({**places.feature(name, code), "links": links}, GEOJSON)


def _found(name: str, asked: ItemsQuery) -> tuple[list[Thing], str | None]:
    """Return a page of features; two boxes are asked both, and what both hold is shown once."""
    if asked.boxes is None or len(asked.boxes) == 1:
        bounds = asked.boxes[0] if asked.boxes else None
        page = places.features(name, bounds=bounds, after=asked.after, limit=asked.limit)
        return list(page.features), page.next
    pages = [places.features(name, bounds=box, after=asked.after, limit=asked.limit) for box in asked.boxes]
    by_code = {feature["id"]: feature for page in pages for feature in page.features}
    found = [by_code[code] for code in sorted(by_code)][: asked.limit]
    more = len(by_code) > asked.limit or any(page.next is not None for page in pages)
    return found, found[-1]["id"] if more and found else None


def _known(name: str) -> None:
    if name not in places.COLLECTIONS:
        raise NotFound("no_collection", "collection", collection=name[:40])


def _collection(here: str, name: str, language: Language, box: Iterable[float] | None) -> Thing:
    extent = {"extent": {"spatial": {"bbox": [list(box)], "crs": CRS84}}} if box is not None else {}
    return {
        "id": name, "title": _say(f"collection.{name}.title", language),
        "description": _say(f"collection.{name}.what", language), "itemType": "feature", "crs": [CRS84], **extent,
        "links": [
            _link(f"{here}/{name}", "self", JSON, "this", language),
            _link(f"{here}/{name}/items", "items", GEOJSON, "items", language),
        ],
    }  # fmt: skip


def _box() -> Iterable[float] | None:
    """Return the bounds of the whole district, ``None`` where no boundary is loaded."""
    boxes = [area.bounds for level in ("district", "street") for area in places.areas(level) if area.bounds]
    if not boxes:
        return None
    west, south, east, north = zip(*boxes, strict=True)
    return min(west), min(south), max(east), max(north)


def _root(request: HttpRequest) -> str:
    return str(request.build_absolute_uri("/ogc/"))


def _say(key: str, language: Language) -> str:
    return house.words().say(f"api.ogc.{key}", language)


def _link(href: str, rel: str, media: str, title: str, language: Language) -> Mapping[str, str]:
    return {"href": href, "rel": rel, "type": media, "title": _say(f"link.{title}", language)}


def _stamp() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _answer(told: Mapping[str, Any], media: str = JSON) -> HttpResponse:
    return HttpResponse(msgspec.json.encode(told), content_type=media)
