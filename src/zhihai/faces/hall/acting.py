"""Pages of acting for another: whom I let act for me and for whom I act, granting, accepting, renewing, ending."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from zhihai.faces.acting import choose, until
from zhihai.faces.days import begin_of, end_of
from zhihai.faces.desk.frame import page, posted
from zhihai.faces.naming import telling
from zhihai.faces.once import done, said_once
from zhihai.faces.request import Asked, whole
from zhihai.ground.refusal import NotPermitted, Refused
from zhihai.kernel import house
from zhihai.kernel.forms import reads as forms
from zhihai.kernel.identity import acts
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.identity.kinds import TieKind


@page("hall/acting.jinja")
def acting(request: Asked) -> dict[str, Any]:
    """All ties of the resident, and the form to let somebody act."""
    return acting_page(request, None)


def need_resident(request: Asked) -> None:
    """Raise ``NotPermitted`` for anybody on duty: these pages are residents'."""
    if request.actor.sort != "resident":
        raise NotPermitted("not_resident")


def acting_page(request: Asked, wrong: Refused | None) -> dict[str, Any]:
    """What the page of all ties and requests shows, with what was wrong."""
    need_resident(request)
    now, tell = request.clock.instant, telling(request.language)
    own, ties = identity.my_ties(request.actor, at=now)
    mine = [tie for tie in ties if tie.acting.id == own]
    given = [tie for tie in ties if tie.acting.id != own]
    kinds = dict(house.registry().all(TieKind))
    return {
        "own": own, "mine": mine, "given": given, "kinds": kinds, "wrong": wrong, "written": request.POST,
        "until": lambda tie: until(tie, tell), "services": identity.services_known(),
        "grants": _grants(own, mine, kinds), "today": now.astimezone(request.zone).date(),
        "usable": {tie.id for tie in mine if tie.state == "in_force" and identity.unusable(tie) is None},
        "unusable": {tie.id: identity.unusable(tie) for tie in ties if tie.state == "in_force"},
        "done": said_once(request), "asked": forms.my_tie_requests(request.actor),
        "last_day": lambda one: last_day(one, request.zone),
    }  # fmt: skip


def last_day(asked: forms.TieRequest, zone: ZoneInfo) -> date:
    """Return the last local day for which something was asked, included."""
    return (asked.valid_to.astimezone(zone) - timedelta(microseconds=1)).date()


def _grants(
    own: int | None, mine: list[identity.Tie], kinds: dict[str, TieKind]
) -> list[tuple[str, identity.Party | None, str]]:
    """Return what one may grant: value of the choice, the firm it is for (``None``: oneself), the kind."""
    if own is None:
        return []
    found: list[tuple[str, identity.Party | None, str]] = [
        (f"{own}:{name}", None, name) for name, kind in kinds.items() if kind.parties and kind.principal == "natural"
    ]
    for tie in mine:
        found.extend((f"{tie.principal.id}:{name}", tie.principal, name) for name in identity.gives(tie))
    return found


@posted("hall/acting.jinja", back="my-acting")
def grant(request: Asked) -> dict[str, Any] | HttpResponse:
    """Let somebody act for oneself or for a firm one represents. The number is not written back into the page."""
    need_resident(request)
    try:
        acts.grant_tie(request.actor, _given(request), at=request.clock.instant, at_machine=datetime.now(UTC))
    except Refused as refused:
        return acting_page(request, refused)
    return done(request, "hall.acting.granted", "my-acting")


def _given(request: Asked) -> acts.TieInput:
    """Read the form: days are whole local days, the last of them included."""
    principal, _, kind = request.POST.get("for", "").partition(":")
    services = request.POST.getlist("services")
    return acts.TieInput(
        kind=kind, principal=whole(principal) or 0, name=request.POST.get("name", "")[:200],
        number=request.POST.get("number", "")[:60], services=None if request.POST.get("all") == "1" else services,
        valid_from=begin_of(request.POST.get("from", ""), "from", request.zone),
        valid_to=end_of(request.POST.get("until", ""), "until", request.zone),
    )  # fmt: skip


@posted("hall/acting.jinja", back="my-acting")
def change(request: Asked) -> dict[str, Any] | HttpResponse:
    """Accept, renew or end a tie."""
    need_resident(request)
    what, tie, now = request.POST.get("what", ""), whole(request.POST.get("tie")), request.clock.instant
    try:
        if tie is None:
            raise Refused("no_tie", "tie")
        if what == "accept":
            acts.accept_tie(request.actor, tie, at=now)
        elif what == "renew":
            ends = end_of(request.POST.get("until", ""), "until", request.zone)
            acts.renew_tie(request.actor, tie, ends, at=now)
        else:
            what = "end"
            acts.end_tie(request.actor, tie, request.POST.get("why", "")[:1000], at=now)
    except NotPermitted:
        raise
    except Refused as refused:
        return acting_page(request, refused)
    return done(request, f"hall.acting.{what}_done", "my-acting")


@posted("hall/acting.jinja", back="my-acting")
def act(request: Asked) -> dict[str, Any] | HttpResponse:
    """Act in somebody's name from now on, by a tie."""
    need_resident(request)
    try:
        tie = whole(request.POST.get("tie"))
        if tie is None:
            raise Refused("no_tie", "tie")
        choose(request, tie)
    except NotPermitted:
        raise
    except Refused as refused:
        return acting_page(request, refused)
    return HttpResponseRedirect(reverse("my"))


@posted("hall/acting.jinja", back="my-acting")
def act_no_more(request: Asked) -> HttpResponse:
    """Act for oneself again."""
    need_resident(request)
    choose(request, None)
    return HttpResponseRedirect(reverse("my"))
