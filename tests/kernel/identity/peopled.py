"""What the tests of people share: invented people in the two streets of the invented district."""

from __future__ import annotations

from datetime import UTC, date, datetime

from stdnum.cn import ric
from tests.kernel.acting import DISTRICT, EAST, area, holder

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.kernel import records as store
from zhihai.kernel.identity import acts
from zhihai.kernel.identity.acts import PersonInput
from zhihai.kernel.identity.searching import LookRow, looks_here
from zhihai.kernel.identity.wall import of_person, seeing

AT = datetime(2014, 2, 17, 1, tzinfo=UTC)
MACHINE = datetime(2026, 5, 1, tzinfo=UTC)
DAY = date(2014, 2, 1)
FIRM = "91990101MA0000001X"
GROUND = ("case", "LS-2014-000001")


def number(n: int, county: str = "990101") -> str:
    """A number that nobody can have: there is no province 99."""
    body = f"{county}19700101{n:03d}"
    return body + ric.calc_check_digit(body + "0")


def somebody(n: int, name: str, street: str | None = EAST, **more: object) -> PersonInput:
    given = {"sort": "natural", "number": number(n), "name": name, "source": "population_base", "as_of": DAY}
    return PersonInput(**{**given, "area": area(street) if street else None, "provenance": "synthetic", **more})


def registered(*given: PersonInput) -> tuple[int, ...]:
    return acts.register_people(SYSTEM, given, at=AT)


def clerk(powers: set[str], street: str = EAST, account: int = 4321) -> Actor:
    return holder(frozenset(powers), DISTRICT, street, "zhihai.window_clerk", account)


def looks_of(person: int) -> tuple[LookRow, ...]:
    """Who looked at somebody, as the person is told."""
    with seeing(of_person(person)):
        return looks_here(person, None, 50)


def everything_written() -> str:
    """All rows of all tables as text: what a search for something that must not be there goes through."""
    tables = store.rows(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1"
    )
    with store.atomic():
        store.value("SELECT zh_read_as('platform')")
        return "\n".join(str(row) for (table,) in tables for row in store.rows(f'SELECT t::text FROM "{table}" t'))
