"""The general application asks a person or a firm for what fits them, and for a way to reach them."""

from __future__ import annotations

from datetime import date

from tests.kernel.forms.applying import WHOLE
from tests.kernel.identity.peopled import FIRM

from zhihai.ground.forms.program import Program
from zhihai.packs.general_application.kinds import GENERAL

TODAY = date(2014, 2, 17)
PROGRAM = Program(GENERAL.sections, GENERAL.checks)


def test_a_person_is_asked_for_name_and_number_and_a_firm_for_its_own() -> None:
    assert not PROGRAM.check(WHOLE, TODAY).faults
    firm = {**WHOLE, "capacity": "firm"}
    assert {one.field for one in PROGRAM.check(firm, TODAY).faults} == {"firm_name", "firm_code"}
    assert not PROGRAM.check({**firm, "firm_name": "示例公司", "firm_code": FIRM}, TODAY).faults


def test_one_way_to_be_reached_is_asked_for_and_no_other() -> None:
    by_post = PROGRAM.check({**WHOLE, "reach": "post"}, TODAY)
    assert [one.field for one in by_post.faults] == ["address"]
    assert "phone" not in by_post.answers


def test_it_does_not_end_before_it_begins() -> None:
    days = {"since": "2014-02-10", "until": "2014-02-01"}
    assert [one.field for one in PROGRAM.check({**WHOLE, **days}, TODAY).faults] == ["until"]
    assert [one.field for one in PROGRAM.check({**WHOLE, "since": "2014-02-18"}, TODAY).faults] == ["since"]
