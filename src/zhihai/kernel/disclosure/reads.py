"""What the government publishes of itself: questions of the room disclosure, of the public and of those who write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from zhihai.ground.actors import Actor
from zhihai.ground.powers import PUBLISH_DISCLOSURE, WRITE_DISCLOSURE
from zhihai.ground.refusal import NotFound, NotPermitted
from zhihai.ground.worktime.calendar import WorkingCalendar
from zhihai.kernel import house, records
from zhihai.kernel.cases import reads as cases
from zhihai.kernel.disclosure.agreeing import Agreement, agreement_of, ended
from zhihai.kernel.disclosure.answering import ANSWERS, Answer, Answers
from zhihai.kernel.disclosure.arising import Source, kinds_out_of, matter_of_kind, source_of
from zhihai.kernel.disclosure.attaching import TYPES, FileContent, FileLine, file_of, files_of
from zhihai.kernel.disclosure.charging import (
    Charging,
    Fee,
    FeesOfYear,
    charges,
    charging_of,
    fees_in,
    in_yuan,
    tariff_named,
)
from zhihai.kernel.disclosure.checking import last_day, limit_of, pieces_of, shown_of
from zhihai.kernel.disclosure.disputing import (
    AGAINST,
    INSTANCES,
    RESULTS,
    SORTS,
    Dispute,
    disputable,
    disputes_in,
    disputes_of,
)
from zhihai.kernel.disclosure.kinds import PublicationKind, Shown, State
from zhihai.kernel.disclosure.register import (
    Book,
    Registered,
    Report,
    ReportLine,
    Summary,
    Tally,
    answered_requests,
    register,
    report,
    requests,
)

__all__ = [
    "AGAINST", "INSTANCES", "MOST_FOUND", "RESULTS", "SORTS", "TYPES", "Agreement", "Answer", "Answers", "Book",
    "Charging", "Counted", "DeskLine", "DeskPage", "Dispute", "Fee", "FeesOfYear", "FileContent", "FileLine", "Line",
    "Publication", "Registered", "Report", "ReportLine", "Source", "Summary", "Tally", "Version", "agreement_of",
    "answered_requests", "answers", "charges", "charging_of", "counted", "desk_publication", "desk_publications",
    "disputable", "disputes_in", "disputes_of", "fees_in", "file_of", "in_yuan", "kinds", "kinds_out_of",
    "matter_of_kind", "publication", "publications", "register", "report", "requests", "shown_of", "source_of",
    "tariff_named",
]  # fmt: skip

MOST_FOUND = 50


@dataclass(frozen=True, slots=True)
class Line:
    """A publication in the public list; ``opening`` is how its text begins, ``late`` that it came after its limit."""

    id: int
    version: int
    kind: str
    organisation: int
    state: State
    title: str
    opening: str
    number: str
    made_on: date
    published_at: datetime
    late: bool
    provenance: str


@dataclass(frozen=True, slots=True)
class Version:
    """One version: who wrote, reviewed and published it by number of account; instants are district time, UTC.

    ``due_on`` is the last day on which publishing was in time, ``None`` where no calendar reaches. ``late`` says that
    it was published after that day or, of a draft, that the day is over. What was ``taken_down_at`` says nothing to the
    public, also after another version was published.
    """

    id: int
    version: int
    state: str
    revision: int
    title: str
    body: str
    number: str
    made_on: date
    due_on: date | None
    late: bool
    reason: str
    written_by: tuple[int, ...]
    written_at: datetime
    reviewed_by: int | None
    reviewed_at: datetime | None
    fit: bool | None
    ground: str
    published_by: int | None
    published_at: datetime | None
    ended_at: datetime | None
    taken_down_at: datetime | None
    items: tuple[str, ...]
    theme: str


@dataclass(frozen=True, slots=True)
class Publication:
    """A publication with its published versions, the newest first, and the files of the one that is ``shown``.

    Of one that was withdrawn the texts are empty and there are no files: what is left is what it was, and why.
    ``matter`` is the number of the request that a summary is of, empty for all else.
    """

    id: int
    kind: str
    organisation: int
    state: State
    reason: str
    source: str
    provenance: str
    changed_at: datetime
    matter: str
    versions: tuple[Version, ...]
    shown: Version
    files: tuple[FileLine, ...]


@dataclass(frozen=True, slots=True)
class Counted:
    """How many publications there are that can be read: by kind, by organisation, by year, and in all."""

    kinds: dict[str, int]
    organisations: dict[int, int]
    years: dict[int, int]
    whole: int


@dataclass(frozen=True, slots=True)
class DeskLine:
    """A publication in the list of the desk, by its newest version: ``waiting`` is what a draft waits for.

    ``review``, ``publishing``, ``writing`` (it was not found fit), or empty without a draft. Where who asked took back
    that it be published, ``taking_down`` of what can be read, and ``discarding`` of a draft.
    """

    id: int
    kind: str
    organisation: int
    state: State
    title: str
    made_on: date
    due_on: date | None
    late: bool
    waiting: str


@dataclass(frozen=True, slots=True)
class DeskPage:
    """All of a publication for whoever writes or publishes there; ``may_…`` are of who asks, as things stand.

    ``agreement_ended_at`` is when who asked took back that it be published, ``None`` where nobody did.
    """

    id: int
    kind: str
    organisation: int
    state: State
    reason: str
    source: str
    provenance: str
    matter: str
    versions: tuple[Version, ...]
    files: tuple[FileLine, ...]
    may_write: bool
    may_publish: bool
    agreement_ended_at: datetime | None

    @property
    def draft(self) -> Version | None:
        """The draft that waits."""
        return self.versions[0] if self.versions[0].state == "draft" else None


def kinds(shown: Shown | Literal[""] = "") -> tuple[str, ...]:
    """Return the full names of what is published, in the order the packs declare it: ``shown`` there, or anywhere."""
    return tuple(name for name, kind in house.registry().all(PublicationKind) if shown in ("", kind.shown))


def answers() -> Answers:
    """Return all questions that are answered publicly as the store has it now: one question where nothing changed."""
    return ANSWERS.now()


_PUBLIC = """FROM publication_version v JOIN publication p ON p.id = v.publication_id
    WHERE v.state = 'published' AND p.state IN ('published', 'repealed')"""
_YEAR = "extract(year FROM v.made_on)::int"
OPENING = 400


def publications(
    zone: ZoneInfo, *, kind: str = "", organisations: Sequence[int] = (), year: int | None = None, sought: str = "",
    after: int | None = None, limit: int = MOST_FOUND,
) -> tuple[Line, ...]:  # fmt: skip
    """Return what anybody may read, the latest first; with ``sought`` those that have all of it, in the title first.

    Without a ``kind`` those of the list: neither questions with their answers nor summaries of requests. ``year`` is
    that in which the information was made; ``after`` is the last publication of the page before.
    """
    conditions, given = [], list[object]()
    if not kind:
        conditions.append("NOT p.kind = ANY(%s)")
        given.append(_elsewhere())
    for condition, value in (
        ("p.kind = %s", kind), ("p.organisation_id = ANY(%s)", list(organisations)), (f"{_YEAR} = %s", year),
    ):  # fmt: skip
        if value:
            conditions.append(condition)
            given.append(value)
    order = "v.published_at DESC, v.id DESC"
    pieces = pieces_of(sought[:100])
    if sought.strip():
        conditions.append("v.pieces @> %s AND cardinality(%s::text[]) > 0")
        given += [pieces, pieces]
        order = f"(v.title_pieces @> %s) DESC, {order}"
    elif after is not None:
        conditions.append("""(v.published_at, v.id) < (SELECT w.published_at, w.id FROM publication_version w
            WHERE w.publication_id = %s AND w.state = 'published')""")
        given.append(after)
    rows = records.rows(
        f"""SELECT p.id, v.version, p.kind, p.organisation_id, p.state, v.title, left(v.body, {OPENING}),
                v.document_number, v.made_on, v.published_at, v.due_on, p.provenance
            {_PUBLIC}{"".join(f" AND {one}" for one in conditions)} ORDER BY {order} LIMIT %s""",
        (*given, *([pieces] if sought.strip() else []), limit),
    )
    lines = ((*row[:10], _late(row[10], row[9], zone), row[11]) for row in rows)
    return tuple(Line(*line) for line in lines)


def _elsewhere() -> list[str]:
    """Return the kinds of which nothing stands in the list."""
    return [*kinds("answers"), *kinds("register")]


def _late(due: date | None, published: datetime | None, zone: ZoneInfo) -> bool:
    return due is not None and published is not None and published.astimezone(zone).date() > due


def counted() -> Counted:
    """Return how many publications of the list can be read, in one question."""
    rows = records.rows(
        f"""SELECT p.kind, p.organisation_id, {_YEAR}, count(*), grouping(p.kind), grouping(p.organisation_id)
            {_PUBLIC} AND NOT p.kind = ANY(%s)
            GROUP BY GROUPING SETS ((p.kind), (p.organisation_id), (3), ()) ORDER BY 1, 2, 3 DESC""",
        (_elsewhere(),),
    )
    by_kind = {row[0]: row[3] for row in rows if row[4] == 0}
    by_office = {row[1]: row[3] for row in rows if row[5] == 0}
    by_year = {row[2]: row[3] for row in rows if row[2] is not None}
    return Counted(by_kind, by_office, by_year, sum(by_kind.values()))


_VERSION = """SELECT v.id, v.version, v.state, v.revision, v.title, v.body, v.document_number, v.made_on, v.due_on,
    v.reason, v.written_by, v.written_at, v.reviewed_by, v.reviewed_at, v.fit, v.ground, v.published_by, v.published_at,
    v.ended_at, v.taken_down_at, v.items, v.theme FROM publication_version v WHERE v.publication_id = %s"""


def _version(row: records.Row, zone: ZoneInfo) -> Version:
    fields = (*row[:9], _late(row[8], row[17], zone), row[9], tuple(row[10]), *row[11:20], tuple(row[20]), row[21])
    return Version(*fields)


def _head(publication: int) -> records.Row:
    row = records.one(
        """SELECT p.id, p.kind, p.organisation_id, p.state, p.reason, p.source, p.provenance, p.changed_at,
               p.matter, o.lo
           FROM publication p JOIN organisation o ON o.id = p.organisation_id WHERE p.id = %s""",
        (publication,),
    )
    if row is None:
        raise NotFound("no_publication", "publication")
    return row


def publication(publication: int, zone: ZoneInfo, *, version: int | None = None) -> Publication:
    """Return what anybody may read of a publication; ``version`` shows a former one. Raises ``NotFound``."""
    head = _head(publication)
    rows = records.rows(f"{_VERSION} AND v.state <> 'draft' ORDER BY v.version DESC", (publication,))
    bare = shown_of(head[1]) != "list"
    found = tuple(_version(_unsaid(row, bare=bare) if row[19] else row, zone) for row in rows)
    shown = next((one for one in found if version in (None, one.version)), None)
    if shown is None:
        raise NotFound("no_publication", "publication")
    files = () if shown.taken_down_at else files_of(shown.id)
    fields = (*head[:8], head[8] if shown_of(head[1]) == "register" else "", found, shown, files)
    return Publication(*fields)


def _unsaid(row: records.Row, *, bare: bool) -> records.Row:
    """Return a version without what it said; ``bare``: without its title, which of an answer is what somebody asked."""
    return (*row[:4], "", "", *row[6:9], "", *row[10:]) if bare else (*row[:5], "", *row[6:])


def _waits(fit: bool | None) -> str:
    return "review" if fit is None else "publishing" if fit else "writing"


def _need_either(actor: Actor) -> None:
    if not (actor.may(WRITE_DISCLOSURE) or actor.may(PUBLISH_DISCLOSURE)):
        raise NotPermitted


def desk_publications(
    actor: Actor, *, at: datetime, state: str = "", waiting: bool = False, after: int = 0,
    limit: int = MOST_FOUND,
) -> tuple[DeskLine, ...]:  # fmt: skip
    """Return publications by number, the newest first, of the offices that the reader writes or publishes for.

    ``waiting`` asks for those with a draft or to be taken down, ``after`` is the last one of the page before. Raises
    ``NotPermitted``.
    """
    _need_either(actor)
    rows = records.rows(
        """SELECT p.id, p.kind, p.organisation_id, p.state, v.title, v.made_on, v.due_on, v.published_at, v.state,
               v.fit, o.lo, e.matter IS NOT NULL
           FROM publication p JOIN organisation o ON o.id = p.organisation_id
           LEFT JOIN publication_agreement_ended e ON e.matter = p.matter CROSS JOIN LATERAL (
               SELECT * FROM publication_version w WHERE w.publication_id = p.id ORDER BY w.version DESC LIMIT 1) v
           WHERE (%s = '' OR p.state = %s) AND (NOT %s OR v.state = 'draft'
               OR (e.matter IS NOT NULL AND p.state IN ('published', 'repealed'))) AND (%s = 0 OR p.id < %s)
               AND (%s OR EXISTS (SELECT FROM unnest(%s::int[], %s::int[]) AS r(lo, hi)
                   WHERE o.lo BETWEEN r.lo AND r.hi))
           ORDER BY p.id DESC LIMIT %s""",
        (state, state, waiting, after, after, actor.sort == "system", *_held_over(actor), limit),
    )
    calendar = cases.calendar()
    return tuple(_desk_line(row, calendar, at) for row in rows)


def _held_over(actor: Actor) -> tuple[list[int], list[int]]:
    """Return the parts of the tree of organisations over which somebody writes or publishes, from and to."""
    held = [one for one in actor.scope.grants if one.powers & {WRITE_DISCLOSURE, PUBLISH_DISCLOSURE}]
    return [one.org_lo for one in held], [one.org_hi for one in held]


def _desk_line(row: records.Row, calendar: WorkingCalendar, at: datetime) -> DeskLine:
    draft = row[8] == "draft"
    due = last_day(row[5], limit_of(row[1]), calendar) if draft else row[6]
    late = _late(due, at if draft else row[7], calendar.zone)
    waits = _waits(row[9]) if draft else ""
    if row[11]:
        waits = {"published": "taking_down", "repealed": "taking_down", "draft": "discarding"}.get(row[3], waits)
    fields = (*row[:6], due, late, waits)
    return DeskLine(*fields)


def desk_publication(actor: Actor, publication: int, *, at: datetime) -> DeskPage:
    """Return all of a publication, its draft first. Raises ``NotPermitted``, ``NotFound``."""
    _need_either(actor)
    head, calendar = _head(publication), cases.calendar()
    if not any(actor.may_over(power, head[9], None) for power in (WRITE_DISCLOSURE, PUBLISH_DISCLOSURE)):
        raise NotPermitted
    rows = records.rows(f"{_VERSION} ORDER BY v.version DESC", (publication,))
    found = [_version(row, calendar.zone) for row in rows]
    if found[0].state == "draft":
        due = last_day(found[0].made_on, limit_of(head[1]), calendar)
        found[0] = replace(found[0], due_on=due, late=_late(due, at, calendar.zone))
    fields = (
        *head[:7], head[8], tuple(found), files_of(found[0].id), actor.may_over(WRITE_DISCLOSURE, head[9], None),
        actor.may_over(PUBLISH_DISCLOSURE, head[9], None), ended(head[8]),
    )  # fmt: skip
    return DeskPage(*fields)
