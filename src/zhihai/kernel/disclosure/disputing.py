"""Reviews and law suits about requests (行政复议、行政诉讼): recorded, and counted for the annual report.

政府信息公开条例 art. 50, 51; the report's form (国办公开办函〔2021〕30号), table 4: upheld, corrected,
other, not ended.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime

from zhihai.ground.actors import Actor
from zhihai.ground.powers import RECORD_DISPUTES
from zhihai.ground.refusal import NotFound, Refused
from zhihai.kernel import records
from zhihai.kernel.cases import reads as cases
from zhihai.kernel.disclosure.checking import refuse_personal_text
from zhihai.kernel.disclosure.kinds import (
    LONGEST_NUMBER,
    LONGEST_REASON,
    LONGEST_TITLE,
    DisputeAgainst,
    DisputeInput,
    DisputeInstance,
    DisputeResult,
    DisputeSort,
)
from zhihai.kernel.disclosure.register import OF_YEAR, STOOD, InRegister, in_register, register, year_of_disputes
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.journal.reads import clock

SORTS: tuple[DisputeSort, ...] = ("review", "suit", "suit_after_review")
RESULTS: tuple[DisputeResult, ...] = ("upheld", "corrected", "other", "pending")
AGAINST: tuple[DisputeAgainst, ...] = ("answer", "silence")
INSTANCES: tuple[DisputeInstance, ...] = ("first", "second")
DISPUTE = "request_dispute"


def record_dispute(actor: Actor, number: str, given: DisputeInput, *, at: datetime) -> int:
    """Record a review or a law suit about a request; return its number. Each instance is one of its own.

    Against an answer from the day of the answer on, against silence from the day on which the limit was over. Raises
    ``NotPermitted`` without the power ``disclosure.dispute`` over the office that answers, ``NotFound`` for no such
    request, ``Refused`` naming the field for a request that is neither answered nor late, a body that is empty or too
    long, days too early, after today or in the wrong order, and for a result without its day or a day without a result.
    """
    with records.atomic():
        plain = _checked(_found(actor, number, at), given, at)
        id_ = records.value(
            """INSERT INTO request_dispute (number, sort, body, reference, begun_on, result, ended_on, against,
                   instance, recorded_by, recorded_at)
               VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id""",
            (number, *_values(plain), actor.account, at),
        )
        data = {"number": number, **asdict(plain)}
        journal.record(actor, "disclosure.record_dispute", DISPUTE, id_, data, at=at)
    return int(id_)


def amend_dispute(
    actor: Actor, number: str, dispute: int, given: DisputeInput, reason: str = "", *, at: datetime
) -> None:
    """Record what came of a review or a law suit; or correct what was recorded, which asks for a reason.

    The journal keeps what stood before. Raises as :func:`record_dispute` does, ``NotFound`` for none that stands, and
    ``Refused`` (``dispute_reason``) where more is changed than the result of a pending one, and no reason is given.
    """
    with records.atomic():
        found = _found(actor, number, at)
        before, plain = _held(number, dispute), _checked(found, given, at)
        ends = before.result == "pending" and replace(plain, result="pending", ended_on=None) == before
        why = " ".join(reason.split()) if ends and not reason.strip() else _reason(reason)
        records.execute(
            """UPDATE request_dispute SET sort = %s, body = %s, reference = %s, begun_on = %s, result = %s,
                   ended_on = %s, against = %s, instance = %s, recorded_by = %s, recorded_at = %s WHERE id = %s""",
            (*_values(plain), actor.account, at, dispute),
        )
        data = {"number": number, "before": asdict(before), "reason": why, **asdict(plain)}
        journal.record(actor, "disclosure.amend_dispute", DISPUTE, dispute, data, at=at)


def take_back_dispute(actor: Actor, number: str, dispute: int, reason: str, *, at: datetime) -> None:
    """Take back what was recorded by mistake (撤销登记): it counts nowhere, the journal keeps it with the reason.

    Raises as :func:`amend_dispute` does, ``Refused`` without a reason.
    """
    why = _reason(reason)
    with records.atomic():
        _found(actor, number, at)
        before = _held(number, dispute)
        records.execute("UPDATE request_dispute SET taken_back_at = %s WHERE id = %s", (at, dispute))
        data = {"number": number, "before": asdict(before), "reason": why}
        journal.record(actor, "disclosure.take_back_dispute", DISPUTE, dispute, data, at=at)


def _found(actor: Actor, number: str, at: datetime) -> InRegister:
    found = in_register(number, at=at)
    if found is None:
        raise NotFound("no_matter", "number")
    actor.need(RECORD_DISPUTES, found.lo, None)
    return found


def _held(number: str, dispute: int) -> DisputeInput:
    row = records.one(
        """SELECT sort, body, reference, begun_on, result, ended_on, against, instance FROM request_dispute
           WHERE id = %s AND number = %s AND taken_back_at IS NULL FOR UPDATE""",
        (dispute, number),
    )
    if row is None:
        raise NotFound("no_dispute", "dispute")
    return DisputeInput(
        sort=row[0], body=row[1], reference=row[2], begun_on=row[3], result=row[4], ended_on=row[5], against=row[6],
        instance=row[7],
    )  # fmt: skip


def _values(given: DisputeInput) -> tuple[object, ...]:
    return (
        given.sort, given.body, given.reference, given.begun_on, given.result, given.ended_on, given.against,
        given.instance,
    )  # fmt: skip


def _reason(text: str) -> str:
    plain = " ".join(text.split())
    if not 2 <= len(plain) <= LONGEST_REASON or "\0" in plain:
        raise Refused("dispute_reason", "reason", most=LONGEST_REASON)
    refuse_personal_text("reason", plain, "")  # it stands in the journal for good
    return plain


def _checked(found: InRegister, given: DisputeInput, at: datetime) -> DisputeInput:
    """Return what was given with its spaces put right; raises ``Refused`` naming the field."""
    plain = replace(given, body=" ".join(given.body.split()), reference=" ".join(given.reference.split()))
    if plain.sort not in SORTS:
        raise Refused("dispute_sort", "sort")
    if plain.against not in AGAINST:
        raise Refused("dispute_against", "against")
    if plain.instance not in INSTANCES or (plain.instance == "second" and plain.sort == "review"):
        raise Refused("dispute_instance", "instance")
    if plain.result not in RESULTS or (plain.result == "pending") != (plain.ended_on is None):
        raise Refused("dispute_result", "result")
    if not 2 <= len(plain.body) <= LONGEST_TITLE or "\0" in plain.body:
        raise Refused("dispute_body", "body", most=LONGEST_TITLE)
    if len(plain.reference) > LONGEST_NUMBER or "\0" in plain.reference:
        raise Refused("publication_number", "reference", most=LONGEST_NUMBER)
    _check_days(found, plain, at)
    return plain


def _check_days(found: InRegister, given: DisputeInput, at: datetime) -> None:
    zone = clock().zone
    since = found.closed_at if given.against == "answer" else found.late_at
    if since is None:
        raise Refused("dispute_open" if given.against == "answer" else "dispute_in_time", "against")
    today = at.astimezone(zone).date()
    if not since.astimezone(zone).date() <= given.begun_on <= today:
        raise Refused("dispute_begun", "begun_on")
    if given.ended_on is not None and not given.begun_on <= given.ended_on <= today:
        raise Refused("dispute_ended", "ended_on")


@dataclass(frozen=True, slots=True)
class Dispute:
    """A review or a law suit about a request, as it stands."""

    id: int
    sort: DisputeSort
    body: str
    reference: str
    begun_on: date
    result: DisputeResult
    ended_on: date | None
    against: DisputeAgainst
    instance: DisputeInstance


def disputes_of(actor: Actor, number: str, *, at: datetime) -> tuple[Dispute, ...]:
    """Return the reviews and law suits about a request, for whoever records them; raises as the act does."""
    _found(actor, number, at)
    rows = records.rows(
        """SELECT id, sort, body, reference, begun_on, result, ended_on, against, instance FROM request_dispute
           WHERE number = %s AND taken_back_at IS NULL ORDER BY begun_on, id""",
        (number,),
    )
    return tuple(Dispute(*row) for row in rows)


def disputable(case: cases.CaseView) -> bool:
    """Say whether a case is of the register of requests, about which reviews and law suits are recorded."""
    found = register()
    return found is not None and case.kind_name == f"{found[0].partition('.')[0]}.{found[1].case}"


def disputes_in(year: int) -> Mapping[tuple[str, str], int]:
    """Return how many of each sort and result there are in a local year: those that ended in it or went on after it.

    What ended after the year was pending in it; a second instance counts in the years of its own.
    """
    rows = records.rows(
        f"SELECT d.sort, {STOOD} AS result, count(*) FROM request_dispute d WHERE {OF_YEAR} GROUP BY 1, 2",
        year_of_disputes(year),
    )
    return {(row[0], row[1]): row[2] for row in rows}
