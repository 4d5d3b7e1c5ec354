"""The public register of requests for government information, and the annual report drawn from the same rows."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from django.http import HttpResponse

from zhihai.faces.api.tables import lines
from zhihai.faces.hall.items.pages import hall, tongue_of
from zhihai.faces.naming import Telling, organisation_names, telling
from zhihai.faces.request import Asked, readable, whole
from zhihai.ground.kind import beside, word
from zhihai.ground.refusal import NotFound
from zhihai.kernel.disclosure import reads
from zhihai.kernel.disclosure.kinds import FEE_WAYS, RegisterKind, Tier
from zhihai.kernel.services import reads as services

PAGE, MOST = 50, 20_000
BOM = "\ufeff"
"""What spreadsheets need at the beginning, to read a table as UTF-8."""


def _declared() -> tuple[str, RegisterKind]:
    found = reads.register()
    if found is None:
        raise NotFound
    return found


def _year(request: Asked) -> int:
    """Return the year that an address asks for, else the present one."""
    given = whole(request.GET.get("year"), 4)
    return given if given and 2000 <= given < 2200 else request.clock.instant.astimezone(request.zone).year


def _chosen(request: Asked, kind: RegisterKind) -> dict[str, Any]:
    """Return which requests an address asks for: of a year, an office, with an outcome, late or waiting."""
    row = next((one for one in kind.rows if one.id == request.GET.get("row", "")), None)
    only = request.GET.get("only", "")
    return {
        "organisation": whole(request.GET.get("office"), 9), "outcomes": row.outcomes if row else (),
        "only": only if only in ("late", "open") else "",
        "reported": request.GET.get("report") == "1", "disputed": _disputed(request),
    }  # fmt: skip


def _disputed(request: Asked) -> tuple[str, str] | None:
    """Return about which reviews or law suits an address asks, ``None`` where it asks about none."""
    sort, result = request.GET.get("dispute", ""), request.GET.get("result", "")
    return (sort, result) if sort in reads.SORTS and result in reads.RESULTS else None


@hall("hall/register.jinja")
def register(request: Asked) -> dict[str, Any]:
    """Requests of a year: number, day, office, outcome, working days, late or not; figures that lead to their rows."""
    name, kind = _declared()
    year, now, tell = _year(request), request.clock.instant, telling(request.language)
    chosen, after = _chosen(request, kind), request.GET.get("after", "")[:40]
    book = reads.requests(year, request.zone, at=now, **chosen, after=after, limit=PAGE + 1)
    rows = book.rows
    names = organisation_names()
    return {
        "rows": rows[:PAGE], "older": rows[PAGE - 1].number if len(rows) > PAGE else "", "paged": bool(after),
        "year": year, "tally": book.tally, "names": names, "chosen": chosen,
        "case": beside(name, kind.case), "asking": beside(name, kind.matter),
        "row": request.GET.get("row", "") if chosen["outcomes"] else "", "contacts": services.catalogue().contacts,
        "years": tuple((str(one), str(one)) for one in sorted({*book.years, year}, reverse=True)),
        "outcomes": tuple((row.id, _said(tell, name, "row", row.id)) for row in kind.rows),
        "offices": tuple((str(one), name.say(tell.language)) for one, name in names.items()),
        "onlys": tuple((one, tell.words.say(f"hall.register.only.{one}", tell.language)) for one in ("late", "open")),
        "query": request.GET.urlencode(), "tongue": tongue_of,
    }  # fmt: skip


def _said(tell: Telling, name: str, part: str, id_: str) -> str:
    return tell.words.say(word(name, "register", f"{part}.{id_}"), tell.language)


def register_table(request: Asked) -> HttpResponse:
    """The same rows as a table (CSV, UTF-8), of the whole year."""
    readable(request)
    name, kind = _declared()
    year, tell, names = _year(request), telling(request.language), organisation_names()
    found = reads.requests(year, request.zone, at=request.clock.instant, **_chosen(request, kind), limit=MOST).rows
    columns = (
        "number",
        "received",
        "office",
        "outcome",
        "answered",
        "due",
        "days",
        "limit",
        "late",
        "provenance",
        "topic",
    )
    header, case = [tell.words.say(f"hall.register.{one}", tell.language) for one in columns], beside(name, kind.case)
    table = lines(header, (tuple(_cells(one, request, tell, case, names)) for one in found))
    answer = HttpResponse(BOM.encode() + b"".join(table), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="requests-{year}.csv"'
    return answer


def _cells(one: reads.Registered, request: Asked, tell: Telling, case: str, names: Any) -> Iterator[str]:
    def day(at: Any) -> str:
        return at.astimezone(request.zone).date().isoformat() if at else ""

    yield from (one.number, day(one.opened_at))
    yield names[one.organisation].say(tell.language) if one.organisation in names else ""
    outcome = tell.kind(case, "case", f"{one.step}.{one.outcome}") if one.outcome else ""
    yield outcome or tell.words.say("hall.register.waits", tell.language)
    yield from (day(one.closed_at), day(one.due), str(one.days), str(one.limit))
    yield tell.words.say(f"hall.register.{'yes' if one.late else 'no'}", tell.language)
    yield one.provenance
    yield one.summary.title if one.summary else ""


@hall("hall/disclosure_report.jinja")
def annual_report(request: Asked, year: int) -> dict[str, Any]:
    """The annual report's table of a year, as its rows stand now; each figure of requests leads to its rows."""
    name, _ = _declared()
    found = reads.report(year, request.zone, at=request.clock.instant) if 2000 <= year < 2200 else None
    if found is None:
        raise NotFound
    tell, counted = telling(request.language), reads.disputes_in(year)
    parts = [
        (part, _said(tell, name, "part", part), [(line, _said(tell, name, "row", line.row.id)) for line in lines])
        for part, lines in groupby(found.lines, key=lambda line: line.row.part)
    ]
    return {
        "report": found, "parts": parts, "year": year,
        "ended": (sum(line.natural for line in found.lines), sum(line.legal for line in found.lines)),
        "contacts": services.catalogue().contacts,
        "published": [(tell.kind(kind, "publication"), kind, n) for kind, n in found.published.items()],
        "results": reads.RESULTS,
        "disputes": [
            (sort, [counted.get((sort, result), 0) for result in reads.RESULTS]) for sort in reads.SORTS
        ],
        "fees": reads.fees_in(year), "yuan": reads.in_yuan,
        "going": request.clock.instant.astimezone(request.zone).year <= year,
        "years": sorted({*found.years, year}, reverse=True),
    }  # fmt: skip


@hall("hall/fees.jinja")
def fees(request: Asked) -> dict[str, Any]:
    """What is charged for requests beyond reason, from which on, and how it is paid (收费标准)."""
    named = reads.tariff_named()
    if named is None:
        raise NotFound
    name, tariff = named
    tell = telling(request.language)
    ways = [(way, tuple(_tiers(tariff.items if way == "items" else tariff.pages))) for way in FEE_WAYS]
    return {
        "ways": ways, "yuan": lambda cents: reads.in_yuan(cents).removesuffix(".00"),
        "source": tell.kind(name, "tariff", "source"),
        "name": tell.kind(name, "tariff"), "contacts": services.catalogue().contacts,
    }  # fmt: skip


def _tiers(tiers: tuple[Tier, ...]) -> Iterator[tuple[int, Tier]]:
    """Yield each tier with the number of its first unit."""
    first = 1
    for tier in tiers:
        yield first, tier
        first = (tier.upto or 0) + 1
