"""Every operation of the API: method, address, function, what it answers, and who may call it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import getdoc
from typing import Any

from zhihai.faces.api import areas, cases, datasets, devices, figures, intake, own, quarantine, rules, sorts
from zhihai.faces.api.access import PUBLIC, SIGNED, Callback
from zhihai.faces.api.dossiers import CaseOut
from zhihai.faces.api.openapi import READING, Api

TEXT = {"schema": {"type": "string"}}
KEY_HEADER = {
    "in": "header", "name": "Idempotency-Key", "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[\\x20-\\x7e]+$"},
}  # fmt: skip
READINGS = {
    "parameters": [KEY_HEADER],
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"oneOf": [READING, {"type": "array", "items": READING, "minItems": 1, "maxItems": 10_000}]}
            }
        },
    },
}
MESSAGE = {
    "parameters": [KEY_HEADER],
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    },
}
TABLE = {"responses": {200: {"content": {"text/csv": TEXT}}}}
XML = {"responses": {200: {"content": {"application/xml": TEXT}}}}


@dataclass(frozen=True, slots=True)
class Route:
    """One operation. ``answers`` is the type of what it answers, by status where there are several."""

    method: str
    path: str
    view: Callable[..., object]
    answers: Any
    access: tuple[Callback, ...]
    extra: Mapping[str, Any] | None = None


TAKEN = {201: intake.Taken, 200: intake.Taken}
SENDS = (intake.sending,)

ROUTES: tuple[Route, ...] = (
    Route("POST", "/readings", intake.take_readings, TAKEN, SENDS, READINGS),
    Route("POST", "/devices/{code}/message", intake.take_message, TAKEN, SENDS, MESSAGE),
    Route("GET", "/devices", devices.list_devices, devices.DevicePage, PUBLIC),
    Route("GET", "/devices/{code}", devices.get_device, devices.DeviceOut, PUBLIC),
    Route("GET", "/devices/{code}/latest", devices.get_latest, devices.LatestOfDevice, PUBLIC),
    Route("GET", "/devices/{code}/observations/{quantity}", devices.list_observations, devices.ObservationPage, PUBLIC),
    Route("GET", "/datasets", datasets.list_datasets, datasets.DatasetList, PUBLIC),
    Route("GET", "/datasets/{dataset}", datasets.get_dataset, datasets.DatasetWhole, PUBLIC),
    Route("GET", "/datasets/{dataset}/rows", datasets.list_rows, datasets.RowPage, PUBLIC, TABLE),
    Route("GET", "/figures", figures.list_figures, figures.FigureList, PUBLIC),
    Route("GET", "/figures/{figure}", figures.list_history, figures.FigureList, PUBLIC),
    Route("GET", "/figures/{figure}/{starts}", figures.get_lineage, figures.LineageOut, PUBLIC),
    Route("GET", "/targets", figures.list_targets, figures.TargetList, PUBLIC),
    Route("GET", "/areas", areas.list_areas, areas.AreaPage, PUBLIC),
    Route("GET", "/areas/{code}", areas.get_area, areas.AreaOut, PUBLIC),
    Route("GET", "/locate", areas.locate, areas.Located, PUBLIC),
    Route("GET", "/problems/{code}", sorts.get_problem_sort, sorts.ProblemSort, PUBLIC),
    Route("GET", "/inbox", cases.list_inbox, cases.TaskPage, SIGNED),
    Route("GET", "/cases/{number}", cases.get_case, CaseOut, SIGNED),
    Route("GET", "/cases/{number}/history", cases.get_history, cases.History, SIGNED),
    Route("GET", "/cases/{number}/process.bpmn", cases.get_process, None, SIGNED, XML),
    Route("POST", "/cases/{number}/tasks/{task}/step", cases.take_step, CaseOut, SIGNED),
    Route("GET", "/rules", rules.list_rules, rules.RuleList, SIGNED),
    Route("GET", "/rules/{rule}", rules.get_rule, rules.RuleOut, SIGNED),
    Route("POST", "/rules/{rule}/trial", rules.try_rule, rules.TrialOut, SIGNED),
    Route("GET", "/findings", rules.list_findings, rules.FindingPage, SIGNED),
    Route("GET", "/quarantine", quarantine.list_quarantine, quarantine.QuarantinePage, SIGNED),
    Route("POST", "/quarantine/release", quarantine.release, quarantine.DecisionOut, SIGNED),
    Route("POST", "/quarantine/discard", quarantine.discard, quarantine.DecisionOut, SIGNED),
    Route("GET", "/notices", own.list_notices, own.NoticePage, SIGNED),
    Route("POST", "/notices/{notice}/read", own.read_notice, own.Read, SIGNED),
    Route("GET", "/me", own.get_me, own.Me, SIGNED),
)


def build_api() -> Api:
    """Return the API with all its operations."""
    api = Api()
    for route in ROUTES:
        summary, _, rest = (getdoc(route.view) or "").partition("\n")
        api.default_router.add_api_operation(
            route.path, [route.method], route.view, auth=list(route.access), response=route.answers,
            operation_id=route.view.__name__, summary=summary.removesuffix("."), description=" ".join(rest.split()),
            tags=[route.path.split("/")[1]], openapi_extra=dict(route.extra) if route.extra else None,
        )  # fmt: skip
    return api
