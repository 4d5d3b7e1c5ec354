"""Pages of whoever keeps service items: the list, one item with its guide and history, the thesaurus."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, cast

from django.http import HttpResponse

from zhihai.faces.desk.frame import page, posted
from zhihai.faces.naming import account_names, organisation_names, telling
from zhihai.faces.once import done, said_once
from zhihai.faces.request import Asked, whole
from zhihai.ground.refusal import NotPermitted, Refused
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.identity.kinds import PUBLISH_SERVICES, SET_SERVICES
from zhihai.kernel.services import acts, reads
from zhihai.kernel.services.kinds import DAYS, FIELDS, LIFE, THEMES, WHO, Described, GuideField, Who

PAGE = 50
STATES, LACKS = ("draft", "published", "withdrawn"), ("all", "some", "nothing")
LISTS = (("themes", "theme", THEMES), ("life", "life", LIFE))
"""Fields of a description that are chosen from a list, the words of their entries, and the entries."""


@page("desk/items.jinja", SET_SERVICES)
def items(request: Asked) -> dict[str, Any]:
    """Service items with what they lack, by state, department and part of the name."""
    asked = {name: request.GET.get(name, "")[:80] for name in ("state", "lacks", "office", "owner")}
    sought = request.GET.get("sought", "").strip()[:80]
    found = reads.items(
        request.actor, state=asked["state"] if asked["state"] in STATES else "", office=asked["office"],
        lacks=asked["lacks"], unassigned=asked["owner"] == "nobody", sought=sought,
        after=whole(request.GET.get("after"), 9) or 0, limit=PAGE + 1,
    )  # fmt: skip
    tell = telling(request.language)
    seen = reads.catalogue()
    offices = sorted({one.office for one in seen.offices()} - {""})
    return {
        "rows": found[:PAGE], "older": str(found[PAGE - 1].id) if len(found) > PAGE else "", "asked": asked,
        "sought": sought, "paged": bool(request.GET.get("after")), "fields": len(FIELDS),
        "states": tuple((one, tell.words.say(f"services.state.{one}", tell.language)) for one in STATES),
        "lacking": tuple((one, tell.words.say(f"desk.items.lacks.{one}", tell.language)) for one in LACKS),
        "offices": tuple((one, one) for one in offices), "organisations": organisation_names(),
        "may_all": request.actor.may_over(SET_SERVICES), "done": said_once(request),
        "sources": seen.sources,
    }  # fmt: skip


@page("desk/item.jinja", SET_SERVICES)
def item(request: Asked, item: int) -> dict[str, Any]:
    """One item: its code, its guide to complete, how it is found, its history."""
    return _item(request, item)


def _item(request: Asked, item: int, wrong: Refused | None = None, form: str = "") -> dict[str, Any]:
    shown, tell = reads.item_page(request.actor, item), telling(request.language)
    accounts = [one.made_by for one in shown.versions] + [one.published_by or 0 for one in shown.versions]
    may_assign = request.actor.may_over(SET_SERVICES)
    offices = identity.organisations(above="community")
    return {
        "shown": shown, "fields": FIELDS, "days": DAYS, "wrong": wrong, "form": form, "written": request.POST,
        "names": account_names(accounts) if shown.versions else {}, "done": said_once(request),
        "organisations": {one.id: one.name for one in offices}, "may_assign": may_assign,
        "sources": [one for one in reads.catalogue().sources if one.id == shown.line.source],
        "today": request.clock.instant.astimezone(request.zone).date(),
        "offices": tuple((str(one.id), one.name.say(tell.language)) for one in offices if one.ended is None),
        "who": tuple((one, tell.words.say(f"services.who.{one or 'unknown'}", tell.language)) for one in WHO),
        "lists": [
            (name, [(one, tell.words.say(f"services.{sort}.{one}", tell.language)) for one in ids])
            for name, sort, ids in LISTS
        ],
    }  # fmt: skip


def _doing(request: Asked, item: int, form: str, do: Callable[[], object]) -> dict[str, Any] | HttpResponse:
    """Do something to an item and lead back to it; what is refused is told beside its form."""
    try:
        do()
    except NotPermitted:
        raise
    except Refused as refused:
        return _item(request, item, refused, form)
    return done(request, f"desk.items.done.{form}", "desk-item", item)


@posted("desk/item.jinja", SET_SERVICES, back="desk-item")
def guide(request: Asked, item: int) -> dict[str, Any] | HttpResponse:
    """Keep the draft of a guide: every field that says something, with its source and its day."""
    return _doing(
        request, item, "guide",
        lambda: acts.complete_guide(request.actor, item, _guide_of(request), at=request.clock.instant),
    )  # fmt: skip


def _guide_of(request: Asked) -> dict[str, GuideField]:
    """Return the fields of the form. Raises ``Refused`` naming the field for a day that is none."""
    fields = {}
    for name in FIELDS:
        value = request.POST.get(name, "").replace("\r\n", "\n").strip()
        if value:
            try:
                as_of = date.fromisoformat(request.POST.get(f"{name}-as_of", ""))
            except ValueError:
                raise Refused("guide_day", name) from None
            fields[name] = GuideField(value=value, source=request.POST.get(f"{name}-source", "").strip(), as_of=as_of)
    return fields


@posted("desk/item.jinja", SET_SERVICES, back="desk-item")
def describe(request: Asked, item: int) -> dict[str, Any] | HttpResponse:
    """Say how an item is found: who applies, themes, life events, everyday words."""
    words = (word.strip() for line in request.POST.get("words", "").splitlines() for word in line.split("|"))
    described = Described(
        who=cast("Who", request.POST.get("who", "")), themes=tuple(request.POST.getlist("themes")),
        life=tuple(request.POST.getlist("life")),
        words=tuple(dict.fromkeys(word for word in words if word)), source=request.POST.get("source", "").strip(),
    )  # fmt: skip
    return _doing(
        request, item, "describe", lambda: acts.describe(request.actor, item, described, at=request.clock.instant)
    )


@posted("desk/item.jinja", SET_SERVICES, back="desk-item")
def assign(request: Asked, item: int) -> dict[str, Any] | HttpResponse:
    """Say whose an item is, or that it is nobody's."""
    office = whole(request.POST.get("organisation"))
    return _doing(request, item, "assign", lambda: acts.assign(request.actor, {item: office}, at=request.clock.instant))


@posted("desk/item.jinja", PUBLISH_SERVICES, back="desk-item")
def publish(request: Asked, item: int) -> dict[str, Any] | HttpResponse:
    """Put an item into the hall with the draft of its guide."""
    return _doing(request, item, "publish", lambda: acts.publish(request.actor, [item], at=request.clock.instant))


@posted("desk/item.jinja", PUBLISH_SERVICES, back="desk-item")
def withdraw(request: Asked, item: int) -> dict[str, Any] | HttpResponse:
    """Take an item out of the hall, with the reason that the public reads."""
    reason = request.POST.get("reason", "")[:1000]
    return _doing(
        request, item, "withdraw", lambda: acts.withdraw(request.actor, item, reason, at=request.clock.instant)
    )


@page("desk/synonyms.jinja", SET_SERVICES)
def synonyms(request: Asked) -> dict[str, Any]:
    """The thesaurus of the district. For those who keep the items of the whole district."""
    request.actor.need(SET_SERVICES)
    return _synonyms(request)


def _synonyms(request: Asked, wrong: Refused | None = None) -> dict[str, Any]:
    groups = request.POST.get("groups") if wrong else None
    text = "\n".join(" ".join(group) for group in reads.synonym_groups()) if groups is None else groups
    return {"text": text, "wrong": wrong, "done": said_once(request)}


@posted("desk/synonyms.jinja", SET_SERVICES, back="desk-synonyms")
def set_synonyms(request: Asked) -> dict[str, Any] | HttpResponse:
    """Set the whole thesaurus: a group in each line, words with blanks between them."""
    groups = [line.split() for line in request.POST.get("groups", "")[:400_000].splitlines() if line.strip()]
    try:
        count = acts.set_synonyms(request.actor, groups, at=request.clock.instant)
    except NotPermitted:
        raise
    except Refused as refused:
        return _synonyms(request, refused)
    return done(request, "desk.synonyms.done", "desk-synonyms", n=count)
