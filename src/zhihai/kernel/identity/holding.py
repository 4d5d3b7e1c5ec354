"""What is held (职权): when a membership is in force, and questions about who holds what by whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from zhihai.ground.actors import ANY_TYPE, Actor
from zhihai.ground.identifiers.sound import typed_sound
from zhihai.ground.named import Named
from zhihai.ground.refusal import NotFound, Refused
from zhihai.kernel import house, records
from zhihai.kernel.identity.kinds import CONFIRM_ROLES, GRANT_ROLES, REVIEW_ROLES, RoleKind
from zhihai.kernel.predicate import predicate

LASTING = "m.ended_by IS NULL AND (m.valid_to IS NULL OR m.valid_to > %s)"
"""A membership that has not ended, begun or not."""
IN_FORCE = "{m}.valid_from <= {at} AND ({m}.valid_to IS NULL OR {m}.valid_to > {at})"


def role_kind(role: str) -> RoleKind:
    """Return what is declared of a role. Raises ``Refused`` for one that no pack declares."""
    try:
        return house.registry().get(RoleKind, role)
    except KeyError:
        raise Refused("no_role", "role", role=role) from None


def held(m: str, at: str) -> str:
    """Return the condition that the membership ``m`` is in force at ``at``, an expression that stands in it four times.

    What is held as a deputy is held as long as who it is held for holds it too, and is not switched off.
    """
    own = "{0}.valid_from <= {1} AND ({0}.valid_to IS NULL OR {0}.valid_to > {1})"
    return f"""{own.format(m, at)} AND ({m}.delegated_from IS NULL OR EXISTS (
        SELECT FROM membership d JOIN account b ON b.id = d.account_id AND b.is_active
        WHERE d.id = {m}.delegated_from AND {own.format("d", at)}))"""


@dataclass(frozen=True, slots=True)
class HeldRole:
    """A role that somebody holds, will hold or held, with all that it rests on (任职).

    Instants are district time, UTC. ``behalf`` is the account in whose place it is held. ``lasts`` says that it has not
    ended; ``lo`` and ``area_lo`` are its place in both trees. ``granted_by`` 0 is the system.
    """

    id: int
    account: int
    role: str
    organisation: Named
    area: Named
    lo: int
    area_lo: int
    types: tuple[str, ...] | None
    since: datetime
    until: datetime | None
    granted_by: int
    confirmed_by: int | None
    ground: str
    behalf: int | None
    ended_by: int | None
    ended_ground: str | None
    kept_at: datetime | None
    kept_by: int | None
    lasts: bool


_HELD = """SELECT m.id, m.account_id, m.role, o.name_zh, o.name_en, a.name_zh, a.name_en, o.lo, a.lo, m.types,
    m.valid_from, m.valid_to, m.granted_by, m.confirmed_by, m.ground, s.account_id, m.ended_by, m.ended_ground,
    m.kept_at, m.kept_by, (m.valid_to IS NULL OR m.valid_to > %s)
    FROM membership m JOIN organisation o ON o.id = m.organisation_id JOIN area a ON a.id = m.area_id
    LEFT JOIN membership s ON s.id = m.delegated_from"""
MOST_HELD = 200


def _held_role(row: records.Row) -> HeldRole:
    id_, account, role, org_zh, org_en, area_zh, area_en, lo, area_lo, types, *rest = row
    kinds = None if types is None else tuple(types)
    return HeldRole(id_, account, role, Named(org_zh, org_en), Named(area_zh, area_en), lo, area_lo, kinds, *rest)


def held_by(account: int, *, at: datetime) -> tuple[HeldRole, ...]:
    """Return what an account holds, will hold and held, what lasts first, then by when it was given, newest first."""
    found = records.rows(
        f"{_HELD} WHERE m.account_id = %s ORDER BY 21 DESC, m.valid_from DESC, m.id DESC LIMIT {MOST_HELD}",
        (at, account),
    )
    return tuple(_held_role(row) for row in found)


def lent_by(account: int, *, at: datetime) -> tuple[HeldRole, ...]:
    """Return what others hold or will hold in an account's place."""
    found = records.rows(
        f"{_HELD} WHERE s.account_id = %s AND m.valid_to > %s AND m.ended_by IS NULL ORDER BY m.valid_from, m.id",
        (at, account, at),
    )
    return tuple(_held_role(row) for row in found)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A grant that waits for another to confirm it (待确认授权); instants as in :class:`HeldRole`."""

    id: int
    account: int
    role: str
    organisation: Named
    area: Named
    lo: int
    area_lo: int
    types: tuple[str, ...] | None
    until: datetime | None
    ground: str
    proposed_by: int
    proposed_at: datetime
    expires_at: datetime


def proposals(actor: Actor, *, at: datetime, account: int | None = None, limit: int = 100) -> tuple[Proposal, ...]:
    """Return what waits to be confirmed in places where the actor gives or confirms roles, what expires first first."""
    sight = " OR ".join(
        predicate(actor, power, org="o.lo", area="a.lo", type_=str(ANY_TYPE)) for power in (GRANT_ROLES, CONFIRM_ROLES)
    )
    found = records.rows(
        f"""SELECT p.id, p.account_id, p.role, o.name_zh, o.name_en, a.name_zh, a.name_en, o.lo, a.lo, p.types,
                p.valid_to, p.ground, p.proposed_by, p.proposed_at, p.expires_at
            FROM grant_proposal p JOIN organisation o ON o.id = p.organisation_id JOIN area a ON a.id = p.area_id
            WHERE p.state = 'open' AND p.expires_at > %s AND ({sight})
              AND (%s::bigint IS NULL OR p.account_id = %s) ORDER BY p.expires_at, p.id LIMIT {limit:d}""",
        (at, account, account),
    )
    return tuple(
        Proposal(
            row[0], row[1], row[2], Named(row[3], row[4]), Named(row[5], row[6]), row[7], row[8],
            None if row[9] is None else tuple(row[9]), *row[10:],
        )
        for row in found
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Official:
    """An account of somebody on duty in a list, with the names of the roles it holds."""

    id: int
    username: str
    name: Named
    active: bool
    roles: tuple[str, ...]


_OFFICIAL = """SELECT a.id, a.username, a.name_zh, a.name_en, a.is_active, ARRAY(
        SELECT DISTINCT m.role FROM membership m WHERE m.account_id = a.id AND {held} ORDER BY 1)
    FROM account a WHERE"""


def _official(row: records.Row) -> Official:
    return Official(row[0], row[1], Named(row[2], row[3]), row[4], tuple(row[5]))


def officials(typed: str, *, at: datetime, limit: int = 50) -> tuple[Official, ...]:
    """Return accounts, residents' left out, whose name, sign-in name or sound of the name begins so, by sign-in name.

    Each of the three is asked for by itself, so that an index serves it. Raises ``Refused`` for an empty name.
    """
    begins = typed.strip()
    if not begins:
        raise Refused("search_empty", "sought")
    sound = typed_sound(begins)
    ends = [(text, text + "\U0010ffff") for text in (begins, begins.lower(), sound or begins)]
    branches = " UNION ".join(
        f"""(SELECT id FROM account WHERE sort <> 'resident' AND {column} COLLATE "C" BETWEEN %s AND %s
             ORDER BY {column} COLLATE "C", id LIMIT {limit:d})"""
        for column in ("name_zh", "username", "sound")
    )
    found = records.rows(
        f"{_OFFICIAL.format(held=held('m', '%s'))} a.id IN ({branches}) ORDER BY a.username LIMIT {limit:d}",
        (at, at, at, at, *(text for pair in ends for text in pair)),
    )
    return tuple(_official(row) for row in found)


def official(account: int, *, at: datetime) -> Official:
    """Return one account on duty with its roles. Raises ``NotFound`` for a resident's and for none."""
    row = records.one(
        f"{_OFFICIAL.format(held=held('m', '%s'))} a.id = %s AND a.sort <> 'resident'", (at, at, at, at, account)
    )
    if row is None:
        raise NotFound("no_account", "account")
    return _official(row)


def colleagues(account: int, *, at: datetime) -> tuple[tuple[int, int, Named], ...]:
    """Return whom an account may hand its roles to: number of the role's membership, number and name of the colleague.

    Some hundreds at most: where any official may stand in, those of the organisation alone are proposed.
    """
    return tuple(
        (row[0], row[1], Named(row[2], row[3]))
        for row in records.rows(
            f"""SELECT DISTINCT m.id, b.id, b.name_zh, b.name_en FROM membership m
                JOIN membership c ON c.organisation_id = m.organisation_id AND c.account_id <> m.account_id
                    AND c.delegated_from IS NULL AND {held("c", "%s")}
                JOIN account b ON b.id = c.account_id AND b.is_active AND b.sort = 'person'
                WHERE m.account_id = %s AND m.delegated_from IS NULL AND {held("m", "%s")}
                ORDER BY m.id, b.name_zh, b.id LIMIT 500""",
            (at, at, at, at, account, at, at, at, at),
        )
    )


@dataclass(frozen=True, slots=True)
class Office:
    """An organisation in which officials hold roles; ``area`` is its own, or the whole district."""

    id: int
    name: Named
    area: int
    provenance: str


def offices_of_officials(*, at: datetime) -> tuple[Office, ...]:
    """Return the organisations in which people hold roles of their own at ``at``, in order of the tree."""
    found = records.rows(
        f"""SELECT o.id, o.name_zh, o.name_en, coalesce(o.area_id, (SELECT id FROM area WHERE lo = 1)), o.provenance
            FROM organisation o WHERE EXISTS (SELECT FROM membership m JOIN account a ON a.id = m.account_id
                AND a.is_active AND a.sort = 'person'
                WHERE m.organisation_id = o.id AND m.delegated_from IS NULL AND {held("m", "%s")})
            ORDER BY o.lo""",
        (at, at, at, at),
    )
    return tuple(Office(row[0], Named(row[1], row[2]), row[3], row[4]) for row in found)


def due_for_review(actor: Actor, organisation: int, since: datetime, *, at: datetime) -> tuple[HeldRole, ...]:
    """Return what people hold in an organisation since before ``since`` and nobody has kept since then (待复核).

    Only what lies where the actor reviews; of the deputies, none: theirs has an end.
    """
    sight = predicate(actor, REVIEW_ROLES, org="o.lo", area="a.lo", type_=str(ANY_TYPE))
    found = records.rows(
        f"""{_HELD} JOIN account b ON b.id = m.account_id AND b.is_active AND b.sort = 'person'
            WHERE m.organisation_id = %s AND m.delegated_from IS NULL AND {held("m", "%s")}
              AND coalesce(m.kept_at, m.valid_from) < %s AND {sight} ORDER BY b.name_zh, m.id""",
        (at, organisation, at, at, at, at, since),
    )
    return tuple(_held_role(row) for row in found)
