"""A resident asks for a new street sign: begins, is told what is known already, adds a photograph, sends, reads it."""

from __future__ import annotations

from tests.kernel.acting import AT
from tests.kernel.forms.applying import WHOLE, a_png, begun, known_resident, send

from zhihai.kernel.forms import acts, reads


def test_a_resident_sends_a_general_application(district: str) -> None:
    mine = known_resident()
    key = begun(mine)
    known = reads.read_draft(mine, key, at=AT).content
    assert known.answers["person_name"] == "曾示例1"
    acts.save_draft(mine, key, 1, WHOLE, at=AT)
    acts.attach(mine, key, 2, "files", "路牌.png", a_png(), at=AT)
    sent = reads.submission(mine, send(mine, key, 3).key)
    assert sent.whole
    assert [one.name for one in sent.files] == ["路牌.png"]
    assert sent.answers["wish"] == WHOLE["wish"]
    assert reads.drafts(mine) == ()
