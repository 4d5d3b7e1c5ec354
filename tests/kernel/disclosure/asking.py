"""What tests of requests share: asking for government information, and answering."""

from __future__ import annotations

from datetime import datetime

from tests.kernel.acting import AT, MACHINE, account

from zhihai.ground.actors import Actor
from zhihai.kernel import records
from zhihai.kernel.cases import acts as cases
from zhihai.kernel.cases import reads as case_reads
from zhihai.kernel.forms import acts as forms
from zhihai.kernel.forms import reads as form_reads
from zhihai.kernel.identity import reads as who
from zhihai.kernel.services import acts

KIND = "government_information.request"
REQUEST = {
    "content": "2013 年示例河治理工程的验收结论", "shape": "electronic", "way": "here", "capacity": "person",
    "person_name": "曾示例1", "person_number": "11010519491231002X", "phone": "13800000000",
}  # fmt: skip


def asked(actor: Actor, *, at: datetime = AT, to: str = "", **more: str) -> str:
    """Ask for information; return the number of the request."""
    key = acts.begin_application(actor, at=at, at_machine=MACHINE, kind=KIND, organisation=to)
    draft = form_reads.read_draft(actor, key, at=at)
    revision = forms.save_draft(actor, key, draft.revision, {**REQUEST, **more}, at=at)
    return acts.apply(actor, acts.Sending(key, revision, draft.form.code, "zh"), at=at, at_machine=MACHINE).number


def answer(number: str, outcome: str, at: datetime, *, by: str = "requests", note: str = "答复见附件。") -> None:
    """Let whoever has the open task end it."""
    official = who.actor_of(account(by), at=at)
    case = case_reads.case_view(official, number, at)
    (task,) = [one for one in case.tasks if one.state == "open"]
    cases.take_step(official, case.id, task.id, outcome, at=at, note=note)


def clock_of(number: str, name: str) -> int:
    """Return the number of a clock of a request."""
    return int(
        records.value(
            "SELECT k.id FROM clock k JOIN cases c ON c.id = k.case_id WHERE c.number = %s AND k.name = %s "
            "ORDER BY k.id DESC LIMIT 1",
            (number, name),
        )
    )
