"""Bringing up a district from its folder: one act after another, each of the room it belongs to."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from zhihai.ground.actors import SYSTEM
from zhihai.ground.named import Named
from zhihai.ground.refusal import Refused
from zhihai.kernel import records
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
from zhihai.site.folder import DistrictFolder, Line, day, parsed, read_folder

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
    """What loading did: the accounts it made, the areas it mended, whether cells were generated."""

    accounts: tuple[NewAccount, ...]
    mended: tuple[str, ...]
    generated_cells: int


def load_district(folder: Path, *, at_machine: datetime, live: bool, demonstration: bool, say: Say) -> Loaded:
    """Load a district's folder into an empty database, all or nothing.

    ``live`` sets the district clock to the machine's; else the folder's replay is set to stand at its ``from``.
    Passwords are random and returned once. Raises ``Refused`` when a district is loaded already or a line is wrong.
    """
    given = read_folder(folder)
    if records.one("SELECT 1 FROM district"):
        raise Refused("district_loaded", status=409)
    if not live and given.replay is None:
        raise Refused("folder_replay", "district.toml: replay")
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
        _load_sensing(given, at, say)
        _load_catalogue(given, at, say)
    return Loaded(accounts, mended, cells)


def _name(line: Line) -> Named:
    return Named(line["name_zh"], line["name_en"])


def _load_places(given: DistrictFolder, at: datetime, say: Say) -> tuple[str, ...]:
    lines = given.lines("areas.csv")
    inputs = [
        places.AreaInput(
            code=line["code"], level=line["level"], parent=line["parent"] or None, name=_name(line),
            shape=given.shapes.get(line["code"], {}).get("geometry"),
            facts={k: v for k, v in given.shapes.get(line["code"], {}).get("properties", {}).items() if k != "code"},
            valid_from=parsed(line, "valid_from", "areas.csv", number, day),
        )
        for number, line in enumerate(lines, start=2)
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
    days = [
        cases.CalendarDay(
            day=parsed(line, "date", "calendar.csv", number, day) or _empty("calendar.csv", number, "date"),
            kind=line["kind"], name=_name(line),
        )
        for number, line in enumerate(given.lines("calendar.csv"), start=2)
    ]  # fmt: skip
    cases.load_calendar(SYSTEM, days, sessions=given.sessions, at=at)
    say("calendar.csv", len(days))


def _empty(file: str, number: int, column: str) -> datetime:
    raise Refused("folder_value", f"{file}:{number} {column}", value="")


def _load_accounts(given: DistrictFolder, at: datetime, demonstration: bool, say: Say) -> tuple[NewAccount, ...]:
    made = []
    for number, line in enumerate(given.lines("accounts.csv"), start=2):
        if line["sort"] == "simulated" and not demonstration:
            continue
        signs_in = line["sort"] == "person"
        password = secrets.token_urlsafe(9) if signs_in else ""
        account = identity.create_account(
            SYSTEM, line["username"], _name(line), at=at, password=password or None, language=line["language"] or "zh",
            sort=_sort(line["sort"], number),
        )  # fmt: skip
        organisation = identities.organisation_by_code(line["organisation"])
        area = where.area_by_code(line["area"])
        identity.grant_role(SYSTEM, account, f"zhihai.{line['role']}", organisation.id, area.id, at=at)
        made.append(NewAccount(line["username"], line["role"], password))
    say("accounts.csv", len(made))
    for line in given.lines("connectors.csv"):
        account = identities.account_named(line["account"]).id
        organisation = identities.organisation_by_code(line["organisation"])
        exchange.connect(SYSTEM, line["code"], account, organisation.id, line["provenance"], at=at)
    return tuple(made)


def _sort(text: str, number: int) -> identity.ActorSort:
    if text not in ("person", "device", "simulated"):
        raise Refused("folder_value", f"accounts.csv:{number} sort", value=text)
    return text


def _load_duties(given: DistrictFolder, at: datetime, say: Say) -> None:
    lines = given.lines("duties.csv")
    for line in lines:
        organisation = identities.organisation_by_code(line["organisation"])
        area = where.area_by_code(line["area"])
        cases.set_duty(SYSTEM, line["kind"], line["role"], area.id, organisation.id, line["source"], at=at)
    say("duties.csv", len(lines))
    for number, line in enumerate(given.lines("limits.csv"), start=2):
        amount = parsed(line, "amount", "limits.csv", number, int) or 0
        valid_from = parsed(line, "valid_from", "limits.csv", number, day)
        cases.set_limit(SYSTEM, line["kind"], line["clock"], amount, line["unit"], line["source"], valid_from, at=at)


def _load_sensing(given: DistrictFolder, at: datetime, say: Say) -> None:
    lines = given.lines("stations.csv")
    for number, line in enumerate(lines, start=2):
        sensing.register_device(SYSTEM, _device(line, number), at=at)
    say("stations.csv", len(lines))


def _device(line: Line, number: int) -> sensing.DeviceInput:
    lon, lat = (parsed(line, column, "stations.csv", number, float) for column in ("lon", "lat"))
    if lon is None or lat is None:
        raise Refused("folder_value", f"stations.csv:{number} lon, lat", value="")
    return sensing.DeviceInput(
        code=line["code"], kind=line["kind"], name=_name(line),
        organisation=identities.organisation_by_code(line["organisation"]).id,
        area=where.area_by_code(line["area"]).id if line["area"] else None, lon=lon, lat=lat,
        accuracy_m=parsed(line, "accuracy_m", "stations.csv", number, float) or 0.0,
        belongs="received" if line["belongs"] == "received" else "own",
        since=parsed(line, "since", "stations.csv", number, day), provenance=line["provenance"],
    )  # fmt: skip


def _load_catalogue(given: DistrictFolder, at: datetime, say: Say) -> None:
    owners = {
        line["duty"]: identities.organisation_by_code(line["code"]).id
        for line in given.lines("organisations.csv")
        if line["duty"]
    }
    catalogue.declare(SYSTEM, owners, at=at)
    lines = given.lines("targets.csv")
    say("targets.csv", indicators.load_targets(SYSTEM, lines, at=at))
