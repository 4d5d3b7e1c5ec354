"""Matters of residents and firms (我的办件), read: by whoever gave them in, whose they are, and who works on them."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from zhihai.ground.actors import Actor
from zhihai.ground.named import Named
from zhihai.ground.refusal import NotFound
from zhihai.kernel import records
from zhihai.kernel.cases import reads as cases
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.services.matters import title_of

APPLICATION = "application"
"""What the cases of applications are about."""
SUPPLEMENT = "supplement"
"""The step in which a matter waits for the applicant."""
SERVICE = "zhihai.applications"
"""What whoever acts for another must be allowed, to apply and to follow an application for them."""
CODE = 8
"""Characters of the code that is asked for beside a number, of letters and digits that nobody confuses: 39 bits."""
MOST = 50


@dataclass(frozen=True, slots=True)
class Application:
    """An application as those see it whose matter it is, or whose work (办件).

    ``kind`` is the full name of its kind, ``title`` what it is called; ``item_code`` is empty where there is no item.
    ``person`` is whose matter it is, by number and ``name``, neither of a caller who said none; ``own`` says that it is
    the reader's own, not one for whom they act by ``tie``. ``proved`` says whether who applied had been shown in
    person. ``submissions`` are what was given in, first and each time something was supplemented; ``looks`` who looked
    into it; ``papers`` are those handed out. ``code`` is asked for beside the number by whoever has not signed in.
    """

    id: int
    number: str
    kind: str
    title: Named
    item_code: str
    guide: int | None
    person: int | None
    name: str = field(repr=False)
    own: bool
    tie: int | None
    proved: bool
    code: str = field(repr=False)
    provenance: str
    applied_at: datetime
    submissions: tuple[int, ...]
    looks: tuple[ApplicationLook, ...]
    rating: Rated | None
    papers: tuple[PaperLine, ...]

    def submission(self, round_: int) -> int:
        """Return the number of what was given in that time. Raises ``NotFound``."""
        if not 1 <= round_ <= len(self.submissions):
            raise NotFound("no_submission", "number")
        return self.submissions[round_ - 1]

    def paper(self, n: int) -> PaperLine:
        """Return one paper by its number within the matter. Raises ``NotFound``."""
        for one in self.papers:
            if one.n == n:
                return one
        raise NotFound("no_paper", "paper")


@dataclass(frozen=True, slots=True)
class ApplicationLook:
    """Who looked into what was given in, as the applicant sees it: the office and the role, never the account."""

    organisation: Named
    role: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Rated:
    """What an applicant said of how they were served: ``level`` from 5 (best) to 1."""

    id: int
    level: int
    reasons: tuple[str, ...]
    said: str = field(repr=False)
    at: datetime


@dataclass(frozen=True, slots=True)
class PaperLine:
    """A paper of a matter in a list: ``at`` is when what it says came about, ``sealing`` the code of its seal.

    ``office`` is ``None`` while the paper is being made.
    """

    n: int
    sort: str
    at: datetime
    office: int | None
    sealing: str | None


_ASK = """SELECT a.id, a.number, a.kind, i.name, coalesce(i.code, ''), a.guide, a.person_id, p.name,
    coalesce(a.person_id = (SELECT zh_own_person()), false), a.tie_id, a.proved, a.code, a.provenance, a.applied_at,
    ARRAY(SELECT s.submission_id FROM application_submission s WHERE s.application_id = a.id ORDER BY s.round),
    (SELECT json_agg(json_build_array(o.name_zh, o.name_en, l.role, l.at) ORDER BY l.at DESC)
        FROM application_look l JOIN organisation o ON o.id = l.org_id WHERE l.application_id = a.id)::text,
    (SELECT json_build_array(f.id, f.level, f.reasons, f.said, f.at)
        FROM feedback f WHERE f.application_id = a.id)::text,
    (SELECT json_agg(json_build_array(d.n, d.sort, d.at, d.org_id, d.sealing) ORDER BY d.n)
        FROM paper d WHERE d.application_id = a.id)::text
    FROM application a LEFT JOIN service_item i ON i.id = a.item_id LEFT JOIN person p ON p.id = a.person_id"""


def _made(rows: Sequence[records.Row]) -> tuple[Application, ...]:
    others = {row[6] for row in rows if row[6] is not None and row[7] is None}  # those for whom the reader acts
    names = identity.people_named(others)
    return tuple(
        Application(
            row[0], row[1], row[2], title_of(row[2], row[3]), row[4], row[5], row[6],
            row[7] or names.get(row[6], ""), row[8], row[9], row[10], row[11], row[12], row[13], tuple(row[14]),
            _looks(row[15]), _rated(row[16]), _papers(row[17]),
        )
        for row in rows
    )  # fmt: skip


def _looks(text: str | None) -> tuple[ApplicationLook, ...]:
    found = records.json_list(text) if text else []
    return tuple(ApplicationLook(Named(zh, en), role, datetime.fromisoformat(at)) for zh, en, role, at in found)


def _papers(text: str | None) -> tuple[PaperLine, ...]:
    found = records.json_list(text) if text else []
    return tuple(PaperLine(n, sort, datetime.fromisoformat(at), *rest) for n, sort, at, *rest in found)


def _rated(text: str | None) -> Rated | None:
    if text is None:
        return None
    id_, level, reasons, said, at = records.json_list(text)
    return Rated(id_, level, tuple(reasons), said, datetime.fromisoformat(at))


_HELD = """(a.tie_id IS NULL OR a.person_id = (SELECT zh_own_person()) OR EXISTS (
    SELECT FROM tie t WHERE t.id = a.tie_id AND t.valid_from <= %s
    AND coalesce(least(t.valid_to, t.ended_at), 'infinity') > %s))"""
"""One's own, or by a tie in force: a matter is not theirs any more who acted by one that has ended."""


def matters_of(condition: str, params: tuple[object, ...]) -> tuple[Application, ...]:
    """Return the latest matters ``a`` of a condition, the newest first; asked where the wall shows them."""
    return _made(records.rows(f"{_ASK} WHERE {condition} ORDER BY a.id DESC LIMIT %s", (*params, MOST)))


def my_applications(actor: Actor, *, at: datetime) -> tuple[tuple[Application, cases.Progress], ...]:
    """Return the latest matters of an account, of its own proved person and by ties in force, the newest first."""
    with identity.seeing(identity.of_own(actor)):
        rows = records.rows(f"{_ASK} WHERE {_HELD} ORDER BY a.id DESC LIMIT %s", (at, at, MOST))
    found = _made(rows)
    progress = cases.progress(APPLICATION, [one.id for one in found])
    return tuple((one, progress[one.id]) for one in found)


def own_application(actor: Actor, number: str, *, at: datetime) -> Application:
    """Return one's own matter by its number, or that of whom one acts for.

    Raises ``NotFound`` alike for none and for another's; ``Refused`` where it was given in by a tie that does not hold
    any more, as :func:`~zhihai.kernel.identity.mandates.mandate_for` does.
    """
    with identity.asking(identity.of_own(actor)):
        rows = records.rows(f"{_ASK} WHERE a.number = %s", (number,))
    if not rows:
        raise NotFound("no_matter", "number")
    (found,) = _made(rows)
    if found.tie is not None and not found.own:
        identity.mandate_for(actor, found.tie, SERVICE, at=at)
    return found


def has_matter(actor: Actor, number: str) -> bool:
    """Say whether a number is that of a matter which an account gave in, or of its own."""
    with identity.asking(identity.of_own(actor)):
        return records.one("SELECT 1 FROM application WHERE number = %s", (number,)) is not None


@dataclass(frozen=True, slots=True)
class Took:
    """How long the latest matters of an item really took (实际用时): how many were closed, and the median in days.

    From application to closure, in days of 24 hours, whoever the time lay with.
    """

    closed: int
    days: float


def took(item: int) -> Took | None:
    """Return how long an item really took of late, as it was reckoned at the last closure; ``None`` before any."""
    row = records.one("SELECT closed, days FROM service_took WHERE item_id = %s", (item,))
    return None if row is None else Took(row[0], row[1])


def worked_on(application: int, account: int) -> Application | None:
    """Return a matter for an account that has looked into it before, ``None`` until then; the caller asked whether."""
    with identity.seeing(identity.PLATFORM):
        rows = records.rows(
            f"""{_ASK} WHERE a.id = %s AND EXISTS (SELECT FROM application_look l
                WHERE l.application_id = a.id AND l.account_id = %s)""",
            (application, account),
        )
    return next(iter(_made(rows)), None)


def course_of(own: Application, *, at: datetime) -> cases.Course:
    """Return how far a matter is, for whoever was shown it."""
    course = cases.course_about((APPLICATION, own.id), at)
    assert course is not None
    return course


def asked_by_code(number: str, code: str, *, at: datetime) -> tuple[Named, cases.Course]:
    """Return title and course of a matter for whoever knows number and code: no name, no words of anybody.

    Raises ``NotFound`` alike for an unknown number and for a wrong code.
    """
    with identity.seeing(identity.PLATFORM):
        row = records.one(
            """SELECT a.id, a.code, a.kind, i.name FROM application a LEFT JOIN service_item i ON i.id = a.item_id
               WHERE a.number = %s""",
            (number.strip().upper(),),
        )
    known = row[1] if row else "\0" * CODE
    if not hmac.compare_digest(known.encode(), code.strip().upper().replace(" ", "").encode()) or row is None:
        raise NotFound("no_matter_by_code", "number")
    course = cases.course_about((APPLICATION, row[0]), at)
    assert course is not None
    return title_of(row[2], row[3]), course
