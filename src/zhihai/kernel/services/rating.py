"""What applicants say of how they were served (好差评): five levels, reasons, words; read by the office after closure.

国办发〔2019〕51号: whoever was served rates it in five levels (非常满意 … 非常不满意); a poor rating is looked into and
answered, and nobody may be treated worse for one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from zhihai.ground.actors import Actor
from zhihai.ground.kind import beside
from zhihai.ground.refusal import Conflict, Refused
from zhihai.kernel import house, records
from zhihai.kernel.cases import acts as cases
from zhihai.kernel.cases import reads as case_reads
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.services.applications import APPLICATION, Rated, own_application
from zhihai.kernel.services.events import MatterRated
from zhihai.kernel.services.kinds import MatterKind

LEVELS = (5, 4, 3, 2, 1)
"""From very content (非常满意) to not at all (非常不满意). Words: ``services.rating.<level>``."""
POOR = 2
"""At this level and below a rating is looked into, and answered (差评)."""
REASONS = ("slow", "unclear", "rude", "twice", "extra", "wrong")
"""Why a rating is poor. Words: ``services.rating_reason.<reason>``."""
LONGEST = 500
MOMENT = timedelta(microseconds=1)
"""What happened at the very instant up to which data count is counted too."""
RATING = "rating"
"""What the cases of poor ratings are about."""


def rate(actor: Actor, number: str, level: int, reasons: Sequence[str], said: str, *, at: datetime) -> None:
    """Rate how one was served in one's own matter, once; a poor rating becomes a case that has to be answered.

    Raises ``NotFound`` for a matter that is not one's own, ``Refused`` for another level, unknown reasons, too many
    words, and a poor rating without a reason or a word; ``Conflict`` when it was rated already.
    """
    text = " ".join(said.split())
    if level not in LEVELS:
        raise Refused("rating_level", "level")
    if set(reasons) - set(REASONS) or len(text) > LONGEST:
        raise Refused("rating_said", "said", most=LONGEST)
    if level <= POOR and not reasons and not text:
        raise Refused("rating_why", "said")
    with identity.seeing(identity.of_own(actor)):
        own = own_application(actor, number, at=at)
        id_ = records.value(
            """INSERT INTO feedback (application_id, level, reasons, said, account_id, at)
               VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (application_id) DO NOTHING RETURNING id""",
            (own.id, level, sorted(set(reasons)), text, actor.account, at),
        )
        if id_ is None:
            raise Conflict("rated_already", "level")
        journal.record(actor, "services.rate", RATING, int(id_), {"application": own.id, "level": level}, at=at)
        closed = case_reads.progress(APPLICATION, [own.id])[own.id].closed_at
        journal.emit(MatterRated(kind=own.kind, rating=int(id_), closed=closed), at=at)
        if level <= POOR and case_reads.complaint_kind(RATING) is not None:
            facts = {"item": {"zh": own.title.zh, "en": own.title.en}}
            cases.open_about(actor, (RATING, int(id_)), at=at, facts=facts, provenance=own.provenance)


def answer_to(rated: Rated | None) -> case_reads.Progress | None:
    """Return how far the case of a poor rating is, ``None`` for any other: for whoever was shown the rating."""
    if rated is None or rated.level > POOR:
        return None
    return case_reads.progress(RATING, [rated.id]).get(rated.id)


def rated_in(rating: int) -> Rated | None:
    """Return the rating that a case of a poor one is about, for a page that only those see who look into it."""
    with identity.seeing(identity.PLATFORM):
        row = records.one("SELECT id, level, reasons, said, at FROM feedback WHERE id = %s", (rating,))
    return None if row is None else Rated(row[0], row[1], tuple(row[2]), row[3], row[4])


def ratings_of(kind: str, starts: datetime, ends: datetime, as_of: datetime) -> list[tuple[int, datetime, int]]:
    """Return (number, when the matter was closed, level) of ratings known at ``as_of``, of matters closed in a span.

    ``kind`` is the full name of the kind of what is given in. For figures: whoever asks, every rating counts; who gave
    it and what was said stay out. A rating of a matter that is still worked on is told to nobody.
    """
    case = beside(kind, house.registry().get(MatterKind, kind).case)
    closed = case_reads.closed_about(case, starts, min(ends, as_of + MOMENT))
    with identity.seeing(identity.PLATFORM):
        found = records.rows(
            """SELECT f.id, f.application_id, f.level FROM feedback f JOIN application a ON a.id = f.application_id
               WHERE a.kind = %s AND f.application_id = ANY(%s) AND f.at <= %s""",
            (kind, list(closed), as_of),
        )
    return sorted(((id_, closed[about], level) for id_, about, level in found), key=lambda row: (row[1], row[0]))
