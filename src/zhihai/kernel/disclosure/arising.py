"""Out of which matter a publication comes (咨询答复公开、依申请公开摘要): answered, and with the asker's agreement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from zhihai.ground.actors import Actor
from zhihai.ground.kind import beside
from zhihai.ground.refusal import Conflict, Refused
from zhihai.kernel import house, records
from zhihai.kernel.cases import reads as cases
from zhihai.kernel.disclosure.agreeing import agreed_to, ended
from zhihai.kernel.disclosure.checking import shown_of
from zhihai.kernel.disclosure.kinds import PublicationKind, Shown
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.services.reads import APPLICATION


@dataclass(frozen=True, slots=True)
class Source:
    """An answered matter as publishing from it needs it: ``kind`` is that of the publication it may become.

    ``agreed`` says whether who asked lets question and answer be published without a name; it is ``True`` where that
    kind of matter asks nobody. ``taken`` is the number of the publication that came out of it, ``None`` for none.
    """

    number: str
    kind: str
    shown: Shown
    organisation: int
    item: str
    agreed: bool
    answered: bool
    closed_at: datetime | None
    taken: int | None


def kinds_out_of(matter: str) -> str | None:
    """Return the full name of the kind of publication that matters of a kind may become; ``None`` for none."""
    for name, kind in house.registry().all(PublicationKind):
        if kind.matter and beside(name, kind.matter) == matter:
            return name
    return None


def matter_of_kind(name: str) -> str:
    """Return the full name of the kind of matter that a kind of publication comes out of, empty for none."""
    found = dict(house.registry().all(PublicationKind)).get(name)
    return beside(name, found.matter) if found and found.matter else ""


def source_of(case: cases.CaseView) -> Source | None:
    """Return what publishing from a case needs, for whoever was shown the case; ``None`` where nothing comes of it."""
    if case.subject is None or case.subject[0] != APPLICATION:
        return None
    with identity.seeing(identity.PLATFORM):
        row = records.one(
            """SELECT a.kind, coalesce(i.code, ''), (SELECT s.submission_id FROM application_submission s
                   WHERE s.application_id = a.id AND s.round = 1), (SELECT p.id FROM publication p
                   WHERE p.matter = a.number)
               FROM application a LEFT JOIN service_item i ON i.id = a.item_id WHERE a.id = %s""",
            (case.subject[1],),
        )
    kind = None if row is None else kinds_out_of(row[0])
    if row is None or kind is None:
        return None
    return Source(
        case.number, kind, shown_of(kind), case.org, row[1], _agreed(row[0], row[2], case.number), _answered(case),
        case.closed_at, row[3],
    )  # fmt: skip


def _agreed(kind: str, submission: int, matter: str) -> bool:
    """Say whether whoever gave a matter in ticked that it may be published, and did not take it back since.

    Where the kind asks nobody, yes.
    """
    return agreed_to(kind, submission) is not False and ended(matter) is None


def _answered(case: cases.CaseView) -> bool:
    """Say whether a case was closed by an answer in words, not by being withdrawn."""
    done = [task for task in case.tasks if task.state == "done" and task.done_at is not None]
    if case.state != "closed" or not done:
        return False
    last = max(done, key=lambda task: (task.done_at, task.id))
    return any(one.told for one in case.kind.choices(last.step) if one.id == last.outcome)


def asker_of(matter: str) -> str:
    """Return the name of whose matter a number is, empty for who said none; to hold texts against it, not to show."""
    if not matter:
        return ""
    with identity.seeing(identity.PLATFORM):
        asked = "SELECT p.name FROM application a JOIN person p ON p.id = a.person_id WHERE a.number = %s"
        row = records.one(asked, (matter,))
    return row[0] if row else ""


def refuse_source(actor: Actor, name: str, kind: PublicationKind, matter: str, *, at: datetime) -> None:
    """Raise where a publication of a kind may not come out of a matter, or out of none.

    ``NotFound`` for a case the actor may not see, ``Conflict`` where one came out of it before, ``Refused`` where it is
    not answered yet, was not agreed to, or the kind asks for another matter.
    """
    if not matter:
        if kind.shown == "register":
            raise Refused("publication_matter_asked", "matter")
        return
    found = source_of(cases.case_view(actor, matter, at))
    if found is None or found.kind != name:
        raise Refused("publication_matter_kind", "matter")
    if not found.answered:
        raise Refused("publication_matter_open", "matter")
    if not found.agreed:
        raise Refused("publication_matter_not_agreed", "matter")
    if found.taken is not None:
        raise Conflict("publication_matter_taken", "matter", number=found.taken)
