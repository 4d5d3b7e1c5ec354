"""The description of the API: whole, in one language, and true to what the operations are."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client
from tests.faces.api.conftest import Caller

from zhihai.faces.api.routes import ROUTES

METHODS = ("get", "post")


@pytest.fixture(scope="module")
def described() -> Any:
    answer = Client(SERVER_NAME="localhost").get("/api/openapi.json")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    return json.loads(answer.content)


def operations(described: Any) -> list[tuple[str, str, Any]]:
    return [(method, path, one) for path, item in described["paths"].items() for method, one in item.items()]


def test_every_operation_is_described_once(described: Any) -> None:
    assert described["openapi"].startswith("3.1")
    found = operations(described)
    assert len(found) == len(ROUTES)
    assert len({one["operationId"] for _, _, one in found}) == len(found)
    for method, _, one in found:
        assert method in METHODS
        assert one["summary"]
        assert one["tags"]


def test_every_refusal_is_a_problem(described: Any) -> None:
    for method, path, one in operations(described):
        answers = one["responses"]
        assert {"401", "503"} <= answers.keys()
        assert ("{" in path) <= ("404" in answers)
        assert (method == "post") <= ({"400", "403", "409", "413", "415", "422"} <= answers.keys())
        for status, answer in answers.items():
            is_problem = set(answer.get("content", {})) == {"application/problem+json"}
            assert is_problem is (int(status) >= 400)


def test_who_may_call_is_said(described: Any) -> None:
    schemes = described["components"]["securitySchemes"]
    assert schemes["Token"] == {"type": "http", "scheme": "bearer"}
    assert schemes["Session"]["name"] == "zhihai_session"
    security = {(method, path): one["security"] for method, path, one in operations(described)}
    assert {} in security["get", "/api/areas"]
    assert {} not in security["get", "/api/cases/{number}"]
    assert security["post", "/api/readings"] == [{"Token": []}]


def test_every_reference_leads_somewhere(described: Any) -> None:
    for name in re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(described)):
        assert name in described["components"]["schemas"]


def test_nothing_in_an_address_is_null(described: Any) -> None:
    for _, _, one in operations(described):
        for parameter in one["parameters"]:
            assert {"type": "null"} not in parameter["schema"].get("anyOf", ())


@pytest.mark.parametrize("asked", ["zh-CN", "en"])
def test_the_description_is_in_english_whoever_asks(asked: str, described: Any, client: Client) -> None:
    told = client.get("/api/openapi.json", headers={"Accept-Language": asked})
    assert json.loads(told.content) == described
    assert described["info"]["title"] == "Zhihai API"
    assert described["info"]["description"].isascii()


@pytest.mark.usefixtures("district")
def test_a_problem_leads_to_its_sort(nobody: Caller) -> None:
    told = json.loads(nobody.get("/api/nothing").content)
    assert nobody.get(told["type"]).status_code == 200
