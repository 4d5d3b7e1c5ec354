"""The reference page of the API, made from its own description (OpenAPI)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

from tools.pages import page, table

Schema = Mapping[str, Any]


def described() -> dict[str, Any]:
    """Return the description that the API answers."""
    api = import_module("zhihai.faces.api.urls").API
    document: dict[str, Any] = json.loads(import_module("zhihai.faces.api.openapi").document(api))
    return document


def api_page() -> str:
    """Return the page: every operation with what it takes and answers, then every type."""
    told = described()
    parts = [
        told["info"]["description"],
        "The description for machines is `/api/openapi.json` of a running platform.",
        "## Operations",
    ]
    for path, methods in told["paths"].items():
        for method, operation in methods.items():
            parts += [f"### {method.upper()} {path}", *_operation(operation)]
    parts.append("## Types")
    for name, schema in sorted(told["components"]["schemas"].items()):
        parts += [f"### {name}", *_schema(schema)]
    return page("API", *parts)


def _operation(operation: Schema) -> Iterator[str]:
    summary, more = operation["summary"], operation.get("description", "")
    yield more if more.startswith(summary) else f"{summary}. {more}".strip()
    yield f"Who: {_who(operation.get('security', []))}."
    parameters = operation.get("parameters", [])
    if parameters:
        rows = ((f"`{one['name']}`", one["in"], kind(one["schema"]), _needed(one)) for one in parameters)
        yield table(("parameter", "in", "type", "needed"), rows)
    body = operation.get("requestBody", {}).get("content", {})
    if body:
        yield "Body: " + ", ".join(f"`{media}` {kind(one['schema'])}" for media, one in body.items()) + "."
    answers = sorted(operation["responses"].items())
    yield table(("status", "answer"), (_answer(status, one) for status, one in answers if status < "400"))
    refusals = ", ".join(status for status, _ in answers if status >= "400")
    yield f"Refused with {refusals}, as a [Problem](#problem)."


def _who(security: list[Schema]) -> str:
    names = {name for one in security for name in one}
    signed = {"Token": "a token", "Session": "a session"}
    told = " or ".join(what for name, what in signed.items() if name in names)
    return f"everybody; {told} may see more" if {} in security else told or "everybody"


def _needed(parameter: Schema) -> str:
    return "yes" if parameter.get("required") else ""


def _answer(status: str, answer: Schema) -> tuple[str, str]:
    content = answer.get("content", {})
    types = ", ".join(f"`{media}` {kind(one.get('schema', {}))}" for media, one in content.items())
    return status, types or answer.get("description", "")


def _schema(schema: Schema) -> Iterator[str]:
    if schema.get("description"):
        yield " ".join(schema["description"].replace("``", "`").split())
    needed = schema.get("required", [])
    fields = schema.get("properties", {})
    if fields:
        rows = ((f"`{name}`", kind(one), "yes" if name in needed else "") for name, one in fields.items())
        yield table(("field", "type", "always"), rows)
    else:
        yield kind({key: value for key, value in schema.items() if key != "description"})


def kind(schema: Schema) -> str:
    """Return a JSON schema in a few words, with links to the types of the page."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            return " or ".join(kind(one) for one in schema[key])
    if "const" in schema or "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        return f"list of {kind(schema.get('items', {}))}"
    return str(schema.get("format") or schema.get("type") or "any")
