"""Grants of roles (授权): who may give what is data, and what touches people or grants takes two (双人授权)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from zhihai.ground.actors import ANY_TYPE, Actor
from zhihai.ground.refusal import Conflict, NotFound, NotPermitted, Refused
from zhihai.kernel import house, records
from zhihai.kernel.identity.events import GrantDecided, GrantProposed
from zhihai.kernel.identity.holding import IN_FORCE, LASTING, role_kind
from zhihai.kernel.identity.kinds import CONFIRM_ROLES, GRANT_ROLES, RoleKind
from zhihai.kernel.identity.reads import actor_of
from zhihai.kernel.journal import acts as journal

WAITS = timedelta(days=14)
"""So long a proposal waits to be confirmed."""
GROUND = (2, 200)
"""Characters of what a grant rests on, or of why it is refused or ended, at least and at most."""
LOCK = "LOCK TABLE membership IN SHARE ROW EXCLUSIVE MODE"
"""Those who write powers go one after another, so that none rests on a power that another is just taking away.

Nobody who reads waits for it.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantInput:
    """A role to be held: ``types`` are full names of case kinds, ``None`` is all; ``until`` is its end, if it has one.

    ``ground`` is what it rests on, ``batch`` the staff list that it stands in.
    """

    account: int
    role: str
    organisation: int
    area: int
    types: tuple[str, ...] | None = None
    until: datetime | None = None
    ground: str = ""
    batch: str | None = None


@contextmanager
def writing_powers() -> Iterator[None]:
    """Begin a transaction in which nobody else writes powers."""
    with records.atomic():
        records.execute(LOCK)
        yield


def place_of(given: GrantInput) -> tuple[int, int]:
    """Return where a role is to be held, by the first numbers of both trees.

    Raises ``Refused`` for an organisation or an area that is not there or has ended, ``NotFound`` for no account.
    """
    row = records.one(
        """SELECT o.lo, a.lo FROM organisation o, area a
           WHERE o.id = %s AND a.id = %s AND o.successor_id IS NULL""",
        (given.organisation, given.area),
    )
    if row is None:
        raise Refused("no_organisation", "organisation")
    if records.one("SELECT 1 FROM account WHERE id = %s AND is_active", (given.account,)) is None:
        raise NotFound("no_account", "account")
    return row[0], row[1]


def need_over(actor: Actor, power: str, roles: Iterable[str], place: tuple[int, int], at: datetime) -> None:
    """Raise ``NotPermitted`` unless one of these roles gives the actor ``power`` over a place, and still does.

    The actor was read before the lock was had: a grant that has been ended meanwhile counts no more.
    """
    if actor.sort == "system":
        return
    held = [
        grant for grant in actor.scope.grants
        if grant.role in roles and grant.behalf is None and grant.covers(*place, ANY_TYPE, power)
    ]  # fmt: skip
    if any(grant.membership == 0 for grant in held):
        return
    found = records.one(
        f"SELECT 1 FROM membership m WHERE m.id = ANY(%s) AND {IN_FORCE.format(m='m', at='%s')}",
        ([grant.membership for grant in held], at, at),
    )
    if found is None:
        raise NotPermitted


def written_ground(text: str, field: str = "ground") -> str:
    """Return a ground or a reason as it is kept. Raises ``Refused`` for one that says nothing or too much."""
    kept = " ".join(text.split())
    if not GROUND[0] <= len(kept) <= GROUND[1]:
        raise Refused("grant_ground", field, least=GROUND[0], most=GROUND[1])
    return kept


def _said(actor: Actor, ground: str) -> str:
    """Return the ground that somebody gives; the system's acts rest on the command or the folder they come from."""
    return written_ground(ground) if actor.sort != "system" or ground else ""


def _refuse_wrong(actor: Actor, given: GrantInput, at: datetime) -> RoleKind:
    """Raise unless the actor may give this; returns the role's kind."""
    kind = role_kind(given.role)
    need_over(actor, GRANT_ROLES, kind.given_by, place_of(given), at)
    if actor.account == given.account:
        raise Refused("grant_self", "account")
    if given.until is not None and given.until <= at:
        raise Refused("grant_until", "until")
    return kind


def grant_role(
    actor: Actor, account: int, role: str, organisation: int, area: int, types: Iterable[str] | None = None, *,
    at: datetime, until: datetime | None = None, ground: str = "", batch: str | None = None,
) -> int:  # fmt: skip
    """Give ``role`` in an organisation over an area, from ``at`` on; returns the number of the membership.

    ``types`` are full names of case kinds, ``None`` is all. Raises ``NotPermitted`` unless a role that may give this
    one gives the actor the power ``role.grant`` over that place of both trees, for all case kinds; ``Refused`` for a
    role that no pack declares or that takes two to give, for an organisation or an area that is not there, for a role
    given to oneself or without a ground, ``NotFound`` for no account. What the system gives needs no second: it
    founds the district.
    """
    kept = None if types is None else tuple(sorted(types))
    given = GrantInput(
        account=account, role=role, organisation=organisation, area=area, types=kept, until=until, ground=ground,
        batch=batch,
    )  # fmt: skip
    with writing_powers():
        kind = _refuse_wrong(actor, given, at)
        if kind.guarded and actor.sort != "system":
            raise Refused("grant_by_two", "role")
        given = replace(given, ground=_said(actor, ground))
        id_ = _write(given, actor.account, None, at)
        journal.record(actor, "identity.grant_role", "account", account, _told(given) | {"membership": id_}, at=at)
    return id_


def _told(given: GrantInput) -> dict[str, object]:
    batch = {} if given.batch is None else {"batch": given.batch}
    return {"role": given.role, "organisation": given.organisation, "area": given.area, **batch}


def _write(given: GrantInput, by: int, confirmed_by: int | None, at: datetime) -> int:
    return int(
        records.value(
            """INSERT INTO membership (account_id, role, organisation_id, area_id, types, valid_from, valid_to,
                   granted_by, confirmed_by, ground, batch)
               VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id""",
            (
                given.account, given.role, given.organisation, given.area,
                None if given.types is None else list(given.types), at, given.until, by, confirmed_by,
                given.ground, given.batch,
            ),
        )
    )  # fmt: skip


def propose_grant(actor: Actor, given: GrantInput, *, at: datetime) -> int:
    """Propose that somebody holds a role; it takes effect when another confirms it. Returns the proposal's number.

    Raises as :func:`grant_role` does, and ``Refused`` without a ground, for what they hold already or what waits to be
    confirmed already.
    """
    with writing_powers():
        _refuse_wrong(actor, given, at)
        ground = _said(actor, given.ground)
        _refuse_twice(given, at)
        id_ = int(
            records.value(
                """INSERT INTO grant_proposal (account_id, role, organisation_id, area_id, types, valid_to, ground,
                       batch, proposed_by, proposed_at, expires_at)
                   VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id""",
                (
                    given.account, given.role, given.organisation, given.area,
                    None if given.types is None else sorted(given.types), given.until, ground, given.batch,
                    actor.account, at, at + WAITS,
                ),
            )
        )  # fmt: skip
        data = _told(given) | {"proposal": id_}
        journal.record(actor, "identity.propose_grant", "account", given.account, data, at=at)
        journal.emit(GrantProposed(proposal=id_), at=at)
    return id_


def _refuse_twice(given: GrantInput, at: datetime) -> None:
    """Refuse what is held already for at least as long, and what waits to be confirmed already."""
    types = None if given.types is None else sorted(given.types)
    same = """account_id = %s AND role = %s AND organisation_id = %s AND area_id = %s
        AND types IS NOT DISTINCT FROM %s::text[]"""
    what = (given.account, given.role, given.organisation, given.area, types)
    if records.one(f"SELECT 1 FROM grant_proposal WHERE {same} AND state = 'open' AND expires_at > %s", (*what, at)):
        raise Conflict("grant_waits", "role")
    if records.one(
        f"""SELECT 1 FROM membership m WHERE {same} AND {IN_FORCE.format(m="m", at="%s")} AND delegated_from IS NULL
            AND (valid_to IS NULL OR valid_to >= %s)""",
        (*what, at, at, given.until),
    ):
        raise Conflict("grant_held", "role")


def _open_proposal(proposal: int, at: datetime) -> tuple[GrantInput, int]:
    """Return what waits to be decided and who proposed it. Raises ``NotFound``, ``Conflict`` for what waits no more."""
    row = records.one(
        """SELECT account_id, role, organisation_id, area_id, types, valid_to, ground, batch, proposed_by, state,
               expires_at FROM grant_proposal WHERE id = %s""",
        (proposal,),
    )
    if row is None:
        raise NotFound("no_proposal", "proposal")
    if row[9] != "open":
        raise Conflict("proposal_decided", "proposal")
    if row[10] <= at:
        raise Conflict("proposal_expired", "proposal")
    types = None if row[4] is None else tuple(row[4])
    return (
        GrantInput(
            account=row[0], role=row[1], organisation=row[2], area=row[3], types=types, until=row[5], ground=row[6],
            batch=row[7],
        ),
        row[8],
    )  # fmt: skip


def _decide(proposal: int, state: str, by: int, at: datetime, reason: str | None, membership: int | None) -> None:
    records.execute(
        """UPDATE grant_proposal SET state = %s, decided_by = %s, decided_at = %s, reason = %s, membership_id = %s
           WHERE id = %s""",
        (state, by, at, reason, membership, proposal),
    )


def confirm_grant(actor: Actor, proposal: int, *, at: datetime) -> int:
    """Confirm what another proposed: the role is held from now on. Returns the number of the membership.

    Raises ``NotPermitted`` unless a role that may confirm this one gives the actor the power ``role.confirm`` over its
    place; ``Refused`` for one's own proposal, for a role of one's own, and where the one who proposed it could not give
    it any more; ``Conflict`` for what was decided already or has expired.
    """
    with writing_powers():
        given, proposer = _open_proposal(proposal, at)
        kind = role_kind(given.role)
        place = place_of(given)
        need_over(actor, CONFIRM_ROLES, kind.confirmed_by, place, at)
        if actor.account == proposer:
            raise Refused("confirm_own", "proposal")
        if actor.account == given.account:
            raise Refused("grant_self", "account")
        _need_proposer(proposer, kind, place, at)
        if given.until is not None and given.until <= at:
            raise Refused("grant_until", "until")
        id_ = _write(given, proposer, actor.account, at)
        _decide(proposal, "confirmed", actor.account, at, None, id_)
        data = _told(given) | {"proposal": proposal, "membership": id_}
        journal.record(actor, "identity.confirm_grant", "account", given.account, data, at=at)
        journal.emit(GrantDecided(proposal=proposal, state="confirmed"), at=at)
    return id_


def _need_proposer(proposer: int, kind: RoleKind, place: tuple[int, int], at: datetime) -> None:
    """Raise unless who proposed it could still give it."""
    try:
        need_over(actor_of(proposer, at=at), GRANT_ROLES, kind.given_by, place, at)
    except (NotFound, NotPermitted):
        raise Refused("proposer_powerless", "proposal") from None


def refuse_grant(actor: Actor, proposal: int, reason: str, *, at: datetime) -> None:
    """Refuse what another proposed, with a reason that they read. Raises as :func:`confirm_grant` does."""
    said = written_ground(reason, "reason")
    with writing_powers():
        given, _ = _open_proposal(proposal, at)
        need_over(actor, CONFIRM_ROLES, role_kind(given.role).confirmed_by, place_of(given), at)
        if actor.account == given.account:
            raise Refused("grant_self", "account")
        _decide(proposal, "refused", actor.account, at, said, None)
        journal.record(actor, "identity.refuse_grant", "account", given.account, {"proposal": proposal}, at=at)
        journal.emit(GrantDecided(proposal=proposal, state="refused"), at=at)


def withdraw_grant(actor: Actor, proposal: int, *, at: datetime) -> None:
    """Take back what one proposed. Raises ``NotPermitted`` for anybody but who proposed it, and the system."""
    with writing_powers():
        given, proposer = _open_proposal(proposal, at)
        if actor.sort != "system" and (actor.narrowed or actor.account != proposer):
            raise NotPermitted
        _decide(proposal, "withdrawn", actor.account, at, None, None)
        journal.record(actor, "identity.withdraw_grant", "account", given.account, {"proposal": proposal}, at=at)


def revoke_role(actor: Actor, membership: int, *, at: datetime, ground: str = "") -> None:
    """End a membership at ``at``; what was done under it stays readable, and deputies hold it no more.

    Raises ``NotPermitted`` unless a role that may give it gives the actor ``role.grant`` over its place, ``Refused``
    when it has ended already.
    """
    with writing_powers():
        row = records.one(
            f"""SELECT o.lo, a.lo, m.account_id, m.role FROM membership m
                JOIN organisation o ON o.id = m.organisation_id JOIN area a ON a.id = m.area_id
                WHERE m.id = %s AND {LASTING}""",
            (membership, at),
        )
        if row is None:
            raise Refused("no_membership", "membership")
        try:
            givers = role_kind(row[3]).given_by
        except Refused:  # its pack was taken away: who gives any role may end it
            givers = tuple(name for name, kind in house.registry().all(RoleKind) if GRANT_ROLES in kind.powers)
        need_over(actor, GRANT_ROLES, givers, (row[0], row[1]), at)
        end_membership(membership, actor.account, _said(actor, ground), at)
        journal.record(actor, "identity.revoke_role", "account", row[2], {"membership": membership}, at=at)


def end_membership(membership: int, by: int, ground: str, at: datetime) -> None:
    """Let a membership end at ``at``: one that has not begun is never held."""
    records.execute(
        """UPDATE membership SET valid_to = greatest(%s, valid_from), ended_by = %s, ended_ground = %s
           WHERE id = %s""",
        (at, by, ground, membership),
    )
