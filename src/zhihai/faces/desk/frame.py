"""The frame of the desk: ways to go for this account, its marks, and the guard of every page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeAlias, cast
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from zhihai.faces.acting import acting_face
from zhihai.faces.addresses import address, parts_of
from zhihai.faces.compressing import compressed
from zhihai.faces.design.shell import AccountFace, NavGroup, NavItem, Provenance, Shell
from zhihai.faces.naming import Telling, telling
from zhihai.faces.request import ANONYMOUS, Asked, readable
from zhihai.ground.actors import Actor
from zhihai.ground.named import Named
from zhihai.ground.powers import (
    ANSWER_CALLS,
    PUBLISH_DISCLOSURE,
    RUN_WINDOWS,
    SET_FORMS,
    SET_WINDOWS,
    TAKE_MATTERS,
    TAKE_TICKETS,
    WRITE_DISCLOSURE,
)
from zhihai.ground.refusal import NotPermitted
from zhihai.kernel.channels import reads as channels
from zhihai.kernel.identity.kinds import (
    CONFIRM_ROLES,
    SEE_CASES,
    SEE_DEVICES,
    SEE_LOOKS,
    SEE_OPERATION,
    SEE_PEOPLE,
    SEE_QUARANTINE,
    SET_CERTIFICATES,
    SET_CLIENTS,
    SET_DISTRICT,
    SET_SERVICES,
    TELL_PEOPLE,
    TRY_RULES,
    WORK_CASES,
)

View = Callable[..., HttpResponse]
Answer: TypeAlias = "dict[str, Any] | HttpResponse"

WAYS: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...] = (
    (
        "mine",
        (
            ("inbox", "desk", WORK_CASES),
            ("notices", "desk-notices", ""),
            ("seals", "desk-seals", ""),
            ("away", "desk-away", WORK_CASES),
            ("serving", "desk-serving", TAKE_MATTERS),
            ("hotline", "desk-hotline", ANSWER_CALLS),
        ),
    ),
    (
        "work",
        (
            ("cases", "desk-cases", SEE_CASES),
            ("devices", "desk-devices", SEE_DEVICES),
            ("rules", "desk-rules", TRY_RULES),
            ("quarantine", "desk-quarantine", SEE_QUARANTINE),
            ("intake", "desk-intake", SEE_OPERATION),
            ("windows", "desk-windows", RUN_WINDOWS),
            ("opening", "desk-opening", SET_WINDOWS),
            ("people", "desk-people", SEE_PEOPLE),
            ("letters", "desk-letters", TELL_PEOPLE),
            ("looks", "desk-looks", SEE_LOOKS),
            ("terms", "desk-terms", SET_DISTRICT),
            ("powers", "desk-powers", CONFIRM_ROLES),
            ("items", "desk-items", SET_SERVICES),
            ("publications", "desk-publications", f"{WRITE_DISCLOSURE} {PUBLISH_DISCLOSURE}"),
            ("clients", "desk-clients", SET_CLIENTS),
            ("certificates", "desk-certificates", SET_CERTIFICATES),
            ("forms", "desk-forms", SET_FORMS),
        ),
    ),
    (
        "whole",
        (
            ("hall", "hall", ""),
            ("disclosure", "publications", ""),
            ("figures", "figures", ""),
            ("wall", "wall", ""),
            ("plan", "plan", ""),
            ("verify", "verify", ""),
            ("operation", "desk-operation", SEE_OPERATION),
        ),
    ),
)
"""Groups of ways to go: words key, name of the address, powers of which one is needed to see it."""

RESIDENT_WAYS: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...] = (
    (
        "mine",
        (
            ("my", "my", ""),
            ("matters", "my-matters", ""),
            ("applications", "apply-mine", ""),
            ("appointments", "my-appointments", ""),
            ("consents", "my-consents", ""),
            ("complaints", "my-complaints", ""),
            ("acting", "my-acting", ""),
            ("notices", "my-messages", ""),
        ),
    ),
    (
        "whole",
        (
            ("hall", "hall", ""),
            ("disclosure", "publications", ""),
            ("figures", "figures", ""),
            ("wall", "wall", ""),
            ("plan", "plan", ""),
            ("verify", "verify", ""),
        ),
    ),
)

HEADINGS = {403: "desk.needs_power", 404: "desk.not_found"}
"""How the page of a refusal is headed, by status; any other says that it could not be done."""

HOMES = (
    ("desk", WORK_CASES),
    ("desk-cases", SEE_CASES),
    ("desk-operation", SEE_OPERATION),
    ("desk-devices", SEE_DEVICES),
    ("desk-serving", TAKE_MATTERS),
    ("desk-letters", TELL_PEOPLE),
    ("desk-people", SEE_PEOPLE),
    ("desk-items", SET_SERVICES),
    ("desk-kiosks", TAKE_TICKETS),
    ("desk-publications", WRITE_DISCLOSURE),
    ("desk-publications", PUBLISH_DISCLOSURE),
    ("desk-notices", ""),
)
"""Where the desk begins: for those who work on cases with their tasks, and so on."""


def marks_of(request: Asked) -> tuple[Provenance, ...]:
    """Return where what is shown comes from: a replay is real history worked by simulated officials."""
    district = request.district
    if district is None:
        return ()
    marks: list[Provenance] = ["replayed"] if district.mode == "replay" or district.facts.get("replayed") else []
    return (*marks, "synthetic") if district.provenance == "synthetic" else tuple(marks)


def home_of(actor: Actor) -> str:
    """Return where somebody begins: residents with their data, others with the first of ``HOMES`` that they may see."""
    if actor.sort == "resident":
        return address("my")
    return address(next(home for home, power in HOMES if not power or actor.may(power)))


def desk_shell(request: Asked, tell: Telling) -> Shell:
    """Return the frame of a desk page."""
    say = tell.words.say
    unread = channels.unread(request.actor.account)
    groups = []
    resident = request.actor.sort == "resident"
    for group, ways in RESIDENT_WAYS if resident else WAYS:
        items = tuple(
            NavItem(
                label=say(f"desk.way.{key}", tell.language),
                href=address(way),
                current=request.path == address(way),
                count=str(unread) if key == "notices" and unread else "",
            )
            for key, way, power in ways
            if not power or any(request.actor.may(one) for one in power.split())
        )
        if items:
            groups.append(NavGroup(label=say(f"desk.group.{group}", tell.language), items=items))
    return Shell(
        district=district_name(request),
        face=say("hall.face" if resident else "desk.face", tell.language),
        home=home_of(request.actor),
        groups=tuple(groups),
        account=_account(request, tell),
        search=address("desk-search") if request.actor.may(SEE_CASES) else "",
        statement=address("accessibility"),
        marks=marks_of(request),
        acting=acting_face(request, tell),
    )


def _account(request: Asked, tell: Telling) -> AccountFace:
    name = Named(request.user.name_zh, request.user.name_en).say(tell.language)
    return AccountFace(name=name, href=address("mfa_index"), sign_out=address("account_logout"))


def plain_shell(request: Asked, tell: Telling) -> Shell:
    """Return the frame of a page outside the desk: sign-in, one's account, errors, public figures."""
    signed_in = request.actor.account != ANONYMOUS.account
    return Shell(
        district=district_name(request),
        face=tell.words.say("desk.public", tell.language),
        home="/",
        account=_account(request, tell) if signed_in else None,
        sign_in="" if signed_in else address("account_login"),
        statement=address("accessibility"),
        marks=marks_of(request),
        acting=acting_face(request, tell),
    )


def district_name(request: Asked) -> str:
    """Return the district's name in the reader's language, empty before one is loaded."""
    return request.district.name.say(request.language) if request.district else ""


def page(template: str, power: str = "") -> Callable[[Callable[..., Answer]], View]:
    """Make a page of the desk of a function that returns its context: signed in, with ``power``, in the frame.

    Whoever is not signed in is led to the sign-in and back, who needs a second factor first to where it is set up; who
    lacks the power gets the page that says so. A context
    with a refusal as ``wrong`` is answered with the refusal's status; to the addresses in ``connects`` its script may
    speak. Pages go out compressed: slow lines are real.
    """

    def make(view: Callable[..., Answer]) -> View:
        @wraps(view)
        def shown(request: Asked, *args: object, **kwargs: object) -> HttpResponse:
            readable(request)
            if request.actor.account == ANONYMOUS.account:
                return _to_sign_in(request)
            if request.user.must_enrol:
                return HttpResponseRedirect(address("mfa_index"))
            if power and not request.actor.may(power):
                raise NotPermitted
            answer = view(request, *args, **kwargs)
            if isinstance(answer, HttpResponse):
                return answer
            tell = telling(request.language)
            wrong = answer.get("wrong")
            context = {"shell": desk_shell(request, tell), "tell": tell, **answer}
            drawn = render(request, template, context, status=wrong.status if wrong else 200)
            drawn.refused = wrong.code if wrong else ""
            drawn.connects = answer.get("connects", ())
            return drawn

        return compressed(shown)

    return make


def posted(template: str, power: str = "", *, back: str) -> Callable[[Callable[..., Answer]], View]:
    """Make an address that a form is posted to, drawn like :func:`page` when something was wrong.

    A plain GET, a reload for instance, leads to the page named ``back``, given those of the address's parts it takes.
    """

    def make(view: Callable[..., Answer]) -> View:
        drawn = page(template, power)(view)

        @wraps(view)
        def shown(request: Asked, **kwargs: object) -> HttpResponse:
            if request.method == "POST":
                return drawn(request, **kwargs)
            kept = {name: value for name, value in kwargs.items() if name in parts_of(back)}
            return HttpResponseRedirect(address(back, **kept))

        return shown

    return make


def _to_sign_in(request: Asked) -> HttpResponse:
    """Lead to the sign-in and from there to where the reader was: of a late form, the page it stood on."""
    there = request.get_full_path() if request.method == "GET" else _stood_on(request)
    return HttpResponseRedirect(f"{address('account_login')}?{urlencode({'next': there or address('desk')})}")


def _stood_on(request: Asked) -> str:
    """Return the path of the page that a form stood on, empty where the browser says none that can be read."""
    try:
        return urlsplit(request.headers.get("Referer", "")).path
    except ValueError:
        return ""


def public(template: str) -> Callable[[Callable[..., dict[str, Any]]], View]:
    """Make a page that anyone may read: in the desk's frame for who is signed in, else in the plain one."""

    def make(view: Callable[..., dict[str, Any]]) -> View:
        @wraps(view)
        def shown(request: Asked, *args: object, **kwargs: object) -> HttpResponse:
            readable(request)
            tell = telling(request.language)
            inside = request.actor.account != ANONYMOUS.account
            shell = desk_shell(request, tell) if inside else plain_shell(request, tell)
            frame = "design/shell.jinja" if inside else "design/plain.jinja"
            answer = view(request, *args, **kwargs)
            wrong = answer.get("wrong")
            context = {"shell": shell, "frame": frame, "tell": tell, **answer}
            drawn = render(request, template, context, status=wrong.status if wrong else 200)
            drawn.refused = wrong.code if wrong else ""
            return drawn

        return compressed(shown)

    return make


def refusal_page(request: HttpRequest, status: int, code: str, facts: Mapping[str, object]) -> HttpResponse:
    """Draw the page of a refusal: what happened and what to do, in the reader's language and frame."""
    asked = cast("Asked", request)
    tell = telling(asked.language)
    inside = status < 500 and asked.actor.account != ANONYMOUS.account
    context = {
        "shell": desk_shell(asked, tell) if inside else plain_shell(asked, tell),
        "frame": "design/shell.jinja" if inside else "design/plain.jinja",
        "tell": tell,
        "status": status,
        "heading": "desk.refused_title" if code == "csrf" else HEADINGS.get(status, "desk.refused_title"),
        "said": tell.words.say(f"refused.{code}", tell.language, **facts),
    }
    drawn = render(asked, "desk/refused.jinja", context, status=status)
    drawn.refused = code
    return drawn
