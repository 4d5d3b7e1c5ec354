"""Every question about cases shows just what a naive reference allows: random trees, grants, delegations, mergers."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.named import Named
from zhihai.ground.refusal import NotFound, Refused
from zhihai.kernel import house, predicate, records
from zhihai.kernel.cases import reads
from zhihai.kernel.identity import acts as identity
from zhihai.kernel.identity import reads as who
from zhihai.kernel.identity.kinds import SEE_CASES, WORK_CASES, RoleKind
from zhihai.kernel.places import acts as places
from zhihai.kernel.places import reads as where

from .conftest import MONDAY

ROLES = ("zhihai.dispatcher", "zhihai.inspector", "zhihai.street_official", "zhihai.supervisor", "zhihai.operator")
KINDS = ("probe.permit", "probe.urgent", "weather.flood_patrol")
DAY = timedelta(days=1)
ROOT = "990101"
OFFICES, GROUNDS, CASES, OFFICIALS = 12, 8, 60, 8

Tree = dict[str, str | None]


@dataclass(frozen=True)
class Held:
    """A role as it was given, for some days: a delegation (委托) is one that ends."""

    role: str
    office: str
    ground: str
    kinds: tuple[str, ...] | None
    days: tuple[int, int | None]


@dataclass(frozen=True)
class Case:
    """A case as it was written, and its tasks: office, role, whether it is open."""

    number: str
    kind: str
    office: str
    ground: str
    open: bool
    tasks: tuple[tuple[str, str, bool], ...]


@dataclass
class World:
    """What there is, as a reference knows it that walks up the trees."""

    offices: Tree
    grounds: Tree
    held: dict[int, list[Held]] = field(default_factory=dict)
    cases: list[Case] = field(default_factory=list)

    def covers(self, account: int, day: int, power: str, office: str, case: Case, role: str | None = None) -> bool:
        return any(
            power in house.registry().get(RoleKind, held.role).powers
            and held.days[0] <= day
            and (held.days[1] is None or day < held.days[1])
            and held.office in line(self.offices, office)
            and held.ground in line(self.grounds, case.ground)
            and (held.kinds is None or case.kind in held.kinds)
            and role in (None, held.role)
            for held in self.held[account]
        )

    def sees(self, account: int, day: int, case: Case) -> bool:
        at = [case.office, *(office for office, _, _ in case.tasks)]
        return any(self.covers(account, day, SEE_CASES, office, case) for office in at)

    def tasks(self, account: int, day: int, *, mine: bool) -> list[str]:
        power = WORK_CASES if mine else SEE_CASES
        return sorted(
            case.number
            for case in self.cases
            for office, role, open_ in case.tasks
            if open_ and self.covers(account, day, power, office, case, role if mine else None)
        )

    def merged(self, old: str, new: str, day: int, *, posts: bool) -> World:
        """What a merger makes of it: the rule in plain words."""
        offices = {code: new if old in (parent, code) else parent for code, parent in self.offices.items()}
        held: dict[int, list[Held]] = {account: [] for account in self.held}
        for account, roles in self.held.items():
            for one in roles:
                ends = one.days[1]
                if one.office != old or (ends is not None and ends <= day):
                    held[account].append(one)
                    continue
                if one.days[0] < day:
                    held[account].append(replace(one, days=(one.days[0], day)))
                if posts:
                    held[account].append(replace(one, office=new, days=(max(one.days[0], day), ends)))
        cases = [
            replace(
                case,
                office=new if case.open and case.office == old else case.office,
                tasks=tuple((new if open_ and at == old else at, role, open_) for at, role, open_ in case.tasks),
            )
            for case in self.cases
        ]
        return World(offices, self.grounds, held, cases)


def line(tree: Tree, code: str) -> Iterator[str]:
    at: str | None = code
    while at is not None:
        yield at
        at = tree[at]


def grow(draw: random.Random, tree: Tree, count: int, mark: str) -> Tree:
    for number in range(count):
        tree[f"{mark}{number}"] = draw.choice([*tree])
    return tree


def begin(draw: random.Random) -> World:
    """Two random trees around the district's own."""
    codes = {one.id: one.code for one in who.organisations()}
    offices = grow(draw, {one.code: codes.get(one.parent or 0) for one in who.organisations()}, OFFICES, "o")
    known = {one.code: one for one in where.areas()}
    codes = {one.id: one.code for one in known.values()}
    grounds = grow(draw, {code: codes.get(one.parent or 0) for code, one in known.items()}, GROUNDS, "a")
    identity.load_organisations(
        SYSTEM,
        [identity.OrganisationInput(code=c, sort="x", parent=p, name=Named(c, c)) for c, p in offices.items()],
        at=MONDAY,
    )
    places.load_areas(
        SYSTEM,
        [
            places.AreaInput(code=c, parent=p, name=Named(c, c), level=known[c].level if c in known else "community")
            for c, p in grounds.items()
        ],
        at=MONDAY,
    )
    return World(offices, grounds)


def people(draw: random.Random, world: World) -> None:
    for number in range(OFFICIALS):
        account = identity.create_account(SYSTEM, f"n{number}", Named("甲", "A"), at=MONDAY)
        world.held[account] = []
        for _ in range(draw.choice([0, 1, 1, 2, 4])):
            begins = draw.choice([0, 0, 1])
            one = Held(
                draw.choice(ROLES), draw.choice([*world.offices]), draw.choice([ROOT, *world.grounds]),
                draw.choice([None, None, tuple(draw.sample(KINDS, draw.randint(0, 2)))]),
                (begins, draw.choice([None, None, begins + 1, begins + 2])),
            )  # fmt: skip
            world.held[account].append(one)
            office, ground = who.organisation_by_code(one.office), where.area_by_code(one.ground)
            given_ = identity.grant_role(
                SYSTEM, account, one.role, office.id, ground.id, one.kinds, at=MONDAY + one.days[0] * DAY
            )
            if one.days[1] is not None:
                identity.revoke_role(SYSTEM, given_, at=MONDAY + one.days[1] * DAY)


def cases(draw: random.Random, world: World) -> None:
    """Cases as they stand after any course: rows, for what an act would make of them is not the matter here."""
    offices = {one.code: one for one in who.organisations()}
    grounds = {one.code: one for one in where.areas()}
    for name in KINDS:
        records.execute("INSERT INTO case_type (name) VALUES (%s)", (name,))
    types = dict(records.rows("SELECT name, no FROM case_type"))
    for number in range(CASES):
        open_ = draw.random() < 0.6
        tasks = tuple(
            (draw.choice([*offices]), draw.choice(ROLES), open_ and draw.random() < 0.7)
            for _ in range(draw.randint(0, 3))
        )
        case = Case(f"X{number:04}", draw.choice(KINDS), draw.choice([*offices]), draw.choice([*grounds]), open_, tasks)
        world.cases.append(case)
        office, ground = offices[case.office], grounds[case.ground]
        id_ = records.value(
            """INSERT INTO cases (number, type_no, version, org_id, org_lo, area_id, area_lo, state, opened_at,
                   closed_at, mode, provenance, seq, last_h)
               VALUES (%s, %s, 1, %s, %s, %s, %s, %s, %s, %s, 'replay', 'synthetic', 1, sha256('')) RETURNING id""",
            (
                case.number, types[case.kind], office.id, office.lo, ground.id, ground.lo,
                "open" if open_ else "closed", MONDAY, None if open_ else MONDAY,
            ),
        )  # fmt: skip
        for at, role, open_ in case.tasks:
            records.execute(
                """INSERT INTO task (case_id, type_no, step, role, org_id, org_lo, area_lo, state, opened_at, sort_at)
                   VALUES (%s, %s, 'go', %s, %s, %s, %s, %s, %s, %s)""",
                (
                    id_, types[case.kind], role, offices[at].id, offices[at].lo, ground.lo, "open" if open_ else "done",
                    MONDAY, MONDAY + draw.randint(0, 9) * DAY,
                ),
            )  # fmt: skip


def walk(actor: Actor, *, mine: bool) -> list[str]:
    found: list[str] = []
    after = None
    while True:
        page = reads.inbox(actor, MONDAY, mine=mine, after=after, limit=17)
        found += [row.number for row in page.rows]
        if page.next is None:
            return sorted(found)
        after = page.next


def agree(world: World, account: int, day: int) -> int:
    """Ask everything about cases as this account on this day, compare with the reference; how many cases it sees."""
    actor = who.actor_of(account, at=MONDAY + day * DAY)
    seen = {case.number for case in world.cases if world.sees(account, day, case)}
    assert walk(actor, mine=True) == world.tasks(account, day, mine=True)
    assert walk(actor, mine=False) == world.tasks(account, day, mine=False)
    assert {one.number for one in reads.closed(actor, limit=CASES)[0]} == {
        case.number for case in world.cases if case.number in seen and not case.open
    }
    assert {one.number for one in reads.by_number(actor, "X00", limit=CASES)} == seen
    assert {one.number for one in reads.recent(actor, limit=CASES)} == seen
    for case in world.cases[:12]:
        if case.number in seen:
            assert reads.case_view(actor, case.number, MONDAY).number == case.number
        else:
            with pytest.raises(NotFound):
                reads.case_view(actor, case.number, MONDAY)
    return len(seen)


@pytest.fixture
def build(district: str) -> Any:
    def make(seed: int) -> tuple[random.Random, World]:
        draw = random.Random(seed)
        world = begin(draw)
        people(draw, world)
        cases(draw, world)
        return draw, world

    return make


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("most", [0, predicate.MOST_KEYS, 10**6])
def test_every_question_shows_just_what_the_reference_allows(
    build: Any, seed: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In either form of the predicate, on days before, during and after delegations."""
    monkeypatch.setitem(predicate.predicate.__kwdefaults__, "most_keys", most)
    _, world = build(seed)
    seen = [agree(world, account, day) for account in world.held for day in (0, 1, 2)]
    assert 0 < sum(seen) < len(seen) * CASES


@pytest.mark.parametrize("seed", range(4))
def test_after_mergers_one_sees_what_the_rule_says_and_no_more_except_by_grant(build: Any, seed: int) -> None:
    draw, world = build(seed)
    for _ in range(2):
        alive = [code for code, parent in world.offices.items() if parent is not None and code not in ended(world)]
        old = draw.choice(alive)
        new = draw.choice([code for code in alive if old not in line(world.offices, code)])
        posts = draw.random() < 0.5
        before = {account: visible(world, account) for account in world.held}
        codes = [who.organisation_by_code(code).id for code in (old, new)]
        identity.succeed(SYSTEM, *codes, "x", at=MONDAY + DAY, posts="follow" if posts else "end")
        after = world.merged(old, new, 1, posts=posts)
        for account in world.held:
            agree(after, account, 1)
            over = [held.office for held in after.held[account] if held.days[0] <= 1]
            if not any(office in line(after.offices, new) for office in over):
                assert visible(after, account) <= before[account]
        world = after


@pytest.mark.parametrize("seed", range(3))
def test_after_areas_are_united_power_over_the_successor_covers_the_old_ground(build: Any, seed: int) -> None:
    draw, world = build(seed)
    gone: set[str] = set()
    for _ in range(2):
        alive = [code for code in world.grounds if code.startswith("a") and code not in gone]
        old = draw.choice(alive)
        for below in [code for code in alive if old in line(world.grounds, code)]:
            with pytest.raises(Refused):
                places.unite_areas(SYSTEM, where.area_by_code(old).id, where.area_by_code(below).id, at=MONDAY + DAY)
        new = draw.choice([code for code in alive if old not in line(world.grounds, code)])
        places.unite_areas(SYSTEM, where.area_by_code(old).id, where.area_by_code(new).id, at=MONDAY + DAY)
        grounds = {code: new if old in (parent, code) else parent for code, parent in world.grounds.items()}
        after = replace(world, grounds=grounds)
        for account in world.held:
            agree(after, account, 1)
            over = [held.ground for held in world.held[account] if held.days[0] <= 1]
            if not any(ground in line(grounds, new) for ground in over):
                assert visible(after, account) <= visible(world, account)
        world = after
        gone.add(old)


def ended(world: World) -> set[str]:
    return {one.code for one in who.organisations() if one.ended is not None}


def visible(world: World, account: int) -> set[str]:
    return {case.number for case in world.cases if world.sees(account, 1, case)}


@given(days=st.lists(st.integers(0, 5), min_size=1, max_size=4), data=st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_reference_merger_keeps_every_case_and_every_role(days: list[int], data: st.DataObject) -> None:
    """The rule itself: a merger loses no case and no task, and gives nobody two roles for one on a day."""
    draw = random.Random(data.draw(st.integers(0, 10**6)))
    world = World(grow(draw, {ROOT: None}, 6, "o"), {ROOT: None}, {1: []})
    for begins in days:
        world.held[1].append(Held(ROLES[0], draw.choice([*world.offices]), ROOT, None, (begins, begins + 2)))
    old, new = "o0", "o5"
    if old in line(world.offices, new):
        return
    after = world.merged(old, new, 3, posts=True)
    for day in range(9):
        held = [sum(one.days[0] <= day < (one.days[1] or 99) for one in state.held[1]) for state in (world, after)]
        assert held[0] == held[1]
    assert old in after.offices
    assert new in line(after.offices, old)
