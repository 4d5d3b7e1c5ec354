"""Review of powers (权限复核): what somebody holds is kept or ended, each with a reason."""

from __future__ import annotations

from datetime import datetime

from zhihai.ground.actors import ANY_TYPE, Actor
from zhihai.ground.refusal import NotPermitted, Refused
from zhihai.kernel import records
from zhihai.kernel.identity.granting import end_membership, writing_powers, written_ground
from zhihai.kernel.identity.holding import IN_FORCE, LASTING
from zhihai.kernel.identity.kinds import REVIEW_ROLES
from zhihai.kernel.journal import acts as journal


def review_role(actor: Actor, membership: int, reason: str, *, keep: bool, at: datetime) -> None:
    """Keep what somebody holds, or end it at once; the row says who did it and why.

    A deputy may do it in the place of who is away, and the entry says so. Raises ``NotPermitted`` without the power
    ``role.review`` over its place, ``Refused`` without a reason, for a role of one's own, and when it has ended.
    """
    said = written_ground(reason, "reason")
    with writing_powers():
        row = records.one(
            f"""SELECT o.lo, a.lo, m.account_id FROM membership m JOIN organisation o ON o.id = m.organisation_id
                JOIN area a ON a.id = m.area_id WHERE m.id = %s AND m.delegated_from IS NULL AND {LASTING}""",
            (membership, at),
        )
        if row is None:
            raise Refused("no_membership", "membership")
        _need_review(actor, (row[0], row[1]), at)
        behalf = actor.behalf(REVIEW_ROLES, row[0], row[1], ANY_TYPE)
        if row[2] in (actor.account, behalf):
            raise Refused("review_self", "membership")
        if keep:
            records.execute(
                "UPDATE membership SET kept_at = %s, kept_by = %s, kept_ground = %s WHERE id = %s",
                (at, actor.account, said, membership),
            )
        else:
            end_membership(membership, actor.account, said, at)
        data = {"membership": membership, "keep": keep} | ({} if behalf is None else {"for": behalf})
        journal.record(actor, "identity.review_role", "account", row[2], data, at=at)


def _need_review(actor: Actor, place: tuple[int, int], at: datetime) -> None:
    """Raise unless the actor reviews there, by a grant that is still in force behind the lock."""
    if actor.sort == "system":
        return
    held = [grant.membership for grant in actor.scope.grants if grant.covers(*place, ANY_TYPE, REVIEW_ROLES)]
    if 0 not in held and not records.one(
        f"SELECT 1 FROM membership m WHERE m.id = ANY(%s) AND {IN_FORCE.format(m='m', at='%s')}", (held, at, at)
    ):
        raise NotPermitted
