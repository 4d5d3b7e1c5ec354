"""What a case is about that a resident opened, on its page: for those whose work it is, and nobody else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from zhihai.faces.naming import account_names
from zhihai.faces.request import Asked
from zhihai.ground.named import Named
from zhihai.ground.refusal import NotPermitted
from zhihai.kernel.cases.reads import CORRECTION, LOOK, CaseView
from zhihai.kernel.channels import reads as channels
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.identity.kinds import SEE_LOOKS, SEE_PEOPLE
from zhihai.kernel.services import reads as services


@dataclass(frozen=True, slots=True)
class Shown:
    """What the person said of a look and who took it, what is to be put right, what was given in, what was rated.

    Nothing of these if it is not for this reader; ``may_look`` where it would be, once they have it noted. ``notices``
    is that the applicant was told, for all who see the case.
    """

    told: identity.Complaint | None = field(default=None, repr=False)
    by: Named | None = None
    correction: identity.Correction | None = field(default=None, repr=False)
    application: services.Application | None = field(default=None, repr=False)
    may_look: bool = False
    rating: services.Rated | None = field(default=None, repr=False)
    notices: tuple[channels.ToldAbout, ...] = ()


def opened_by_resident(request: Asked, case: CaseView) -> Shown | None:
    """Return what a case is about that a resident opened, ``None`` for any other case."""
    if case.kind.about is None or case.subject is None:
        return None
    return _SHOWN.get(case.subject[0], _looked)(request, case, case.subject[1])


def _corrected(request: Asked, case: CaseView, about: int) -> Shown:
    if not request.actor.may(SEE_PEOPLE):
        return Shown()
    try:
        return Shown(correction=identity.correction_told(request.actor, about))
    except NotPermitted:
        return Shown()


def _looked(request: Asked, case: CaseView, about: int) -> Shown:
    if not request.actor.may(SEE_LOOKS):
        return Shown()
    try:
        told = identity.look_told(request.actor, about)
    except NotPermitted:
        return Shown()
    account = told.look.account
    return Shown(told, account_names([account]).get(account) if account is not None else None)


def _applied(request: Asked, case: CaseView, about: int) -> Shown:
    try:
        found = services.given_in(request.actor, case)
    except NotPermitted:
        return Shown(notices=channels.told_about("case", case.id))
    rating = found.rating if found and case.state == "closed" else None
    told = channels.told_about("case", case.id)
    return Shown(application=found, may_look=found is None, rating=rating, notices=told)


def _rated(request: Asked, case: CaseView, about: int) -> Shown:
    mine = any(task.may_work or task.actor == request.actor.account for task in case.tasks)
    found = services.rated_in(about) if mine else None
    return Shown() if found is None else Shown(rating=found)


_SHOWN: Mapping[str, Callable[[Asked, CaseView, int], Shown]] = {
    CORRECTION: _corrected, LOOK: _looked, services.APPLICATION: _applied, services.CALL_BACK: _applied,
    services.RATING: _rated,
}  # fmt: skip
