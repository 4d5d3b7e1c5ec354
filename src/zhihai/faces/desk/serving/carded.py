"""Taking what a machine read of a card (读卡结果): leading to whose it is, or to the form that registers them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect

from zhihai.faces.addresses import address
from zhihai.faces.desk import window
from zhihai.faces.desk.frame import posted
from zhihai.faces.desk.serving.cards import answered_to, card_page
from zhihai.faces.request import Asked, whole
from zhihai.ground.powers import SEE_PEOPLE, SET_PEOPLE
from zhihai.ground.refusal import Refused
from zhihai.kernel.trust import acts as trust_acts
from zhihai.kernel.trust import reads as trust


@posted("desk/card.jinja", SEE_PEOPLE, back="desk-card")
def read(request: Asked) -> dict[str, Any] | HttpResponse:
    """Take what the machine said, and lead to whose card it is; whoever is not known may be registered by it."""
    post = request.POST
    then, reader = post.get("then", ""), whole(post.get("reader"), 9) or 0
    try:
        person = trust_acts.read_card(
            request.actor, reader, answered_to(request, reader), post.get("statement", ""), post.get("signature", ""),
            at=request.clock.instant, at_machine=datetime.now(UTC),
        )  # fmt: skip
    except trust.NobodyKnown as nobody:
        if request.actor.may(SET_PEOPLE):
            return window.new_person_by_card(request, nobody)
        return card_page(request, then, nobody)
    except Refused as refused:
        return card_page(request, then, refused)
    return HttpResponseRedirect(address("desk-person" if then == "people" else "desk-serving-person", person=person))
