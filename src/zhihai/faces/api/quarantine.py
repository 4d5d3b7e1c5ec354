"""The quarantine: readings set aside with a reason, and what a person decides on them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from zhihai.faces.api.access import Called, need, now
from zhihai.faces.api.language import language_of
from zhihai.faces.api.pages import Id, Limit, Note, page
from zhihai.ground.words import Language
from zhihai.kernel import house
from zhihai.kernel.identity.kinds import RELEASE_READINGS, SEE_QUARANTINE
from zhihai.kernel.sensing import acts
from zhihai.kernel.sensing import reads as sensing

State = Literal["open", "released", "discarded", "all"]


class QuarantinedOut(BaseModel):
    """A reading set aside, as it was sent: ``text`` says why."""

    id: int
    envelope: int
    connector: str
    position: int
    reason: str
    text: str
    reading: dict[str, Any]
    at: datetime
    state: str
    decided_at: datetime | None
    note: str


class QuarantinePage(BaseModel):
    """A page of readings set aside, newest first; ``next`` goes into ``after`` for the page that follows."""

    rows: list[QuarantinedOut]
    next: str | None


class DecisionIn(BaseModel):
    """Which readings are decided on, and why."""

    model_config = ConfigDict(extra="forbid")

    ids: Annotated[list[Id], Field(min_length=1, max_length=1000)]
    note: Note


class DecisionOut(BaseModel):
    """How many readings were decided on."""

    decided: int


def list_quarantine(
    request: Called, state: State = "open", envelope: Id | None = None, after: Id | None = None, limit: Limit = 50
) -> QuarantinePage:
    """List readings set aside, those that wait for a decision or others."""
    need(request, SEE_QUARANTINE)
    found = sensing.quarantined(after, limit + 1, None if state == "all" else state, envelope)
    shown, cursor = page(found, limit, lambda one: str(one.id))
    return QuarantinePage(rows=[_out(one, language_of(request)) for one in shown], next=cursor)


def release(request: Called, decision: DecisionIn) -> DecisionOut:
    """Let readings out of quarantine: the caller answers for range and unit; all of them or none.

    Everything else must have been mended first, such as a device that was not registered.
    """
    return _decide(request, decision, acts.release)


def discard(request: Called, decision: DecisionIn) -> DecisionOut:
    """Decide that readings are worth nothing; they stay to be looked at. All of them or none."""
    return _decide(request, decision, acts.discard)


def _decide(request: Called, decision: DecisionIn, act: Callable[..., int]) -> DecisionOut:
    need(request, RELEASE_READINGS)
    return DecisionOut(decided=act(request.auth, decision.ids, decision.note, at=now(request)))


def _out(one: sensing.Quarantined, language: Language) -> QuarantinedOut:
    text = house.words().say(f"quarantine.{one.reason}", language, **one.facts)
    return QuarantinedOut(
        id=one.id, envelope=one.envelope, connector=one.connector, position=one.position, reason=one.reason,
        text=text, reading=dict(one.reading), at=one.at, state=one.state,
        decided_at=one.decided_at, note=one.note,
    )  # fmt: skip
