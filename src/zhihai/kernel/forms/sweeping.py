"""Drafts that nobody goes on with (久未续填的草稿): the person is told beforehand, then they are thrown away."""

from __future__ import annotations

from datetime import datetime, timedelta

from zhihai.ground.actors import SYSTEM
from zhihai.kernel import records
from zhihai.kernel.channels import acts as channels
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.journal import acts as journal

KEPT, WARNED = timedelta(days=60), timedelta(days=14)
"""A draft that was not saved for so long is told of, and is thrown away so long after that, both by district time."""
AT_ONCE = 500


def sweep_drafts(*, at: datetime) -> int:
    """Tell of drafts that nobody goes on with, and throw away those that were told of long enough ago.

    Whoever saves one again keeps it. Of what an office wrote down, the person is told where they have an account.
    Returns how many were told of or thrown away. The platform's own work, to be called every now and then.
    """
    with identity.seeing(identity.PLATFORM):
        gone = records.rows(
            f"""DELETE FROM form_draft WHERE id IN (SELECT id FROM form_draft
                WHERE warned_at <= %s AND saved_at <= warned_at ORDER BY id LIMIT {AT_ONCE}
                FOR UPDATE SKIP LOCKED) RETURNING id""",
            (at - WARNED,),
        )
        late = records.rows(
            f"""UPDATE form_draft d SET warned_at = %s WHERE d.id IN (SELECT id FROM form_draft
                    WHERE saved_at <= %s AND (warned_at IS NULL OR warned_at < saved_at) ORDER BY saved_at, id
                    LIMIT {AT_ONCE} FOR UPDATE SKIP LOCKED)
                RETURNING d.id, d.title, d.saved_at, CASE WHEN d.org_id IS NULL THEN d.account_id ELSE (SELECT
                    max(t.account_id) FROM account_person t WHERE t.person_id = d.person_id AND t.level = 3) END,
                d.org_id IS NULL""",
            (at, at - KEPT),
        )
        for (id_,) in gone:
            journal.record(SYSTEM, "forms.sweep_drafts", "form_draft", id_, {}, at=at)
        told = [
            channels.Telling(
                [account], "zhihai.draft_ending", {"title": title, "days": WARNED.days}, "/apply/" if own else "",
                f"draft:{id_}:{saved.date().isoformat()}", at,
            )
            for id_, title, saved, account, own in late
            if account is not None
        ]  # fmt: skip
        channels.tell(told)
    return len(gone) + len(late)
