"""Cases that residents open themselves: complaints about a look, corrections, and whatever a room above takes in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from zhihai.ground.actors import Actor
from zhihai.ground.refusal import Conflict, NotFound, Refused
from zhihai.ground.words import Said
from zhihai.kernel import house, records
from zhihai.kernel.cases.beginning import CaseRef, begin
from zhihai.kernel.cases.dossier import open_dossier
from zhihai.kernel.cases.footing import Setting
from zhihai.kernel.cases.kinds import CaseKind
from zhihai.kernel.cases.opening import Opening
from zhihai.kernel.cases.stepping import end_task
from zhihai.kernel.identity import acts as identity_acts
from zhihai.kernel.identity import reads as identity

LOOK, CORRECTION = "look", "correction"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a case is that somebody opened, as they see it.

    ``answer`` is what was noted when the case was closed, ``None`` before; ``due`` is by law or promise; the clocks of
    steps are the office's own.
    """

    number: str
    kind: str
    state: str
    opened_at: datetime
    due: datetime | None
    closed_at: datetime | None
    closing: str | None
    answer: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Complained:
    """A complaint as the person sees it: the look, what they said, and how far the case is."""

    look: identity.LookRow
    said: str = field(repr=False)
    case: Progress


@dataclass(frozen=True, slots=True)
class Corrected:
    """A correction that somebody asked for, and how far the case is."""

    asked: identity.Correction
    case: Progress


def complaint_kind(noun: str = LOOK) -> str | None:
    """Return the full name of the case kind that residents open about a noun, ``None`` where no pack declares one."""
    return next((name for name, kind in house.registry().all(CaseKind) if kind.about == noun), None)


def complain(actor: Actor, look: int, said: str, *, at: datetime, tie: int | None = None) -> CaseRef:
    """Complain about an official's look at one's own data, or at that of whom one acts for: it becomes a case.

    The office whose duty such cases are works on it; where that is the office that looked, the one above it does. The
    words stay with the look, behind its wall; the case says of which office it is. Raises as
    :func:`~zhihai.kernel.identity.complaints.object_to_look` does, and ``NotFound`` where nobody takes complaints.
    """
    kind = complaint_kind()
    if kind is None:
        raise NotFound("no_complaints")
    with records.atomic():
        seen = identity_acts.object_to_look(actor, look, said, at=at, tie=tie)
        office = seen.look.organisation
        facts = {"office": {"zh": office.zh, "en": office.en} if office else {"zh": "", "en": ""}}
        place = {"cell": None, "lon": None, "lat": None, "provenance": seen.provenance, "facts": facts}
        looked = seen.look.office

        def elsewhere(found: Opening) -> Opening:
            other = _above(looked) if found.first == looked else None
            return found if other is None else replace(found, office=other, first=other)

        return begin(actor, kind, place, (LOOK, look), elsewhere, at=at, area=seen.area)


def open_about(
    actor: Actor, subject: tuple[str, int], *, at: datetime, area: int | None = None, organisation: int | None = None,
    kind: str | None = None, facts: Mapping[str, object] | None = None, limits: Mapping[str, Setting] | None = None,
    provenance: str = "real",
) -> CaseRef:  # fmt: skip
    """Open a case about what a room above has just taken in from a resident, which has asked whether the actor may.

    ``kind`` is the full name of the case kind, by default the one that residents open about such a noun; ``area`` by
    default the whole district. ``limits`` are
    what is promised for this case alone: amount, unit and source by clock. Raises ``NotFound`` where no pack declares
    such a kind, ``Refused`` for a limit of no clock of it, and as
    :func:`~zhihai.kernel.cases.opening.find_opening` does.
    """
    name = kind or complaint_kind(subject[0])
    if name is None:
        raise NotFound("no_case_about", "kind", noun=subject[0])
    own = dict(limits or {})

    def promised(found: Opening) -> Opening:
        for unknown in sorted(own.keys() - {clock.id for clock in found.kind.clocks}):
            raise Refused("no_clock_of_kind", "limits", clock=unknown)
        return replace(found, limits=own)

    place = {"cell": None, "lon": None, "lat": None, "provenance": provenance, "facts": facts or {}}
    here = area if area is not None else int(records.value("SELECT id FROM area WHERE lo = 1"))
    return begin(actor, name, place, subject, promised, at=at, area=here, organisation=organisation)


def answer_about(
    actor: Actor, subject: tuple[str, int], step: str, outcome: str, *, at: datetime,
    note: str | Said = "", evidence: Mapping[str, object] | None = None,
) -> None:  # fmt: skip
    """End the waiting step of a case about something with an outcome, for the person whose matter it is.

    The room above has asked whether the actor may. Raises ``NotFound`` where no such step waits, ``Conflict`` where
    somebody ended it just now, else as :func:`~zhihai.kernel.cases.acts.take_step` does.
    """
    found = records.value(
        """SELECT c.id FROM cases c JOIN task t ON t.case_id = c.id
           WHERE c.subject_noun = %s AND c.subject_id = %s AND t.step = %s AND t.state = 'open'""",
        (*subject, step),
    )
    if found is None:
        raise NotFound("nothing_waits", "step")
    dossier = open_dossier(found)
    held = next((task for task in dossier.tasks if task.step == step and task.state == "open"), None)
    if held is None:
        raise Conflict("case_moved_on", "step")  # in another tab, while this one waited for the case
    end_task(actor, dossier, held, outcome, at=at, note=note, evidence=evidence or {})


def _above(office: int | None) -> int | None:
    return None if office is None else identity.organisation(office).parent


def complained(actor: Actor, looks: Sequence[identity.Complaint]) -> tuple[Complained, ...]:
    """Return how far complaints are, given the looks that the actor was shown as his own, in their order."""
    found = progress(LOOK, [one.look.id for one in looks])
    return tuple(
        Complained(one.look, one.said, found[one.look.id]) for one in looks if one.said and one.look.id in found
    )


def ask_correction(actor: Actor, name: str, value: str, said: str, *, at: datetime) -> CaseRef:
    """Ask that one field of what is known of oneself be put right: it becomes a case of the window where one lives.

    What was asked for stays behind the wall; the case knows its number alone. Raises as
    :func:`~zhihai.kernel.identity.corrections.ask_correction` does, ``Conflict`` while the same field is being looked
    into already, ``NotFound`` where nobody takes such requests.
    """
    kind = complaint_kind(CORRECTION)
    if kind is None:
        raise NotFound("no_corrections")
    with records.atomic():
        asked, before = identity_acts.ask_correction(actor, name, value, said, at=at)
        if any(one.case.state != "closed" for one in corrected(before)):
            raise Conflict("correction_waits", "field")
        facts: Mapping[str, object] = {}
        place = {"cell": None, "lon": None, "lat": None, "provenance": asked.provenance, "facts": facts}
        return begin(actor, kind, place, (CORRECTION, asked.id), lambda found: found, at=at, area=asked.area)


def corrected(asked: Sequence[identity.Correction]) -> tuple[Corrected, ...]:
    """Return how far corrections are, given those that the actor was shown as his own, in their order."""
    found = progress(CORRECTION, [one.id for one in asked])
    return tuple(Corrected(one, found[one.id]) for one in asked if one.id in found)


def progress(noun: str, ids: Sequence[int]) -> dict[int, Progress]:
    """Return how far the cases about these are, by what they are about: for a room above that shows them to its own."""
    return {row[0]: Progress(*row[1:]) for row in records.rows(_CASES, (noun, list(ids)))} if ids else {}


_CASES = """SELECT c.subject_id, c.number, k.name, c.state, c.opened_at,
    (SELECT min(x.due_at) FROM clock x WHERE x.case_id = c.id AND x.sort <> 'step' AND x.state = 'running'),
    c.closed_at, c.closing,
    CASE WHEN c.state = 'closed' THEN (SELECT t.note FROM task t WHERE t.case_id = c.id AND t.state = 'done'
        ORDER BY t.done_at DESC, t.id DESC LIMIT 1) END
    FROM cases c JOIN case_type k ON k.no = c.type_no WHERE c.subject_noun = %s AND c.subject_id = ANY(%s)"""


def refuse_judge(actor: Actor, subject: tuple[str, int] | None) -> None:
    """Refuse whoever would judge a complaint about his own look (回避). Raises ``Refused``."""
    if subject is not None and subject[0] == LOOK and identity.took_look(actor.account, subject[1]):
        raise Refused("own_look", "task", status=403)
