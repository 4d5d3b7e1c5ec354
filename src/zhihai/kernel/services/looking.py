"""Looking into what was given in (查阅申请材料): for those whose work it is, and told to the applicant."""

from __future__ import annotations

from datetime import datetime

from zhihai.ground.actors import Actor
from zhihai.ground.refusal import NotPermitted
from zhihai.kernel import records
from zhihai.kernel.cases import reads as cases
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.services.applications import APPLICATION, Application, worked_on
from zhihai.kernel.services.calling import CALL_BACK


def _work(actor: Actor, case: cases.CaseView) -> cases.TaskView:
    """Return the task that makes a case an actor's work. Raises ``NotPermitted`` for anybody else."""
    found = [task for task in case.tasks if task.may_work or (task.state == "done" and task.actor == actor.account)]
    if not found or case.subject is None or case.subject[0] not in (APPLICATION, CALL_BACK):
        raise NotPermitted("not_your_task", "case")
    return found[-1]


def look_into(actor: Actor, number: str, *, at: datetime) -> None:
    """Look into what was given in, and have it noted for the applicant, once for each official and matter.

    Raises ``NotFound`` for a case the actor may not see, ``NotPermitted`` for one that is not his work.
    """
    with identity.seeing(identity.PLATFORM):
        case = cases.case_view(actor, number, at)
        task = _work(actor, case)
        assert case.subject is not None
        noted = records.execute(
            "INSERT INTO application_look VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            (case.subject[1], actor.account, task.role, task.org, at),
        )
        if noted:
            data = {"case": number, "role": task.role}
            journal.record(actor, "services.look_into", APPLICATION, case.subject[1], data, at=at)


def given_in(actor: Actor, case: cases.CaseView) -> Application | None:
    """Return the application of a case for whom it is work and who has looked into it before; ``None`` until then.

    Raises ``NotPermitted`` for anybody else.
    """
    _work(actor, case)
    assert case.subject is not None
    return worked_on(case.subject[1], actor.account)
