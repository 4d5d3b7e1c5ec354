"""What acts on service items are tried on: somebody with just the power does each, somebody without it does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tests.kernel.acting import AT, DISTRICT, EAST, MACHINE, OFFICE, WEST, Try, account, office
from tests.kernel.forms import receptions_tried
from tests.kernel.services.taken import somebody_old, taken

from zhihai.ground.actors import SYSTEM
from zhihai.ground.named import Named
from zhihai.kernel.services import acts, reads
from zhihai.kernel.services.kinds import Contact, Described, GuideField, ItemInput, SourceInput


def _item() -> int:
    """A public item of the environment department."""
    return reads.catalogue().listed(organisations=[office(OFFICE)])[0].id


def _bring_in() -> Try:
    source = SourceInput(name=Named("新目录", "New list"))
    return lambda by: acts.bring_in(by, source, [ItemInput(code="x", name="事项")], at=AT)


def _assign() -> Try:
    item = _item()
    return lambda by: acts.assign(by, {item: office(EAST)}, at=AT)


def _describe() -> Try:
    item, said = _item(), Described(who="firm", themes=("f-land",), life=(), words=("开工",), source="部门答复")
    return lambda by: acts.describe(by, item, said, at=AT)


def _complete_guide() -> Try:
    item, fields = _item(), {"fee": GuideField(value="不收费", source="条例", as_of=AT.date())}
    return lambda by: acts.complete_guide(by, item, fields, at=AT)


def _publish() -> Try:
    item = _item()
    acts.withdraw(SYSTEM, item, "先撤下", at=AT)
    return lambda by: acts.publish(by, [item], at=AT)


def _withdraw() -> Try:
    item = _item()
    return lambda by: acts.withdraw(by, item, "不再办理", at=AT)


def _set_synonyms() -> Try:
    return lambda by: acts.set_synonyms(by, [("甲", "乙")], at=AT)


def _set_contact() -> Try:
    contact = Contact(sort="hotline", name=Named("热线", "Hotline"), phone="12345", source="公告")
    return lambda by: acts.set_contact(by, contact, at=AT)


def _begin_call() -> Try:
    there = account("hotline")  # a draft is of an account that there is
    return lambda by: acts.begin_call(
        replace(by, account=there), "interaction.complaint", at=AT, at_machine=MACHINE
    )  # fmt: skip


def _tell_caller() -> Try:
    number = taken(somebody_old()).number
    return lambda by: acts.tell_caller(by, number, "", at=AT)


TRIED: Mapping[str, tuple[Any, ...]] = {
    **receptions_tried.TRIED,
    "services.begin_call": (_begin_call, DISTRICT, DISTRICT),
    "services.bring_in": (_bring_in, DISTRICT, DISTRICT),
    "services.assign": (_assign, DISTRICT, DISTRICT),
    "services.describe": (_describe, OFFICE, WEST),
    "services.complete_guide": (_complete_guide, OFFICE, WEST),
    "services.publish": (_publish, OFFICE, WEST),
    "services.withdraw": (_withdraw, OFFICE, WEST),
    "services.set_synonyms": (_set_synonyms, DISTRICT, DISTRICT),
    "services.tell_caller": (_tell_caller, DISTRICT, DISTRICT),
    "services.set_contact": (_set_contact, DISTRICT, DISTRICT),
}
"""What each act is tried by, and the places of the two trees that its power must cover."""
