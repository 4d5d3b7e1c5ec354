"""Founding the simulated district: areas, organisations in three levels, calendar, duties, officials."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from django.conf import settings

from zhihai.ground.actors import SYSTEM
from zhihai.ground.named import Named
from zhihai.ground.refusal import Refused
from zhihai.ground.worktime.calendar import DayKind
from zhihai.kernel import house, records
from zhihai.kernel.cases import acts as cases
from zhihai.kernel.catalogue import acts as catalogue
from zhihai.kernel.identity import acts as identity
from zhihai.kernel.identity import reads as identities
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.places import acts as places
from zhihai.kernel.places import reads as where
from zhihai.kernel.sensing import acts as sensing
from zhihai.site.demonstration import reference_folder
from zhihai.site.folder import read_day, read_table
from zhihai.site.simulated.kinds import COUNT, kind_name

CODE = "999900"
"""An administrative code that no district has."""
INSTANT = datetime(2026, 6, 30, 2, tzinfo=UTC)
"""Where the district's clock stands: ten in the morning of a Tuesday, in a year whose holidays are known."""
ZONE = "Asia/Shanghai"
SESSIONS = (("09:00", "12:00"), ("13:00", "18:00"))
STREETS, DEPARTMENTS, SECTIONS = 29, 20, 3
SIDE = 0.02
"""Degrees: a street is a square of about 2.2 km, on the equator where nobody lives."""
ACROSS = 6
WORKING = ("dispatcher", "street_official", "inspector")


@dataclass(frozen=True, slots=True)
class Official:
    """A simulated official who can sign in, with the password that is shown once."""

    username: str
    password: str


def street_code(number: int) -> str:
    """Return the code of an area and of its office; from 1."""
    return f"{CODE}{number:03}"


def department_code(number: int) -> str:
    """Return the code of a department; from 1."""
    return f"{CODE}-{number:02}"


def section_code(over: str, number: int) -> str:
    """Return the code of a section of a department or a street's office; from 1."""
    return f"{over}-{number}"


def of_street(kind: int) -> bool:
    """Say whether cases of a kind are led by the street they lie in; the others by a department."""
    return kind % 5 == 0


def department_of(kind: int) -> str:
    """Return the code of the department that leads cases of a kind."""
    return department_code(1 + kind % DEPARTMENTS)


def found(seed: int, count: int) -> tuple[Official, ...]:
    """Found the district in an empty database, all or nothing, and return its officials.

    What was asked for is kept with the district. Raises ``Conflict`` when there is a district.
    """
    with records.atomic():
        journal.found_district(
            SYSTEM, code=CODE, name=_named("district"), zone=ZONE, mode="frozen", at=INSTANT, provenance="synthetic",
            prefix="SIM", sessions=SESSIONS, simulated={"seed": seed, "cases": count},
        )  # fmt: skip
        places.load_areas(SYSTEM, list(_areas()), at=INSTANT)
        places.load_cells(SYSTEM, at=INSTANT)
        identity.load_organisations(SYSTEM, list(_organisations()), at=INSTANT)
        _load_calendar()
        _set_duties()
        catalogue.declare(SYSTEM, {}, at=INSTANT)
        sensing.declare_resources(SYSTEM, {}, at=INSTANT)
        return tuple(_officials())


def settled() -> Mapping[str, Any] | None:
    """Return what the simulated district of this database was founded with; ``None`` where there is no district.

    Raises ``Refused`` for a district of another sort.
    """
    if records.value("SELECT to_regclass('district')::text") is None:
        return None
    row = records.one("SELECT facts FROM district")
    if row is None:
        return None
    facts = records.json_object(row[0])
    if "simulated" not in facts:
        raise Refused("not_simulated", "ZHIHAI_DATA", status=409, folder=str(settings.CONFIG.data))
    return records.json_object(facts["simulated"])


def _named(key: str, **facts: object) -> Named:
    words = house.words()
    return Named(words.say(f"simulation.{key}", "zh", **facts), words.say(f"simulation.{key}", "en", **facts))


def _square(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def corner(street: int) -> tuple[float, float]:
    """Return the south-western corner of a street, in degrees."""
    row, column = divmod(street - 1, ACROSS)
    return column * SIDE, row * SIDE


def _areas() -> Iterator[places.AreaInput]:
    rows = -(-STREETS // ACROSS)
    yield places.AreaInput(
        code=CODE, level="district", parent=None, name=_named("district"), provenance="synthetic",
        shape=_square(0, 0, ACROSS * SIDE, rows * SIDE),
    )  # fmt: skip
    for number in range(1, STREETS + 1):
        west, south = corner(number)
        yield places.AreaInput(
            code=street_code(number), level="street", parent=CODE, name=_named("street", n=number),
            provenance="synthetic", shape=_square(west, south, west + SIDE, south + SIDE),
        )  # fmt: skip


def sections_of_street(street: int) -> int:
    """Return how many sections the office of a street has: the first eleven have two, the others one."""
    return 2 if street <= 11 else 1


def _organisations() -> Iterator[identity.OrganisationInput]:
    """150 of them: the government, 20 departments and 29 offices under it, 100 sections under those."""
    yield _organisation(CODE, "district", "government", None, CODE)
    number = 0
    for over, sort, name, area, sections in (
        *((department_code(n), "department", ("department", n), CODE, SECTIONS) for n in range(1, DEPARTMENTS + 1)),
        *((street_code(n), "street", ("office", n), street_code(n), sections_of_street(n))
          for n in range(1, STREETS + 1)),
    ):  # fmt: skip
        yield _organisation(over, sort, name[0], CODE, area, n=name[1])
        for section in range(1, sections + 1):
            number += 1
            yield _organisation(section_code(over, section), sort, "section", over, area, n=number)


def _organisation(
    code: str, sort: str, name: str, parent: str | None, area: str, **facts: object
) -> identity.OrganisationInput:
    return identity.OrganisationInput(
        code=code, sort=sort, name=_named(name, **facts), parent=parent, area=area, provenance="synthetic"
    )


def _load_calendar() -> None:
    """Load the holidays that the State Council published, as the reference district carries them."""
    days = [
        cases.CalendarDay(
            day=read_day(line["date"]), kind=cast("DayKind", line["kind"]), name=Named(line["name_zh"], line["name_en"])
        )
        for line in read_table(reference_folder() / "calendar.csv")
    ]
    cases.load_calendar(SYSTEM, days, sessions=SESSIONS, at=INSTANT)


def _set_duties() -> None:
    """Say whose duty the first step of a kind is; the steps after it stay with the leading organisation."""
    offices = {one.code: one.id for one in identities.organisations()}
    areas = {one.code: one.id for one in where.areas()}
    source = house.words().say("simulation.duty", "en")
    for number in range(1, COUNT + 1):
        wide = [(CODE, department_of(number))]
        narrow = [(street_code(n), street_code(n)) for n in range(1, STREETS + 1)]
        for area, office in narrow if of_street(number) else wide:
            code = section_code(office, 1)
            cases.set_duty(
                SYSTEM, kind_name(number), WORKING[0], areas[area], offices[code], source, at=INSTANT
            )  # fmt: skip


ALL = None
Grants = tuple[tuple[str, str, tuple[int, ...] | None], ...]
"""Grants as organisation, area and kinds, each with every role that works on cases."""

OFFICIALS: Mapping[str, Grants] = {
    "narrow": ((section_code(department_of(77), 3), CODE, (77, 97, 17)),),
    "nothing": ((section_code(street_code(29), 1), CODE, (99,)),),
    "department": ((department_of(1), street_code(1), ALL),),
    "street": ((CODE, street_code(3), ALL),),
    "mixed": (
        (department_of(2), street_code(5), ALL),
        (section_code(department_of(3), 2), CODE, (3, 23, 43)),
        (street_code(7), street_code(7), ALL),
        (CODE, street_code(20), (1, 2, 4)),
        (department_of(8), CODE, (48, 68)),
    ),
    "nearly_all": ((CODE, CODE, tuple(range(1, COUNT - 2))),),
}
"""Six sorts of restricted officials: what each may work on."""
OTHERS = {"supervisor": "supervisor", "operator": "operator"}


def _officials() -> Iterator[Official]:
    offices = {one.code: one.id for one in identities.organisations()}
    areas = {one.code: one.id for one in where.areas()}
    for sort, grants in OFFICIALS.items():
        account, official = make_account(sort)
        for office, area, kinds in grants:
            names = None if kinds is None else [kind_name(number) for number in kinds]
            for role in WORKING:
                place = (offices[office], areas[area])
                identity.grant_role(SYSTEM, account, f"zhihai.{role}", *place, names, at=INSTANT)
        yield official
    for sort, role in OTHERS.items():
        account, official = make_account(sort)
        identity.grant_role(SYSTEM, account, f"zhihai.{role}", offices[CODE], areas[CODE], at=INSTANT)
        yield official


def make_account(sort: str) -> tuple[int, Official]:
    """Make the account of an official who can sign in; its password is drawn and returned this once."""
    password, username = secrets.token_urlsafe(9), f"sim-{sort.replace('_', '-')}"
    account = identity.create_account(
        SYSTEM, username, _named(f"official.{sort}"), at=INSTANT, password=password, language="zh"
    )
    return account, Official(username, password)
