"""Access to people: the predicate agrees with a naive reference, and row security holds where it is forgotten."""

from __future__ import annotations

import random
from contextlib import nullcontext, suppress

import pytest
from django.db import DatabaseError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.kernel.acting import EAST, WEST
from tests.kernel.identity.peopled import AT, GROUND, MACHINE, clerk, helping, looks_of, registered, somebody

from zhihai.ground.actors import ANY_TYPE, SYSTEM, Actor, Grant, Scope
from zhihai.ground.powers import SEE_LOOKS, SEE_NUMBERS, SEE_PEOPLE
from zhihai.kernel import records as store
from zhihai.kernel.identity import acts, reads
from zhihai.kernel.identity.wall import condition, of_areas, of_person
from zhihai.kernel.wall import asking, seeing

TABLES = ("person", "person_fact", "look", "tie", "person_shown", "look_complaint")
STREETS = (EAST, WEST, None)


@pytest.fixture
def people(district: str) -> dict[int, int]:
    """Some people by number, with the place of their area in the tree, one of them looked at."""
    ids = registered(*(somebody(n, f"曾示例{n}", STREETS[n % 3]) for n in range(12)))
    acts.look(clerk({SEE_PEOPLE}), ids[0], ("name",), *GROUND, at=AT, at_machine=MACHINE)
    acts.register_at_window(SYSTEM, somebody(90, "曾示例九"), "居民身份证原件", at=AT)
    acts.record_tie(SYSTEM, helping(ids[0], 1), at=AT)
    with seeing("platform"):
        return dict(store.rows("SELECT id, area_lo FROM person"))


def walled() -> None:
    if store.value("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"):
        pytest.skip("the role of this database is above row security")


def somebodys_scope(chance: random.Random) -> Actor:
    """Grants over random ranges, of random powers, some for case types only."""
    grants = []
    for _ in range(chance.randint(0, 4)):
        lo = chance.randint(1, 4)
        grants.append(
            Grant(
                role="zhihai.window_clerk", org_lo=chance.randint(1, 3), org_hi=9, area_lo=lo,
                area_hi=chance.randint(lo, 5), types=chance.choice([None, None, frozenset({1, 2})]),
                powers=frozenset(chance.sample([SEE_PEOPLE, SEE_NUMBERS, SEE_LOOKS], 2)),
            )
        )  # fmt: skip
    return Actor(account=5, name="某人", scope=Scope(grants=tuple(grants)))


def test_both_walls_agree_with_the_naive_reference(people: dict[int, int]) -> None:
    walled()
    chance = random.Random(7)
    for _ in range(150):
        actor = somebodys_scope(chance)
        for power in (SEE_PEOPLE, SEE_NUMBERS):
            naive = {id_ for id_, lo in people.items() if actor.scope.covers(None, lo, ANY_TYPE, power)}
            with seeing("platform"):
                first = {row[0] for row in store.rows(f"SELECT id FROM person WHERE {condition(actor, power)}")}
            with seeing(of_areas(actor, power)):
                second = {row[0] for row in store.rows("SELECT id FROM person")}
            assert first == second == naive


def test_a_forgotten_condition_gives_nobody(people: dict[int, int]) -> None:
    walled()
    for table in TABLES:
        assert store.value(f"SELECT count(*) FROM {table}") == 0
        for reader in ("", "0", "areas:{}", "person:", "person:x", "platforms", "areas"):
            with seeing(reader):
                assert store.value(f"SELECT count(*) FROM {table}") == 0


def test_who_reads_one_person_reads_nobody_else(people: dict[int, int]) -> None:
    walled()
    one, two = list(people)[:2]
    with seeing(of_person(two)):
        assert [row[0] for row in store.rows("SELECT id FROM person")] == [two]
        assert {row[0] for row in store.rows("SELECT person_id FROM person_fact")} == {two}
        assert store.execute("UPDATE person SET name = 'x' WHERE id = %s", (one,)) == 0
        assert store.execute("DELETE FROM look") == 0
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            store.execute(
                """INSERT INTO person_fact (person_id, field, value, source, as_of, at, actor)
                   VALUES (%s, 'phone', '1', 'window', '2014-02-01', now(), 0)""",
                (one,),
            )


def test_an_area_is_no_way_to_what_is_known_of_its_people(people: dict[int, int]) -> None:
    walled()
    with seeing(of_areas(clerk({SEE_PEOPLE}, EAST), SEE_PEOPLE)):
        assert store.value("SELECT count(*) FROM person") == 5 + invented_in(EAST)
        assert store.value("SELECT count(*) FROM person_fact") == 0
        assert store.value("SELECT count(*) FROM look") == 0


def invented_in(street: str) -> int:
    """How many of the district's own invented people live there."""
    return int(
        store.value(
            """SELECT count(*) FROM person p JOIN area a ON a.id = p.area_id
               WHERE a.code = %s AND p.name NOT LIKE '曾%%'""",
            (street,),
        )
    )


def test_the_wall_is_left_as_it_was_found(people: dict[int, int]) -> None:
    one = next(iter(people))
    with store.atomic():
        store.value("SELECT zh_read_as('before')")
        reads.by_sound(clerk({SEE_PEOPLE}), "zeng")
        looks_of(one)
        with pytest.raises(Exception, match="no_person"):
            reads.person_page(clerk({SEE_PEOPLE}), 10**9)
        assert store.value("SELECT current_setting('zhihai.reader')") == "before"


BLOCKS = {"see": seeing, "ask": asking}
ENDS = ("well", "refused", "broken", "mended")
"""How a block is left: by its end, by a refusal, by a fault of the store that a savepoint outside or inside mends."""
Block = tuple[str, str, str, list["Block"]]
blocks: st.SearchStrategy[list[Block]] = st.recursive(
    st.just([]),
    lambda within: st.lists(
        st.tuples(st.sampled_from(sorted(BLOCKS)), st.sampled_from("ab"), st.sampled_from(ENDS), within), max_size=3
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(blocks)
def test_whoever_asks_asks_for_whom_the_innermost_block_says(district: str, found: list[Block]) -> None:
    with seeing("outer"):
        nested("outer", found)
    with store.atomic():
        assert now() in ("", None), "nothing is left for who comes next"


def nested(around: str, found: list[Block]) -> None:
    for sort, reader, end, within in found:
        with suppress(KeyError, DatabaseError):
            entered(sort, reader, end, within)
        assert now() == around


def entered(sort: str, reader: str, end: str, within: list[Block]) -> None:
    with store.atomic() if end == "broken" else nullcontext(), BLOCKS[sort](reader):
        assert now() == reader
        nested(reader, within)
        assert now() == reader
        if end == "refused":
            raise KeyError
        if end in ("broken", "mended"):
            with store.atomic() if end == "mended" else nullcontext():
                store.value("SELECT 1 / 0")


def now() -> str | None:
    said = store.value("SELECT current_setting('zhihai.reader', true)")
    return None if said is None else str(said)
