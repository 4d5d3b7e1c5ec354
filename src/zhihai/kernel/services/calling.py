"""The hotline (96181 热线): what a caller is told of a matter, and calling back who was answered (回访)."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from datetime import datetime

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.refusal import NotFound, NotPermitted
from zhihai.kernel import records
from zhihai.kernel.cases import acts as cases
from zhihai.kernel.cases import reads as case_reads
from zhihai.kernel.cases.events import CaseClosed
from zhihai.kernel.cases.kinds import WITHDRAWN
from zhihai.kernel.forms import reads as form_reads
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.identity.kinds import ANSWER_CALLS
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.journal.acts import Heard
from zhihai.kernel.services.applications import APPLICATION, CODE
from zhihai.kernel.services.matters import title_of

CALL_BACK = "call_back"
"""What the cases of calling back are about: a matter that a caller gave in, by the number of its application."""
PHONE = "phone"
"""The field of a form that says by which number its caller is reached."""


def tell_caller(actor: Actor, number: str, code: str, *, at: datetime) -> tuple[bool, case_reads.Course]:
    """Return how far a matter is, and whether the caller knew its code: without it only stage and due day may be told.

    That it was asked for stands in the journal. Raises ``NotPermitted`` without the power ``call.answer``, ``NotFound``
    for an unknown number and for a code that does not go with it.
    """
    if not actor.may(ANSWER_CALLS) or actor.narrowed:
        raise NotPermitted
    given = code.strip().upper().replace(" ", "")
    with identity.seeing(identity.PLATFORM):
        row = records.one("SELECT id, code FROM application WHERE number = %s", (number.strip().upper(),))
        known = row[1] if row else "\0" * CODE
        if row is None or (given and not hmac.compare_digest(known.encode(), given.encode())):
            raise NotFound("no_matter_by_code" if given else "no_matter", "number")
        journal.record(actor, "services.tell_caller", APPLICATION, row[0], {"code": bool(given)}, at=at)
    course = case_reads.course_about((APPLICATION, row[0]), at)
    assert course is not None
    return bool(given), course


def open_call_backs(heard: Sequence[Heard]) -> None:
    """Listener: once a matter that a caller gave in is answered, and they left a number, somebody has to call back.

    What was withdrawn asks for no call, and where no pack declares such a case nobody calls.
    """
    if case_reads.complaint_kind(CALL_BACK) is None:
        return
    closed = {one.event.case: one for one in heard if isinstance(one.event, CaseClosed)}
    asked = {
        case: one.at for case, one in closed.items()
        if isinstance(one.event, CaseClosed) and one.event.closing != WITHDRAWN
    }  # fmt: skip
    subjects = case_reads.subjects(sorted(asked), (APPLICATION,))
    when = {subject[1]: asked[case] for case, subject in subjects.items()}
    with identity.seeing(identity.PLATFORM):
        found = records.rows(
            """SELECT a.id, a.kind, i.name, a.number, a.provenance,
                   (SELECT max(s.submission_id) FROM application_submission s WHERE s.application_id = a.id)
               FROM application a LEFT JOIN service_item i ON i.id = a.item_id
               WHERE a.id = ANY(%s) AND a.way = 'call' ORDER BY a.id""",
            (sorted(when),),
        )
    for id_, kind, item, number, provenance, submission in found:
        if form_reads.submission_told(submission).answers.get(PHONE):
            title = title_of(kind, item)
            facts = {"item": {"zh": title.zh, "en": title.en}, "number": number}
            cases.open_about(SYSTEM, (CALL_BACK, id_), at=when[id_], facts=facts, provenance=provenance)
