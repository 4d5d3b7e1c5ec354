"""Giving a matter in (申请、咨询、投诉), supplementing and withdrawing: a submission and a case, in one transaction."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from zhihai.ground.actors import Actor
from zhihai.ground.refusal import Conflict, NotFound, Refused
from zhihai.ground.words import Language, Said
from zhihai.ground.worktime.limits import Unit
from zhihai.kernel import records
from zhihai.kernel.cases import acts as cases
from zhihai.kernel.cases import reads as case_reads
from zhihai.kernel.cases.kinds import WITHDRAWN
from zhihai.kernel.forms import acts as forms
from zhihai.kernel.forms import reads as form_reads
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.identity.kinds import PersonSort
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.services.applications import (
    APPLICATION,
    CODE,
    SERVICE,
    SUPPLEMENT,
    course_of,
)
from zhihai.kernel.services.matters import Matter, find_matter, for_items, matter_of
from zhihai.kernel.services.reaching import applicant_of, reached_application, reaches_matter, reader_of

LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
SUPPLEMENTED = "supplemented"


@dataclass(frozen=True, slots=True)
class Given:
    """What a form that was sent became: the number of the matter, and whether that is a new one."""

    number: str
    new: bool


@dataclass(frozen=True, slots=True)
class Applied:
    """An application just given in: the number people say, and the code for asking without signing in."""

    id: int
    number: str
    code: str


@dataclass(frozen=True, slots=True)
class Sending:
    """One's own draft as it was shown when it was sent: its key, revision, and the code of the version of the form.

    ``signed`` is how whoever an official serves agreed to it.
    """

    key: str
    revision: int
    code: str
    language: Language
    signed: forms.Signed = ""


def refuse_applicant(actor: Actor, matter: Matter, *, at: datetime, tie: int | None = None) -> identity.Applicant:
    """Return whose matter it would be. Raises as :func:`apply` does for who may not."""
    found = identity.applicant(actor, SERVICE, at=at, tie=tie)
    refuse_sort(matter, found.sort)
    return found


def refuse_sort(matter: Matter, sort: PersonSort) -> None:
    """Raise ``Refused`` where a matter is not for such applicants."""
    if matter.who == "firm" and sort == "natural":
        raise Refused("item_for_firms", "for")
    if matter.who == "person" and sort == "legal":
        raise Refused("item_for_people", "for")


def begin_application(
    actor: Actor, item: str = "", *, at: datetime, at_machine: datetime, tie: int | None = None,
    kind: str = "", organisation: str = "",
) -> str:  # fmt: skip
    """Begin a draft to apply for the item of a code, for oneself or for whom one acts for; return its key.

    ``kind`` is the full name of another kind of matter to begin, about an item, for an organisation by its code, or
    neither. Where one was begun for the same, it is that one. Raises as :func:`apply` and
    :func:`~zhihai.kernel.services.matters.find_matter` do, before anybody has written a word.
    """
    matter = find_matter(kind or for_items(), item, organisation)
    with identity.seeing(identity.of_own(actor)):
        refuse_applicant(actor, matter, at=at, tie=tie)
        about = (matter.subject, tie)
        begun = next((one for one in form_reads.drafts(actor) if (one.subject, one.tie) == about), None)
        if begun is not None:
            return begun.key
        title = matter.title.zh[:200]
        return forms.start_draft(actor, matter.form, matter.subject, title, at=at, at_machine=at_machine, tie=tie)


def apply(actor: Actor, sending: Sending, *, at: datetime, at_machine: datetime) -> Applied:
    """Give in the matter that one's draft is about, for oneself or for whom it was begun.

    The item's organisation leads the case, or the one it is addressed to, the window where there is neither; what the
    guide promises binds the clocks of applying for an item. Raises ``NotFound`` for an item that is not public,
    ``NotPermitted`` for whoever is no resident, ``Refused`` for who has said no name and number yet, for a tie that
    does not allow it, for what is not for such applicants, and as :func:`~zhihai.kernel.forms.acts.submit` does.
    """
    with identity.seeing(reader_of(actor)):
        return _apply(actor, sending, form_reads.read_draft(actor, sending.key, at=at), at, at_machine)


def _apply(actor: Actor, sending: Sending, draft: form_reads.Draft, at: datetime, at_machine: datetime) -> Applied:
    matter = matter_of(draft.subject)
    if draft.form.name != matter.form:
        raise NotFound("no_matter_kind", "kind")
    applicant = applicant_of(actor, draft, at=at)
    refuse_sort(matter, applicant.sort)
    given = _submit(actor, sending, at, at_machine)
    id_, code = _write(actor, matter, applicant, draft, at)
    _keep(id_, 1, given)
    case = cases.open_about(
        actor, (APPLICATION, id_), at=at, kind=matter.case, organisation=matter.organisation,
        facts={"item": {"zh": matter.title.zh, "en": matter.title.en}}, limits=_promised(matter),
        provenance=applicant.provenance,
    )  # fmt: skip
    records.execute("UPDATE application SET number = %s WHERE id = %s", (case.number, id_))
    item = matter.item
    data = {
        "kind": matter.name, "item": item and item.id, "guide": item and item.guide, "case": case.number,
        "submission": given.id, "digest": given.digest.hex(), "tie": draft.tie,
    }  # fmt: skip
    journal.record(actor, "services.apply", APPLICATION, id_, data, at=at)
    return Applied(id_, case.number, code)


def send(actor: Actor, sending: Sending, *, at: datetime, at_machine: datetime) -> Given:
    """Send a draft: it gives in the matter that it is about, or supplements the matter that it is about.

    Raises as :func:`apply` and :func:`supplement` do.
    """
    with identity.seeing(reader_of(actor)):
        draft = form_reads.read_draft(actor, sending.key, at=at)
        if reaches_matter(actor, draft.subject, at=at):
            return Given(supplement(actor, sending, at=at, at_machine=at_machine), new=False)
        return Given(_apply(actor, sending, draft, at, at_machine).number, new=True)


def _submit(actor: Actor, sending: Sending, at: datetime, at_machine: datetime) -> forms.Submitted:
    return forms.submit(
        actor, sending.key, sending.revision, sending.code, at=at, at_machine=at_machine, language=sending.language,
        signed=sending.signed,
    )  # fmt: skip


def _write(
    actor: Actor, matter: Matter, applicant: identity.Applicant, draft: form_reads.Draft, at: datetime
) -> tuple[int, str]:
    code = "".join(secrets.choice(LETTERS) for _ in range(CODE))
    item = matter.item
    id_ = records.value(
        """INSERT INTO application
           (kind, item_id, guide, person_id, proved, account_id, tie_id, way, code, provenance, applied_at)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id""",
        (
            matter.name, item and item.id, item and item.guide, applicant.person, applicant.proved, actor.account,
            draft.tie, "hall" if draft.desk is None else draft.desk.way, code, applicant.provenance, at,
        ),
    )  # fmt: skip
    return int(id_), code


def _keep(application: int, round_: int, given: forms.Submitted) -> None:
    records.execute("INSERT INTO application_submission VALUES (%s, %s, %s)", (application, round_, given.id))


def _promised(matter: Matter) -> Mapping[str, tuple[int, Unit, str]]:
    """Return the limits that the item's guide sets for applying; what is done at once (即办) is a working day."""
    if matter.item is None or matter.kind.item != "required":
        return {}
    fields = matter.item.fields
    return {
        clock: (max(1, int(fields[name].value)), "working_day", fields[name].source)
        for name, clock in (("promised", "promised"), ("statutory", "decision"))
        if name in fields
    }


def start_supplement(
    actor: Actor, number: str, *, at: datetime, at_machine: datetime, received: form_reads.Reception | None = None
) -> str:
    """Begin a draft to supplement one's own matter, filled in with what was given in last, or go on; return its key.

    Files stand with what was given in before; here go those that were missing. Raises ``NotFound`` for a matter that is
    not one's own and where nothing is asked for, and as :func:`~zhihai.kernel.forms.acts.start_draft` does.
    """
    with records.atomic():
        own = reached_application(actor, number, at=at)
        if received is not None and own.person != received.person:
            raise NotFound("no_matter", "number")
        if not asks_supplement(course_of(own, at=at)):
            raise NotFound("nothing_waits", "number")
        there = form_reads.drafts(actor) if received is None else form_reads.drafts_received(actor, received)
        begun = next((one for one in there if one.subject == own.number), None)
        if begun is not None:
            return begun.key
        last = form_reads.submission_told(own.submissions[-1])
        key = forms.start_draft(
            actor, last.form.name, own.number, own.title.zh[:200], at=at, at_machine=at_machine,
            tie=last.tie if received is None else received.tie, received=received,
        )  # fmt: skip
        files = {one.asked for one in last.files}
        answers = {id_: value for id_, value in last.answers.items() if id_ not in files}
        forms.save_draft(actor, key, 1, answers, at=at)
    return key


def asks_supplement(course: case_reads.Course) -> bool:
    """Say whether something is missing that the applicant should give in now."""
    return any(stage.step == SUPPLEMENT for stage in course.waiting)


def may_withdraw(course: case_reads.Course) -> bool:
    """Say whether a matter can be withdrawn as it stands."""
    return any(WITHDRAWN in course.choices(stage.step) for stage in course.waiting)


def supplement(actor: Actor, sending: Sending, *, at: datetime, at_machine: datetime) -> str:
    """Give in what was missing (补正): kept beside what was given in before; return the number of the matter.

    Raises ``NotFound`` for a matter that is not one's own and where nothing is asked for, and as
    :func:`~zhihai.kernel.forms.acts.submit` does.
    """
    with identity.seeing(reader_of(actor)):
        draft = form_reads.read_draft(actor, sending.key, at=at)
        own = reached_application(actor, draft.subject, at=at)
        if draft.desk is not None and draft.desk.person != own.person:
            raise NotFound("no_matter", "number")
        given = _submit(actor, sending, at, at_machine)
        round_ = len(own.submissions) + 1
        _keep(own.id, round_, given)
        note = Said("services.supplemented", {"round": round_})
        cases.answer_about(actor, (APPLICATION, own.id), SUPPLEMENT, SUPPLEMENTED, at=at, note=note)
        data = {"round": round_, "submission": given.id, "digest": given.digest.hex()}
        journal.record(actor, "services.supplement", APPLICATION, own.id, data, at=at)
    return own.number


def withdraw_application(actor: Actor, number: str, *, at: datetime) -> None:
    """Withdraw an application before it is decided (撤回); it is closed, and can be made again.

    Raises ``NotFound`` for a matter that is not one's own, ``Conflict`` when it is decided already.
    """
    with identity.seeing(reader_of(actor)):
        own = reached_application(actor, number, at=at)
        course = course_of(own, at=at)
        open_ = [one.step for one in course.waiting if WITHDRAWN in course.choices(one.step)]
        if not open_:
            raise Conflict("application_decided", "number")
        cases.answer_about(actor, (APPLICATION, own.id), open_[0], WITHDRAWN, at=at)
