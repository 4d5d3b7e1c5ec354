"""What tests of matters share: a question and a complaint, and giving one in."""

from __future__ import annotations

from typing import Any

from tests.kernel.acting import AT, MACHINE

from zhihai.ground.actors import Actor
from zhihai.kernel.forms import acts as forms
from zhihai.kernel.forms import reads as form_reads
from zhihai.kernel.services import acts

ASKING, COMPLAINING = "interaction.consultation", "interaction.complaint"
QUESTION = {"subject": "路牌由谁更换", "question": "示例路口的路牌坏了，应当找谁更换？", "reach": "here"}
COMPLAINT = {
    "about": "delay", "subject": "两个月没有答复", "office": "示例科", "facts": "两个月前申请，至今没有答复。",
    "wish": "请尽快答复。", "reach": "here", "truthful": True,
}  # fmt: skip


def given(actor: Actor, kind: str, answers: dict[str, Any], **about: str) -> acts.Applied:
    key = acts.begin_application(actor, at=AT, at_machine=MACHINE, kind=kind, **about)
    draft = form_reads.read_draft(actor, key, at=AT)
    revision = forms.save_draft(actor, key, draft.revision, answers, at=AT)
    sending = acts.Sending(key, revision, draft.form.code, "zh")
    return acts.apply(actor, sending, at=AT, at_machine=MACHINE)
