"""What acts on publications are tried on: somebody with just the power does each, somebody without it does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from tests.kernel.acting import AT, DISTRICT, OFFICE, WEST, Try, office
from tests.kernel.disclosure.asking import asked
from tests.kernel.forms.applying import a_png
from tests.kernel.identity.peopled import registered, resident_of, somebody
from tests.kernel.services.tried import TRIED as SERVICES

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.kernel.cases import acts as cases
from zhihai.kernel.cases import reads as case_reads
from zhihai.kernel.disclosure import acts
from zhihai.kernel.disclosure.kinds import BroughtIn, DisputeInput, FeeInput, ReturnInput, VersionInput

KIND = "government_information.plans"
SAYS = VersionInput(title="示例规划", body="第一条。", made_on=date(2014, 2, 10), number="示发〔2014〕1 号")
ANOTHER = Actor(account=SYSTEM.account - 1, name="另一系统", sort="system")
"""Who reviews what the system wrote."""


def drafted() -> int:
    """A draft of the environment department, written by the system."""
    return acts.begin_publication(SYSTEM, KIND, office(OFFICE), SAYS, at=AT)


def published() -> int:
    """A publication of the environment department."""
    made = drafted()
    acts.review_version(ANOTHER, made, 1, True, "保密法第十三条", at=AT)
    acts.publish_version(ANOTHER, made, 1, at=AT)
    return made


def _begin() -> Try:
    return lambda by: acts.begin_publication(by, KIND, office(OFFICE), SAYS, at=AT)


def _write() -> Try:
    made = drafted()
    return lambda by: acts.write_version(by, made, SAYS, at=AT)


def _attach() -> Try:
    made = drafted()
    return lambda by: acts.attach_to_version(by, made, "图.png", a_png(), at=AT)


def _detach() -> Try:
    made = drafted()
    file = acts.attach_to_version(SYSTEM, made, "图.png", a_png(), at=AT)
    return lambda by: acts.detach_from_version(by, made, file.key, at=AT)


def _discard() -> Try:
    made = drafted()
    return lambda by: acts.discard_version(by, made, at=AT)


def _review() -> Try:
    made = drafted()
    return lambda by: acts.review_version(by, made, 1, True, "保密法第十三条", at=AT)


def _publish() -> Try:
    made = drafted()
    acts.review_version(ANOTHER, made, 1, True, "保密法第十三条", at=AT)
    return lambda by: acts.publish_version(by, made, 1, at=AT)


def _withdraw() -> Try:
    made = published()
    return lambda by: acts.withdraw_publication(by, made, "已由新规划代替", readable=True, at=AT)


DISPUTE = DisputeInput(sort="review", body="示例区人民政府", begun_on=date(2014, 2, 17))


def _answered() -> str:
    (person,) = registered(somebody(1, "曾示例1"))
    number = asked(resident_of(person, "曾示例1", 1), to=OFFICE)
    case = case_reads.case_view(SYSTEM, number, AT)
    cases.take_step(SYSTEM, case.id, case.tasks[0].id, "not_held", at=AT, note="本机关没有这项信息。")
    return number


def _dispute() -> Try:
    number = _answered()
    return lambda by: acts.record_dispute(by, number, DISPUTE, at=AT)


def _amend() -> Try:
    number = _answered()
    made = acts.record_dispute(SYSTEM, number, DISPUTE, at=AT)
    given = replace(DISPUTE, result="upheld", ended_on=date(2014, 2, 17))
    return lambda by: acts.amend_dispute(by, number, made, given, at=AT)


def _take_back() -> Try:
    number = _answered()
    made = acts.record_dispute(SYSTEM, number, DISPUTE, at=AT)
    return lambda by: acts.take_back_dispute(by, number, made, "重复登记。", at=AT)


OFFICER = "government_information.disclosure_officer"
FEE = FeeInput(way="pages", count=40, reason="页数过多。", how="到财政窗口缴纳。")


def _charged(*, paid: bool = False) -> str:
    (person,) = registered(somebody(1, "曾示例1"))
    number = asked(resident_of(person, "曾示例1", 1), to=OFFICE)
    acts.charge_fee(SYSTEM, number, FEE, at=AT)
    if paid:
        acts.record_payment(SYSTEM, number, "票 1", date(2014, 2, 17), at=AT)
    return number


def _charge() -> Try:
    (person,) = registered(somebody(1, "曾示例1"))
    number = asked(resident_of(person, "曾示例1", 1), to=OFFICE)
    return lambda by: acts.charge_fee(by, number, FEE, at=AT)


def _pay() -> Try:
    number = _charged()
    return lambda by: acts.record_payment(by, number, "票 1", date(2014, 2, 17), at=AT)


def _release() -> Try:
    number = _charged()
    return lambda by: acts.release_fee(by, number, "有误。", at=AT)


def _return() -> Try:
    number = _charged(paid=True)
    given = ReturnInput(cents=100, returned_on=date(2014, 2, 17), reason="多收。", reference="退 1")
    return lambda by: acts.return_payment(by, number, given, at=AT)


def _bring_in() -> Try:
    one = BroughtIn(kind=KIND, organisation=OFFICE, says=SAYS, published_on=date(2014, 2, 12))
    return lambda by: acts.bring_in_publications(by, [one], "旧网站", at=AT)


TRIED: Mapping[str, tuple[Any, ...]] = {
    **SERVICES,
    "disclosure.begin_publication": (_begin, OFFICE, WEST),
    "disclosure.write_version": (_write, OFFICE, WEST),
    "disclosure.attach_to_version": (_attach, OFFICE, WEST),
    "disclosure.detach_from_version": (_detach, OFFICE, WEST),
    "disclosure.discard_version": (_discard, OFFICE, WEST),
    "disclosure.review_version": (_review, OFFICE, WEST),
    "disclosure.publish_version": (_publish, OFFICE, WEST),
    "disclosure.withdraw_publication": (_withdraw, OFFICE, WEST),
    "disclosure.record_dispute": (_dispute, OFFICE, WEST),
    "disclosure.amend_dispute": (_amend, OFFICE, WEST),
    "disclosure.take_back_dispute": (_take_back, OFFICE, WEST),
    "disclosure.charge_fee": (_charge, DISTRICT, DISTRICT, OFFICER),
    "disclosure.record_payment": (_pay, DISTRICT, DISTRICT, OFFICER),
    "disclosure.release_fee": (_release, DISTRICT, DISTRICT, OFFICER),
    "disclosure.return_payment": (_return, OFFICE, DISTRICT, OFFICER),
    "disclosure.bring_in_publications": (_bring_in, DISTRICT, DISTRICT),
}
"""What each act is tried by, the room below's too, and the places of the two trees that its power must cover."""
