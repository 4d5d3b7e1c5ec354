"""Who may act for whom agrees with a naive reference at any instant, and the store shows no tie of others."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError, transaction
from tests.kernel.identity.peopled import AT, DAY, helping, registered, resident_of, somebody
from tests.kernel.identity.test_people_behind_a_wall import walled

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.refusal import Refused
from zhihai.kernel import records as store
from zhihai.kernel.identity import acts, reads
from zhihai.kernel.identity.wall import of_own, of_person
from zhihai.kernel.wall import seeing

PEOPLE, TIES = 6, 40


@dataclass
class Held:
    """A tie as it was made and ended: the reference goes through these."""

    id: int
    principal: int
    acting: int
    valid_from: datetime
    valid_to: datetime
    ended: datetime | None = None


@dataclass
class World:
    """People with accounts, by number; and what ties them."""

    people: dict[int, Actor]
    ties: list[Held]
    dead: int

    def acts_for(self, person: int, at: datetime) -> set[int]:
        return {
            tie.id
            for tie in self.ties
            if tie.acting == person
            and tie.valid_from <= at < min(tie.valid_to, tie.ended or tie.valid_to)
            and self.dead not in (tie.principal, tie.acting)
        }


@pytest.fixture(params=range(3))
def world(district: str, request: pytest.FixtureRequest) -> World:
    chance = random.Random(request.param)
    ids = registered(*(somebody(n, f"曾示例{n}") for n in range(PEOPLE)))
    people = {id_: resident_of(id_, f"曾示例{n}", n) for n, id_ in enumerate(ids)}
    ties: list[Held] = []
    for _ in range(TIES):
        principal, n = chance.choice(ids), chance.randrange(PEOPLE)
        begins = AT + timedelta(days=chance.randrange(60))
        ends = begins + timedelta(days=chance.randint(1, 40))
        overlaps = any(
            (tie.principal, tie.acting) == (principal, ids[n]) and tie.valid_from < ends
            and min(tie.valid_to, tie.ended or tie.valid_to) > begins
            for tie in ties
        )  # fmt: skip
        given = helping(principal, n, valid_from=begins, valid_to=ends)
        if overlaps or principal == ids[n]:
            with pytest.raises(Refused, match=r"tie_twice|tie_self"):
                acts.record_tie(SYSTEM, given, at=AT)
            continue
        ties.append(Held(acts.record_tie(SYSTEM, given, at=AT), principal, ids[n], begins, ends))
        if chance.random() < 0.3:
            ties[-1].ended = begins + timedelta(days=chance.randint(0, 20))
            if ties[-1].ended >= ends:
                ties[-1].ended = None
            else:
                acts.withdraw_tie(SYSTEM, ties[-1].id, "本人收回", at=ties[-1].ended)
    acts.correct_person(SYSTEM, ids[-1], "ended", "2014-02-16", "population_base", DAY, at=AT)
    return World(people, ties, ids[-1])


def test_for_whom_one_may_act_agrees_with_the_naive_reference_at_any_instant(world: World) -> None:
    found = 0
    for day in range(-1, 110):
        at = AT + timedelta(days=day)
        for person, actor in world.people.items():
            may = {tie.id for tie in reads.mandates(actor, at=at)}
            assert may == world.acts_for(person, at), (person, day)
            found += len(may)
    assert found > TIES


def test_each_mandate_alone_agrees_with_it_too(world: World) -> None:
    for day in range(0, 110, 7):
        at = AT + timedelta(days=day)
        for tie in world.ties:
            for person, actor in world.people.items():
                try:
                    usable = reads.mandate(actor, tie.id, at=at).id == tie.id
                except Refused:
                    usable = False
                assert usable == (tie.id in world.acts_for(person, at))


def test_the_store_shows_the_ties_of_whoever_asks_and_no_others(world: World) -> None:
    walled()
    for person, actor in world.people.items():
        own = {tie.id for tie in world.ties if person in (tie.principal, tie.acting)}
        for reader in (of_own(actor), of_person(person)):
            with seeing(reader):
                assert {row[0] for row in store.rows("SELECT id FROM tie")} == own
                shown = reads.my_ties(actor, at=AT)
        assert (shown[0], {tie.id for tie in shown[1]}) == (person, own)
    assert store.value("SELECT count(*) FROM tie") == 0
    with seeing("areas:{[1,99]}"):
        assert store.value("SELECT count(*) FROM tie") == 0


def test_nobody_writes_a_tie_that_is_not_theirs(world: World) -> None:
    walled()
    actor = next(iter(world.people.values()))
    other = next(tie for tie in world.ties if next(iter(world.people)) not in (tie.principal, tie.acting))
    with seeing(of_own(actor)):
        assert store.execute("UPDATE tie SET ended_why = 'x' WHERE id = %s", (other.id,)) == 0
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            store.execute(
                """INSERT INTO tie (kind, principal_id, acting_id, valid_from, ground, evidence, at, actor)
                   VALUES ('zhihai.helper', %s, %s, now(), 'x', 'x', now(), 0)""",
                (other.principal, other.acting),
            )
