"""``GET /health``: whether the platform works, which version it is, and how far behind its background work is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed, JsonResponse
from django.utils.cache import add_never_cache_headers

import zhihai
from zhihai.site.demonstration import reference_head

LATE_SECONDS = 60.0
"""A worker further behind than this makes the state ``behind``."""

WORKERS = """
SELECT name, behind, failures, failure IS NOT NULL, lease_until > clock_timestamp(),
       extract(epoch FROM clock_timestamp() - ran_at)::float8
FROM worker ORDER BY name
"""
DISTRICT = "SELECT code, mode, zh_now(), speed, provenance FROM district"


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
        answer = JsonResponse(_state())
    except DatabaseError:
        connection.close()
        answer = JsonResponse({"state": "database_away", "version": zhihai.__version__}, status=503)
    add_never_cache_headers(answer)
    return answer


def _state() -> dict[str, object]:
    with connection.cursor() as cursor:
        cursor.execute(WORKERS)
        workers = [_worker(*row) for row in cursor.fetchall()]
        cursor.execute(DISTRICT)
        district = cursor.fetchone()
    failing = any(worker["failing"] for worker in workers)
    late = failing or any(worker["behind_seconds"] > LATE_SECONDS for worker in workers)
    state: dict[str, object] = {"state": "behind" if late else "ok", "version": zhihai.__version__, "workers": workers}
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
