"""What the tests of powers share: somebody who holds just these powers just there, and all that was written."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from typing import Any

from zhihai.ground.actors import SYSTEM, Actor, Grant, Scope
from zhihai.kernel import records as store
from zhihai.kernel.cases import acts as cases
from zhihai.kernel.cases import reads as case_reads
from zhihai.kernel.identity import reads as who
from zhihai.kernel.places import reads as where

AT = datetime(2014, 2, 17, 1, tzinfo=UTC)
MACHINE = datetime(2026, 5, 1, tzinfo=UTC)
DISTRICT, EAST, WEST = "990101", "990101001", "990101002"
OFFICE = "990101-environment"

Try = Callable[[Actor], object]


def office(code: str) -> int:
    return who.organisation_by_code(code).id


def area(code: str) -> int:
    return where.area_by_code(code).id


def account(username: str) -> int:
    return who.account_named(username).id


def holder(powers: AbstractSet[str], organisation: str, place: str, role: str, account_: int = 4321) -> Actor:
    """Somebody who holds these powers in one organisation over one area."""
    org, ground = who.organisation_by_code(organisation), where.area_by_code(place)
    grant = Grant(
        role=role, org_lo=org.lo, org_hi=org.hi, area_lo=ground.lo, area_hi=ground.hi, powers=frozenset(powers)
    )
    return Actor(account=account_, name="某人", scope=Scope(grants=(grant,)))


def everything() -> dict[str, Any]:
    """A digest of every table: what any act could write."""
    tables = store.rows(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = "
        "'public'::regnamespace ORDER BY 1"
    )
    with store.atomic():
        store.value("SELECT zh_read_as('platform')")
        return {
            table: store.value(f'SELECT md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM "{table}" t')
            for (table,) in tables
        }


def a_case(**more: Any) -> Any:
    ref = cases.open_case(SYSTEM, "air.inspection", at=AT, area=area(EAST), organisation=office(EAST), **more)
    return case_reads.case_view(SYSTEM, ref.number, AT)
