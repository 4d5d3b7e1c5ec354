"""The public register of requests (依申请公开登记), and the annual report drawn from the same rows (年度报告).

政府信息公开条例 art. 33 (limits), 36 (answers), 49 and 50 (the report). No row has a name or a word of whoever asked.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Literal, cast
from zoneinfo import ZoneInfo

from zhihai.ground.kind import beside
from zhihai.kernel import house, records
from zhihai.kernel.cases import reads as cases
from zhihai.kernel.disclosure.kinds import PublicationKind, RegisterKind, ReportRow
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.services.reads import APPLICATION

Lateness = Literal["", "late", "open"]
"""Which requests are asked for: all, those answered late or overdue, those not answered yet."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What an official published of a request (办理摘要): ``id`` is its permanent address."""

    id: int
    title: str
    opening: str
    published_at: datetime


@dataclass(frozen=True, slots=True)
class Registered:
    """A request as everybody sees it: ``outcome`` of ``step`` is how it was answered, both empty until then.

    ``days`` are the whole working days that count for the office, as its clock counts them, of a limit of ``limit``
    days, extensions included; ``due`` is ``None`` while the clock stands still. ``late`` says that it was answered
    after its limit, or waits past it. ``summary`` is what was published of it, ``None`` where nothing was.
    """

    number: str
    opened_at: datetime
    organisation: int
    step: str
    outcome: str
    closed_at: datetime | None
    due: datetime | None
    late: bool
    provenance: str
    days: int
    limit: int
    summary: Summary | None = None

    @property
    def id(self) -> str:
        """What a list tells its rows apart by."""
        return self.number


@dataclass(frozen=True, slots=True)
class Tally:
    """How many requests of a year there are: ``answered`` on time, ``late`` answered or overdue, ``open`` of all."""

    received: int
    answered: int
    late: int
    open: int


@dataclass(frozen=True, slots=True)
class Book:
    """A page of the register: some rows of a year, its tally, and the local years that have rows, the latest first."""

    rows: tuple[Registered, ...]
    tally: Tally
    years: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ReportLine:
    """A line of the annual report, by whether human beings or firms and other bodies asked."""

    row: ReportRow
    natural: int
    legal: int

    @property
    def whole(self) -> int:
        """Return how many in all."""
        return self.natural + self.legal


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a year's requests; ``received`` and ``carried_in`` are those that ended or went over.

    ``published`` are publications of the year by kind, ``years`` those in which requests came.
    """

    year: int
    received: tuple[int, int]
    carried_in: tuple[int, int]
    lines: tuple[ReportLine, ...]
    carried_over: tuple[int, int]
    late: int
    published: Mapping[str, int]
    years: tuple[int, ...]


def register() -> tuple[str, RegisterKind] | None:
    """Return the register that a pack declares, by full name; ``None`` where none does."""
    return next(iter(house.registry().all(RegisterKind)), None)


_LATE = """EXISTS (SELECT FROM clock k WHERE k.case_id = c.id AND k.name = ANY(%(clocks)s)
    AND k.due_at < least(coalesce(k.stopped_at, c.closed_at, %(at)s), %(until)s::timestamptz))"""
"""``until`` is the end of the year for what its report says, ``NULL`` (never the least) for what is so now."""
_FROM = """FROM application a JOIN cases c ON c.number = a.number LEFT JOIN LATERAL (
        SELECT t.step, t.outcome FROM task t WHERE t.case_id = c.id AND t.state = 'done' AND c.state = 'closed'
        ORDER BY t.done_at DESC, t.id DESC LIMIT 1) e ON true
    WHERE a.kind = %(kind)s"""
_IN_YEAR = "c.opened_at >= %(first)s AND c.opened_at < %(next)s"
_REPORTED = "c.opened_at < %(next)s AND (c.closed_at IS NULL OR c.closed_at >= %(first)s)"
STOOD = "CASE WHEN d.ended_on < %(over)s THEN d.result ELSE 'pending' END"
OF_YEAR = "d.taken_back_at IS NULL AND d.begun_on < %(over)s AND (d.ended_on IS NULL OR d.ended_on >= %(begins)s)"
"""How a review or a law suit ``d`` stood when a year ended, and whether it belongs to that year's report."""
_DISPUTED = f"""EXISTS (SELECT FROM request_dispute d WHERE d.number = c.number AND d.sort = %(sort)s AND {OF_YEAR}
    AND {STOOD} = %(result)s)"""
Given = dict[str, object]


def year_of_disputes(year: int) -> dict[str, object]:
    """Return the days between which a year's report counts reviews and law suits."""
    return {"begins": date(year, 1, 1), "over": date(year + 1, 1, 1)}


@dataclass(frozen=True, slots=True)
class InRegister:
    """A request as its disputes need it: the office's place, when it came, was answered, and was first late."""

    lo: int
    opened_at: datetime
    closed_at: datetime | None
    late_at: datetime | None


def in_register(number: str, *, at: datetime) -> InRegister | None:
    """Return the office of a request, and when it was answered or late by then; ``None`` for no such request."""
    found = register()
    if found is None:
        return None
    with identity.seeing(identity.PLATFORM):
        row = records.one(
            """SELECT o.lo, c.opened_at, c.closed_at, (SELECT min(k.due_at) FROM clock k WHERE k.case_id = c.id
                   AND k.name = ANY(%s) AND k.due_at < coalesce(k.stopped_at, c.closed_at, %s))
               FROM application a JOIN cases c ON c.number = a.number
               JOIN organisation o ON o.id = c.org_id WHERE a.number = %s AND a.kind = %s""",
            (list(found[1].clocks), at, number, beside(found[0], found[1].matter)),
        )
    return None if row is None else InRegister(*row)


def _given(year: int, zone: ZoneInfo, at: datetime, **more: object) -> Given | None:
    """Return what every question is asked by; ``None`` where no pack declares a register."""
    found = register()
    if found is None:
        return None
    name, kind = found
    return {
        "kind": beside(name, kind.matter), "clocks": list(kind.clocks), "at": at, "zone": zone.key,
        "first": _begin(year, zone), "next": _begin(year + 1, zone), "until": None, **more,
    }  # fmt: skip


def _begin(year: int, zone: ZoneInfo) -> datetime:
    return datetime.combine(date(year, 1, 1), time(0), zone).astimezone(UTC)


def requests(
    year: int, zone: ZoneInfo, *, at: datetime, organisation: int | None = None, outcomes: Sequence[str] = (),
    only: Lateness = "", reported: bool = False, after: str = "", limit: int = 50,
    disputed: tuple[str, str] | None = None,
) -> Book:  # fmt: skip
    """Return requests received in a local year, the latest first; nothing where no pack declares a register.

    With ``reported`` those of its annual report: received in it or carried into it, late or not as that year says.
    ``disputed`` asks, by sort and result, for those about which the report of the year counts a review or a law suit,
    whenever they were received. ``after`` is the number of the last one of the page before. The tally is of the whole
    year and all offices.
    """
    given = _given(
        year, zone, at, organisation=organisation, outcomes=list(outcomes), after=after, limit=limit,
        until=_begin(year + 1, zone) if reported else None, **year_of_disputes(year),
        sort=disputed and disputed[0], result=disputed and disputed[1],
    )  # fmt: skip
    if given is None:
        return Book((), Tally(0, 0, 0, 0), ())
    conditions = [_DISPUTED if disputed else _REPORTED if reported else _IN_YEAR]
    if organisation is not None:
        conditions.append("c.org_id = %(organisation)s")
    if outcomes:
        conditions.append("e.outcome = ANY(%(outcomes)s)" + (" AND c.closed_at < %(next)s" if reported else ""))
    if only:
        conditions.append(_LATE if only == "late" else "c.state <> 'closed'")
    if after:
        conditions.append("a.id < (SELECT b.id FROM application b WHERE b.number = %(after)s)")
    with identity.seeing(identity.PLATFORM):
        rows = _rows(" AND ".join(conditions), "a.id DESC", given)
        tally, years = _tally(given), _years(given)
    return Book(_told(rows, given, at), tally, years)


def answered_requests(zone: ZoneInfo, *, at: datetime, limit: int) -> tuple[Registered, ...]:
    """Return the requests that were answered last, whatever year they are of; the latest answer first."""
    given = _given(at.astimezone(zone).year, zone, at, limit=limit)
    if given is None:
        return ()
    with identity.seeing(identity.PLATFORM):
        rows = _rows("c.closed_at IS NOT NULL AND c.closing <> 'withdrawn'", "c.closed_at DESC, a.id DESC", given)
    return _told(rows, given, at)


def _rows(condition: str, order: str, given: Given) -> list[records.Row]:
    return records.rows(
        f"""SELECT a.id, c.number, c.opened_at, c.org_id, coalesce(e.step, ''), coalesce(e.outcome, ''),
                c.closed_at, {_LATE}, a.provenance
            {_FROM} AND {condition} ORDER BY {order} LIMIT %(limit)s""",
        given,
    )


def _told(rows: Sequence[records.Row], given: Given, at: datetime) -> tuple[Registered, ...]:
    """Return rows with the working days that their clocks count, and what was published of them."""
    clocks = cases.clocks_about(APPLICATION, [row[0] for row in rows], at=at)
    names = set(cast("list[str]", given["clocks"]))
    said = _summaries([row[1] for row in rows])
    return tuple(_registered(row, names, clocks.get(row[0], ()), said.get(row[1])) for row in rows)


OPENING = 400


def _summaries(numbers: Sequence[str]) -> dict[str, Summary]:
    """Return what can be read of some requests, by their numbers."""
    kinds = [name for name, kind in house.registry().all(PublicationKind) if kind.shown == "register"]
    rows = records.rows(
        f"""SELECT p.matter, p.id, v.title, left(v.body, {OPENING}), v.published_at
            FROM publication p JOIN publication_version v ON v.publication_id = p.id AND v.state = 'published'
            WHERE p.matter = ANY(%s) AND p.matter <> '' AND p.kind = ANY(%s) AND p.state = 'published'""",
        (list(numbers), kinds),
    )
    return {row[0]: Summary(*row[1:]) for row in rows}


def _registered(
    row: records.Row, names: Collection[str], clocks: Sequence[cases.ClockView], summary: Summary | None
) -> Registered:
    _, number, opened_at, organisation, step, outcome, closed_at, late, provenance = row
    ours = [one for one in clocks if one.name in names]
    last = ours[-1].reading if ours else None
    return Registered(
        number, opened_at, organisation, step, outcome, closed_at, last.due if last else None, late, provenance,
        last.elapsed if last else 0, last.total if last else 0, summary,
    )  # fmt: skip


def _years(given: Given) -> tuple[int, ...]:
    rows = records.rows(
        f"SELECT DISTINCT extract(year FROM c.opened_at AT TIME ZONE %(zone)s)::int {_FROM} ORDER BY 1 DESC", given
    )
    return tuple(row[0] for row in rows)


def _tally(given: Given) -> Tally:
    rows = records.rows(
        f"SELECT c.state = 'closed', {_LATE} AS late, count(*) {_FROM} AND {_IN_YEAR} GROUP BY 1, 2", given
    )
    return Tally(
        sum(row[2] for row in rows), sum(row[2] for row in rows if row[0] and not row[1]),
        sum(row[2] for row in rows if row[1]), sum(row[2] for row in rows if not row[0]),
    )  # fmt: skip


def report(year: int, zone: ZoneInfo, *, at: datetime) -> Report | None:
    """Return the annual report of a local year as it stands at ``at``; ``None`` where no pack declares a register.

    What was received and what was carried into the year is, together, what ended in it and what goes over. What ran out
    after the year is late in the next one.
    """
    found, given = register(), _given(year, zone, at, until=_begin(year + 1, zone))
    if found is None or given is None:
        return None
    with identity.seeing(identity.PLATFORM):
        rows = records.rows(
            f"""SELECT p.sort, b.opened_at < %(first)s, b.outcome, count(*), count(*) FILTER (WHERE b.late)
                FROM (SELECT a.person_id, c.opened_at, {_LATE} AS late,
                          CASE WHEN c.closed_at < %(next)s THEN coalesce(e.outcome, '') ELSE '' END AS outcome
                      {_FROM} AND {_REPORTED}) b
                    JOIN person p ON p.id = b.person_id GROUP BY 1, 2, 3""",
            given,
        )
        years = _years(given)
    return Report(
        year, _both(rows, lambda row: not row[1]), _both(rows, lambda row: row[1]),
        tuple(_line(row, rows) for row in found[1].rows), _both(rows, lambda row: row[2] == ""),
        sum(row[4] for row in rows), _published(given), years,
    )  # fmt: skip


def _line(row: ReportRow, rows: Sequence[records.Row]) -> ReportLine:
    return ReportLine(row, *_both(rows, lambda one: one[2] in row.outcomes))


def _both(rows: Sequence[records.Row], fits: Callable[[records.Row], bool]) -> tuple[int, int]:
    """Return how many human beings, and how many others, those rows count that fit."""
    counted = {"natural": 0, "legal": 0}
    for row in rows:
        if fits(row):
            counted[row[0]] += row[3]
    return counted["natural"], counted["legal"]


def _published(given: Mapping[str, object]) -> dict[str, int]:
    listed = [name for name, kind in house.registry().all(PublicationKind) if kind.shown == "list"]
    rows = records.rows(
        """SELECT p.kind, count(*) FROM publication_version v JOIN publication p ON p.id = v.publication_id
           WHERE v.version = 1 AND p.kind = ANY(%(listed)s)
               AND v.published_at >= %(first)s AND v.published_at < %(next)s
           GROUP BY 1 ORDER BY 1""",
        {**given, "listed": listed},
    )
    return dict(rows)
