"""Health (健康): whether the platform works, for a load balancer, for a monitor, and for a person.

``/health/live`` says that this process answers and asks nobody; ``/health/ready`` that it can serve; ``/health`` tells
the whole state, as a page to a browser and as JSON to everybody else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers, patch_vary_headers

import zhihai
from zhihai.faces.desk.frame import plain_shell
from zhihai.faces.naming import telling
from zhihai.faces.refusals import without_store
from zhihai.ground.refusal import Refused
from zhihai.site.demonstration import reference_head

LATE_SECONDS = 60.0
"""A worker further behind than this, or all of them run by nobody for so long, makes the state ``behind``."""
JSON, HTML = "application/json", "text/html"
AWAY = "database_away"

WORKERS = """
SELECT name, behind, failures, failure IS NOT NULL, lease_until > clock_timestamp(),
       extract(epoch FROM clock_timestamp() - ran_at)::float8,
       extract(epoch FROM clock_timestamp() - lease_until)::float8
FROM worker ORDER BY name
"""
DISTRICT = "SELECT code, mode, zh_now(), speed, provenance FROM district"

Trouble = Literal["failing", "late", "away"]


@dataclass(frozen=True, slots=True)
class WorkerLine:
    """A worker as the page tells it: what is wrong with it, if anything."""

    name: str
    behind_seconds: float
    ran_seconds_ago: float | None
    trouble: Trouble | None


def living(request: HttpRequest) -> HttpResponse:
    """Say that this process answers. It asks neither the database nor anything else: nothing else makes it fail."""
    return JsonResponse({"state": "live", "version": zhihai.__version__})


def serving(request: HttpRequest) -> HttpResponse:
    """Say whether this process can serve: 200 when the database answers and holds a district.

    ``writes`` is false where the database is a replica: what anyone may read is served, and nothing is taken in.

    Raises ``Refused`` (503) ``no_district``; a database that is away is a 503 as everywhere. Background work that is
    late does not count here: to send requests elsewhere would not help it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM district), NOT pg_is_in_recovery()")
        there, writes = cursor.fetchone()
        if not there:
            raise Refused("no_district", status=503)
    return JsonResponse({"state": "ready", "writes": writes, "version": zhihai.__version__})


def health(request: HttpRequest) -> HttpResponseBase:
    """Answer 200 with ``state`` ``ok``, ``warming`` or ``behind``, or 503 with ``state`` ``database_away``.

    ``warming``: the demonstration still plays the history before its begin, as fast as it goes; pages answer, and what
    they show is not yet what it will be. ``clock`` then says in ``begins`` up to where that goes. ``provenance`` says
    whether the district is real or synthetic.
    ``workers`` gives for each worker how many seconds of work it is behind, how long ago it ran, how often it failed,
    and whether it is failing and running now. What a failure said is not told here: it stands in the log.
    """
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    try:
        state, status = _state(), 200
    except DatabaseError:
        connection.close()
        state, status = {"state": AWAY, "version": zhihai.__version__}, 503
    if request.get_preferred_type([JSON, HTML]) == HTML:
        answer = _page(request, state, status)
    else:
        answer = JsonResponse(state, status=status)
    add_never_cache_headers(answer)
    patch_vary_headers(answer, ("Accept", "Accept-Language", "Cookie"))
    return answer


def _page(request: HttpRequest, state: dict[str, Any], status: int) -> HttpResponse:
    """Draw the state for a person, without asking the store anything where it is away."""
    asked, language = request, request.language
    if state["state"] == AWAY:
        asked = without_store(request)
        asked.language = language
    else:
        asked.zone = asked.district.zone if asked.district else ZoneInfo("UTC")
    tell = telling(language)
    workers = [_line(worker) for worker in state.get("workers", ())]
    begins = state.get("clock", {}).get("begins")
    context = {
        "shell": plain_shell(asked, tell), "frame": "design/plain.jinja", "tell": tell, "state": state["state"],
        "workers": workers, "trouble": any(one.trouble for one in workers), "version": zhihai.__version__,
        "begins": datetime.fromisoformat(begins) if begins else None, "known": settings.ZHIHAI_WORDS,
    }  # fmt: skip
    return render(asked, "desk/health.jinja", context, status=status)


def _line(worker: dict[str, Any]) -> WorkerLine:
    trouble: Trouble | None = None
    if worker["failing"]:
        trouble = "failing"
    elif worker["behind_seconds"] > LATE_SECONDS:
        trouble = "late"
    elif not worker["running"]:
        trouble = "away"
    return WorkerLine(worker["name"], worker["behind_seconds"], worker["ran_seconds_ago"], trouble)


def _state() -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(WORKERS)
        found = cursor.fetchall()
        cursor.execute(DISTRICT)
        district = cursor.fetchone()
    workers = [_worker(*row) for *row, _ in found]
    failing = any(worker["failing"] for worker in workers)
    # Who does nothing can not tell that it is late: so it counts how long ago the last lease of any ran out.
    left = min((since for *_, since in found), default=0.0) > LATE_SECONDS
    late = failing or left or any(worker["behind_seconds"] > LATE_SECONDS for worker in workers)
    state: dict[str, Any] = {"state": "behind" if late else "ok", "version": zhihai.__version__, "workers": workers}
    if district is not None:
        code, mode, instant, speed, provenance = district
        clock = {"mode": mode, "instant": instant.isoformat(), "speed": speed, "provenance": provenance}
        state["clock"] = clock
        begins = _begin_of_replay(code) if mode == "replay" else None
        if begins is not None and instant < begins and not failing:
            state["state"], clock["begins"] = "warming", begins.isoformat()
    return state


def _begin_of_replay(code: str) -> datetime | None:
    """Return when the replay of a district begins to be paced; ``None`` for a district that is not the reference."""
    head = reference_head()
    return head.replay.starts if head.replay is not None and head.code == code else None


def _worker(name: str, behind: float, failures: int, failing: bool, running: bool, ago: float | None) -> dict[str, Any]:
    return {
        "name": name,
        "behind_seconds": round(behind, 3),
        "ran_seconds_ago": None if ago is None else round(ago, 3),
        "failures": failures,
        "failing": failing,
        "running": running,
    }
