"""The Jinja2 environment of all faces: what a template may call.

A request carries, put there by the faces' middleware: ``language`` (``zh`` or ``en``), ``zone`` (the district's
``ZoneInfo``), ``clock`` (a ``ClockFace``) and ``care`` (large print asked for). What is made without a request, a
letter for instance, gives the same names in its context.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, cast
from urllib.parse import parse_qsl, urlencode, urlsplit
from zoneinfo import ZoneInfo

from django.templatetags.static import static
from jinja2 import Environment, StrictUndefined, pass_context
from jinja2.runtime import Context
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from zhihai.faces.addresses import address
from zhihai.faces.design import drawing, figures, moments
from zhihai.faces.design.choosing import picked
from zhihai.faces.design.shell import ClockFace
from zhihai.faces.design.speech import Speech
from zhihai.faces.design.strip import Strip, share_strip, time_strip
from zhihai.ground.words import Language, Words
from zhihai.kernel import house

SCRIPT_WORDS = ("design.time.", "design.weekday.", "design.month.", "design.strip.", "design.chart.", "design.map.")
_NOTHING = object()
_OWN = ("language", "zone", "clock", "care")
"""What a context may say of the reader itself, before its request."""
_KEPT, _ASKED = "_zhihai_reader", "_zhihai_asked"


def environment(**options: Any) -> Environment:
    """Return the environment for Django's Jinja2 backend, with the words of the running house."""
    return make_environment(house.words, lru_cache(static), address, **options)


def make_environment(
    dictionary: Callable[[], Words], static_url: Callable[[str], str], url: Callable[..., str], **options: Any
) -> Environment:
    """Return an environment that asks ``dictionary`` for the words at each rendering.

    Escaping is always on, and an undefined name is an error: a page never shows a hole.
    """
    made = Environment(**{**options, "autoescape": True, "undefined": StrictUndefined})
    made.trim_blocks = made.lstrip_blocks = True
    made.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "separators": (",", ":")}
    reading = Reading(dictionary)
    made.globals.update(
        static=static_url,
        url=url,
        say=reading.say,
        plural=reading.plural,
        script_words=reading.script_words,
        instant=reading.instant,
        instant_text=reading.instant_text,
        number=reading.number,
        number_text=figures.number_text,
        strip=reading.strip,
        strip_svg=reading.strip_svg,
        standing=reading.standing,
        due_cell=reading.due_cell,
        share_strip=share_strip,
        meter=figures.meter,
        geojson=figures.places_geojson,
        iso=moments.iso,
        reader=reader,
        here=here,
        picked=picked,
    )
    return made


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom a page is made: language, the district's zone and clock, large print (关怀模式)."""

    language: Language
    zone: ZoneInfo
    clock: ClockFace
    care: bool


@pass_context
def reader(context: Context) -> Reader:
    """Return for whom this page is made. Raises ``LookupError`` naming what neither context nor request gives.

    A page asks some hundred times: what its request alone says is kept there.
    """
    given, more = context.parent, context.vars
    request = given.get("request")
    if request is None or any(name in given or name in more for name in _OWN):
        return _reader(context)
    kept = request.__dict__.get(_KEPT)
    if kept is None:
        kept = request.__dict__[_KEPT] = _reader(context)
    return cast("Reader", kept)


def _reader(context: Context) -> Reader:
    return Reader(
        "en" if _given(context, "language") == "en" else "zh",
        cast("ZoneInfo", _given(context, "zone")),
        cast("ClockFace", _given(context, "clock")),
        bool(_given(context, "care", False)),
    )


@pass_context
def here(context: Context, **changes: object) -> str:
    """Return the address of this page with parameters of its query changed; None takes one away."""
    request = context["request"]
    kept: tuple[str, dict[str, str]] | None = request.__dict__.get(_ASKED)
    if kept is None:
        parts = urlsplit(str(request.get_full_path()))
        asked = parse_qsl(parts.query, keep_blank_values=True)
        kept = request.__dict__[_ASKED] = parts.path, {name: urlencode([(name, value)]) for name, value in asked}
    path, query = kept
    now = query | {name: "" if value is None else urlencode([(name, value)]) for name, value in changes.items()}
    text = "&".join(filter(None, now.values()))
    return f"{path}?{text}" if text else path


class Reading:
    """What a template says and shows in the language and the zone of its reader."""

    def __init__(self, dictionary: Callable[[], Words]) -> None:
        self._dictionary = dictionary
        self._script: dict[Language, tuple[Words, Markup]] = {}

    def speech(self, context: Context) -> Speech:
        """Return the dictionary as this reader hears it."""
        return Speech(self._dictionary(), reader(context).language)

    @pass_context
    def say(self, context: Context, key: str, **facts: object) -> str:
        """Return the sentence ``key``; raises ``KeyError`` naming a key or a place that is missing."""
        return self.speech(context).say(key, **facts)

    @pass_context
    def plural(self, context: Context, key: str, n: int, **facts: object) -> str:
        """Return the sentence ``key.one`` or ``key.many`` about ``n`` things."""
        return self.speech(context).plural(key, n, **facts)

    @pass_context
    def instant(self, context: Context, at: datetime, style: moments.Style = "when") -> Markup:
        """Return ``<time>`` as people say it, exact on hover. See ``moments.say_instant`` for the styles."""
        to = reader(context)
        return moments.time_element(self.speech(context), to.zone, at, style, to.clock.instant)

    @pass_context
    def instant_text(self, context: Context, at: datetime, style: moments.Style = "when") -> str:
        """Return the same as text, for a label."""
        to = reader(context)
        return moments.say_instant(self.speech(context), to.zone, at, style, to.clock.instant)

    @pass_context
    def number(
        self, context: Context, value: figures.Number | None, unit: str = "", digits: int | None = None
    ) -> Markup:
        """Return a number with its unit in tabular figures."""
        return figures.number_element(self.speech(context), value, unit, digits)

    @pass_context
    def strip(
        self,
        context: Context,
        start: datetime,
        due: datetime | None,
        *,
        warn: datetime | None = None,
        pauses: Iterable[tuple[datetime, datetime | None]] = (),
        done: datetime | None = None,
        provisional: bool = False,
    ) -> Strip:
        """Return the time strip of a clock at the page's instant. See ``strip.time_strip``."""
        now = reader(context).clock.instant
        return time_strip(start, due, now, warn=warn, pauses=pauses, done=done, provisional=provisional)

    @pass_context
    def strip_svg(self, context: Context, strip: Strip, label: str = "") -> Markup:
        """Return a strip drawn, with what it says to one who does not see it."""
        to = reader(context)
        return drawing.strip_svg(strip, label or drawing.strip_label(self.speech(context), to.zone, strip))

    @pass_context
    def standing(self, context: Context, strip: Strip) -> Markup:
        """Return in words how a strip stands."""
        to = reader(context)
        return drawing.standing(self.speech(context), to.zone, strip, to.clock.instant)

    @pass_context
    def due_cell(self, context: Context, strip: Strip) -> Markup:
        """Return a strip and how it stands, as a row of a list shows them."""
        to = reader(context)
        return drawing.due_cell(self.speech(context), to.zone, strip, to.clock.instant)

    @pass_context
    def script_words(self, context: Context) -> Markup:
        """Return as JSON the phrases that the page's script says, unfilled, by key without ``design.``."""
        tongue, dictionary = reader(context).language, self._dictionary()
        of, phrases = self._script.get(tongue, (None, Markup()))
        if of is not dictionary:
            found = {
                key.removeprefix("design."): phrase.zh if tongue == "zh" else phrase.en
                for key, phrase in dictionary.items()
                if key.startswith(SCRIPT_WORDS)
            }
            phrases = htmlsafe_json_dumps(found, ensure_ascii=False, separators=(",", ":"))
            self._script[tongue] = dictionary, phrases
        return phrases


def _given(context: Context, name: str, default: object = _NOTHING) -> object:
    found = context.get(name, _NOTHING)
    if found is _NOTHING:
        found = getattr(context.get("request"), name, default)
    if found is _NOTHING:
        raise LookupError(f"{name}: neither the context nor its request gives it (macros are imported «with context»)")
    return found
