"""Pages of the hall that anybody reads: what can be applied for, found in one's own words, and what it takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import wraps
from itertools import chain
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from zhihai.faces.addresses import address
from zhihai.faces.desk.frame import plain_shell, public
from zhihai.faces.naming import Telling, organisation_names, telling
from zhihai.faces.request import ANONYMOUS, Asked, readable, whole
from zhihai.ground.identifiers.items import read_item_code
from zhihai.ground.named import Named
from zhihai.ground.refusal import NotFound
from zhihai.ground.search.texts import is_han, runs
from zhihai.kernel.disclosure import reads as disclosure
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.places import reads as places
from zhihai.kernel.services import reads as services
from zhihai.kernel.services.kinds import DAYS, FIELDS, FIRM_LIFE, FIRM_THEMES, PERSON_LIFE, PERSON_THEMES
from zhihai.kernel.services.reads import Card, Catalogue, Found, Source

RESULTS, SUGGESTIONS, PAGE = 10, 6, 50
ANSWERS = 3
"""So many questions that are answered publicly stand beside what was found, and on the page of an item."""
RELATED, NEAREST = 4, 5
"""So many themes and life events are offered beside what was found: those that two of the nearest lie in."""
FACTS = ("province", "sort_written", "main", "sub", "area", "level", "sequence")
View = Callable[..., dict[str, Any]]


def hall(template: str) -> Callable[[View], Callable[..., HttpResponse]]:
    """Make a public page in the hall's frame; whoever is signed in keeps their own."""

    def make(view: View) -> Callable[..., HttpResponse]:
        @wraps(view)
        def framed(request: Asked, *args: object, **kwargs: object) -> dict[str, Any]:
            answer = view(request, *args, **kwargs)
            if request.actor.account != ANONYMOUS.account:
                return answer
            tell = telling(request.language)
            face = tell.words.say("hall.face", tell.language)
            return {"shell": replace(plain_shell(request, tell), face=face, home=address("hall")), **answer}

        return public(template)(framed)

    return make


def tongue_of(text: str) -> str:
    """Return the language a text is in, for those who have it read aloud: Chinese, where any of it is."""
    return "zh" if any(is_han(run) for run in runs(text)) else "en"


@dataclass(frozen=True, slots=True)
class Way:
    """One way into the catalogue: a theme, a life event; how many items lie there."""

    id: str
    label: str
    href: str
    count: int


def _ways(seen: Catalogue, sort: str, ids: Iterable[str], tell: Telling, who: str = "") -> list[Way]:
    """Return those of some themes or life events that have items."""
    cards = seen.cards.values()
    counted = Counter(chain.from_iterable(card.themes if sort == "theme" else card.life for card in cards))
    query = f"&who={who}" if who else ""
    return [
        Way(
            one, tell.words.say(f"services.{sort}.{one}", tell.language),
            f"{address('hall-items')}?{sort}={one}{query}", counted[one],
        )
        for one in ids
        if counted[one]
    ]  # fmt: skip


def _sources(cards: Iterable[Card]) -> list[Source]:
    """Return whence items are, each once: their notes stand on every page that shows one of them."""
    return list({card.source.id: card.source for card in cards}.values())


@hall("hall/front.jinja")
def front(request: Asked) -> dict[str, Any]:
    """The front of the hall: say it in your own words, or choose a life event, a theme, a department, a street."""
    seen, tell = services.catalogue(), telling(request.language)
    return {
        "events": _ways(seen, "life", PERSON_LIFE, tell), "firm_events": _ways(seen, "life", FIRM_LIFE, tell),
        "themes": _ways(seen, "theme", PERSON_THEMES, tell), "firm_themes": _ways(seen, "theme", FIRM_THEMES, tell),
        "contacts": seen.contacts, "sources": seen.sources, "count": len(seen.cards),
        "whole": sum(card.filled == len(FIELDS) for card in seen.cards.values()), "kinds": services.matter_kinds(),
        "answers": bool(disclosure.kinds("answers")),
    }  # fmt: skip


@hall("hall/search.jinja")
def search(request: Asked) -> dict[str, Any]:
    """What was found by what somebody typed, each with the reason; nothing found leads to a person."""
    seen, tell = services.catalogue(), telling(request.language)
    typed, who = request.GET.get("q", "")[:200], _who(request)
    found = seen.search(typed, who, RESULTS, False) if typed.strip() else ()
    return {
        "typed": typed, "who": who, "found": found, "reason": lambda one: reason_of(one, tell),
        "related": related_to(found, tell), "sources": _sources(one.card for one in found),
        "contacts": seen.contacts, "fields": len(FIELDS), "tongue": tongue_of,
        "answers": disclosure.answers().like(typed.strip(), ANSWERS) if typed.strip() else (),
    }  # fmt: skip


def suggest(request: Asked) -> HttpResponse:
    """The few best answers while somebody types, as a piece of a page."""
    readable(request)
    typed = request.GET.get("q", "")[:200]
    found = services.catalogue().search(typed, "", SUGGESTIONS, True) if typed.strip() else ()
    tell = telling(request.language)
    return render(request, "hall/suggestions.jinja", {"found": found, "reason": lambda one: reason_of(one, tell)})


def reason_of(found: Found, tell: Telling) -> str:
    """Say why an item was found: by which of its texts, and how what was typed was read; a name needs no reason."""
    if found.way == "text" and found.sort == "name":
        return ""
    sort = tell.words.say(f"services.found_by.{found.sort}", tell.language)
    key = "synonym" if found.stands_for and found.way == "text" else found.way
    return tell.words.say(f"hall.search.by.{key}", tell.language, sort=sort, text=found.text, own=found.stands_for)


def related_to(found: Sequence[Found], tell: Telling) -> list[Way]:
    """Return the life events and themes that most of the nearest lie in."""
    ways: list[Way] = []
    for sort in ("life", "theme"):
        counted = Counter(chain.from_iterable(getattr(one.card, _FIELD[sort]) for one in found[:NEAREST]))
        for one, count in counted.most_common(RELATED // 2):
            if count < 2:
                break
            label = tell.words.say(f"services.{sort}.{one}", tell.language)
            ways.append(Way(one, label, f"{address('hall-items')}?{sort}={one}", count))
    return ways


_FIELD: Mapping[str, str] = {"life": "life", "theme": "themes"}


def _who(request: Asked) -> str:
    who = request.GET.get("who", "")
    return who if who in ("person", "firm") else ""


@hall("hall/items.jinja")
def items(request: Asked) -> dict[str, Any]:
    """Items by who applies, theme, life event, department and street, by name."""
    seen, tell = services.catalogue(), telling(request.language)
    who, asked = _who(request), {name: request.GET.get(name, "")[:80] for name in ("theme", "life", "office", "street")}
    streets = places.areas("street")
    organisations = _of_street(asked["street"], streets)
    theme, life, office = asked["theme"], asked["life"], asked["office"]
    cards = seen.listed(who=who, theme=theme, life=life, office=office, organisations=organisations or ())
    if asked["street"] and not organisations:
        cards = []
    start = whole(request.GET.get("after"), 6) or 0
    shown, end = cards[start : start + PAGE], start + PAGE
    options = {
        "theme": _options("theme", (*PERSON_THEMES, *FIRM_THEMES) if not who else _of(who, "theme"), tell),
        "life": _options("life", (*PERSON_LIFE, *FIRM_LIFE) if not who else _of(who, "life"), tell),
        "office": tuple((one, one) for one in sorted({card.office for card in seen.cards.values()} - {""})),
        "street": tuple((area.code, area.name.say(tell.language)) for area in streets),
    }
    return {
        "cards": shown, "who": who, "asked": asked, "options": options, "fields": len(FIELDS), "total": len(cards),
        "older": str(end) if end < len(cards) else "", "newer": str(max(0, start - PAGE)) if start else "",
        "contacts": seen.contacts, "sources": _sources(shown), "assigned": assigned_names(shown),
    }  # fmt: skip


def _of(who: str, sort: str) -> tuple[str, ...]:
    lists = {"theme": (PERSON_THEMES, FIRM_THEMES), "life": (PERSON_LIFE, FIRM_LIFE)}
    return lists[sort][who == "firm"]


def _options(sort: str, ids: Sequence[str], tell: Telling) -> tuple[tuple[str, str], ...]:
    """Return choices; a theme that persons and firms both have says whose it is."""
    said = [(one, tell.words.say(f"services.{sort}.{one}", tell.language)) for one in ids]
    twice = {label for label, count in Counter(label for _, label in said).items() if count > 1}
    whose = {"p": "person", "f": "firm"}
    return tuple(
        (
            one,
            tell.words.say(
                "hall.items.whose", tell.language, label=label,
                who=tell.words.say(f"services.who.{whose[one[0]]}", tell.language),
            ) if label in twice else label,
        )
        for one, label in said
    )  # fmt: skip


def _of_street(code: str, streets: Iterable[places.Area]) -> list[int]:
    """Return the offices of a street, by number."""
    areas = {area.id for area in streets if area.code == code}
    found = identity.organisations(above="community") if areas else ()
    return [one.id for one in found if one.sort == "street" and one.area in areas]


def assigned_names(cards: Iterable[Card]) -> Mapping[int, Named]:
    """Return the names of the organisations that items are assigned to; asked only where one is."""
    return organisation_names() if any(card.organisation is not None for card in cards) else {}


@hall("hall/item.jinja")
def item(request: Asked, code: str) -> dict[str, Any]:
    """The guide of one item: what is needed, how long it takes by law and by promise, and honestly what it lacks."""
    seen = services.catalogue()
    card = seen.by_code.get(code)
    if card is None:
        gone = services.withdrawn(code)
        if gone is None:
            raise NotFound("no_item", "item")
        return {"card": None, "gone": gone, "contacts": seen.contacts, "sources": ()}
    guide = services.guide_of(card.id) if card.filled else {}
    answers = disclosure.answers().listed({card.code})
    parts = read_item_code(card.code)
    return {
        "card": card, "guide": guide, "lacks": [name for name in FIELDS if name not in guide], "days": DAYS,
        "said": [name for name in FIELDS if name in guide and name not in DAYS], "fields": len(FIELDS),
        "code": parts, "facts": [(name, getattr(parts, name)) for name in FACTS if getattr(parts, name)],
        "odd": parts.oddities(card.sort), "variants": seen.variants(card)[:PAGE], "contacts": seen.contacts,
        "sources": [card.source], "assigned": assigned_names([card]), "took": services.took(card.id),
        "kinds": [(name, kind) for name, kind in services.matter_kinds() if kind.item == "optional"],
        "answers": answers[:ANSWERS], "more_answers": max(0, len(answers) - ANSWERS), "tongue": tongue_of,
    }  # fmt: skip


@hall("hall/offices.jinja")
def offices(request: Asked) -> dict[str, Any]:
    """How complete the guides of each department are, for everybody to see."""
    seen = services.catalogue()
    found = seen.offices()
    return {
        "offices": found, "sources": seen.sources, "contacts": seen.contacts, "fields": len(FIELDS),
        "assigned": organisation_names() if any(one.organisation is not None for one in found) else {},
    }  # fmt: skip
