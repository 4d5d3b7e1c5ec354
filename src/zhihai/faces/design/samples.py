"""Sample content of the style guide: made up around an instant, marked synthetic, named after nothing real."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from zhihai.faces.design.figures import Chart, Level, Line, Place, Tone
from zhihai.faces.design.shell import AccountFace, ClockFace, NavGroup, NavItem, Shell
from zhihai.faces.design.speech import Speech
from zhihai.faces.design.strip import Strip, time_strip

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
KINDS = ("pollution", "dust", "odd", "silent", "flood")
PLACES: tuple[tuple[str, float, float, str, str, Tone, str], ...] = (
    ("a", 0.012, 0.020, "chart.station_a", "398", "sea", "map.station"),
    ("b", -0.018, -0.012, "chart.station_b", "", "quiet", "map.silent"),
    ("1", 0.002, 0.004, "list.row_dust", "", "cinnabar", "map.late_case"),
    ("2", 0.0035, 0.0052, "list.row_flood", "", "amber", "map.near_case"),
    ("3", 0.0041, 0.0035, "list.row_odd", "", "sea", "map.note_open"),
    ("4", -0.006, 0.015, "list.row_pollution", "", "amber", "map.near_case"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleCase:
    """A row of a sample list."""

    id: int
    number: str
    title: str
    note: str
    place: str
    holder: str
    value: float | None
    strip: Strip

    @property
    def urgency(self) -> str:
        """The urgency of its clock: late rows are marked."""
        return self.strip.urgency


def shell(speech: Speech, face: str, path: str) -> Shell:
    """Return the sample frame of one face."""

    def group(key: str, *items: NavItem) -> NavGroup:
        return NavGroup(label=speech.say(f"design.guide.nav.{key}"), items=items)

    def label(key: str) -> str:
        return speech.say(f"design.guide.nav.{key}")

    account = AccountFace(name=speech.say("design.guide.page.official"), duty=speech.say("design.guide.page.duty"))
    return Shell(
        district=speech.say("design.guide.page.district"),
        face=speech.say(f"design.guide.faces.{face}"),
        home=path,
        search=path,
        account=account if face == "desk" else None,
        sign_in="" if face == "desk" else path,
        marks=("synthetic",),
        groups=(
            group(
                "mine",
                NavItem(label=label("inbox"), href=path, count="17"),
                NavItem(label=label("soon"), href=path, count="4", tone="near"),
                NavItem(label=label("late"), href=path, count="1", tone="late"),
            ),
            group(
                "ours",
                NavItem(label=label("devices"), href=path),
                NavItem(label=label("quarantine"), href=path, count="3"),
                NavItem(label=label("guide"), href=path, current=True),
            ),
        ),
    )


def strips(now: datetime) -> dict[str, Strip]:
    """Return one strip of every urgency, and what may be said of a clock besides."""
    start = now - 6 * DAY
    tested = ((now - 5 * DAY, now - 3 * DAY),)
    return {
        "calm": time_strip(start, now + 9 * DAY, now, pauses=tested),
        "near": time_strip(start, now + DAY, now, pauses=tested),
        "late": time_strip(start, now - 26 * HOUR, now),
        "paused": time_strip(start, None, now, pauses=((now - 2 * DAY, None),)),
        "done": time_strip(start, now + 2 * DAY, now, done=now - DAY),
        "done_late": time_strip(start, now - 2 * DAY, now, done=now - DAY),
        "provisional": time_strip(start, now + 300 * DAY, now, provisional=True),
    }


def cases(speech: Speech, now: datetime, many: int) -> list[SampleCase]:
    """Return ``many`` open cases, earliest due first."""
    return [_case(speech, now, n) for n in range(many)]


def _case(speech: Speech, now: datetime, n: int) -> SampleCase:
    due = now + timedelta(hours=-21 + 13 * n)
    pauses = ((due - 2.2 * DAY, due - 1.6 * DAY),) if n % 4 == 2 else ()
    return SampleCase(
        id=n + 1,
        number=f"S-{3187 + n:06}",
        title=speech.say(f"design.guide.list.row_{KINDS[n % len(KINDS)]}"),
        note=speech.say("design.guide.list.row_kind", n=n % 3 + 1),
        place=speech.say("design.guide.list.place_n", n=17 + 8 * n),
        holder=speech.say("design.guide.case.inspector" if n % 2 else "design.guide.case.dispatcher"),
        value=None if n % 5 == 3 else 398.0 - 27 * n,
        strip=time_strip(due - (3 + n % 4) * DAY, due, now, pauses=pauses),
    )


def chart(speech: Speech, now: datetime) -> Chart:
    """Return three days of two stations, one with a gap of five hours and a lone reading after another."""
    hours = [now.replace(minute=0, second=0, microsecond=0) - n * HOUR for n in range(72, -1, -1)]
    missing = {60, 61, 62, 63, 64, 68, 70}

    def reading(n: int, lift: float) -> float:
        return round(max(8.0, 62 + lift + 1.9 * n + 34 * math.sin(n / 5.5) + 9 * math.sin(n * 1.7)), 1)

    a = tuple((at, None if n in missing else reading(n, 0)) for n, at in enumerate(hours))
    b = tuple((at, reading(n, -24)) for n, at in enumerate(hours))
    return Chart(
        lines=(
            Line(name=speech.say("design.guide.chart.station_a"), points=a, tone="sea"),
            Line(name=speech.say("design.guide.chart.station_b"), points=b, tone="plum"),
        ),
        levels=(Level(name=speech.say("design.guide.chart.limit"), value=75),),
        unit="µg/m³",
        step=3600,
    )


def places(speech: Speech, lon: float = 0.0, lat: float = 0.0) -> list[Place]:
    """Return points around a place in the sea off the coast of nowhere."""
    return [
        Place(
            id=id_,
            lon=lon + east,
            lat=lat + north,
            name=speech.say(f"design.guide.{name}"),
            value=value,
            tone=tone,
            note=speech.say(f"design.guide.{note}"),
            href=f"#case-{id_}",
        )
        for id_, east, north, name, value, tone, note in PLACES
    ]


def context(speech: Speech, clock: ClockFace, face: str, path: str) -> dict[str, object]:
    """Return what the pages of the guide are drawn from. All of it is sample content around the clock's instant."""
    now = clock.instant
    drawn = chart(speech, now)
    return {
        "shell": shell(speech, face, path),
        "face": face,
        "path": path,
        "now": now,
        "hour": HOUR,
        "strips": strips(now),
        "cases": cases(speech, now, 12),
        "chart": drawn,
        "silence": replace(drawn, lines=()),
        "places": places(speech),
    }
