"""The frame of the desk: ways to go for this account, its marks, and the guard of every page."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from zhihai.faces.design.shell import AccountFace, NavGroup, NavItem, Provenance, Shell
from zhihai.faces.naming import Telling, account_names, telling
from zhihai.faces.request import ANONYMOUS, Asked
from zhihai.ground.refusal import NotPermitted
from zhihai.kernel.channels import reads as channels
from zhihai.kernel.identity.kinds import SEE_CASES, SEE_DEVICES, SEE_OPERATION, SEE_QUARANTINE, TRY_RULES, WORK_CASES

View = Callable[..., HttpResponse]

WAYS: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...] = (
    ("mine", (("inbox", "desk", WORK_CASES), ("notices", "desk-notices", ""))),
    (
        "work",
        (
            ("cases", "desk-cases", SEE_CASES),
            ("devices", "desk-devices", SEE_DEVICES),
            ("quarantine", "desk-quarantine", SEE_QUARANTINE),
            ("rules", "desk-rules", TRY_RULES),
        ),
    ),
    ("whole", (("figures", "figures", ""), ("wall", "wall", ""), ("plan", "plan", ""), ("operation", "desk-operation", SEE_OPERATION))),
)
"""Groups of ways to go: words key, name of the address, power that one needs to see it."""


def marks_of(request: Asked) -> tuple[Provenance, ...]:
    """Return where what is shown comes from: a replay is real history worked by simulated officials."""
    district = request.district
    if district is None:
        return ()
    marks: list[Provenance] = ["replayed"] if district.mode == "replay" or district.facts.get("replayed") else []
    return (*marks, "synthetic") if district.provenance == "synthetic" else tuple(marks)


def desk_shell(request: Asked, tell: Telling) -> Shell:
    """Return the frame of a desk page."""
    say = tell.words.say
    unread = channels.unread(request.actor.account)
    groups = []
    for group, ways in WAYS:
        items = tuple(
            NavItem(
                label=say(f"desk.way.{key}", tell.language), href=reverse(address), current=request.path == reverse(address),
                count=str(unread) if key == "notices" and unread else "",
            )
            for key, address, power in ways
            if not power or request.actor.may(power)
        )  # fmt: skip
        if items:
            groups.append(NavGroup(label=say(f"desk.group.{group}", tell.language), items=items))
    name = account_names([request.actor.account]).get(request.actor.account)
    return Shell(
        district=district_name(request), face=say("desk.face", tell.language), home=reverse("desk"), groups=tuple(groups),
        account=AccountFace(name=name.say(tell.language) if name else "", sign_out=reverse("account_logout")),
        search=reverse("desk-search"), marks=marks_of(request),
    )  # fmt: skip


def plain_shell(request: Asked, tell: Telling) -> Shell:
    """Return the frame of a page outside the desk: sign-in, errors, public figures."""
    signed_in = request.actor is not ANONYMOUS and request.actor.account != ANONYMOUS.account
    return Shell(
        district=district_name(request), face=tell.words.say("desk.public", tell.language), home="/",
        sign_in="" if signed_in else reverse("account_login"), marks=marks_of(request),
    )  # fmt: skip


def district_name(request: Asked) -> str:
    """Return the district's name in the reader's language, empty before one is loaded."""
    return request.district.name.say(request.language) if request.district else ""


def page(template: str, power: str = "") -> Callable[[Callable[..., dict[str, Any] | HttpResponse]], View]:
    """Make a page of the desk of a function that returns its context: signed in, with ``power``, in the frame.

    Whoever is not signed in is led to the sign-in and back; who lacks the power gets the page that says so.
    """

    def make(view: Callable[..., dict[str, Any] | HttpResponse]) -> View:
        @wraps(view)
        def shown(request: Asked, *args: object, **kwargs: object) -> HttpResponse:
            if request.actor.account == ANONYMOUS.account:
                return HttpResponseRedirect(f"{reverse('account_login')}?next={request.get_full_path()}")
            if power and not request.actor.may(power):
                raise NotPermitted
            answer = view(request, *args, **kwargs)
            if isinstance(answer, HttpResponse):
                return answer
            tell = telling(request.language)
            return render(request, template, {"shell": desk_shell(request, tell), "tell": tell, **answer})

        return shown

    return make


def public(template: str) -> Callable[[Callable[..., dict[str, Any]]], View]:
    """Make a page that anyone may read: in the desk's frame for who is signed in, else in the plain one."""

    def make(view: Callable[..., dict[str, Any]]) -> View:
        @wraps(view)
        def shown(request: Asked, *args: object, **kwargs: object) -> HttpResponse:
            tell = telling(request.language)
            inside = request.actor.account != ANONYMOUS.account
            shell = desk_shell(request, tell) if inside else plain_shell(request, tell)
            frame = "design/shell.jinja" if inside else "design/plain.jinja"
            return render(request, template, {"shell": shell, "frame": frame, "tell": tell, **view(request, *args, **kwargs)})

        return shown

    return make


def refusal_page(request: HttpRequest, status: int, code: str, facts: dict[str, object]) -> HttpResponse:
    """Draw the page of a refusal: what happened and what to do, in the reader's language."""
    asked = request
    assert isinstance(asked, HttpRequest)
    tell = telling(getattr(asked, "language", "zh"))
    said = tell.words.say(f"refused.{code}", tell.language, **facts)
    shell = plain_shell(asked, tell)  # type: ignore[arg-type]
    return render(asked, "desk/refused.jinja", {"shell": shell, "tell": tell, "said": said, "status": status}, status=status)


