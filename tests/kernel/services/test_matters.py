"""Kinds of what is given in: questions and complaints go the way that applications go."""

from __future__ import annotations

from typing import Any

import pytest
from tests.kernel.acting import AT, MACHINE, OFFICE, office
from tests.kernel.identity.peopled import registered, resident_of, somebody
from tests.kernel.services.giving import ASKING, COMPLAINING, QUESTION, given
from tests.kernel.services.own_trials import public_item

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.refusal import NotFound, Refused
from zhihai.kernel import records as store
from zhihai.kernel.cases import reads as case_reads
from zhihai.kernel.forms import acts as forms
from zhihai.kernel.forms import reads as form_reads
from zhihai.kernel.services import acts, reads
from zhihai.kernel.services.kinds import MatterKind
from zhihai.kernel.services.matters import matter_of


@pytest.fixture
def mine(district: str) -> Actor:
    (person,) = registered(somebody(1, "曾示例1"))
    return resident_of(person, "曾示例1", 1)


def test_a_question_about_an_item_goes_to_its_office_and_is_no_application_for_it(mine: Actor) -> None:
    item = public_item()
    made = given(mine, ASKING, QUESTION, item=item)
    case = case_reads.case_view(SYSTEM, made.number, AT)
    assert (case.org, case.kind_name) == (office(OFFICE), ASKING)
    ((own, _),) = reads.my_applications(mine, at=AT)
    assert own.item_code == item
    assert own.title.zh.startswith("咨询：")
    assert own.title.en.startswith("Ask a question: ")


def test_a_question_may_be_addressed_and_one_of_each_kind_is_begun_at_a_time(mine: Actor) -> None:
    first = acts.begin_application(mine, at=AT, at_machine=MACHINE, kind=ASKING, organisation=OFFICE)
    assert acts.begin_application(mine, at=AT, at_machine=MACHINE, kind=ASKING, organisation=OFFICE) == first
    assert acts.begin_application(mine, at=AT, at_machine=MACHINE, kind=ASKING) != first
    made = given(mine, ASKING, QUESTION, organisation=OFFICE)
    assert case_reads.case_view(SYSTEM, made.number, AT).org == office(OFFICE)


@pytest.mark.parametrize(
    ("about", "refused", "code"),
    [
        ({"kind": "interaction.praise"}, NotFound, "no_matter_kind"),
        ({"kind": ASKING, "item": "no such code"}, NotFound, "no_item"),
        ({"kind": ASKING, "organisation": "no such code"}, NotFound, "no_organisation"),
        ({"kind": COMPLAINING, "organisation": OFFICE}, Refused, "matter_organisation"),
        ({}, Refused, "matter_item"),
    ],
)
def test_what_it_can_not_concern_is_refused(mine: Actor, about: Any, refused: type[Refused], code: str) -> None:
    with pytest.raises(refused) as said:
        acts.begin_application(mine, at=AT, at_machine=MACHINE, **about)
    assert said.value.code == code
    assert form_reads.drafts(mine) == ()


def test_a_draft_is_of_the_form_of_its_kind(mine: Actor) -> None:
    """A subject is text that whoever begins a draft writes: a question can not be sent as a complaint."""
    key = forms.start_draft(mine, "interaction.question", COMPLAINING, "投诉", at=AT, at_machine=MACHINE)
    draft = form_reads.read_draft(mine, key, at=AT)
    sending = acts.Sending(key, forms.save_draft(mine, key, 1, QUESTION, at=AT), draft.form.code, "zh")
    with pytest.raises(NotFound):
        acts.apply(mine, sending, at=AT, at_machine=MACHINE)
    assert store.value("SELECT count(*) FROM application") == 0


def test_what_a_draft_is_about_is_found_again_by_its_subject(district: str) -> None:
    item = public_item()
    for made in (
        reads.find_matter(reads.for_items(), item), reads.find_matter(ASKING), reads.find_matter(ASKING, item),
        reads.find_matter(ASKING, organisation=OFFICE),
    ):  # fmt: skip
        assert matter_of(made.subject) == made


def test_what_is_addressed_concerns_no_item_of_an_office() -> None:
    with pytest.raises(ValueError, match="its own organisation"):
        MatterKind(id="bad", form="form", case="case", item="required", addressed=True)
