"""The district's clock for open pages, which run it on and ask again."""

from __future__ import annotations

import msgspec
from django.http import HttpResponse

from zhihai.faces.api.access import now
from zhihai.faces.request import Asked


def clock(request: Asked) -> HttpResponse:
    """Tell mode, instant, speed (district seconds in a real one) and the end of a replay's data.

    Raises ``Refused`` (``no_district``, 503) before a district is loaded.
    """
    instant, face = now(request), request.clock
    told = {"mode": face.mode, "instant": instant, "speed": face.speed, "until": face.until}
    return HttpResponse(msgspec.json.encode(told), content_type="application/json")
