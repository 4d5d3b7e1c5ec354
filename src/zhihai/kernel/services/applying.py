"""Applying for a service item (申请), supplementing and withdrawing: a submission and a case, in one transaction."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from zhihai.ground.actors import Actor
from zhihai.ground.refusal import Conflict, NotFound, Refused
from zhihai.ground.words import Language, Said
from zhihai.ground.worktime.limits import Unit
from zhihai.kernel import house, records
from zhihai.kernel.cases import acts as cases
from zhihai.kernel.cases import reads as case_reads
from zhihai.kernel.forms import acts as forms
from zhihai.kernel.forms import reads as form_reads
from zhihai.kernel.forms.kinds import FormKind
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
from zhihai.kernel.services.guiding import read_fields
from zhihai.kernel.services.kinds import Guide
from zhihai.kernel.services.reaching import applicant_of, reached_application, reaches_matter, reader_of

LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
WITHDRAWN, SUPPLEMENTED = "withdrawn", "supplemented"


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
class Item:
    """A public item as applying for it needs it: ``guide`` is the version of its guide."""

    id: int
    name: str
    who: str
    organisation: int | None
    guide: int | None
    fields: Guide


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


def public_item(code: str) -> Item:
    """Return the public item of a code. Raises ``NotFound``."""
    row = records.one(
        """SELECT i.id, i.name, i.who, i.organisation_id, g.version, g.fields::text
           FROM service_item i LEFT JOIN service_guide g ON g.item_id = i.id AND g.state = 'published'
           WHERE i.code = %s AND i.state = 'published'""",
        (code,),
    )
    if row is None:
        raise NotFound("no_item", "item")
    return Item(row[0], row[1], row[2], row[3], row[4], read_fields(row[5]) if row[5] else {})


def refuse_applicant(actor: Actor, item: Item, *, at: datetime, tie: int | None = None) -> identity.Applicant:
    """Return whose matter it would be to apply for an item. Raises as :func:`apply` does for who may not."""
    found = identity.applicant(actor, SERVICE, at=at, tie=tie)
    refuse_sort(item, found.sort)
    return found


def refuse_sort(item: Item, sort: PersonSort) -> None:
    """Raise ``Refused`` where an item is not for such applicants."""
    if item.who == "firm" and sort == "natural":
        raise Refused("item_for_firms", "for")
    if item.who == "person" and sort == "legal":
        raise Refused("item_for_people", "for")


def general_form() -> str:
    """Return the full name of the form by which an item is applied for. Raises ``NotFound`` where no pack has one."""
    form = next((name for name, kind in house.registry().all(FormKind) if kind.id == APPLICATION), None)
    if form is None:
        raise NotFound("no_case_about", "form", noun=APPLICATION)
    return form


def begin_application(actor: Actor, item: str, *, at: datetime, at_machine: datetime, tie: int | None = None) -> str:
    """Begin a draft to apply for the item of a code, for oneself or for whom one acts for; return its key.

    Where one was begun for the same, it is that one. Raises as :func:`apply` does, before anybody has written a word,
    and ``NotFound`` where no pack declares the form.
    """
    form = general_form()
    with records.atomic():
        found = public_item(item)
        refuse_applicant(actor, found, at=at, tie=tie)
        begun = next((one for one in form_reads.drafts(actor) if (one.subject, one.tie) == (item, tie)), None)
        if begun is not None:
            return begun.key
        return forms.start_draft(actor, form, item, found.name[:200], at=at, at_machine=at_machine, tie=tie)


def apply(actor: Actor, sending: Sending, *, at: datetime, at_machine: datetime) -> Applied:
    """Apply for the item that one's draft is about, for oneself or for whom it was begun.

    The item's organisation leads the case, the window where it is nobody's; what the guide promises binds its clocks.
    Raises ``NotFound`` for an item that is not public, ``NotPermitted`` for whoever is no resident, ``Refused`` for who
    has said no name and number yet, for a tie that does not allow it, for an item that is not for such applicants, and
    as :func:`~zhihai.kernel.forms.acts.submit` does.
    """
    with records.atomic(), identity.seeing(reader_of(actor)):
        draft = form_reads.read_draft(actor, sending.key, at=at)
        found, applicant = public_item(draft.subject), applicant_of(actor, draft, at=at)
        refuse_sort(found, applicant.sort)
        given = _submit(actor, sending, at, at_machine)
        id_, code = _write(actor, found, applicant, draft, at)
        _keep(id_, 1, given)
        case = cases.open_about(
            actor, (APPLICATION, id_), at=at, organisation=found.organisation,
            facts={"item": {"zh": found.name, "en": found.name}}, limits=_promised(found),
            provenance=applicant.provenance,
        )  # fmt: skip
        records.execute("UPDATE application SET number = %s WHERE id = %s", (case.number, id_))
        data = {
            "item": found.id, "guide": found.guide, "case": case.number, "submission": given.id,
            "digest": given.digest.hex(), "tie": draft.tie,
        }  # fmt: skip
        journal.record(actor, "services.apply", APPLICATION, id_, data, at=at)
    return Applied(id_, case.number, code)


def send(actor: Actor, sending: Sending, *, at: datetime, at_machine: datetime) -> Given:
    """Send a draft: it applies for the item that it is about, or supplements the matter that it is about.

    Raises as :func:`apply` and :func:`supplement` do.
    """
    with records.atomic():
        subject = form_reads.read_draft(actor, sending.key, at=at).subject
        if reaches_matter(actor, subject):
            return Given(supplement(actor, sending, at=at, at_machine=at_machine), new=False)
        return Given(apply(actor, sending, at=at, at_machine=at_machine).number, new=True)


def _submit(actor: Actor, sending: Sending, at: datetime, at_machine: datetime) -> forms.Submitted:
    return forms.submit(
        actor, sending.key, sending.revision, sending.code, at=at, at_machine=at_machine, language=sending.language,
        signed=sending.signed,
    )  # fmt: skip


def _write(
    actor: Actor, item: Item, applicant: identity.Applicant, draft: form_reads.Draft, at: datetime
) -> tuple[int, str]:
    code = "".join(secrets.choice(LETTERS) for _ in range(CODE))
    id_ = records.value(
        """INSERT INTO application
           (item_id, guide, person_id, proved, account_id, tie_id, way, code, provenance, applied_at)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id""",
        (
            item.id, item.guide, applicant.person, applicant.proved, actor.account, draft.tie,
            "hall" if draft.desk is None else draft.desk.way, code, applicant.provenance, at,
        ),
    )  # fmt: skip
    return int(id_), code


def _keep(application: int, round_: int, given: forms.Submitted) -> None:
    records.execute("INSERT INTO application_submission VALUES (%s, %s, %s)", (application, round_, given.id))


def _promised(item: Item) -> Mapping[str, tuple[int, Unit, str]]:
    """Return the limits that the item's guide sets for its clocks; what is done at once (即办) is a working day."""
    return {
        clock: (max(1, int(item.fields[name].value)), "working_day", item.fields[name].source)
        for name, clock in (("promised", "promised"), ("statutory", "decision"))
        if name in item.fields
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
        if not asks_supplement(course_of(own, at=at)):
            raise NotFound("nothing_waits", "number")
        there = form_reads.drafts(actor) if received is None else form_reads.drafts_received(actor, received)
        begun = next((one for one in there if one.subject == own.number), None)
        if begun is not None:
            return begun.key
        last = form_reads.submission_told(own.submissions[-1])
        key = forms.start_draft(
            actor, last.form.name, own.number, own.item[:200], at=at, at_machine=at_machine,
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
    with records.atomic(), identity.seeing(reader_of(actor)):
        draft = form_reads.read_draft(actor, sending.key, at=at)
        own = reached_application(actor, draft.subject, at=at)
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
    with records.atomic(), identity.seeing(reader_of(actor)):
        own = reached_application(actor, number, at=at)
        course = course_of(own, at=at)
        open_ = [one.step for one in course.waiting if WITHDRAWN in course.choices(one.step)]
        if not open_:
            raise Conflict("application_decided", "number")
        cases.answer_about(actor, (APPLICATION, own.id), open_[0], WITHDRAWN, at=at)
