"""Papers of a matter (文书): called for by what happened, set in type, sealed by the office, kept as handed out.

行政许可法 art. 32: acceptance and refusal of it are told in a dated paper with the office's seal; art. 38: reasons
and the ways of appeal stand in a refusal.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from zhihai.ground.actors import SYSTEM
from zhihai.ground.kind import word
from zhihai.ground.named import Named
from zhihai.ground.papers.typesetting import Page, typefaces, typeset
from zhihai.ground.refusal import NotFound
from zhihai.ground.words import Language, Said
from zhihai.kernel import house, records
from zhihai.kernel.cases import reads as cases
from zhihai.kernel.cases.events import CaseOpened, StepTaken
from zhihai.kernel.cases.kinds import CaseKind
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.journal import reads as clock
from zhihai.kernel.journal.acts import Heard
from zhihai.kernel.services.applications import APPLICATION, PaperLine
from zhihai.kernel.services.matters import matter_kind, title_of
from zhihai.kernel.trust import acts as trust_acts
from zhihai.kernel.trust import reads as trust
from zhihai.kernel.trust.acts import DocumentInput

logger = logging.getLogger(__name__)

PAPER = "paper"


def call_for_papers(heard: Sequence[Heard]) -> None:
    """Listener: note which papers are to be made, once for what happened; a worker makes them."""
    called = [
        (one.id, one.at, one.event.case, paper)
        for one in heard
        if isinstance(one.event, CaseOpened | StepTaken) and (paper := _called(one.event)) is not None
    ]
    subjects = cases.subjects([case for _, _, case, _ in called], (APPLICATION,))
    with identity.seeing(identity.PLATFORM):
        for id_, at, case, paper in called:
            if case in subjects:
                records.execute(
                    """INSERT INTO paper (application_id, n, event, sort, step, outcome, at)
                       SELECT a.id, (SELECT count(*) + 1 FROM paper p WHERE p.application_id = a.id), %s, %s, %s, %s, %s
                       FROM application a WHERE a.id = %s FOR UPDATE ON CONFLICT (event) DO NOTHING""",
                    (id_, *paper, at, subjects[case][1]),
                )


def _called(event: CaseOpened | StepTaken) -> tuple[str, str | None, str | None] | None:
    """Return the paper that an event calls for, with step and outcome, by the kind of its case in force now."""
    try:
        kind = house.registry().get(CaseKind, event.kind)
    except KeyError:  # its pack was taken away meanwhile
        return None
    if isinstance(event, CaseOpened):
        return None if kind.receipt is None else (kind.receipt, None, None)
    for step in kind.steps:
        for outcome in step.outcomes if step.id == event.step else ():
            if outcome.id == event.outcome and outcome.paper is not None:
                return outcome.paper, step.id, outcome.id
    return None


class _Waiting(NamedTuple):
    """A paper that is to be made, with what it is about."""

    id: int
    n: int
    sort: str
    step: str | None
    outcome: str | None
    at: datetime
    application: int
    number: str
    kind: str
    item: str | None
    person: int | None
    provenance: str
    language: Language


_NEXT = """SELECT p.id, p.n, p.sort, p.step, p.outcome, p.at, a.id, a.number, a.kind, i.name, a.person_id, a.provenance,
    CASE a.way WHEN 'hall' THEN u.language ELSE 'zh' END
    FROM paper p JOIN application a ON a.id = p.application_id LEFT JOIN service_item i ON i.id = a.item_id
    JOIN account u ON u.id = a.account_id WHERE p.made_at IS NULL AND p.next_at <= %s ORDER BY p.next_at, p.id LIMIT 1
    FOR UPDATE OF p SKIP LOCKED"""
_AGAIN = """UPDATE paper SET failures = failures + 1, next_at = %s + least(interval '1 hour', interval '30 seconds' *
    2 ^ least(failures, 10)) WHERE id = %s"""


def issue_papers(*, at_machine: datetime, limit: int = 100) -> int:
    """Make papers that wait: set in type, sealed where a seal is appointed, kept; return how many were made.

    The platform's own work. Each is made in a transaction of its own: one that can not be made (its pack was taken
    away) is tried again after 30 s, then twice as long each time up to an hour, and does not hold up the others.
    Nothing is made on a machine without a typeface for Chinese.
    """
    made = 0
    for _ in range(limit if typefaces() else 0):
        with identity.seeing(identity.PLATFORM):
            row = records.one(_NEXT, (at_machine,))
            if row is None:
                break
            waiting = _Waiting(*row)
            try:
                with records.atomic():
                    _issue(waiting, at_machine)
                made += 1
            except Exception as fault:  # whatever is wrong with one paper: it is tried again later
                logger.warning("paper %s was not made: %s", waiting.id, type(fault).__name__)
                records.execute(_AGAIN, (at_machine, waiting.id))
    return made


def _issue(waiting: _Waiting, at_machine: datetime) -> None:
    course = cases.course_about((APPLICATION, waiting.application), waiting.at)
    assert course is not None
    stage = next(
        (s for s in course.stages if (s.step, s.outcome, s.done_at) == (waiting.step, waiting.outcome, waiting.at)),
        None,
    )
    applied_for = matter_kind(waiting.kind).item == "required"  # one window accepts in the name of who decides: art. 26
    office = course.organisation if stage is None or applied_for else stage.organisation
    seal = trust.seal_of_papers(office, at_machine=at_machine)
    code = "" if seal is None else trust.new_code()
    content = typeset(tuple(_pages(waiting, course, stage, office, code)), at=waiting.at)
    digest = hashlib.sha256(content).digest()
    if seal is not None:
        name = house.words().say(word(course.kind_name, "case", f"paper.{waiting.sort}.name"), "zh")
        given = DocumentInput(digest=digest, size=len(content), title=f"{name} {waiting.number}-{waiting.n}")
        trust_acts.seal_document(SYSTEM, seal.id, given, at=waiting.at, at_machine=at_machine, code=code)
    kept = identity.seal_file(content, place_of_paper(waiting.id))
    records.execute(
        """UPDATE paper SET org_id = %s, made_at = %s, digest = %s, sealing = %s, sealed_with = %s, content = %s
           WHERE id = %s""",
        (office, at_machine, digest, code or None, kept.key, kept.text, waiting.id),
    )
    data = {"sort": waiting.sort, "digest": digest.hex(), "sealing": code or None, "size": len(content)}
    journal.record(SYSTEM, "services.issue_papers", PAPER, waiting.id, data, at=waiting.at)


def place_of_paper(paper: int) -> str:
    """Return what the content of a paper is bound to."""
    return f"paper:{paper}"


def _pages(
    waiting: _Waiting, course: cases.Course, stage: cases.Stage | None, office: int, code: str
) -> Iterator[Page]:
    """Yield the paper, and behind it a translation for whoever reads the pages in another language."""
    name = "" if waiting.person is None else identity.people_named({waiting.person})[waiting.person]
    said_by = identity.organisation(office).named(waiting.at)
    ends = [one.reading.due for one in course.clocks if _runs(one, waiting.at) and one.reading.due is not None]
    for language in ("zh", waiting.language) if waiting.language != "zh" else ("zh",):
        yield _page(waiting, course, stage, said_by, name, min(ends, default=None), code, language)


def _runs(clock_: cases.ClockView, at: datetime) -> bool:
    """Say whether a clock was started by then, and goes on."""
    first, *later = clock_.clock.events
    return first.at <= at and not any(one.what == "stopped" and one.at <= at for one in later)


def _page(
    waiting: _Waiting, course: cases.Course, stage: cases.Stage | None, office: Named, name: str, due: datetime | None,
    code: str, language: Language,
) -> Page:  # fmt: skip
    words, zone = house.words(), clock.clock().zone

    def say(key: str, **facts: object) -> str:
        return words.say(f"services.paper.{key}", language, **facts)

    named = name or say("caller")
    told = "" if stage is None or stage.told is None else stage.told
    facts = {
        "applicant": named, "title": title_of(waiting.kind, waiting.item).say(language), "number": waiting.number,
        "office": office.say(language), "day": say("day", at=waiting.at.astimezone(zone)),
        "note": told.say(words, language) if isinstance(told, Said) else told,
        "due": say("no_due") if due is None else say("day", at=due.astimezone(zone)),
    }  # fmt: skip
    text = words.say(word(course.kind_name, "case", f"paper.{waiting.sort}.text"), language, **facts)
    notes = [say("not_real")] if course.mode != "live" or waiting.provenance != "real" else []
    notes += [say("translation")] if language != "zh" else []
    return Page(
        language=language, title=words.say(word(course.kind_name, "case", f"paper.{waiting.sort}.name"), language),
        number=say("number", number=f"{waiting.number}-{waiting.n}"), addressee=say("to", name=named),
        lines=tuple(line for line in text.split("\n") if line.strip()), office=facts["office"], day=facts["day"],
        notes=tuple(notes), foot=(say("sealed", code=trust.shown_code(code)) if code else say("plain"),),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class PaperFile:
    """A paper as it was handed out: its line in the matter, and the PDF."""

    line: PaperLine
    content: bytes


def paper_told(application: int, line: PaperLine) -> PaperFile:
    """Return a paper of a matter that was shown to whoever asks. Raises ``NotFound`` while it is being made."""
    with identity.seeing(identity.PLATFORM):
        row = records.one(
            "SELECT id, sealed_with, content FROM paper WHERE application_id = %s AND n = %s AND made_at IS NOT NULL",
            (application, line.n),
        )
    if row is None:
        raise NotFound("no_paper", "paper")
    return PaperFile(line, identity.open_file(identity.Sealed(row[1], bytes(row[2])), place_of_paper(row[0])))


def papers_waiting() -> int:
    """Return how many papers wait to be made, up to 10,000."""
    with identity.seeing(identity.PLATFORM):
        return int(records.value("SELECT count(*) FROM (SELECT FROM paper WHERE made_at IS NULL LIMIT 10000) p"))


def reseal_papers() -> int:
    """Seal anew what a former secret of the platform sealed; return how many papers. It leaves no entry."""
    former = identity.former_keys()
    if not former:
        return 0
    with identity.seeing(identity.PLATFORM):
        found = records.rows(
            """SELECT id, sealed_with, content FROM paper WHERE sealed_with = ANY(%s) LIMIT 20
               FOR UPDATE SKIP LOCKED""",
            (former,),
        )
        for id_, sealed_with, content in found:
            held = place_of_paper(id_)
            again = identity.seal_file(identity.open_file(identity.Sealed(sealed_with, bytes(content)), held), held)
            records.execute(
                "UPDATE paper SET sealed_with = %s, content = %s WHERE id = %s", (again.key, again.text, id_)
            )
    return len(found)
