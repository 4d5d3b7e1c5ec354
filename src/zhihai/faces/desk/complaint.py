"""What a complaint about a look is about, on the page of its case: for those who supervise looks, and nobody else."""

from __future__ import annotations

from dataclasses import dataclass, field

from zhihai.faces.naming import account_names
from zhihai.faces.request import Asked
from zhihai.ground.named import Named
from zhihai.ground.refusal import NotPermitted
from zhihai.kernel.cases.reads import CaseView
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.identity.kinds import SEE_LOOKS


@dataclass(frozen=True, slots=True)
class Shown:
    """The look, who took it, and what the person said; ``told`` is ``None`` for a reader who may not see that."""

    told: identity.Complaint | None = field(repr=False)
    by: Named | None


def complaint_of(request: Asked, case: CaseView) -> Shown | None:
    """Return what a case is about that a resident opened, ``None`` for any other case."""
    if case.kind.about is None or case.subject is None:
        return None
    if not request.actor.may(SEE_LOOKS):
        return Shown(None, None)
    try:
        told = identity.look_told(request.actor, case.subject[1])
    except NotPermitted:
        return Shown(None, None)
    account = told.look.account
    return Shown(told, account_names([account]).get(account) if account is not None else None)
