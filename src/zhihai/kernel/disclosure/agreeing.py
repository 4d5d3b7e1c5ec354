"""Agreement to publish (公开意愿): who asked and said yes may take that back, before it is published and after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from zhihai.ground.actors import Actor
from zhihai.ground.refusal import Conflict, Refused
from zhihai.kernel import house, records
from zhihai.kernel.forms import reads as forms
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.services import reads as services
from zhihai.kernel.services.kinds import MatterKind

Stands = Literal["none", "draft", "public", "down"]
"""What became of it: nothing was written, it is being written, it can be read, it was taken down."""
ENDED = "SELECT at FROM publication_agreement_ended WHERE matter = %s"


@dataclass(frozen=True, slots=True)
class Agreement:
    """What somebody agreed to who asked: ``ended_at`` is when they took it back, ``None`` where it holds.

    ``publication`` is what came out of it, by number, where that can be read or could be.
    """

    ended_at: datetime | None
    stands: Stands
    publication: int | None


def agreed_to(matter: str, submission: int) -> bool | None:
    """Return what was answered when a matter of a kind was given in; ``None`` where that kind asks nobody."""
    field = house.registry().get(MatterKind, matter).published
    return forms.submission_told(submission).answers.get(field) is True if field else None


def ended(matter: str) -> datetime | None:
    """Return when the agreement of a matter was taken back, ``None`` where it was not."""
    found: datetime | None = records.value(ENDED, (matter,)) if matter else None
    return found


def agreement_of(own: services.Application) -> Agreement | None:
    """Return the agreement of one's own matter; ``None`` where nothing was agreed to. For whoever was shown it."""
    try:
        agreed = agreed_to(own.kind, own.submission(1))
    except KeyError:  # the pack that declared it was taken away
        return None
    if not agreed:
        return None
    row = records.one("SELECT id, state FROM publication WHERE matter = %s", (own.number,))
    stands: Stands = "none" if row is None else _STANDS.get(row[1], "public")
    shown = row[0] if row is not None and stands in ("public", "down") else None
    return Agreement(ended(own.number), stands, shown)


_STANDS: dict[str, Stands] = {"draft": "draft", "withdrawn": "down"}


def take_back_agreement(actor: Actor, number: str, *, at: datetime) -> None:
    """Take back that question and answer of one's own matter may be published; what is public is due to be taken down.

    Raises ``NotFound`` for none of one's own, ``Refused`` where nothing was agreed to, ``Conflict`` a second time.
    """
    with records.atomic():
        own = services.own_application(actor, number, at=at)
        if agreement_of(own) is None:
            raise Refused("agreement_none", "number", status=409)
        records.one("SELECT id FROM publication WHERE matter = %s FOR UPDATE", (own.number,))  # who publishes waits
        kept = records.execute(
            "INSERT INTO publication_agreement_ended VALUES (%s, %s) ON CONFLICT DO NOTHING", (own.number, at)
        )
        if not kept:
            raise Conflict("agreement_ended", "number")
        journal.record(actor, "disclosure.take_back_agreement", "application", own.id, {}, at=at)
