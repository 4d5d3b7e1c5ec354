"""What people see when something could not be done: a page that says so in their language, nothing of the inside."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import SuspiciousOperation
from django.db import OperationalError, connection
from django.http import Http404, HttpRequest
from django.test import Client, RequestFactory

from zhihai.faces import refusals
from zhihai.faces.request import Reader
from zhihai.ground.refusal import Conflict, NotFound, NotPermitted
from zhihai.kernel.identity.account import Account

SECRET = "Key (name)=(somebody) already exists"


@pytest.fixture
def request_(district: str) -> Any:
    """A request of nobody in English, as the middleware hands it on."""
    return asked(RequestFactory(headers={"Accept-Language": "en"}).get("/desk/", SERVER_NAME="localhost"))


def asked(request: HttpRequest) -> Any:
    request.user = AnonymousUser()
    Reader(lambda _: None)(request)  # type: ignore[arg-type, return-value]
    return request


@contextmanager
def no_store() -> Iterator[None]:
    """Let every question to the store fail, as when it has gone away."""

    def fail(*_: object) -> None:
        raise OperationalError("connection refused: password=secret")

    with connection.execute_wrapper(fail):
        yield


@pytest.mark.parametrize(
    ("fault", "status", "part"),
    [
        (NotFound("no_case"), 404, "no such case"),
        (NotPermitted(), 403, "power"),
        (Conflict("task_done"), 409, "Reload"),
    ],
)
def test_a_refusal_is_a_page_that_says_what_to_do(request_: Any, fault: Exception, status: int, part: str) -> None:
    page = refusals.Refusals(lambda _: None).process_exception(request_, fault)  # type: ignore[arg-type, return-value]
    assert page is not None
    assert page.status_code == status
    assert part in page.content.decode()


@pytest.mark.parametrize(
    ("fault", "heading"),
    [
        (NotFound("no_case"), "Not found"),
        (NotPermitted(), "Permission needed"),
        (NotPermitted("csrf"), "This could not be done"),
        (Conflict("task_done"), "This could not be done"),
    ],
)
def test_a_refusal_is_headed_by_what_it_is(request_: Any, fault: Exception, heading: str) -> None:
    page = refusals.Refusals(lambda _: None).process_exception(request_, fault)  # type: ignore[arg-type, return-value]
    assert page is not None
    said = page.content.decode()
    assert f"<h1>{heading}</h1>" in said
    assert f"<title>{heading} · Zhihai</title>" in said


def test_faults_that_django_answers_are_left_to_it(request_: Any) -> None:
    middleware = refusals.Refusals(lambda _: None)  # type: ignore[arg-type, return-value]
    for fault in (Http404(), SuspiciousOperation()):
        assert middleware.process_exception(request_, fault) is None


def test_a_defect_tells_a_number_and_logs_nothing_personal(request_: Any, caplog: pytest.LogCaptureFixture) -> None:
    try:
        raise ValueError(SECRET)
    except ValueError as fault:
        page = refusals.Refusals(lambda _: None).process_exception(request_, fault)  # type: ignore[arg-type, return-value]
    assert page is not None
    assert page.status_code == 500
    (line,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    number = line.split()[1].rstrip(":")
    assert number in page.content.decode()
    assert "ValueError" in line
    assert SECRET not in caplog.text
    assert SECRET not in page.content.decode()


def test_without_the_store_there_is_still_a_page(request_: Any) -> None:
    with no_store():
        page = refusals.Refusals(lambda _: None).process_exception(request_, OperationalError("secret"))  # type: ignore[arg-type, return-value]
        assert page is not None
        assert page.status_code == 503
        assert "database" in page.content.decode()
        assert "secret" not in page.content.decode()
        assert refusals.page_of(request_, NotFound("no_case")).status_code in (404, 503)


def test_a_fault_outside_views_has_a_page_too(district: str) -> None:
    bare = RequestFactory().get("/", SERVER_NAME="localhost")
    assert refusals.failed(bare).status_code == 500
    with no_store():
        try:
            connection.cursor().execute("SELECT 1")
        except OperationalError:
            assert refusals.failed(RequestFactory().get("/", SERVER_NAME="localhost")).status_code == 503


@pytest.mark.parametrize(
    ("page", "status", "part"),
    [
        (lambda request: refusals.no_page(request, Http404()), 404, "no such address"),
        (lambda request: refusals.not_permitted(request, Exception()), 403, "power"),
        (refusals.csrf_failed, 403, "Reload the page"),
        (lambda request: refusals.unreadable(request, SuspiciousOperation("x")), 400, "body"),
    ],
)
def test_djangos_own_answers_are_pages_of_ours(request_: Any, page: Any, status: int, part: str) -> None:
    answer = page(request_)
    assert answer.status_code == status
    assert part in answer.content.decode()


@pytest.mark.parametrize("address", ["/api/me", "/ogc/", "/tiles/areas/1/0/0.mvt", "/clock", "/health"])
def test_a_machine_is_answered_with_a_problem(address: str) -> None:
    answer = Client(SERVER_NAME="not-ours.example").get(address)
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert refusals.csrf_failed(RequestFactory().get(address)).headers["Content-Type"] == "application/problem+json"


def test_the_site_answers_a_case_there_is_not_with_such_a_page(district: str) -> None:
    client = Client(SERVER_NAME="localhost", headers={"Accept-Language": "zh-CN"})
    client.force_login(Account.objects.get(username="dispatcher"), "zhihai.faces.signing.SigningIn")
    answer = client.get("/desk/cases/LS-2014-KQ-999999")
    assert answer.status_code == 404
    assert "没有这个案件" in answer.content.decode()
