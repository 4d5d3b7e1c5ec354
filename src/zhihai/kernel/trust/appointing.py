"""Which seal stands on the papers of an organisation (文书用章): appointed by hand, then used by the platform."""

from __future__ import annotations

from datetime import datetime

from zhihai.ground.actors import Actor
from zhihai.ground.refusal import NotFound
from zhihai.kernel import records
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.trust.certificates import HELD, Held, need_seal, read_held, usable

_ONE_AT_A_TIME = """SELECT 1 FROM organisation
    WHERE id = (SELECT organisation_id FROM certificate WHERE id = %s) FOR UPDATE"""


def appoint_seal(actor: Actor, certificate: int, *, at: datetime, at_machine: datetime) -> None:
    """Let papers of an organisation, and of those below it without one, be sealed with its seal from now on.

    It takes the place of the one before. Raises as :func:`~zhihai.kernel.trust.seals.seal_document` does.
    """
    with records.atomic():
        records.execute(_ONE_AT_A_TIME, (certificate,))
        held = usable(actor, certificate, "organisation", at=at, at_machine=at_machine)
        records.execute(
            "UPDATE certificate SET papers = false WHERE organisation_id = %s AND papers", (held.organisation,)
        )
        records.execute("UPDATE certificate SET papers = true WHERE id = %s", (certificate,))
        journal.record(actor, "trust.appoint_seal", "certificate", certificate, {"serial": held.serial}, at=at)


def dismiss_seal(actor: Actor, certificate: int, *, at: datetime) -> None:
    """Let no more papers be sealed with a seal, whatever has become of it; those that were stay sealed.

    Raises ``NotFound``, and ``NotPermitted`` as :func:`appoint_seal` does.
    """
    with records.atomic():
        row = records.one(f"{HELD} WHERE c.id = %s AND c.sort = 'organisation'", (certificate,))
        if row is None:
            raise NotFound("no_certificate")
        held = read_held(row)
        need_seal(actor, held)
        records.execute("UPDATE certificate SET papers = false WHERE id = %s", (certificate,))
        journal.record(actor, "trust.dismiss_seal", "certificate", certificate, {"serial": held.serial}, at=at)


def seal_of_papers(organisation: int, *, at_machine: datetime) -> Held | None:
    """Return the seal that is appointed for the papers of an organisation: its own, or the nearest above it."""
    row = records.one(
        f"""{HELD} JOIN organisation b ON b.id = %s AND o.lo <= b.lo AND b.hi <= o.hi
            WHERE c.papers AND o.valid_to IS NULL AND c.revoked_at IS NULL AND c.sealed IS NOT NULL
                AND c.valid_from <= %s AND c.valid_to > %s
            ORDER BY o.lo DESC LIMIT 1""",
        (organisation, at_machine, at_machine),
    )
    return None if row is None else read_held(row)


def appointed_seals() -> frozenset[int]:
    """Return the certificates that papers are sealed with now."""
    return frozenset(id_ for (id_,) in records.rows("SELECT id FROM certificate WHERE papers"))
