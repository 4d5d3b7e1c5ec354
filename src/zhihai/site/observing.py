"""Observing (观测): every request and every round of a worker is numbered, timed, counted and logged.

The outermost middleware. What it tells of a request is its number, the name of its route, its method and status and
how long it took: never its address, which may hold a name, nor its query, its body or who asked.
"""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse

from zhihai.site import slow
from zhihai.site.logs import ABOUT
from zhihai.site.measures import measures

logger = logging.getLogger(__name__)

HEADER = "X-Request-ID"
GIVEN = re.compile(r"[0-9A-Za-z._-]{8,64}")
"""A number that a proxy in front may give."""
METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
NOWHERE, STATIC = "none", "static"
MACHINES = ("api:take_readings", "api:take_message", "tile", "clock", "health", "live", "ready", "metrics", STATIC)
"""Routes asked so often that one that went well is logged at ``debug`` only; the counters have it."""
LONG = 1.0
"""Seconds from which any request is worth a line."""


class Observed:
    """Middleware: number, clock and counters around everything else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._next = get_response
        self._measures = measures()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        number = number_of(request)
        request.request_id = number
        about: dict[str, object] = {"request": number}
        token = ABOUT.set(about)
        try:
            with timing_questions(lambda: route_of(request)):
                response = self._next(request)
            response.headers[HEADER] = number
            self._tell(request, response, time.perf_counter() - began)
            return response
        finally:
            ABOUT.reset(token)

    def _tell(self, request: HttpRequest, response: HttpResponse, seconds: float) -> None:
        route, status = route_of(request), response.status_code
        method = request.method if request.method in METHODS else "other"
        self._measures.requests.labels(route, method, status).inc()
        self._measures.seconds.labels(route).observe(seconds)
        refused = getattr(response, "refused", "")
        if refused:
            self._measures.refusals.labels(refused).inc()
        level = logging.ERROR if status >= 500 else logging.INFO
        if status < 400 and seconds < LONG and route in MACHINES:
            level = logging.DEBUG
        if logger.isEnabledFor(level):
            facts = {"route": route, "method": method, "status": status, "ms": round(seconds * 1000, 1)}
            logger.log(level, "request", extra={"facts": facts | ({"refused": refused} if refused else {})})


def number_of(request: HttpRequest) -> str:
    """Return the request's number: the one a proxy of ours gave it, else a new one."""
    given = request.headers.get(HEADER, "") if settings.CONFIG.behind_proxy else ""
    return given if GIVEN.fullmatch(given) else secrets.token_hex(8)


def route_of(request: HttpRequest) -> str:
    """Return the name of the route a request went, ``static`` for files, ``none`` where no route was found."""
    match = request.resolver_match
    if match is None:
        return STATIC if request.path_info.startswith(settings.STATIC_URL) else NOWHERE
    return str(match.view_name or match.route or NOWHERE)


def timing_questions(where: Callable[[], str]) -> AbstractContextManager[None]:
    """Notice questions to the store that take longer than the setting allows, while the block runs."""
    limit = settings.CONFIG.slow_ms / 1000

    def timed(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            seconds = time.perf_counter() - began
            if seconds >= limit:
                note_slow(str(sql), seconds, where())

    return connection.execute_wrapper(timed)


def note_slow(sql: str, seconds: float, where: str) -> None:
    """Count, keep and log one slow question, as it is written in the program: without values."""
    ms = round(seconds * 1000)
    measures().slow.labels("worker" if where.startswith("worker ") else "web").inc()
    slow.note(settings.CONFIG.data, sql, ms, where)
    facts = {"ms": ms, "where": where, "question": " ".join(sql.split())[: slow.LONGEST]}
    logger.warning("slow question", extra={"facts": facts})


@contextmanager
def observing_worker(name: str) -> Iterator[None]:
    """Observe one round of a worker."""
    token = ABOUT.set({"worker": name})
    try:
        with timing_questions(lambda: f"worker {name}"):
            yield
    finally:
        ABOUT.reset(token)


def observed(name: str, run: Callable[[], int]) -> Callable[[], int]:
    """Return ``run`` of a worker as it is observed."""

    def running() -> int:
        with observing_worker(name):
            return run()

    return running
