"""Delegation for absence (委托代行): an official hands roles to a colleague from one instant to another."""

from __future__ import annotations

from datetime import datetime, timedelta

from zhihai.ground.actors import Actor
from zhihai.ground.refusal import Conflict, NotFound, NotPermitted, Refused
from zhihai.kernel import records
from zhihai.kernel.identity.granting import end_membership, writing_powers, written_ground
from zhihai.kernel.identity.holding import IN_FORCE, LASTING, role_kind
from zhihai.kernel.journal import acts as journal

LONGEST_ABSENCE = timedelta(days=92)


def delegate(
    actor: Actor, membership: int, deputy: int, from_: datetime, until: datetime, ground: str, *, at: datetime
) -> int:
    """Hand one's role to a deputy from one instant to another; returns the number of the deputy's membership.

    It is the same box in both trees, can not be handed on, and ends with the role it comes from. Who holds it oneself
    goes on holding it. Raises ``NotPermitted`` for a role of somebody else, and for one held as a deputy; ``Refused``
    for a role that has no deputies, for oneself, for a colleague whom the role's kind does not admit, for an absence
    that has ended or is longer than ``LONGEST_ABSENCE``; ``Conflict`` for what the deputy holds so already.
    """
    said = written_ground(ground)
    begins = max(from_, at)
    if not begins < until <= begins + LONGEST_ABSENCE:
        raise Refused("absence_span", "until", days=LONGEST_ABSENCE.days)
    with writing_powers():
        row = records.one(
            f"""SELECT m.account_id, m.role, m.organisation_id, m.delegated_from FROM membership m
                WHERE m.id = %s AND {IN_FORCE.format(m="m", at="%s")}""",
            (membership, at, at),
        )
        if row is None or row[0] != actor.account or row[3] is not None or actor.narrowed:
            raise NotPermitted("not_yours_to_delegate", "membership")
        if deputy == actor.account:
            raise Refused("deputy_self", "deputy")
        _refuse_stranger(deputy, role_kind(row[1]).deputies, row[2], at)
        _refuse_overlap(membership, deputy, begins, until)
        id_ = int(
            records.value(
                """INSERT INTO membership (account_id, role, organisation_id, area_id, types, valid_from, valid_to,
                       granted_by, ground, delegated_from)
                   SELECT %s, role, organisation_id, area_id, types, %s, %s, %s, %s, id
                   FROM membership WHERE id = %s RETURNING id""",
                (deputy, begins, until, actor.account, said, membership),
            )
        )
        data = {"membership": membership, "deputy": deputy, "delegation": id_}
        journal.record(actor, "identity.delegate", "account", actor.account, data, at=at)
    return id_


def _refuse_stranger(deputy: int, deputies: str, organisation: int, at: datetime) -> None:
    """Refuse a deputy whom the kind of the role does not admit."""
    if deputies == "none":
        raise Refused("no_deputies", "membership")
    if records.one("SELECT 1 FROM account WHERE id = %s AND is_active AND sort = 'person'", (deputy,)) is None:
        raise NotFound("no_account", "deputy")
    post = records.one(
        f"""SELECT 1 FROM membership m WHERE m.account_id = %s AND m.delegated_from IS NULL
            AND {IN_FORCE.format(m="m", at="%s")} AND (%s OR m.organisation_id = %s)""",
        (deputy, at, at, deputies == "district", organisation),
    )
    if post is None:
        raise Refused("deputy_elsewhere", "deputy")


def _refuse_overlap(membership: int, deputy: int, begins: datetime, until: datetime) -> None:
    if records.one(
        """SELECT 1 FROM membership m WHERE m.delegated_from = %s AND m.account_id = %s
           AND m.valid_from < %s AND m.valid_to > %s AND m.ended_by IS NULL""",
        (membership, deputy, until, begins),
    ):
        raise Conflict("deputy_already", "deputy")


def end_delegation(actor: Actor, delegation: int, *, at: datetime) -> None:
    """End a delegation before its time: who gave it is back, or who holds it gives it up.

    Raises ``NotPermitted`` for anybody else but the system, ``Refused`` when it has ended already.
    """
    with writing_powers():
        row = records.one(
            f"""SELECT m.account_id, s.account_id FROM membership m JOIN membership s ON s.id = m.delegated_from
                WHERE m.id = %s AND {LASTING}""",
            (delegation, at),
        )
        if row is None:
            raise Refused("no_membership", "delegation")
        if actor.sort != "system" and (actor.narrowed or actor.account not in row):
            raise NotPermitted
        end_membership(delegation, actor.account, "", at)
        journal.record(actor, "identity.end_delegation", "account", row[1], {"delegation": delegation}, at=at)
