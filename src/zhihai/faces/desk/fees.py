"""Fees for a request beyond reason (信息处理费): asked for, paid, taken back and returned, on the page of its case."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, cast

from django.http import HttpResponse

from zhihai.faces.days import read_day
from zhihai.faces.desk.frame import page, posted
from zhihai.faces.naming import telling
from zhihai.faces.once import done, said_once
from zhihai.faces.request import Asked, whole
from zhihai.ground.powers import WORK_CASES
from zhihai.ground.refusal import NotFound, NotPermitted, Refused
from zhihai.kernel.disclosure import acts, reads
from zhihai.kernel.disclosure.kinds import FEE_WAYS, FeeInput, FeeWay, ReturnInput

YUAN = re.compile(r"(\d{1,9})(?:\.(\d{1,2}))?")


@page("desk/fees.jinja", WORK_CASES)
def fees(request: Asked, number: str) -> dict[str, Any]:
    """What was asked for and paid for a request, and what can be done now."""
    return _fees(request, number)


def _fees(request: Asked, number: str, wrong: Refused | None = None, form: str = "") -> dict[str, Any]:
    tell = telling(request.language)
    return {
        "number": number, "found": reads.charging_of(request.actor, number, at=request.clock.instant), "wrong": wrong,
        "form": form, "written": request.POST, "yuan": reads.in_yuan, "done": said_once(request),
        "ways": tuple((one, tell.words.say(f"disclosure.fee.way.{one}", tell.language)) for one in FEE_WAYS),
    }  # fmt: skip


def _try(request: Asked, number: str, form: str, act: Callable[[], None]) -> dict[str, Any] | HttpResponse:
    """Do what a form of this page asks; after a refusal what was written is kept on the page."""
    try:
        act()
    except (NotFound, NotPermitted):
        raise
    except Refused as refused:
        return _fees(request, number, refused, form)
    return done(request, f"desk.fees.done_{form}", "desk-fees", number)


@posted("desk/fees.jinja", WORK_CASES, back="desk-fees")
def charge(request: Asked, number: str) -> dict[str, Any] | HttpResponse:
    """Ask for a fee."""
    post = request.POST

    def act() -> None:
        given = FeeInput(
            way=cast("FeeWay", post.get("way", "")), count=whole(post.get("count", "").strip(), 7) or 0,
            reason=post.get("reason", "")[:800], how=post.get("how", "")[:800],
        )  # fmt: skip
        acts.charge_fee(request.actor, number, given, at=request.clock.instant)

    return _try(request, number, "charge", act)


@posted("desk/fees.jinja", WORK_CASES, back="desk-fees")
def pay(request: Asked, number: str) -> dict[str, Any] | HttpResponse:
    """Record a payment by the treasury's receipt."""
    post = request.POST

    def act() -> None:
        paid_on = read_day(post.get("paid_on", "")[:20], "paid_on")
        acts.record_payment(request.actor, number, post.get("receipt", "")[:200], paid_on, at=request.clock.instant)

    return _try(request, number, "pay", act)


@posted("desk/fees.jinja", WORK_CASES, back="desk-fees")
def release(request: Asked, number: str) -> dict[str, Any] | HttpResponse:
    """Take a notice back before it was paid."""

    def act() -> None:
        reason = request.POST.get("reason", "")[:800]
        acts.release_fee(request.actor, number, reason, at=request.clock.instant)

    return _try(request, number, "release", act)


@posted("desk/fees.jinja", WORK_CASES, back="desk-fees")
def give_back(request: Asked, number: str) -> dict[str, Any] | HttpResponse:
    """Record that a payment was returned."""
    post = request.POST

    def act() -> None:
        given = ReturnInput(
            cents=_cents(post.get("yuan", "")), returned_on=read_day(post.get("returned_on", "")[:20], "returned_on"),
            reason=post.get("reason", "")[:800], reference=post.get("reference", "")[:200],
        )  # fmt: skip
        acts.return_payment(request.actor, number, given, at=request.clock.instant)

    return _try(request, number, "return", act)


def _cents(text: str) -> int:
    """Return an amount in yuan, as a form brings it, in cents (分); 0 for what is no amount."""
    found = YUAN.fullmatch(text.strip().replace(",", ""))
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0")) if found else 0
