"""The API fuzzed from its own description: whatever comes, no 5xx, and answers that are what the description says.

Bounded for `make test`; `make long` runs more, as many for each operation as ``FUZZ_EXAMPLES`` says.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.faces.api.conftest import AT, hear, open_inspection, reading

from zhihai.faces.api.senders import SENDERS
from zhihai.faces.api.sent import readings_of
from zhihai.ground.actors import SYSTEM
from zhihai.ground.named import Named
from zhihai.kernel.exchange import acts as exchange
from zhihai.kernel.identity import acts as identity
from zhihai.kernel.identity import reads as identities
from zhihai.kernel.indicators import acts as indicators
from zhihai.kernel.places import reads as places
from zhihai.kernel.sensing import acts as sensing
from zhihai.site.wsgi import application

FEWEST, FEW, MANY = 2, 8, int(os.environ.get("FUZZ_EXAMPLES", "400"))
CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
    response_schema_conformance, allow_header_conformance,
]  # fmt: skip
KNOWN = {
    "code": "east-air", "quantity": "pm25", "dataset": "air.hourly", "figure": "air.data_completeness",
    "rule": "air.heavy_pollution",
    "starts": "2014-02-01", "notice": 1, "task": 1, "number": "LS-2014-KQ-000001",
}  # fmt: skip
"""What there is in the district: every second address leads to it."""
ROLES = ("operator", "dispatcher", "inspector", "supervisor", "device")
SCHEMA = schemathesis.openapi.from_wsgi("/api/openapi.json", application)
FEATURES = schemathesis.openapi.from_wsgi("/ogc/api", application)


def bounded(examples: int) -> settings:
    return settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))


def call(case: Any, **headers: str) -> None:
    """Send a case, every second time to something that is there, and check the answer."""
    for name, value in (case.path_parameters or {}).items():
        if name in KNOWN and len(str(value)) % 2 == 0:
            case.path_parameters[name] = KNOWN[name]
    if isinstance(case.body, dict) and len(str(case.body.get("device"))) % 2 == 0:
        case.body["device"] = KNOWN["code"]
    case.call_and_validate(checks=CHECKS, headers=headers)


@pytest.fixture(scope="module")
def all_powers(store: Any, lakeside: str) -> Iterator[str]:
    """The token of an account that may do everything, in a district where something is going on."""
    with store.copy(lakeside):
        district = identities.organisation_by_code("990101")
        owner = identities.organisation_by_code("990101-environment").id
        account = identity.create_account(SYSTEM, "all-powers", Named("全权账号", "All powers"), at=AT)
        for role in ROLES:
            area = places.area_by_code("990101").id
            identity.grant_role(SYSTEM, account, f"zhihai.{role}", district.id, area, at=AT)
        exchange.connect(SYSTEM, "all-powers", account, owner, "synthetic", at=AT)
        sensing.declare_resources(SYSTEM, {"environment": owner}, at=AT)
        token = identity.issue_token(SYSTEM, account, at=AT, at_machine=datetime.now(UTC))
        sender = SENDERS.find(token, lambda: AT)
        readings = [one for hour in range(1, 30) for one in (reading(400.0, hour=hour), reading(-1, hour=hour))]
        take_in(sender, readings)
        open_inspection(0)
        hear()
        indicators.compute(at=AT, at_machine=datetime.now(UTC), rest=timedelta(0))
        yield token


def take_in(sender: Any, given: list[Any]) -> None:
    """Take readings in."""
    sensing.take_in(
        sender.actor, sender.connector, json.dumps(given).encode(), "application/json", None, readings_of, at=AT,
        at_machine=datetime.now(UTC),
    )  # fmt: skip


@SCHEMA.parametrize()
@bounded(FEW)
def test_whoever_may_do_everything_breaks_nothing(case: Any, all_powers: str) -> None:
    call(case, Authorization=f"Bearer {all_powers}")


@SCHEMA.parametrize()
@bounded(FEWEST)
def test_whoever_may_do_nothing_breaks_nothing(case: Any, all_powers: str) -> None:
    call(case)


@FEATURES.parametrize()
@bounded(FEW)
def test_clients_of_features_break_nothing(case: Any, all_powers: str) -> None:
    call(case)


@pytest.mark.long
@SCHEMA.parametrize()
@bounded(MANY)
def test_in_the_long_run_nothing_breaks(case: Any, all_powers: str) -> None:
    call(case, Authorization=f"Bearer {all_powers}")
