"""Instants as people say them, in the district's zone; the exact instant stands behind each (时间的说法)."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from zhihai.faces.design.speech import Speech

Style = Literal["day", "date", "clock", "minute", "full", "exact", "when", "whole", "ago", "left"]
STYLES: tuple[Style, ...] = get_args(Style)
RELATIVE: tuple[Style, ...] = ("when", "whole", "ago", "left")  # said from the present

MINUTE, HOUR, DAY = 60, 3600, 86400
MANY_HOURS = 48  # below this people count hours, from it on days
MOMENTS = 8192
"""So many instants are kept as they were said."""


def say_instant(speech: Speech, zone: ZoneInfo, instant: datetime, style: Style, now: datetime | None = None) -> str:
    """Say an aware instant.

    ``when`` says today, yesterday and tomorrow, and leaves out the year of ``now``; ``whole`` says the same of a whole
    day, without an hour; ``ago`` counts from ``now``
    (``3 hours ago``, ``in 2 days``); ``left`` counts towards a due instant (``2 days left``, ``1 hour late``): calendar
    time, not working time. The others are fixed forms. Raises ``ValueError`` for a naive instant, an unknown style,
    or a style that needs ``now`` without it.
    """
    if instant.tzinfo is None:
        raise ValueError("instant: needs a time zone")
    if style not in STYLES:
        raise ValueError(f"style: {style!r} is none of {', '.join(STYLES)}")
    if style in RELATIVE and now is None:
        raise ValueError(f"style {style!r}: needs the district's present instant")
    if now is not None and style == "ago":
        return _span(speech, (instant - now).total_seconds(), "in", "ago", ("soon", "now"))
    if now is not None and style == "left":
        return _span(speech, (instant - now).total_seconds(), "left", "late", ("left_soon", "late_soon"))
    local = instant.astimezone(zone)
    if now is not None and style == "whole":
        return speech.fill(f"design.time.{_whole(local, now.astimezone(zone))}", _Parts(speech, local))
    if now is not None and style == "when":
        return speech.fill(f"design.time.{_when(local, now.astimezone(zone))}", _Parts(speech, local))
    return _fixed(speech, local, style)


@lru_cache(maxsize=MOMENTS)
def _fixed(speech: Speech, local: datetime, form: str) -> str:
    """Say a local instant in a form that does not rest on the present. Clocks run out at the same few instants."""
    return speech.fill(f"design.time.{form}", _Parts(speech, local))


def time_element(
    speech: Speech, zone: ZoneInfo, instant: datetime, style: Style, now: datetime | None = None
) -> Markup:
    """Return ``<time>``: said in ``style``, exact on hover.

    What is said from the present (``when``, ``ago``, ``left``) carries its style, so that an open page keeps it true.
    """
    said = say_instant(speech, zone, instant, style, now)
    return Markup(f"{_opening(speech, zone, instant, style)}{escape(said)}</time>")


@lru_cache(maxsize=MOMENTS)
def _opening(speech: Speech, zone: ZoneInfo, instant: datetime, style: Style) -> str:
    exact = say_instant(speech, zone, instant, "exact")
    kept = f' data-told="{style}"' if style in RELATIVE else ""
    return f'<time class="num" datetime="{iso(instant)}" title="{escape(exact)}"{kept}>'


@lru_cache(maxsize=MOMENTS)
def iso(instant: datetime) -> str:
    """Return the instant in UTC, to the second, as ``2014-02-20T07:20:00Z``."""
    return f"{instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def _near(local: datetime, now: datetime) -> str | None:
    return {0: "today", -1: "yesterday", 1: "tomorrow"}.get((local.date() - now.date()).days)


def _when(local: datetime, now: datetime) -> str:
    return _near(local, now) or ("minute" if local.year == now.year else "year_minute")


def _whole(local: datetime, now: datetime) -> str:
    near = _near(local, now)
    return f"whole_{near}" if near else "day" if local.year == now.year else "date"


def _span(speech: Speech, seconds: float, ahead: str, behind: str, close: tuple[str, str]) -> str:
    name, size = (ahead, seconds) if seconds >= 0 else (behind, -seconds)
    if size < MINUTE:
        return speech.say(f"design.time.{close[0] if seconds > 0 else close[1]}")
    unit, length = ("minute", MINUTE) if size < HOUR else ("hour", HOUR) if size < MANY_HOURS * HOUR else ("day", DAY)
    return speech.plural(f"design.time.{name}_{unit}", int(size // length))


class _Parts(dict[str, object]):
    """The parts of a local instant by name, each made when a sentence asks for it: a list says a hundred of them."""

    def __init__(self, speech: Speech, local: datetime) -> None:
        super().__init__(year=local.year, month=local.month, day=local.day)
        self._speech, self._local = speech, local

    def __missing__(self, name: str) -> object:
        local = self._local
        match name:
            case "hour" | "minute" | "second":
                return f"{getattr(local, name):02}"
            case "month_name":
                return self._speech.say(f"design.month.{local.month}")
            case "weekday":
                return self._speech.say(f"design.weekday.{local.isoweekday()}")
            case "offset":
                offset = local.strftime("%z")
                return f"{offset[:3]}:{offset[3:5]}"
        raise KeyError(name)
