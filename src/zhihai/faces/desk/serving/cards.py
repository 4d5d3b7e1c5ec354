"""Reading identity cards at a counter (读卡): the page asks the machine beside it, and posts what it said.

The address of the machine is let into the policy of the page that asks it, and of no other.
"""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime
from typing import Any

from django.core.cache import cache
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse

from zhihai.faces.addresses import address
from zhihai.faces.desk.frame import page, posted
from zhihai.faces.request import YEAR_SECONDS, Asked, whole
from zhihai.ground.powers import SEE_PEOPLE
from zhihai.ground.refusal import Refused
from zhihai.kernel.trust import reads as trust

COOKIE = "zhihai_card_reader"
"""At which machine a browser stands: counters keep theirs."""
KEPT = "card"
GOOD_FOR = 180
"""Seconds for which a machine may answer: the card is still to be laid on it."""


def counter(request: Asked) -> dict[str, Any]:
    """Return what a page needs that reads cards: the machines of one's office, the one here, what it may connect to."""
    found = trust.card_readers_for(request.actor)
    kept = whole(request.COOKIES.get(COOKIE), 9)
    here = next((one for one in found if one.id == kept), found[0] if len(found) == 1 else None)
    return {"readers": found, "machine": here, "connects": (here.address,) if here else ()}


@page("desk/card.jinja", SEE_PEOPLE)
def card(request: Asked) -> dict[str, Any]:
    """Read a card: choose the machine, lay the card on it, compare the photograph with who stands there."""
    return card_page(request, request.GET.get("then", ""), None)


def card_page(request: Asked, then: str, wrong: Refused | None) -> dict[str, Any]:
    """What the page shows that reads a card, with what was wrong with the last."""
    return {"wrong": wrong, "then": "people" if then == "people" else "serving", **counter(request)}


@posted("desk/card.jinja", SEE_PEOPLE, back="desk-card")
def choose(request: Asked) -> HttpResponse:
    """Keep in this browser at which machine it stands."""
    then = "people" if request.POST.get("then") == "people" else "serving"
    response = HttpResponseRedirect(f"{address('desk-card')}?then={then}")
    chosen = whole(request.POST.get("reader"), 9)
    if chosen in {one.id for one in trust.card_readers_for(request.actor)}:
        response.set_cookie(COOKIE, str(chosen), max_age=YEAR_SECONDS, samesite="Lax", httponly=True)
    return response


@posted("desk/card.jinja", SEE_PEOPLE, back="desk-card")
def ask(request: Asked) -> HttpResponse:
    """Answer what the machine is to answer to, as JSON."""
    reader = whole(request.POST.get("reader"), 9) or 0
    trust.card_reader_for(request.actor, reader)
    nonce = secrets.token_urlsafe(24)
    request.session[KEPT] = {"nonce": nonce, "reader": reader, "at": time.time()}
    return JsonResponse({"nonce": nonce})


def answered_to(request: Asked, reader: int) -> str:
    """Return what this session had the machine answer to, which is used up by this. Raises ``Refused``."""
    kept = request.session.pop(KEPT, None)
    late = kept is None or kept["reader"] != reader or not 0 <= time.time() - kept["at"] <= GOOD_FOR
    if late or not cache.add(f"card:{kept['nonce']}", 1, 2 * GOOD_FOR):
        raise Refused("card_late", "card", status=409)
    return str(kept["nonce"])


def readings(request: Asked, *people: int) -> dict[int, trust.Reading]:
    """Return the cards that were read here a moment ago, of some people."""
    return trust.readings_here(request.actor, people, at_machine=datetime.now(UTC))
