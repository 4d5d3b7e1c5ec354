"""A form that an official uploads is told where it is wrong, published by another, and then like any other."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.kernel.acting import AT, DISTRICT, MACHINE, holder
from tests.kernel.forms.applying import newcomer
from tests.kernel.forms.defining import definition

from zhihai.ground.powers import SET_FORMS
from zhihai.ground.refusal import Conflict, NotFound, Refused
from zhihai.kernel.forms import acts, reads

ONE, OTHER = (
    lambda: holder(frozenset({SET_FORMS}), DISTRICT, DISTRICT, "zhihai.operator", 101),
    lambda: holder(frozenset({SET_FORMS}), DISTRICT, DISTRICT, "zhihai.administrator", 102),
)


def test_a_form_is_proposed_by_one_and_published_by_another(district: str) -> None:
    id_ = acts.propose_form(ONE(), definition(), at=AT)
    with pytest.raises(NotFound):
        reads.form_in_force("district.stall", at=AT)
    with pytest.raises(Refused) as refused:
        acts.publish_form(ONE(), id_, at=AT)
    assert refused.value.code == "form_own"
    acts.publish_form(OTHER(), id_, at=AT)
    form = reads.form_in_force("district.stall", at=AT)
    assert form.say("owner.name", "zh") == "姓名 {0.__class__}"
    with pytest.raises(NotFound):
        acts.refuse_form(OTHER(), id_, at=AT)
    assert [(one.form, one.published, one.decided_by) for one in reads.uploaded_forms(ONE())] == [
        ("district.stall", True, 102)
    ]


def test_it_is_filled_in_and_sent_like_any_other(district: str) -> None:
    acts.publish_form(OTHER(), acts.propose_form(ONE(), definition(), at=AT), at=AT)
    mine = newcomer()
    key = acts.start_draft(mine, "district.stall", "item:1", "摊位", at=AT, at_machine=MACHINE)
    acts.save_draft(mine, key, 1, {"owner": "曾示例", "rent": 12_345}, at=AT)
    later = AT + timedelta(days=1)
    acts.publish_form(OTHER(), acts.propose_form(ONE(), definition(version=2), at=AT), at=later)
    code = reads.form_in_force("district.stall", at=later).code
    sent = acts.submit(mine, key, 2, code, at=later, at_machine=MACHINE, language="zh")
    assert reads.submission_told(sent.id).form.kind.version == 2


def test_a_version_counts_on_and_the_same_is_not_taken_twice(district: str) -> None:
    id_ = acts.propose_form(ONE(), definition(), at=AT)
    with pytest.raises(Conflict):
        acts.propose_form(OTHER(), definition(), at=AT)
    acts.publish_form(OTHER(), id_, at=AT)
    with pytest.raises(Conflict):
        acts.propose_form(ONE(), definition(checks=[]).replace("租金", "月租"), at=AT)


WRONG = {"id": "late", "at": "owner", "holds": {"sort": "filled", "field": "nobody"}}


@pytest.mark.parametrize(
    ("given", "marked", "code"),
    [
        (definition(version="2"), '"version"', "integer"),
        (definition(valid_from="soon"), '"valid_from"', "no_date"),
        (definition(words={}), '"words"', "missing_name"),
        (definition().replace('"zh": "租金"', '"zh": ""'), '"rent.name"', "both_languages"),
        (definition().replace('"rent.name"', '"rent.nam"'), '"rent.nam"', "unknown_name"),
        (definition(checks=[WRONG]), '"nobody"', "unknown"),
        (definition().replace('"rent"', '"owner"'), '"owner"\n    }\n   ]', "twice"),
        ("[" * 500, "[", "deep_text"),
        ('{"id": "stall",\n"sections": [}', "[}", "no_value"),
    ],
)
def test_a_bad_definition_is_refused_with_its_line(district: str, given: str, marked: str, code: str) -> None:
    with pytest.raises(reads.Misdefined) as refused:
        acts.propose_form(ONE(), given, at=AT)
    line = given[: given.index(marked)].count("\n") + 1
    assert (line, code) in [(one.line, one.code) for one in refused.value.places]
    assert reads.uploaded_forms(ONE()) == ()
