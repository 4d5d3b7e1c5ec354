"""What applicants say of how they were served (好差评): five levels, reasons, words; read by the office after closure.

国办发〔2019〕51号: whoever was served rates it in five levels (非常满意 … 非常不满意); a poor rating is looked into and
answered, and nobody may be treated worse for one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from zhihai.ground.actors import Actor
from zhihai.ground.refusal import Conflict, Refused
from zhihai.kernel import records
from zhihai.kernel.cases import acts as cases
from zhihai.kernel.cases import reads as case_reads
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.services.applications import Rated, own_application

LEVELS = (5, 4, 3, 2, 1)
"""From very content (非常满意) to not at all (非常不满意). Words: ``services.rating.<level>``."""
POOR = 2
"""At this level and below a rating is looked into, and answered (差评)."""
REASONS = ("slow", "unclear", "rude", "twice", "extra", "wrong")
"""Why a rating is poor. Words: ``services.rating_reason.<reason>``."""
LONGEST = 500
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
    with records.atomic(), identity.seeing(identity.of_own(actor)):
        own = own_application(actor, number, at=at)
        id_ = records.value(
            """INSERT INTO feedback (application_id, level, reasons, said, account_id, at)
               VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (application_id) DO NOTHING RETURNING id""",
            (own.id, level, sorted(set(reasons)), text, actor.account, at),
        )
        if id_ is None:
            raise Conflict("rated_already", "level")
        journal.record(actor, "services.rate", RATING, int(id_), {"application": own.id, "level": level}, at=at)
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
