"""What a case is about that a resident opened, on its page: for those whose work it is, and nobody else."""

from __future__ import annotations

from dataclasses import dataclass, field

from zhihai.faces.naming import account_names
from zhihai.faces.request import Asked
from zhihai.ground.named import Named
from zhihai.ground.refusal import NotPermitted
from zhihai.kernel.cases.reads import CORRECTION, CaseView
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.identity.kinds import SEE_LOOKS, SEE_PEOPLE


@dataclass(frozen=True, slots=True)
class Shown:
    """What the person said of a look and who took it, or what is to be put right; neither if not for this reader."""

    told: identity.Complaint | None = field(default=None, repr=False)
    by: Named | None = None
    correction: identity.Correction | None = field(default=None, repr=False)


def opened_by_resident(request: Asked, case: CaseView) -> Shown | None:
    """Return what a case is about that a resident opened, ``None`` for any other case."""
    if case.kind.about is None or case.subject is None:
        return None
    noun, about = case.subject
    if not request.actor.may(SEE_PEOPLE if noun == CORRECTION else SEE_LOOKS):
        return Shown()
    try:
        if noun == CORRECTION:
            return Shown(correction=identity.correction_told(request.actor, about))
        told = identity.look_told(request.actor, about)
    except NotPermitted:
        return Shown()
    account = told.look.account
    return Shown(told, account_names([account]).get(account) if account is not None else None)
