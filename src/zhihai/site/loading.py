"""Bringing up a district from its folder: one act after another, each of the room it belongs to."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import cast

from zhihai.ground.actors import SYSTEM, ActorSort
from zhihai.ground.named import Named
from zhihai.ground.refusal import Refused
from zhihai.ground.worktime.calendar import DayKind
from zhihai.kernel import house, records
from zhihai.kernel.cases import acts as cases
from zhihai.kernel.catalogue import acts as catalogue
from zhihai.kernel.exchange import acts as exchange
from zhihai.kernel.identity import acts as identity
from zhihai.kernel.identity import reads as identities
from zhihai.kernel.indicators import acts as indicators
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.places import acts as places
from zhihai.kernel.places import reads as where
from zhihai.kernel.sensing import acts as sensing
from zhihai.site.faults import refuse
from zhihai.site.folder import DistrictFolder, Line, read_day, read_parts
from zhihai.site.folder_check import faults_of_folder
from zhihai.site.items_list import load_items
from zhihai.site.publications_list import load_publications
from zhihai.site.synthetic_people import synthetic_people
from zhihai.site.windows_list import load_windows

TARGETS = "zhihai.targets"
"""The dataset of the plan's targets, which the kernel declares."""

Say = Callable[[str, int], None]
"""Told after each part: the name of the file and how many lines of it were loaded."""


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account made by loading, with the random password that is shown once; empty where nobody signs in."""

    username: str
    role: str
    password: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """What loading did: the accounts it made, the areas it mended, how many cells and people were generated."""

    accounts: tuple[NewAccount, ...]
    mended: tuple[str, ...]
    generated_cells: int
    invented_people: int


def load_district(folder: Path, *, at_machine: datetime, live: bool, demonstration: bool, say: Say) -> Loaded:
    """Load a district's folder into an empty database, all or nothing.

    ``live`` sets the district clock to the machine's, and so does a folder without a replay; else the clock stands at
    the ``from`` of the folder's replay. Passwords are random and returned once. Raises ``Refused`` when a district is
    loaded already, or naming file, line and column of all that is wrong.
    """
    parts = read_parts(folder)
    refuse([*parts.faults, *faults_of_folder(parts, house.registry())])
    given = parts.whole()
    if records.one("SELECT 1 FROM district"):
        raise Refused("district_loaded", status=409)
    live = live or given.replay is None
    at = at_machine if live or given.replay is None else given.replay.from_
    with records.atomic():
        journal.found_district(
            SYSTEM, code=given.code, name=given.name, zone=given.zone.key, prefix=given.prefix,
            mode="live" if live else "replay", at=at, speed=given.replay.speed if given.replay and not live else 1.0,
            ends_at=None if live or given.replay is None else given.replay.ends,
            provenance="synthetic" if demonstration else "real", sessions=given.sessions,
        )  # fmt: skip
        mended = _load_places(given, at, say)
        cells = places.load_cells(SYSTEM, at=at)
        _load_organisations(given, at, say)
        _load_calendar(given, at, say)
        accounts = _load_accounts(given, at, demonstration, say)
        _load_duties(given, at, say)
        _load_terms(given, at, say)
        _load_sensing(given, at, say)
        _load_catalogue(given, at, say)
        load_items(given, at, say)
        load_publications(given, at, say)
        load_windows(given, at, say)
        people = _invent_people(given, at, say) if demonstration else 0
    return Loaded(accounts, mended, cells, people)


def _name(line: Line) -> Named:
    return Named(line["name_zh"], line["name_en"])


def _load_places(given: DistrictFolder, at: datetime, say: Say) -> tuple[str, ...]:
    lines = given.lines("areas.csv")
    inputs = [
        places.AreaInput(
            code=line["code"], level=line["level"], parent=line["parent"] or None, name=_name(line),
            shape=given.shapes.get(line["code"], {}).get("geometry"),
            facts={k: v for k, v in given.shapes.get(line["code"], {}).get("properties", {}).items() if k != "code"},
            valid_from=line.day("valid_from"),
        )
        for line in lines
    ]  # fmt: skip
    mended = places.load_areas(SYSTEM, inputs, at=at)
    say("areas.csv", len(inputs))
    for base in given.base:
        say(base.layer, places.load_base_shapes(SYSTEM, base.layer, base.features, base.source, at=at))
    return mended


def _load_organisations(given: DistrictFolder, at: datetime, say: Say) -> None:
    inputs = [
        identity.OrganisationInput(
            code=line["code"], sort=line["sort"], parent=line["parent"] or None, area=line["area"] or None,
            name=_name(line), provenance=line["provenance"],
        )
        for line in given.lines("organisations.csv")
    ]  # fmt: skip
    say("organisations.csv", identity.load_organisations(SYSTEM, inputs, at=at))


def _load_calendar(given: DistrictFolder, at: datetime, say: Say) -> None:
    lines = given.lines("calendar.csv")
    days = [
        cases.CalendarDay(day=read_day(line["date"]), kind=cast("DayKind", line["kind"]), name=_name(line))
        for line in lines
    ]
    cases.load_calendar(SYSTEM, days, sessions=given.sessions, at=at)
    say("calendar.csv", len(days))


@contextmanager
def _at_line(file: str, line: Line) -> Iterator[None]:
    """Let a refusal from within the block name the file and line that brought it about."""
    try:
        yield
    except Refused as refused:
        place = f"{file}:{line.number}" + (f" {refused.field}" if refused.field else "")
        raise Refused(refused.code, place, status=refused.status, **refused.facts) from refused


def _load_accounts(given: DistrictFolder, at: datetime, demonstration: bool, say: Say) -> tuple[NewAccount, ...]:
    made = []
    for line in given.lines("accounts.csv"):
        if demonstration or line["sort"] != "simulated":
            with _at_line("accounts.csv", line):
                made.append(_account(line, at))
    say("accounts.csv", len(made))
    lines = given.lines("connectors.csv")
    for line in lines:
        with _at_line("connectors.csv", line):
            account = identities.account_named(line["account"]).id
            organisation = identities.organisation_by_code(line["organisation"])
            provenance = cast("exchange.Provenance", line["provenance"])
            exchange.connect(SYSTEM, line["code"], account, organisation.id, provenance, at=at)
    say("connectors.csv", len(lines))
    return tuple(made)


def _account(line: Line, at: datetime) -> NewAccount:
    sort = cast("ActorSort", line["sort"])
    password = secrets.token_urlsafe(9) if sort == "person" else ""
    account = identity.create_account(
        SYSTEM, line["username"], _name(line), at=at, password=password or None, language=line["language"] or "zh",
        sort=sort,
    )  # fmt: skip
    organisation = identities.organisation_by_code(line["organisation"])
    area = where.area_by_code(line["area"])
    role = line["role"] if "." in line["role"] else f"zhihai.{line['role']}"
    identity.grant_role(SYSTEM, account, role, organisation.id, area.id, at=at)
    return NewAccount(line["username"], role, password)


def _load_duties(given: DistrictFolder, at: datetime, say: Say) -> None:
    lines = given.lines("duties.csv")
    for line in lines:
        organisation = identities.organisation_by_code(line["organisation"])
        area = where.area_by_code(line["area"])
        with _at_line("duties.csv", line):
            cases.set_duty(SYSTEM, line["kind"], line["role"], area.id, organisation.id, line["source"], at=at)
    say("duties.csv", len(lines))
    limits = given.lines("limits.csv")
    for line in limits:
        with _at_line("limits.csv", line):
            cases.set_limit(
                SYSTEM, line["kind"], line["clock"], int(line["amount"]), line["unit"], line["source"],
                line.day("valid_from"), at=at,
            )  # fmt: skip
    say("limits.csv", len(limits))


def _load_terms(given: DistrictFolder, at: datetime, say: Say) -> None:
    lines = given.lines("terms.csv")
    for line in lines:
        with _at_line("terms.csv", line):
            identity.set_tie_term(SYSTEM, line["kind"], int(line["days"]), line["source"], at=at)
    say("terms.csv", len(lines))


def _load_sensing(given: DistrictFolder, at: datetime, say: Say) -> None:
    lines = given.lines("stations.csv")
    for line in lines:
        with _at_line("stations.csv", line):
            sensing.register_device(SYSTEM, _device(line), at=at)
    say("stations.csv", len(lines))


def _device(line: Line) -> sensing.DeviceInput:
    return sensing.DeviceInput(
        code=line["code"], kind=line["kind"], name=_name(line),
        organisation=identities.organisation_by_code(line["organisation"]).id,
        area=where.area_by_code(line["area"]).id if line["area"] else None, lon=float(line["lon"]),
        lat=float(line["lat"]), accuracy_m=line.number_in("accuracy_m") or 0.0,
        belongs="received" if line["belongs"] == "received" else "own", since=line.day("since"),
        provenance=line["provenance"],
    )  # fmt: skip


def _load_catalogue(given: DistrictFolder, at: datetime, say: Say) -> None:
    owners = {
        line["duty"]: identities.organisation_by_code(line["code"]).id
        for line in given.lines("organisations.csv")
        if line["duty"]
    }
    catalogue.declare(SYSTEM, owners, at=at)
    sensing.declare_resources(SYSTEM, owners, at=at)
    lines = given.lines("targets.csv")
    indicators.load_targets(SYSTEM, lines, at=at)
    rows = [catalogue.RecordInput(key=line["id"], data=_target(line)) for line in lines]
    catalogue.put_records(SYSTEM, TARGETS, rows, at=at, provenance="real", source="targets.csv")
    say("targets.csv", len(lines))


def _invent_people(given: DistrictFolder, at: datetime, say: Say) -> int:
    """Register the synthetic base of people and firms, street by street; returns how many there are."""
    codes = [line["code"] for line in given.lines("areas.csv") if line["level"] == "street"]
    streets = [where.area_by_code(code).id for code in codes or [given.code]]
    invented = tuple(synthetic_people(streets, at.astimezone(given.zone).date()))
    identity.register_people(SYSTEM, invented, at=at)
    say("people", len(invented))
    return len(invented)


def _target(line: Line) -> dict[str, object]:
    """Return a target as a record of the catalogue; what the plan does not say is left unknown."""
    texts = {column: line[column] or None for column in ("id", "clause_id", "unit", "target_year", "comparison")}
    numbers = {column: line.number_in(column) for column in ("baseline", "target")}
    return {**texts, **numbers, "name": line["name_zh"]}
