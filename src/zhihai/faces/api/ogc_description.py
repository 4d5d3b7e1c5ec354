"""The description (OpenAPI 3.0) of OGC API – Features, which clients read for limits and parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import zhihai
from zhihai.faces.api.ogc_query import DEFAULT_LIMIT, MOST

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
LINK: Schema = {
    "type": "object", "required": ["href", "rel"],
    "properties": {"href": TEXT, "rel": TEXT, "type": TEXT, "title": TEXT},
}  # fmt: skip
LINKS: Schema = {"type": "array", "items": {"$ref": "#/components/schemas/link"}}
FEATURE: Schema = {
    "type": "object", "required": ["type", "geometry", "properties"],
    "properties": {
        "type": {"type": "string", "enum": ["Feature"]}, "id": TEXT, "links": LINKS,
        "geometry": {"type": "object", "nullable": True}, "properties": {"type": "object", "nullable": True},
    },
}  # fmt: skip
SCHEMAS: dict[str, Schema] = {
    "link": LINK,
    "landingPage": {
        "type": "object", "required": ["links"], "properties": {"title": TEXT, "description": TEXT, "links": LINKS},
    },
    "confClasses": {
        "type": "object", "required": ["conformsTo"], "properties": {"conformsTo": {"type": "array", "items": TEXT}},
    },
    "collection": {
        "type": "object", "required": ["id", "links"],
        "properties": {
            "id": TEXT, "title": TEXT, "description": TEXT, "links": LINKS, "extent": {"type": "object"},
            "itemType": {"type": "string", "default": "feature"}, "crs": {"type": "array", "items": TEXT},
        },
    },
    "collections": {
        "type": "object", "required": ["links", "collections"],
        "properties": {
            "links": LINKS, "collections": {"type": "array", "items": {"$ref": "#/components/schemas/collection"}},
        },
    },
    "featureGeoJSON": FEATURE,
    "featureCollectionGeoJSON": {
        "type": "object", "required": ["type", "features"],
        "properties": {
            "type": {"type": "string", "enum": ["FeatureCollection"]}, "links": LINKS,
            "features": {"type": "array", "items": {"$ref": "#/components/schemas/featureGeoJSON"}},
            "timeStamp": {"type": "string", "format": "date-time"},
            "numberReturned": {"type": "integer", "minimum": 0},
        },
    },
    "exception": {
        "type": "object", "required": ["type", "title", "status", "detail"],
        "properties": {"type": TEXT, "title": TEXT, "status": {"type": "integer"}, "detail": TEXT, "instance": TEXT},
    },
}  # fmt: skip
PARAMETERS: dict[str, Schema] = {
    "bbox": {
        "name": "bbox", "in": "query", "required": False, "style": "form", "explode": False,
        "schema": {
            "type": "array", "items": {"type": "number"},
            "oneOf": [{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}],
        },
    },
    "limit": {
        "name": "limit", "in": "query", "required": False, "style": "form", "explode": False,
        "schema": {"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT_LIMIT},
    },
    "datetime": {
        "name": "datetime", "in": "query", "required": False, "style": "form", "explode": False, "schema": TEXT,
    },
    "after": {"name": "after", "in": "query", "required": False, "schema": {"type": "string", "maxLength": 64}},
    "f": {"name": "f", "in": "query", "required": False, "schema": {"type": "string", "enum": ["json", "geojson"]}},
    "featureId": {"name": "featureId", "in": "path", "required": True, "schema": TEXT},
}  # fmt: skip


def describe(root: str, names: Sequence[str], title: str, what: str) -> Schema:
    """Return the description; ``root`` is the address of the landing page, ``names`` are the collections."""
    collection = {
        "name": "collectionId", "in": "path", "required": True, "schema": {"type": "string", "enum": list(names)},
    }  # fmt: skip
    one, paged = ["collectionId", "f"], ["collectionId", "bbox", "limit", "datetime", "after", "f"]
    return {
        "openapi": "3.0.3",
        "info": {"title": title, "description": what, "version": zhihai.__version__, "license": {"name": "Apache-2.0"}},
        "servers": [{"url": root.rstrip("/")}],
        "paths": {
            "/": _get("getLandingPage", "landingPage", ["f"]),
            "/conformance": _get("getConformance", "confClasses", ["f"]),
            "/collections": _get("getCollections", "collections", ["f"]),
            "/collections/{collectionId}": _get("describeCollection", "collection", one),
            "/collections/{collectionId}/items": _get("getFeatures", "featureCollectionGeoJSON", paged),
            "/collections/{collectionId}/items/{featureId}": _get("getFeature", "featureGeoJSON", [*one, "featureId"]),
        },
        "components": {"parameters": {**PARAMETERS, "collectionId": collection}, "schemas": SCHEMAS},
    }


def _get(operation: str, schema: str, parameters: Sequence[str]) -> Schema:
    media = "application/geo+json" if schema.endswith("GeoJSON") else "application/json"
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/exception"}}}
    answers = {
        "200": {"description": "OK", "content": {media: {"schema": {"$ref": f"#/components/schemas/{schema}"}}}},
        "400": {"description": "Bad request", "content": problem},
        "404": {"description": "Not found", "content": problem},
        "503": {"description": "Store away", "content": problem},
    }
    given = [{"$ref": f"#/components/parameters/{name}"} for name in parameters]
    return {"get": {"operationId": operation, "parameters": given, "responses": answers}}
