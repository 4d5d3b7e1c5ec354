"""Reviews and law suits about requests (行政复议、行政诉讼): recorded, and counted for the annual report.

政府信息公开条例 art. 50, 51; the report's form (国办公开办函〔2021〕30号), table 4: upheld, corrected,
other, not ended.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from zhihai.ground.actors import Actor
from zhihai.ground.powers import WRITE_DISCLOSURE
from zhihai.ground.refusal import NotFound, Refused
from zhihai.kernel import records
from zhihai.kernel.disclosure.kinds import LONGEST_NUMBER, LONGEST_TITLE, DisputeInput, DisputeResult, DisputeSort
from zhihai.kernel.disclosure.register import OF_YEAR, STOOD, in_register, year_of_disputes
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.journal.reads import clock

SORTS: tuple[DisputeSort, ...] = ("review", "suit", "suit_after_review")
RESULTS: tuple[DisputeResult, ...] = ("upheld", "corrected", "other", "pending")
DISPUTE = "request_dispute"


def record_dispute(actor: Actor, number: str, given: DisputeInput, *, at: datetime) -> None:
    """Record a review or a law suit about a request that was answered, or what came of it; one of each sort.

    Raises ``NotPermitted`` without the power ``disclosure.write`` over the office that answered, ``NotFound`` for no
    such request, ``Refused`` naming the field for one that waits, a body that is empty or too long, and days before
    the answer, after today, or in the wrong order, and for a result without its day or a day without a result.
    """
    body, reference = " ".join(given.body.split()), " ".join(given.reference.split())
    with records.atomic():
        found = in_register(number)
        if found is None:
            raise NotFound("no_matter", "number")
        lo, closed_at = found
        actor.need(WRITE_DISCLOSURE, lo, None)
        if closed_at is None:
            raise Refused("dispute_open", "number")
        _check(given, body, reference, closed_at, at)
        records.execute(
            """INSERT INTO request_dispute (number, sort, body, reference, begun_on, result, ended_on, recorded_by,
                   recorded_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
               ON CONFLICT (number, sort) DO UPDATE SET body = EXCLUDED.body, reference = EXCLUDED.reference,
                   begun_on = EXCLUDED.begun_on, result = EXCLUDED.result, ended_on = EXCLUDED.ended_on,
                   recorded_by = EXCLUDED.recorded_by, recorded_at = EXCLUDED.recorded_at""",
            (
                number, given.sort, body, reference, given.begun_on, given.result, given.ended_on, actor.account, at,
            ),
        )  # fmt: skip
        data = {
            "number": number, "sort": given.sort, "body": body, "reference": reference, "begun_on": given.begun_on,
            "result": given.result, "ended_on": given.ended_on,
        }  # fmt: skip
        journal.record(actor, "disclosure.record_dispute", DISPUTE, None, data, at=at)


def _check(given: DisputeInput, body: str, reference: str, closed_at: datetime, at: datetime) -> None:
    zone = clock().zone
    if given.sort not in SORTS:
        raise Refused("dispute_sort", "sort")
    if given.result not in RESULTS or (given.result == "pending") != (given.ended_on is None):
        raise Refused("dispute_result", "result")
    if not 2 <= len(body) <= LONGEST_TITLE or "\0" in body:
        raise Refused("dispute_body", "body", most=LONGEST_TITLE)
    if len(reference) > LONGEST_NUMBER or "\0" in reference:
        raise Refused("publication_number", "reference", most=LONGEST_NUMBER)
    today = at.astimezone(zone).date()
    if not closed_at.astimezone(zone).date() <= given.begun_on <= today:
        raise Refused("dispute_begun", "begun_on")
    if given.ended_on is not None and not given.begun_on <= given.ended_on <= today:
        raise Refused("dispute_ended", "ended_on")


@dataclass(frozen=True, slots=True)
class Dispute:
    """A review or a law suit about a request, as it stands."""

    sort: DisputeSort
    body: str
    reference: str
    begun_on: date
    result: DisputeResult
    ended_on: date | None


def disputes_of(actor: Actor, number: str) -> tuple[Dispute, ...]:
    """Return the reviews and law suits about a request, for whoever records them; raises as the act does."""
    found = in_register(number)
    if found is None:
        raise NotFound("no_matter", "number")
    actor.need(WRITE_DISCLOSURE, found[0], None)
    rows = records.rows(
        """SELECT sort, body, reference, begun_on, result, ended_on FROM request_dispute
           WHERE number = %s ORDER BY begun_on, id""",
        (number,),
    )
    return tuple(Dispute(*row) for row in rows)


def disputes_in(year: int) -> Mapping[tuple[str, str], int]:
    """Return how many of each sort and result there are in a local year: those that ended in it or went on after it.

    What ended after the year was pending in it.
    """
    rows = records.rows(
        f"SELECT d.sort, {STOOD} AS result, count(*) FROM request_dispute d WHERE {OF_YEAR} GROUP BY 1, 2",
        year_of_disputes(year),
    )
    return {(row[0], row[1]): row[2] for row in rows}
