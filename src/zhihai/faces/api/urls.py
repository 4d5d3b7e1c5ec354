"""Addresses for machines: the API, OGC API – Features, tiles, the clock. Every one answers a fault as a problem."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path, re_path

from zhihai.faces.api import ogc
from zhihai.faces.api.answering import View, answered, no_address, only_get
from zhihai.faces.api.clock import clock
from zhihai.faces.api.openapi import document
from zhihai.faces.api.routes import build_api
from zhihai.faces.api.tiles import tile

API = build_api()


def description(request: HttpRequest) -> HttpResponse:
    """Answer the description of the API (OpenAPI 3.1), which is in English whatever language is asked for."""
    return HttpResponse(document(API), content_type="application/json")


def _operations() -> list[URLPattern]:
    patterns: list[URLPattern] = list(API.urls[0])
    for pattern in patterns:
        pattern.callback = answered(pattern.callback)
    return patterns


def _read(route: str, view: View, name: str) -> URLPattern:
    return path(route, answered(only_get(view)), name=name)


urlpatterns: list[URLPattern | URLResolver] = [
    path("api/", (_operations(), "ninja", "api")),
    _read("clock", clock, "clock"),
    _read("tiles/<str:layer>/<int:z>/<int:x>/<int:y>.mvt", tile, "tile"),
    _read("ogc/", ogc.landing, "ogc"),
    _read("ogc", ogc.landing, "ogc-landing"),
    _read("ogc/api", ogc.api, "ogc-api"),
    _read("ogc/conformance", ogc.conformance, "ogc-conformance"),
    _read("ogc/collections", ogc.collections, "ogc-collections"),
    _read("ogc/collections/<str:name>", ogc.collection, "ogc-collection"),
    _read("ogc/collections/<str:name>/items", ogc.items, "ogc-items"),
    _read("ogc/collections/<str:name>/items/<str:code>", ogc.item, "ogc-item"),
    _read("api/openapi.json", description, "openapi"),
    re_path(r"^(?:api|ogc|tiles)/", answered(no_address)),
]
