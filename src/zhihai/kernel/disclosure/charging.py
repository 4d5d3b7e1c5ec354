"""Fees for requests beyond reason (信息处理费): asked for, paid, taken back, returned, and counted for the report.

政府信息公开条例 art. 42; 政府信息公开信息处理费管理办法 (国办函〔2020〕109号). No money passes through here: what the
treasury received is recorded by the number of its receipt.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.kind import beside
from zhihai.ground.powers import WORK_CASES
from zhihai.ground.refusal import Conflict, NotFound, NotPermitted, Refused
from zhihai.ground.words import Said
from zhihai.kernel import house, records
from zhihai.kernel.cases import acts as cases
from zhihai.kernel.cases import reads as case_reads
from zhihai.kernel.disclosure.checking import refuse_personal_text
from zhihai.kernel.disclosure.kinds import (
    CHARGED,
    FEE_WAYS,
    LONGEST_NUMBER,
    LONGEST_REASON,
    PAID,
    RELEASED,
    FeeInput,
    FeeWay,
    ReturnInput,
    TariffKind,
)
from zhihai.kernel.disclosure.register import register
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.journal.reads import clock

FEE = "request_fee"
MOST_COUNTED = 100_000
"""So many items or pages at most: what is more was mistyped."""


@dataclass(frozen=True, slots=True)
class Fee:
    """A fee as it stands: ``count`` items after ``before`` others that month, or pages; ``cents`` (分); local days."""

    id: int
    step: str
    way: FeeWay
    before: int
    count: int
    cents: int
    notified_on: date
    released_on: date | None
    receipt: str | None
    paid_on: date | None
    returned_cents: int | None
    returned_on: date | None
    returned_why: str | None
    returned_reference: str | None


@dataclass(frozen=True, slots=True)
class Charging:
    """What is known of fees of a request: notices, the latest first, and what can be done now.

    ``before`` are the items that the same person asked of the same office earlier in the month; ``pay_by`` is the last
    local day to pay, ``None`` where nothing is to be paid.
    """

    tariff: TariffKind
    before: int
    fees: tuple[Fee, ...]
    pay_by: date | None
    may: frozenset[str]


def charges(actor: Actor, case: case_reads.CaseView) -> bool:
    """Say whether a fee can be asked for in a case of its kind and version, by the role that the actor holds."""
    return _chargeable(case) and any(grant.role in _roles(case) for grant in actor.scope.grants)


def _chargeable(case: case_reads.CaseView) -> bool:
    return any(one.id == CHARGED and one.apart for step in case.kind.steps for one in step.outcomes)


def _roles(case: case_reads.CaseView) -> set[str]:
    return {task.role for task in case.tasks}


def tariff_named() -> tuple[str, TariffKind] | None:
    """Return the tariff of the register of requests by full name, in its latest version; ``None`` for none."""
    found = register()
    if found is None or not found[1].tariff:
        return None
    name = beside(found[0], found[1].tariff)
    return name, house.registry().get(TariffKind, name)


def charge_fee(actor: Actor, number: str, given: FeeInput, *, at: datetime) -> None:
    """Ask for a fee (收费通知): reckoned by the tariff in force, told in a paper; the time to pay begins.

    Raises as :func:`~zhihai.kernel.cases.acts.take_step` does, ``NotFound`` for no such request, ``Conflict`` where its
    case is at no step that could ask for a fee and where the limit of the answer is over, ``Refused`` naming the field
    for a count that costs nothing, and for words that are missing or too long.
    """
    reason, how = _words(given.reason, "reason"), _words(given.how, "how")
    if given.way not in FEE_WAYS:
        raise Refused("fee_way", "way")
    if not 0 < given.count <= MOST_COUNTED:
        raise Refused("fee_count", "count", most=MOST_COUNTED)
    with records.atomic():
        case, name = _opened(SYSTEM, number, at)
        task = _waiting(case, CHARGED)
        _refuse_late(case)
        before = _before(case) if given.way == "items" else 0
        tariff = house.registry().in_force(TariffKind, name, _day(at))
        cents = tariff.cents(given.way, given.count, before=before)
        if cents == 0:
            raise Refused("fee_none", "count")
        facts: dict[str, str | int | float] = {
            "first": before + 1, "last": before + given.count, "count": given.count, "yuan": in_yuan(cents),
            "reason": reason, "how": how,
        }  # fmt: skip
        note = Said(f"disclosure.fee.notice_{given.way}", facts)
        cases.take_step(actor, case.id, task.id, CHARGED, at=at, note=note, apart=True)
        (opened,) = next(one.opens for one in case.kind.step(task.step).outcomes if one.id == CHARGED)
        fee = records.value(
            """INSERT INTO request_fee (number, step, tariff, tariff_version, way, before, count, cents, notified_on,
                   notified_by) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id""",
            (
                number, opened, name, tariff.version, given.way, before, given.count, cents, _day(at), actor.account,
            ),
        )  # fmt: skip
        data = {"number": number, "way": given.way, "before": before, "count": given.count, "cents": cents}
        journal.record(actor, "disclosure.charge_fee", FEE, fee, data, at=at)


def record_payment(actor: Actor, number: str, receipt: str, paid_on: date, *, at: datetime) -> None:
    """Record that a fee was paid in full (缴费), by the treasury's receipt; the limit of the answer begins anew.

    It counts from the day after ``paid_on``, however much later it is recorded; after the time to pay, from the day
    after that time. Raises as :func:`charge_fee` does,
    ``NotFound`` where no fee stands, ``Refused`` for a number that is empty, too long or recorded before, and for a day
    before the notice, after today or after the time to pay.
    """
    plain = " ".join(receipt.split())
    if not 2 <= len(plain) <= LONGEST_NUMBER or "\0" in plain:
        raise Refused("fee_receipt", "receipt", most=LONGEST_NUMBER)
    with records.atomic():
        case, _ = _opened(SYSTEM, number, at)
        fee, task = _standing(number), _waiting(case, PAID)
        last = _pay_by(case, fee)
        if not fee.notified_on <= paid_on <= min(_day(at), last or _day(at)):
            raise Refused("fee_paid_on", "paid_on")
        note = Said("disclosure.fee.paid", {"yuan": in_yuan(fee.cents), "receipt": plain, "day": paid_on.isoformat()})
        cases.take_step(actor, case.id, task.id, PAID, at=at, note=note, apart=True, happened=_on(paid_on, at))
        _refuse_known(plain)
        records.execute(
            "UPDATE request_fee SET receipt = %s, paid_on = %s, paid_by = %s WHERE id = %s",
            (plain, paid_on, actor.account, fee.id),
        )
        data = {"number": number, "receipt": plain, "paid_on": paid_on, "cents": fee.cents}
        journal.record(actor, "disclosure.record_payment", FEE, fee.id, data, at=at)


def _refuse_late(case: case_reads.CaseView) -> None:
    """Refuse a fee once the limit of the answer is over: asking for money does not cure silence."""
    found = register()
    limits = () if found is None else found[1].clocks
    if any(one.name in limits and not one.clock.done and one.reading.overdue for one in case.clocks):
        raise Conflict("fee_too_late", "number")


def _refuse_known(receipt: str) -> None:
    """Refuse a receipt that was recorded before; who records the same one at this moment waits until this is over."""
    records.one("SELECT pg_advisory_xact_lock(hashtextextended('request_fee:' || %s, 0))", (receipt,))
    if records.value("SELECT count(*) FROM request_fee WHERE receipt = %s", (receipt,)):
        raise Refused("fee_receipt_known", "receipt")


def release_fee(actor: Actor, number: str, reason: str, *, at: datetime) -> None:
    """Take a notice of a fee back before it was paid (撤回收费): the request goes on where it stood, its limit too.

    Raises as :func:`charge_fee` does, ``NotFound`` where no fee stands, ``Refused`` without a reason.
    """
    plain = _words(reason, "reason")
    with records.atomic():
        case, _ = _opened(SYSTEM, number, at)
        fee, task = _standing(number), _waiting(case, RELEASED)
        note = Said("disclosure.fee.released", {"reason": plain})
        cases.take_step(actor, case.id, task.id, RELEASED, at=at, note=note, apart=True)
        records.execute("UPDATE request_fee SET released_on = %s WHERE id = %s", (_day(at), fee.id))
        journal.record(actor, "disclosure.release_fee", FEE, fee.id, {"number": number, "reason": plain}, at=at)


def return_payment(actor: Actor, number: str, given: ReturnInput, *, at: datetime) -> None:
    """Record that a fee was paid back, once, in whole or in part (退费): charged or paid by mistake.

    Raises ``NotPermitted`` unless the actor works such requests there, ``NotFound`` where no fee stands,
    ``Conflict`` where none was paid or it was returned before, ``Refused`` for more than was paid, days in the wrong
    order, and words that are missing or too long.
    """
    reason, reference = _words(given.reason, "reason"), " ".join(given.reference.split())
    if not 2 <= len(reference) <= LONGEST_NUMBER or "\0" in reference:
        raise Refused("fee_receipt", "reference", most=LONGEST_NUMBER)
    with records.atomic():
        case, _ = _opened(SYSTEM, number, at)
        _need(actor, case)
        fee = _standing(number)
        if fee.paid_on is None or fee.returned_on is not None:
            raise Conflict("fee_not_returnable", "number")
        if not 0 < given.cents <= fee.cents:
            raise Refused("fee_returned_cents", "cents", most=in_yuan(fee.cents))
        if not fee.paid_on <= given.returned_on <= _day(at):
            raise Refused("fee_returned_on", "returned_on")
        records.execute(
            """UPDATE request_fee SET returned_cents = %s, returned_on = %s, returned_why = %s, returned_reference = %s,
                   returned_by = %s WHERE id = %s""",
            (given.cents, given.returned_on, reason, reference, actor.account, fee.id),
        )
        data = {
            "number": number, "cents": given.cents, "returned_on": given.returned_on, "reason": reason,
            "reference": reference,
        }  # fmt: skip
        journal.record(actor, "disclosure.return_payment", FEE, fee.id, data, at=at)


def charging_of(actor: Actor, number: str, *, at: datetime) -> Charging:
    """Return what is known of fees of a request, for whoever works there.

    Raises ``NotFound`` for a request that the actor may not see, and for one that no fee can be asked for;
    ``NotPermitted`` unless the actor works such requests there.
    """
    case, name = _opened(actor, number, at)
    _need(actor, case)
    fees = _fees(number)
    standing = next((one for one in fees if one.released_on is None), None)
    may = {outcome for outcome in (CHARGED, PAID, RELEASED) if _task(case, outcome) is not None}
    if standing is not None and standing.paid_on is not None and standing.returned_on is None:
        may.add("return")
    pay_by = _pay_by(case, standing) if standing is not None and PAID in may else None
    tariff = house.registry().in_force(TariffKind, name, _day(at))
    return Charging(tariff, _before(case), fees, pay_by, frozenset(may))


@dataclass(frozen=True, slots=True)
class FeesOfYear:
    """What a year's report says of fees: notices that stood, what they came to, what was received and returned (分)."""

    notices: int
    asked: int
    received: int
    returned: int


def fees_in(year: int) -> FeesOfYear:
    """Return the fees of a local year (年度报告，其他需要报告的事项); what was taken back was not asked for."""
    within = {"first": date(year, 1, 1), "next": date(year + 1, 1, 1)}
    row = records.one(
        """SELECT count(*) FILTER (WHERE asked), coalesce(sum(cents) FILTER (WHERE asked), 0),
               coalesce(sum(cents) FILTER (WHERE paid_on >= %(first)s AND paid_on < %(next)s), 0),
               coalesce(sum(returned_cents) FILTER (WHERE returned_on >= %(first)s AND returned_on < %(next)s), 0)
           FROM (SELECT *, released_on IS NULL AND notified_on >= %(first)s AND notified_on < %(next)s AS asked
               FROM request_fee) f""",
        within,
    )
    assert row is not None
    return FeesOfYear(*(int(one) for one in row))


def in_yuan(cents: int) -> str:
    """Return an amount in yuan (元) with two digits, as papers state it: ``1,234.50``."""
    return f"{cents // 100:,}.{cents % 100:02d}"


def _words(text: str, field: str) -> str:
    plain = " ".join(text.split())
    if not 2 <= len(plain) <= LONGEST_REASON or "\0" in plain:
        raise Refused("fee_words", field, most=LONGEST_REASON)
    if field == "reason":
        refuse_personal_text(field, plain, "")
    return plain


def _opened(reader: Actor, number: str, at: datetime) -> tuple[case_reads.CaseView, str]:
    """Return a request's case and its tariff's name; ``NotFound`` for what is no request that can be charged for."""
    found, tariff = register(), tariff_named()
    case = case_reads.case_view(reader, number, at)
    if found is None or tariff is None or case.kind_name != beside(found[0], found[1].case) or not _chargeable(case):
        raise NotFound("no_matter", "number")
    return case, tariff[0]


def _need(actor: Actor, case: case_reads.CaseView) -> None:
    """Raise ``NotPermitted`` unless the actor works such requests there; who else works there has no part in fees."""
    row = records.one("SELECT org_lo, area_lo, type_no FROM cases WHERE id = %s", (case.id,))
    assert row is not None
    grants = [grant for grant in actor.scope.grants if grant.role in _roles(case)]
    if actor.sort != "system" and not any(grant.covers(row[0], row[1], row[2], WORK_CASES) for grant in grants):
        raise NotPermitted


def _task(case: case_reads.CaseView, outcome: str) -> case_reads.TaskView | None:
    """Return the open task of a case that an outcome could end, ``None`` for none."""
    for task in case.tasks:
        if task.state == "open" and any(one.id == outcome for one in case.kind.step(task.step).outcomes):
            return task
    return None


def _waiting(case: case_reads.CaseView, outcome: str) -> case_reads.TaskView:
    task = _task(case, outcome)
    if task is None:
        raise Conflict("fee_step", "number")
    return task


_COLUMNS = """id, step, way, before, count, cents, notified_on, released_on, receipt, paid_on, returned_cents,
    returned_on, returned_why, returned_reference"""


def _fees(number: str) -> tuple[Fee, ...]:
    rows = records.rows(f"SELECT {_COLUMNS} FROM request_fee WHERE number = %s ORDER BY id DESC", (number,))
    return tuple(Fee(*row) for row in rows)


def _standing(number: str) -> Fee:
    row = records.one(
        f"SELECT {_COLUMNS} FROM request_fee WHERE number = %s AND released_on IS NULL FOR UPDATE", (number,)
    )
    if row is None:
        raise NotFound("no_fee", "number")
    return Fee(*row)


def _before(case: case_reads.CaseView) -> int:
    """Count what the same person asked of the same office earlier in the calendar month of a request, in items."""
    zone = clock().zone
    month = case.opened_at.astimezone(zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    with identity.seeing(identity.PLATFORM):
        found = records.value(
            """SELECT coalesce(sum(coalesce(f.count, 1)), 0) FROM application a
               JOIN application b ON b.person_id = a.person_id AND b.kind = a.kind AND b.id < a.id
               JOIN cases c ON c.number = b.number AND c.org_id = %s AND c.opened_at >= %s
               LEFT JOIN request_fee f ON f.number = b.number AND f.released_on IS NULL AND f.way = 'items'
               WHERE a.number = %s""",
            (case.org, month.astimezone(UTC), case.number),
        )
    return int(found)


def _pay_by(case: case_reads.CaseView, fee: Fee) -> date | None:
    """Return the last local day to pay a fee by the clock that ran for it; ``None`` while the clock stands still."""
    ran = [one for one in case.clocks if case.kind.clock(one.name).times == fee.step]
    due = ran[-1].reading.due if ran else None
    return None if due is None else _last_day(due, clock().zone)


def _last_day(due: datetime, zone: ZoneInfo) -> date:
    return (due - timedelta(microseconds=1)).astimezone(zone).date()


def _day(at: datetime) -> date:
    return at.astimezone(clock().zone).date()


def _on(day: date, at: datetime) -> datetime:
    """Return the last instant of a local day, or now where it is not over."""
    return min(at, datetime.combine(day, time.max, clock().zone).astimezone(UTC))
