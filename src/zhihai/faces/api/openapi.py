"""The description of the API (OpenAPI 3.1), made from its operations; every refusal it may answer stands in it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.openapi.schema import REF_TEMPLATE, OpenAPISchema
from ninja.operation import Operation
from ninja.renderers import BaseRenderer
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode

import zhihai
from zhihai.faces.api.access import anybody, nobody
from zhihai.faces.api.bodies import JsonParser
from zhihai.faces.api.problems import MEDIA, Problem, refuse
from zhihai.faces.api.sent import SentReading
from zhihai.kernel import house

SCHEMES = {
    "Token": {"type": "http", "scheme": "bearer"},
    "Session": {"type": "apiKey", "in": "cookie", "name": ""},
}
READING = {"$ref": REF_TEMPLATE.format(model=SentReading.__name__)}
HEADERS = {
    401: {"WWW-Authenticate": {"schema": {"type": "string"}}},
    503: {"Retry-After": {"schema": {"type": "integer"}}},
}
PHRASES = {
    400: "Unreadable", 401: "Not signed in", 403: "Not permitted", 404: "Not found", 409: "Conflict",
    413: "Content too large", 415: "Unsupported media type", 422: "Not acceptable", 503: "Store away",
}  # fmt: skip


class Renderer(BaseRenderer):
    """Writes answers as JSON: instants in RFC 3339, to the microsecond."""

    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        """Return the answer's bytes."""
        return msgspec.json.encode(data)


def _refuse(request: HttpRequest, fault: Exception | type[Exception]) -> HttpResponse:
    return refuse(request, fault if isinstance(fault, Exception) else fault())


class Description(OpenAPISchema):
    """The description as a dictionary."""

    def operation_security(self, operation: Operation) -> list[dict[str, Any]]:
        """Say who may call: all, those with a token or session, senders with a token."""
        callbacks = operation.auth_callbacks
        if anybody in callbacks:
            return [{}, {"Token": []}, {"Session": []}]
        return [{"Token": []}, {"Session": []}] if nobody in callbacks else [{"Token": []}]

    def operation_parameters(self, operation: Operation) -> list[dict[str, Any]]:
        """Say of a parameter that may be left out only what it may be: nothing in an address is ``null``."""
        parameters: list[dict[str, Any]] = super().operation_parameters(operation)
        for parameter in parameters:
            parameter["schema"] = _without_null(parameter["schema"])
        return parameters

    def responses(self, operation: Operation) -> dict[int, Any]:
        """Add the refusals that an operation may answer with."""
        answers: dict[int, Any] = super().responses(operation)
        for status in refusals_of(operation):
            content = {MEDIA: {"schema": {"$ref": REF_TEMPLATE.format(model=Problem.__name__)}}}
            answers[status] = {"description": PHRASES[status], "content": content}
            if status in HEADERS:
                answers[status]["headers"] = HEADERS[status]
        return answers

    def get_components(self) -> dict[str, Any]:
        """Add what no operation's own types name: problems, readings as sent, and how to sign in."""
        for model in (Problem, SentReading):
            self.add_schema_definitions(_definitions(model))
        session = {**SCHEMES["Session"], "name": settings.SESSION_COOKIE_NAME}
        return {"schemas": self.schemas, "securitySchemes": {**SCHEMES, "Session": session}}


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    sorts = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    return {**rest, **sorts[0]} if len(sorts) == 1 else schema


def _definitions(model: type[BaseModel]) -> dict[str, Any]:
    mode: JsonSchemaMode = "serialization" if model is Problem else "validation"
    schema = model.model_json_schema(ref_template=REF_TEMPLATE, mode=mode)
    return {**schema.pop("$defs", {}), model.__name__: schema}


def refusals_of(operation: Operation) -> list[int]:
    """Return the statuses of the refusals that an operation may answer with."""
    asked = bool(operation.models) or operation.openapi_extra is not None
    writes = "POST" in operation.methods
    named = {
        400: writes, 401: True, 403: anybody not in operation.auth_callbacks, 404: "{" in operation.path or asked,
        409: writes, 413: writes, 415: writes, 422: asked or writes, 503: True,
    }  # fmt: skip
    return [status for status, may in named.items() if may]


class Api(NinjaAPI):
    """The operations, answering every fault as a problem."""

    def __init__(self) -> None:
        super().__init__(
            title="zhihai", version=zhihai.__version__, openapi_url=None, docs_url=None, urls_namespace="api",
            renderer=Renderer(), parser=JsonParser(),
        )  # fmt: skip

    def get_content_type(self) -> str:
        """Return the media type of answers; JSON has no charset (RFC 8259)."""
        return str(self.renderer.media_type)

    def set_default_exception_handlers(self) -> None:
        """Let one function answer all faults."""
        self.add_exception_handler(Exception, _refuse)

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """Name an operation by its view, which has a name of its own."""
        return str(operation.view_func.__name__)

    def described(self) -> Mapping[str, Any]:
        """Return the description of the API: in English throughout, as its operations and types are described."""
        told = Description(self, "/api/")
        words = house.words()
        told["info"] = {
            "title": words.say("api.document.title", "en"), "version": self.version,
            "description": words.say("api.document.what", "en"),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        }  # fmt: skip
        told["servers"] = [{"url": "/"}]
        return told


@lru_cache(maxsize=1)
def document(api: Api) -> bytes:
    """Return the description as it is answered; it does not change while a process lives."""
    return msgspec.json.encode(msgspec.to_builtins(dict(api.described()), str_keys=True))
