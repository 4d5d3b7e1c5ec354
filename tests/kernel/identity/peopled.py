"""What the tests of people share: invented people in the two streets of the invented district."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from stdnum.cn import ric, uscc
from tests.kernel.acting import DISTRICT, EAST, area, holder

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.named import Named
from zhihai.kernel import records as store
from zhihai.kernel.identity import acts
from zhihai.kernel.identity.acts import PersonInput, TieInput
from zhihai.kernel.identity.searching import LookRow, looks_here
from zhihai.kernel.identity.wall import of_person
from zhihai.kernel.wall import seeing

AT = datetime(2014, 2, 17, 1, tzinfo=UTC)
MACHINE = datetime(2026, 5, 1, tzinfo=UTC)
DAY = date(2014, 2, 1)
FIRM = "91990101990000013" + uscc.calc_check_digit("91990101990000013")
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


def helping(principal: int, n: int, **more: object) -> TieInput:
    """A helper's tie as a window records it, to the person of a number: ``曾示例`` by name."""
    given = {"kind": "zhihai.helper", "name": f"曾示例{n}", "valid_from": AT, "valid_to": AT + timedelta(days=30)}
    noted = {"ground": "written", "evidence": "同意书"}
    return TieInput(**{**given, "principal": principal, "number": number(n), **noted, **more})


def resident_of(person: int, name: str, n: int) -> Actor:
    """An account that was confirmed at a window to be this person's."""
    made = acts.sign_up("a password of a test", Named("居民", "Resident"), "zh", at=AT)
    own = Actor(account=made, name=name, sort="resident")
    acts.claim_person(own, name, number(n), at=AT, at_machine=MACHINE)
    acts.confirm_person(SYSTEM, person, made, "居民身份证原件", at=AT, reason="读卡器故障")
    return own


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
