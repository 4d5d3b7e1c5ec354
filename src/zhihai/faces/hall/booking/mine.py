"""Pages of one's own appointments (我的预约): all of them, one with its slip, moving and giving back."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse

from zhihai.faces.desk.frame import page, posted
from zhihai.faces.hall.acting import need_resident
from zhihai.faces.hall.booking.choosing import chosen, drawing, starts_of
from zhihai.faces.once import done, said_once
from zhihai.faces.request import Asked
from zhihai.ground.refusal import Refused
from zhihai.kernel.cases import reads as cases
from zhihai.kernel.offers import acts
from zhihai.kernel.offers import reads as offers
from zhihai.kernel.services import reads as services


@page("hall/appointments.jinja")
def appointments(request: Asked) -> dict[str, Any]:
    """Appointments that are still to come, and those that were."""
    need_resident(request)
    found = offers.my_claims(request.actor, at=request.clock.instant)
    return {
        "coming": sorted((one for one in found if one.state in COMING), key=lambda one: one.starts_at),
        "past": [one for one in found if one.state not in COMING], "done": said_once(request),
    }  # fmt: skip


COMING = ("held", "arrived")


@page("hall/appointment.jinja")
def appointment(request: Asked, claim: int) -> dict[str, Any]:
    """One appointment: when, where, the slip to print, and until when it can be moved or given back."""
    return _appointment(request, claim, None)


def _appointment(request: Asked, claim: int, wrong: Refused | None) -> dict[str, Any]:
    need_resident(request)
    now = request.clock.instant
    own = offers.own_claim(request.actor, claim, at=now)
    return {
        "own": own, "wrong": wrong, "changeable": own.state == "held" and now <= own.changeable_until,
        "contacts": services.catalogue().contacts, "done": said_once(request),
    }  # fmt: skip


@posted("hall/appointment.jinja", back="my-appointment")
def cancel(request: Asked, claim: int) -> dict[str, Any] | HttpResponse:
    """Give an appointment back."""
    need_resident(request)
    try:
        acts.cancel(request.actor, claim, at=request.clock.instant)
    except Refused as refused:
        return _appointment(request, claim, refused)
    return done(request, "hall.appointments.cancelled", "my-appointment", claim)


@page("hall/appointment_move.jinja")
def move(request: Asked, claim: int) -> dict[str, Any]:
    """Days and times to which an appointment can be moved."""
    return _move(request, claim, None)


def _move(request: Asked, claim: int, wrong: Refused | None) -> dict[str, Any]:
    need_resident(request)
    own = offers.own_claim(request.actor, claim, at=request.clock.instant)
    return {"own": own, "chosen": chosen(request, offers.offer(own.offer), own), "wrong": wrong, **drawing(request)}


@posted("hall/appointment_move.jinja", back="my-appointment")
def take_other(request: Asked, claim: int) -> dict[str, Any] | HttpResponse:
    """Move an appointment to another time."""
    need_resident(request)
    try:
        starts_at = starts_of(request.POST.get("starts", "")[:20], request)
        acts.move(request.actor, claim, starts_at, calendar=cases.calendar(), at=request.clock.instant)
    except Refused as refused:
        return _move(request, claim, refused)
    return done(request, "hall.appointments.moved", "my-appointment", claim)
