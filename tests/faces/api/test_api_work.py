"""Work by the API: cases within one's powers, rules tried, quarantine decided, notices read; and who may not."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client
from tests.faces.api.conftest import AT, Caller, hear, problem, reading

from zhihai.kernel.identity.account import Account


def told(answer: Any) -> Any:
    assert answer.status_code == 200, answer.content
    return json.loads(answer.content)


def step(number: str, task: int) -> str:
    return f"/api/cases/{number}/tasks/{task}/step"


def open_task(who: Caller, number: str) -> int:
    (task,) = [task for task in told(who.get(f"/api/cases/{number}"))["tasks"] if task["state"] == "open"]
    return int(task["id"])


def test_the_inbox_shows_ones_own_tasks_and_the_rest_on_request(caller: Callable[..., Caller], case: str) -> None:
    (line,) = told(caller("dispatcher").get("/api/inbox"))["rows"]
    assert (line["number"], line["step"]) == (case, "dispatch")
    assert "East Shore air station" in line["title"]
    assert line["clock"]["due"] is not None
    assert told(caller("inspector").get("/api/inbox"))["rows"] == []
    assert [one["number"] for one in told(caller("leader").get("/api/inbox?mine=false"))["rows"]] == [case]
    assert told(caller("dispatcher").get("/api/inbox?area=990101002"))["rows"] == []
    assert told(caller("dispatcher").get("/api/inbox?due_before=2014-02-17T00:00:00Z"))["rows"] == []


def test_pages_of_the_inbox_meet_without_a_gap(
    caller: Callable[..., Caller], make_cases: Callable[[int], set[str]]
) -> None:
    numbers, who = make_cases(7), caller("dispatcher")
    seen, after = [], ""
    while True:
        page = told(who.get(f"/api/inbox?limit=3{after}"))
        seen.extend(row["number"] for row in page["rows"])
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert len(seen) == 7
    assert set(seen) == numbers
    problem(who.get("/api/inbox?after=%C2%B2-1"), 422)


def test_a_case_explains_its_clocks_in_both_languages(caller: Callable[..., Caller], case: str) -> None:
    who = caller("dispatcher")
    shown = told(who.get(f"/api/cases/{case}"))
    assert shown["kind"] == "air.inspection"
    (clock,) = shown["clocks"]
    assert clock["name"] == "whole"
    assert clock["confirmed"] is False
    assert all(sentence.isascii() or "–" in sentence or "“" in sentence for sentence in clock["derivation"])
    chinese = told(who.get(f"/api/cases/{case}", Accept_Language="zh"))
    assert any("工作日" in sentence for sentence in chinese["clocks"][0]["derivation"])
    assert [one["id"] for one in shown["tasks"][0]["outcomes"]] == ["send", "dismiss"]


@pytest.mark.parametrize("username", ["street-west", "reader", "operator"])
@pytest.mark.parametrize("tail", ["", "/history", "/process.bpmn"])
def test_a_case_out_of_sight_is_answered_as_none(
    caller: Callable[..., Caller], case: str, username: str, tail: str
) -> None:
    there, not_there = (problem(caller(username).get(f"/api/cases/{n}{tail}"), 404) for n in (case, "LS-2014-KQ-999"))
    assert {**there, "instance": ""} == {**not_there, "instance": ""}


def test_another_streets_case_can_not_be_worked_on(caller: Callable[..., Caller], case: str) -> None:
    task = open_task(caller("dispatcher"), case)
    problem(caller("street-west").post(step(case, task), {"outcome": "send"}), 404)
    assert problem(caller("leader").post(step(case, task), {"outcome": "send"}), 403)["type"].endswith("not_your_task")
    assert open_task(caller("dispatcher"), case) == task


def test_a_step_is_taken_once_and_journalled(caller: Callable[..., Caller], case: str) -> None:
    who = caller("dispatcher")
    task = open_task(who, case)
    after = told(who.post(step(case, task), {"outcome": "send", "note": "二级响应", "evidence": {"photos": 2}}))
    done, opened = after["tasks"]
    assert (done["state"], done["outcome"], done["note"]) == ("done", "send", "二级响应")
    assert done["evidence"] == {"photos": 2}
    assert (opened["state"], opened["step"]) == ("open", "inspect")
    assert {clock["name"] for clock in after["clocks"]} == {"whole", "on_site"}
    problem(who.post(step(case, task), {"outcome": "send"}), 409)
    events = told(who.get(f"/api/cases/{case}/history"))["events"]
    assert len(events) == 2
    assert events[0]["note"] == "二级响应"
    assert (events[0]["sort"], events[1]["sort"]) == ("person", "system")


@pytest.mark.parametrize(
    ("given", "status", "field"),
    [
        ({}, 422, "outcome"),
        ({"outcome": "fly"}, 422, "outcome"),
        ({"outcome": "dismiss"}, 422, "note"),
        ({"outcome": "send", "notes": "x"}, 422, "notes"),
        ({"outcome": "send", "note": "x" * 4001}, 422, "note"),
        ({"outcome": "send", "note": "\x00"}, 422, "note"),
        ({"outcome": "send", "evidence": {"a": [1]}}, 422, None),
        ([1], 422, None),
        (b"{", 400, None),
        (b'{"outcome": NaN}', 400, None),
    ],
)
def test_a_step_that_is_not_right_changes_nothing(
    caller: Callable[..., Caller], case: str, given: Any, status: int, field: str | None
) -> None:
    who = caller("dispatcher")
    task = open_task(who, case)
    found = problem(who.post(step(case, task), given), status)
    if field is not None:
        assert [one["field"] for one in found["errors"]] == [field]
    assert open_task(who, case) == task


def test_a_step_of_no_task_or_another_content_type(caller: Callable[..., Caller], case: str) -> None:
    who = caller("dispatcher")
    assert problem(who.post(step(case, 10**6), {"outcome": "send"}), 404)["type"] == "/api/problems/no_task"
    problem(who.post(step(case, 2**70), {"outcome": "send"}), 422)
    problem(who.post(step(case, 1), {"outcome": "send"}, content_type="text/plain"), 415)


def test_the_process_is_given_as_bpmn(caller: Callable[..., Caller], case: str) -> None:
    answer = caller("dispatcher").get(f"/api/cases/{case}/process.bpmn")
    assert answer.headers["Content-Type"] == "application/xml"
    root = ElementTree.fromstring(answer.content)
    assert root.tag == "{http://www.omg.org/spec/BPMN/20100524/MODEL}definitions"


def test_a_browsers_session_reads_and_writes_only_with_the_csrf_token(
    sign_in: Callable[[str], Client], caller: Callable[..., Caller], case: str
) -> None:
    task = open_task(caller("dispatcher"), case)
    browser = sign_in("dispatcher")
    assert told(browser.get("/api/me"))["name"]["en"] == "Dispatcher A"
    strict = Client(SERVER_NAME="localhost", enforce_csrf_checks=True)
    strict.cookies = browser.cookies
    bare = strict.post(step(case, task), json.dumps({"outcome": "send"}), content_type="application/json")
    assert problem(bare, 403)["type"] == "/api/problems/csrf"
    strict.cookies["csrftoken"] = token = "a" * 32
    good = strict.post(
        step(case, task),
        json.dumps({"outcome": "send"}),
        content_type="application/json",
        headers={"X-CSRFToken": token},
    )
    assert good.status_code == 200


def test_a_session_that_ended_is_told_so(sign_in: Callable[[str], Client]) -> None:
    browser = sign_in("dispatcher")
    browser.session.flush()
    assert problem(browser.get("/api/me"), 401)["type"] == "/api/problems/session_expired"


def test_a_token_may_hold_less_than_its_account(caller: Callable[..., Caller], case: str) -> None:
    whole = told(caller("dispatcher").get("/api/me"))
    less = caller("dispatcher", powers=["case.see"])
    assert told(less.get("/api/me"))["powers"] == ["case.see"]
    assert "case.work" in whole["powers"]
    problem(less.post(step(case, open_task(caller("dispatcher"), case)), {"outcome": "send"}), 403)


def test_an_expired_token_is_refused(caller: Callable[..., Caller], expire: Callable[[], None]) -> None:
    who = caller("dispatcher")
    expire()
    problem(who.get("/api/me"), 401)


def test_an_account_switched_off_is_nobody(
    caller: Callable[..., Caller], sign_in: Callable[[str], Client], district: str
) -> None:
    who, browser = caller("dispatcher"), sign_in("dispatcher")
    Account.objects.filter(username="dispatcher").update(is_active=False)
    problem(who.get("/api/me"), 401)
    problem(browser.get("/api/me"), 401)


def test_rules_are_tried_on_history_and_write_nothing(
    caller: Callable[..., Caller], stations: Caller, smog: Callable[[], None]
) -> None:
    smog()
    supervisor = caller("supervisor")
    rule = told(supervisor.get("/api/rules/air.heavy_pollution"))
    assert {one["id"] for one in rule["thresholds"]} == {"index", "opens_after", "closes_after", "gap"}
    span = {"device": "east-air", "start": "2014-02-14T00:00:00Z", "end": "2014-02-16T16:00:00Z"}
    found = told(supervisor.post("/api/rules/air.heavy_pollution/trial", span))
    assert len(found["episodes"]) == 1
    none = told(supervisor.post("/api/rules/air.heavy_pollution/trial", {**span, "limits": {"index": 499}}))
    assert none["episodes"] == []
    assert none["limits"]["index"] == 499
    assert told(supervisor.get("/api/rules"))["rows"][0]["name"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"device": "east-weather"}, "device"),
        ({"end": "2014-02-01T00:00:00Z"}, "end"),
        ({"start": "1999-01-01T00:00:00Z"}, "end"),
        ({"limits": {"fog": 1}}, "limits.fog"),
        ({"limits": {"index": 1e300}}, "limits.index"),
        ({"start": "2014-02-14T00:00:00"}, "start"),
    ],
)
def test_a_trial_that_is_not_right(caller: Callable[..., Caller], change: dict[str, Any], field: str) -> None:
    span = {"device": "east-air", "start": "2014-02-14T00:00:00Z", "end": "2014-02-16T16:00:00Z", **change}
    found = problem(caller("supervisor").post("/api/rules/air.heavy_pollution/trial", span), 422)
    assert [one["field"] for one in found["errors"]] == [field]


def test_findings_are_listed_by_device_rule_and_whether_they_last(
    caller: Callable[..., Caller], smog: Callable[[], None]
) -> None:
    smog()
    hear()
    who = caller("leader")
    (one,) = told(who.get("/api/findings?rule=air.heavy_pollution"))["rows"]
    assert (one["device"], one["closed"]) == ("east-air", None)
    assert one["text"]
    assert told(who.get("/api/findings?open=true&device=east-air"))["rows"][0]["id"] == one["id"]
    assert told(who.get("/api/findings?device=east-weather"))["rows"] == []
    assert told(who.get(f"/api/findings?after={one['id']}&rule=air.heavy_pollution"))["rows"] == []
    problem(who.get("/api/findings?device=none"), 404)


def test_quarantine_is_read_released_and_discarded(caller: Callable[..., Caller], stations: Caller) -> None:
    stations.post("/api/readings", [reading(2000, hour=1), reading(-3, hour=2), reading(1, hour=3, device="ghost")])
    operator = caller("operator")
    shown = told(operator.get("/api/quarantine"))["rows"]
    reasons = {one["reason"]: one["id"] for one in shown}
    assert reasons.keys() == {"out_of_range", "unknown_device"}
    high, low = (next(o["id"] for o in shown if o["reading"]["value"] == value) for value in (2000, -3))
    decision = {"ids": [high], "note": "核对原始记录,确为此值"}
    assert told(operator.post("/api/quarantine/release", decision)) == {"decided": 1}
    assert told(operator.post("/api/quarantine/discard", {"ids": [low], "note": "test"})) == {"decided": 1}
    problem(operator.post("/api/quarantine/release", decision), 409)
    ghost = operator.post("/api/quarantine/release", {"ids": [reasons["unknown_device"]], "note": "x"})
    assert problem(ghost, 422)["type"] == "/api/problems/quarantine_not_mended"
    assert [one["id"] for one in told(operator.get("/api/quarantine"))["rows"]] == [reasons["unknown_device"]]
    assert {one["state"] for one in told(operator.get("/api/quarantine?state=all"))["rows"]} == {
        "open", "released", "discarded",
    }  # fmt: skip
    latest = told(operator.get("/api/devices/east-air/latest"))["values"][0]
    assert (latest["value"], latest["flags"]) == (2000.0, 16)


@pytest.mark.parametrize(
    ("address", "given"),
    [
        ("/api/rules", None), ("/api/quarantine", None), ("/api/findings", None),
        ("/api/quarantine/release", {"ids": [1], "note": "x"}), ("/api/quarantine/discard", {"ids": [1], "note": "x"}),
        ("/api/rules/air.heavy_pollution/trial", {"device": "x", "start": AT.isoformat(), "end": AT.isoformat()}),
    ],
)  # fmt: skip
def test_who_lacks_the_power_is_told_so(caller: Callable[..., Caller], address: str, given: Any) -> None:
    who = caller("stations")
    answer = who.get(address) if given is None else who.post(address, given)
    assert problem(answer, 403)["type"] == "/api/problems/not_permitted"


def test_notices_are_ones_own(caller: Callable[..., Caller], case: str) -> None:
    hear()
    who, other = caller("dispatcher"), caller("inspector")
    (notice,) = told(who.get("/api/notices"))["rows"]
    assert case in notice["text"]
    assert notice["read_at"] is None
    problem(other.post(f"/api/notices/{notice['id']}/read", {}), 404)
    told(who.post(f"/api/notices/{notice['id']}/read", b"", content_type="application/json"))
    assert told(who.get("/api/notices"))["rows"][0]["read_at"] is not None
    assert told(other.get("/api/notices"))["rows"] == []


@pytest.mark.parametrize(
    "address",
    ["/api/inbox?mine=false", "/api/cases/{case}", "/api/devices", "/api/figures", "/api/quarantine", "/api/rules"],
)
def test_an_answer_takes_at_most_ten_questions(
    caller: Callable[..., Caller], make_cases: Callable[[int], set[str]], questions: Callable[[], Any], address: str
) -> None:
    number = min(make_cases(5))
    who = caller("leader") if "case" in address or "inbox" in address else caller("operator")
    with questions() as asked:
        assert who.get(address.format(case=number)).status_code == 200
    assert len(asked) <= 10, asked


@pytest.mark.parametrize("value", [-1e6, -0.5, 0.0, 0.5, 1e6])
def test_a_threshold_is_judged_by_or_refused_by_name(
    caller: Callable[..., Caller], smog: Callable[[], None], value: float
) -> None:
    smog()
    who = caller("supervisor")
    devices = {one["kind"]: one["code"] for one in told(who.get("/api/devices"))["rows"]}
    for rule in told(who.get("/api/rules"))["rows"]:
        span = {"device": devices[rule["device_kind"]], "start": "2014-02-15T00:00:00Z", "end": "2014-02-16T16:00:00Z"}
        limits = {one["id"]: value for one in rule["thresholds"]}
        answer = who.post(f"/api/rules/{rule['name']}/trial", {**span, "limits": limits})
        if answer.status_code != 200:
            assert problem(answer, 422)["errors"][0]["field"].startswith("limits.")
