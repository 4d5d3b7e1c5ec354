"""Access: the SQL predicate and the scope agree with a naive reference that walks the trees, on real rows."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from zhihai.ground.actors import SYSTEM, Actor, Grant, Scope
from zhihai.ground.named import Named
from zhihai.kernel import house, predicate, records
from zhihai.kernel.identity import acts, reads
from zhihai.kernel.identity.kinds import DIRECT_CASES, SEE_CASES, SEE_OPERATION, WORK_CASES, RoleKind
from zhihai.kernel.places import acts as places
from zhihai.kernel.places import reads as where

AT = datetime(2014, 2, 20, tzinfo=UTC)
ROLES = ("zhihai.dispatcher", "zhihai.inspector", "zhihai.supervisor", "zhihai.operator")
TYPES = ("air.inspection", "air.station_check", "weather.flood_patrol")
POWERS = (SEE_CASES, WORK_CASES, DIRECT_CASES, SEE_OPERATION)

Row = tuple[str, str, str, str]
"""Codes of an organisation and an area, name of a case kind, role of a task."""


@dataclass(frozen=True)
class Held:
    """A membership as it was given: the reference walks from the row up to these."""

    role: str
    organisation: str
    area: str
    types: tuple[str, ...] | None


@dataclass(frozen=True)
class World:
    """Two random trees and who holds what in them."""

    organisations: dict[str, str | None]
    areas: dict[str, str | None]
    held: dict[int, list[Held]]
    lent: dict[int, list[Held]] = field(default_factory=dict)
    """What they hold in somebody's place."""

    def covers(self, account: int, row: Row, power: str, role: str | None = None) -> bool:
        return any(
            power in house.registry().get(RoleKind, held.role).powers
            and held.organisation in line(self.organisations, row[0])
            and held.area in line(self.areas, row[1])
            and (held.types is None or row[2] in held.types)
            and role in (None, held.role)
            for held in (*self.held[account], *self.lent.get(account, ()))
        )


def line(tree: dict[str, str | None], code: str) -> Iterator[str]:
    at: str | None = code
    while at is not None:
        yield at
        at = tree[at]


def tree(draw: random.Random, count: int, mark: str) -> dict[str, str | None]:
    codes = [f"{mark}{number}" for number in range(count)]
    return {code: draw.choice(codes[:place]) if place else None for place, code in enumerate(codes)}


def load(organisations: dict[str, str | None], areas: dict[str, str | None]) -> None:
    level = {code: "district" if parent is None else "street" for code, parent in areas.items()}
    places.load_areas(
        SYSTEM,
        [places.AreaInput(code=c, level=level[c], parent=p, name=Named(c, c)) for c, p in areas.items()],
        at=AT,
    )
    acts.load_organisations(
        SYSTEM,
        [acts.OrganisationInput(code=c, sort="x", parent=p, name=Named(c, c)) for c, p in organisations.items()],
        at=AT,
    )


@pytest.fixture(params=range(4))
def world(records: str, request: pytest.FixtureRequest) -> World:
    draw = random.Random(request.param)
    organisations, areas = tree(draw, 16, "o"), tree(draw, 10, "a")
    load(organisations, areas)
    held: dict[int, list[Held]] = {}
    for number in range(25):
        account = acts.create_account(SYSTEM, f"n{number}", Named("甲", "A"), at=AT)
        held[account] = [
            Held(
                draw.choice(ROLES), draw.choice([*organisations]), draw.choice([*areas]),
                draw.choice([None, None, tuple(draw.sample(TYPES, draw.randint(0, 2)))]),
            )
            for _ in range(draw.choice([0, 1, 1, 2, 4]))
        ]  # fmt: skip
        for one in held[account]:
            organisation, area = reads.organisation_by_code(one.organisation), where.area_by_code(one.area)
            acts.grant_role(SYSTEM, account, one.role, organisation.id, area.id, one.types, at=AT)
    return World(organisations, areas, held)


@pytest.fixture
def rows(world: World) -> list[Row]:
    """Every combination there is, as rows of a table with the columns that cases and tasks have."""
    every = list(product(world.organisations, world.areas, TYPES, ROLES))
    for name in TYPES:
        records.execute("INSERT INTO case_type (name) VALUES (%s)", (name,))
    records.execute(
        """CREATE TABLE probe AS
           SELECT o.code AS org, a.code AS area, k.name AS kind, t.role, o.lo AS org_lo, a.lo AS area_lo,
               k.no AS type_no
           FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[]) AS t(org, area, kind, role)
           JOIN organisation o ON o.code = t.org JOIN area a ON a.code = t.area JOIN case_type k ON k.name = t.kind""",
        tuple(list(column) for column in zip(*every, strict=True)),
    )
    return every


FORMS = (0, 10**6, 12, predicate.MOST_KEYS)
"""How many places a grant may stand for and still be written as keys: none, all, some of those there are, as it is."""


def asked(actor: Actor, power: str, role: str | None = None) -> set[Row]:
    """Return the rows that the predicate lets pass, the same in each of its forms."""
    found: list[set[Row]] = []
    for most in FORMS:
        access = reads.predicate(actor, power, role=role, most_keys=most)
        found.append(set(records.rows(f"SELECT org, area, kind, role FROM probe WHERE {access}")))
    assert all(rows == found[0] for rows in found)
    return found[0]


def covered(actor: Actor, rows: Sequence[Row], power: str) -> set[Row]:
    lo_of_org = {one.code: one.lo for one in reads.organisations()}
    lo_of_area = {one.code: one.lo for one in where.areas()}
    number = dict(records.rows("SELECT name, no FROM case_type"))
    return {row for row in rows if actor.scope.covers(lo_of_org[row[0]], lo_of_area[row[1]], number[row[2]], power)}


def test_predicate_scope_and_reference_agree_on_every_row(world: World, rows: list[Row]) -> None:
    seen = 0
    for account, power in product(world.held, POWERS):
        actor = reads.actor_of(account, at=AT)
        expected = {row for row in rows if world.covers(account, row, power)}
        assert asked(actor, power) == expected
        assert covered(actor, rows, power) == expected
        seen += len(expected)
    assert 0 < seen < len(world.held) * len(POWERS) * len(rows)


def test_with_a_role_only_tasks_one_does_oneself_pass(world: World, rows: list[Row]) -> None:
    for account in world.held:
        actor = reads.actor_of(account, at=AT)
        expected = {row for row in rows if world.covers(account, row, WORK_CASES, row[3])}
        assert asked(actor, WORK_CASES, "role") == expected


def test_access_follows_when_the_trees_are_numbered_anew(world: World, rows: list[Row]) -> None:
    first_below = next(code for code, parent in world.organisations.items() if parent is not None)
    organisations = {"o0": None, "new": "o0", "below": "new", **dict(list(world.organisations.items())[1:])}
    load({**organisations, first_below: "new"}, {"a0": None, "an": "a0", **dict(list(world.areas.items())[1:])})
    moved = World({**organisations, first_below: "new"}, world.areas, world.held)
    records.execute("UPDATE probe p SET org_lo = o.lo FROM organisation o WHERE o.code = p.org")
    records.execute("UPDATE probe p SET area_lo = a.lo FROM area a WHERE a.code = p.area")
    for account in world.held:
        expected = {row for row in rows if moved.covers(account, row, SEE_CASES)}
        assert asked(reads.actor_of(account, at=AT), SEE_CASES) == expected


def test_a_grant_is_written_as_keys_where_it_stands_for_few_places_and_else_as_ranges() -> None:
    powers = frozenset({SEE_CASES})
    street = Grant(role="x", org_lo=4, org_hi=6, area_lo=7, area_hi=8, powers=powers)
    bureau = Grant(role="x", org_lo=3, org_hi=3, area_lo=1, area_hi=600, types=frozenset({9, 2}), powers=powers)
    written = reads.predicate(Actor(account=7, name="x", scope=Scope(grants=(street, bureau))), SEE_CASES)
    assert "org_lo = ANY('{4,5,6}'::int[]) AND area_lo = ANY('{7,8}'::int[])" in written
    assert "org_lo BETWEEN 3 AND 3 AND area_lo BETWEEN 1 AND 600 AND type_no = ANY('{2,9}'::int[])" in written


def test_the_system_sees_everything_and_a_stranger_nothing(world: World, rows: list[Row]) -> None:
    assert asked(SYSTEM, SEE_CASES) == set(rows)
    assert asked(Actor(account=7, name="stranger"), SEE_CASES) == set()


def test_a_membership_counts_from_its_begin_to_its_end(world: World, rows: list[Row]) -> None:
    account = acts.create_account(SYSTEM, "later", Named("甲", "A"), at=AT)
    organisation, area = reads.organisation_by_code("o0"), where.area_by_code("a0")
    membership = acts.grant_role(SYSTEM, account, ROLES[0], organisation.id, area.id, at=AT)
    acts.revoke_role(SYSTEM, membership, at=AT + timedelta(days=1))
    instants = [AT - timedelta(seconds=1), AT, AT + timedelta(hours=23), AT + timedelta(days=1)]
    assert [bool(asked(reads.actor_of(account, at=at), SEE_CASES)) for at in instants] == [False, True, True, False]


DELEGABLE = ROLES[:2]
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Lent:
    """A delegation as it was given: from which day to which, and the days on which it or its source was ended.

    ``source`` is an account, and the place of the membership among those it holds.
    """

    source: tuple[int, int]
    deputy: int
    held: Held
    days: tuple[int, int]
    ended: int | None
    source_ended: int | None

    def on(self, day: int) -> bool:
        ends = [end for end in (self.ended, self.source_ended) if end is not None]
        return self.days[0] <= day < self.days[1] and all(day < end for end in ends)


def lend(world: World, draw: random.Random) -> list[Lent]:
    """Let those who hold what can be delegated delegate some of it, some of it be given back, some of it be lost."""
    anywhere = where.area_by_code("a0").id
    lent = []
    for account, held in world.held.items():
        rows = records.rows(
            "SELECT id FROM membership WHERE account_id = %s AND role = ANY(%s) AND delegated_from IS NULL ORDER BY id",
            (account, list(ROLES)),
        )
        for place, ((membership,), one) in enumerate(zip(rows, held, strict=True)):
            if one.role not in DELEGABLE or draw.random() < 0.3:
                continue
            deputy = draw.choice([other for other in world.held if other != account])
            post = reads.organisation_by_code(one.organisation).id
            passing = acts.grant_role(SYSTEM, deputy, "zhihai.reader", post, anywhere, at=AT)
            days = draw.randint(0, 4), draw.randint(5, 9)
            begins, until = AT + days[0] * DAY, AT + days[1] * DAY
            by = reads.actor_of(account, at=AT)
            delegation = acts.delegate(by, membership, deputy, begins, until, "on leave", at=AT)
            acts.revoke_role(SYSTEM, passing, at=AT)
            ended = draw.choice([None, None, draw.randint(0, 9)])
            if ended is not None and ended < days[1]:
                acts.end_delegation(by, delegation, at=AT + ended * DAY)
            source_ended = draw.choice([None, None, draw.randint(0, 9)])
            if source_ended is not None:
                acts.revoke_role(SYSTEM, membership, at=AT + source_ended * DAY)
            lent.append(Lent((account, place), deputy, one, days, ended, source_ended))
    return lent


def test_what_is_held_in_somebodys_place_is_held_for_that_time_and_while_they_hold_it(
    world: World, rows: list[Row], request: pytest.FixtureRequest
) -> None:
    lent = lend(world, random.Random(str(request.node.name)))
    lost = {one.source: one.source_ended for one in lent if one.source_ended is not None}
    on, off = 0, 0
    for day in range(11):
        own = {
            account: [one for place, one in enumerate(held) if day < lost.get((account, place), 99)]
            for account, held in world.held.items()
        }
        borrowed: dict[int, list[Held]] = {}
        for one in lent:
            if one.on(day):
                borrowed.setdefault(one.deputy, []).append(one.held)
            on, off = on + one.on(day), off + (not one.on(day))
        then = World(world.organisations, world.areas, own, borrowed)
        for account in {one.deputy for one in lent} | {one.source[0] for one in lent}:
            actor = reads.actor_of(account, at=AT + day * DAY)
            expected = {row for row in rows if then.covers(account, row, WORK_CASES)}
            assert asked(actor, WORK_CASES) == expected
            assert covered(actor, rows, WORK_CASES) == expected
            mine = {row for row in rows if then.covers(account, row, WORK_CASES, row[3])}
            assert asked(actor, WORK_CASES, "role") == mine
    assert on
    assert off
