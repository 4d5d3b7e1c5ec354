"""In whose name a resident acts: chosen on the session, shown on every page, and asked for anew at each request."""

from __future__ import annotations

from zhihai.faces.addresses import address
from zhihai.faces.design.shell import ActingFace
from zhihai.faces.naming import Telling
from zhihai.faces.request import Asked
from zhihai.ground.refusal import Refused
from zhihai.kernel.identity import reads as identity

KEY = "acting"


def tie_chosen(request: Asked) -> identity.Tie | None:
    """Return the tie by which somebody acts now, ``None`` for oneself and where it holds no more.

    Why it holds no more is said on every page until that was read: see :func:`acting_face`.
    """
    if request.actor.sort != "resident" or KEY not in request.session:
        return None
    if not hasattr(request, "acting"):
        request.acting, request.acting_over = None, None
        try:
            request.acting = identity.mandate(request.actor, request.session[KEY], at=request.clock.instant)
        except Refused as refused:
            request.acting_over = refused
    tie: identity.Tie | None = request.acting
    return tie


def choose(request: Asked, tie: int | None) -> None:
    """Act by a tie from now on, or for oneself. Raises ``Refused`` naming the day for a tie that does not hold."""
    if tie is None:
        request.session.pop(KEY, None)
        return
    identity.mandate(request.actor, tie, at=request.clock.instant)
    request.session[KEY] = tie


def acting_face(request: Asked, tell: Telling) -> ActingFace | None:
    """Return the strip that says in whose name one acts, or why one does not any more."""
    tie = tie_chosen(request)
    over: Refused | None = getattr(request, "acting_over", None)
    if tie is None and over is None:
        return None
    say = tell.words.say
    if tie is None and over is not None:
        says = say(f"refused.{over.code}", tell.language, **over.facts)
        return ActingFace(says=says, stop=address("my-act-end"), stop_label=say("hall.acting.own", tell.language))
    assert tie is not None
    facts = {"name": tie.principal.name, "kind": tell.kind(tie.kind, "tie"), "until": until(tie, tell)}
    says = say("hall.acting.strip", tell.language, **facts)
    return ActingFace(says=says, stop=address("my-act-end"), stop_label=say("hall.acting.stop", tell.language))


def until(tie: identity.Tie, tell: Telling) -> str:
    """Say until which day a tie holds."""
    if tie.last_day is None:
        return tell.words.say("hall.acting.endless", tell.language)
    return tell.words.say("hall.acting.until", tell.language, day=tie.last_day.isoformat())
