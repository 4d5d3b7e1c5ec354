"""The people of a simulated district: each with a sealed number, an account and whoever looked, batch by batch.

Nobody in it can be anybody, as in ``synthetic_people.toml``; the county of their numbers is none of that base either.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
from django.contrib.auth.hashers import make_password
from numpy.typing import NDArray
from stdnum.cn import ric

from zhihai.ground.actors import SYSTEM
from zhihai.ground.named import Named
from zhihai.kernel import house, records
from zhihai.kernel.identity import acts as identity
from zhihai.kernel.identity import reads as identities
from zhihai.kernel.identity.acts import AccountInput, PastLook, PersonInput
from zhihai.kernel.identity.kinds import SEE_PEOPLE, RoleKind
from zhihai.kernel.places import reads as where
from zhihai.site.invented import read_parts
from zhihai.site.simulated.pasts import zipf

BATCH = 2_000
COUNTY = "990199"
ELDEST, DAYS = date(1926, 1, 1), 32_000
"""From whose birth on, and over how many days births are spread: a thousand numbers a day."""
LEVELS = (0.05, 0.25, 0.70)
"""Shares of accounts at level 1 (the address is known), 2 (name and number fit) and 3 (shown at a window)."""
LOOKS, MUCH, MUCH_LOOKED_AT = 1.0, 300, 1 / 2_000
"""How often somebody was looked at on average, and how often, and what share of all, those of public interest."""
YEARS = timedelta(days=2 * 365)
SEEN = (("name", "address"), ("name", "number", "address"), ("name", "birth"))
GROUNDS = ("application", "case", "window", "supervision")


@dataclass(frozen=True, slots=True)
class Base:
    """What a batch rests on: areas by number, and who may have looked: account, role, organisation."""

    areas: tuple[int, ...]
    lookers: tuple[tuple[int, str, int], ...]


def base() -> Base:
    """Ask for the streets (the whole where there are none) and for those whose role lets them look at people."""
    roles = [name for name, kind in house.registry().all(RoleKind) if SEE_PEOPLE in kind.powers]
    lookers = records.rows(
        "SELECT account_id, role, organisation_id FROM membership WHERE role = ANY(%s) ORDER BY id", (roles,)
    )
    streets = where.areas("street") or where.areas("district")
    return Base(tuple(one.id for one in streets), tuple((row[0], row[1], row[2]) for row in lookers))


def number_of(n: int) -> str:
    """Return the identity number of the ``n``-th person: it is theirs under every seed."""
    birth = ELDEST + timedelta(days=n % DAYS)
    body = f"{COUNTY}{birth:%Y%m%d}{n // DAYS:03d}"
    return body + ric.calc_check_digit(body + "0")


def slices(count: int) -> list[tuple[int, int]]:
    """Return the batches of so many people, from and to, without those that are there."""
    all_ = [(first, min(first + BATCH, count)) for first in range(0, count, BATCH)]
    return [one for one in all_ if not is_there(one[1] - 1)]


def is_there(n: int) -> bool:
    """Say whether the ``n``-th person has come in."""
    return identities.by_number(SYSTEM, "natural", number_of(n)) is not None


def bring(seed: int, first: int, end: int, at: datetime) -> int:
    """Bring people in with their accounts and looks, all of them or none; returns how many there were not before."""
    missing = range(first, end) if not is_there(first) else [n for n in range(first, end) if not is_there(n)]
    ground, draw = base(), np.random.default_rng((seed, first))
    with records.atomic():
        ids = identity.register_people(SYSTEM, _people(draw, missing, ground.areas, at), at=at)
        accounts = _accounts(draw, missing, ids, ground.lookers, at)
        identity.bring_in_accounts(SYSTEM, accounts, f"simulated:{seed}", at=at, at_machine=datetime.now(UTC))
    return len(ids)


def _people(draw: np.random.Generator, whom: Sequence[int], areas: Sequence[int], at: datetime) -> list[PersonInput]:
    """Draw names, few of them common, and addresses."""
    parts, size = read_parts(), len(whom)
    signs = [*parts["stems"], *parts["branches"]]
    families = draw.choice(parts["families"], size, p=zipf(len(parts["families"]), 0.5))
    given = draw.choice(signs, (size, 2), p=zipf(len(signs), 0.5))
    streets = draw.choice(len(areas), size, p=zipf(len(areas), 0.8))
    houses = draw.integers(1, 100, (size, 2))
    return [
        PersonInput(
            sort="natural", number=number_of(n), name=f"{families[k]}{given[k][0]}{given[k][1]}",
            area=areas[int(streets[k])], source="population_base", as_of=at.date(), provenance="synthetic",
            facts={
                "sex": "male" if (n // DAYS) % 2 else "female",
                "birth": (ELDEST + timedelta(days=n % DAYS)).isoformat(),
                "address": parts["address"].format(road=houses[k][0], house=houses[k][1]),
            },
        )
        for k, n in enumerate(whom)
    ]  # fmt: skip


def _accounts(
    draw: np.random.Generator, whom: Sequence[int], ids: Sequence[int], lookers: Sequence[tuple[int, str, int]],
    at: datetime,
) -> list[AccountInput]:  # fmt: skip
    """Make an account for each. Nobody knows its password; one is set as for any account."""
    size = len(whom)
    password = make_password(secrets.token_urlsafe(32))
    levels = draw.choice((1, 2, 3), size, p=LEVELS)
    looked = np.where(draw.random(size) < MUCH_LOOKED_AT, MUCH, draw.poisson(LOOKS, size))
    looked = np.where((levels == 1) | (not lookers), 0, looked)
    name = Named(house.words().say("simulation.resident", "zh"), house.words().say("simulation.resident", "en"))
    document = house.words().say("simulation.document", "zh")
    return [
        AccountInput(
            username=f"sim-r{n:07}", name=name, email=email_of(n), password=password,
            person=None if levels[k] == 1 else ids[k], document=document if levels[k] == 3 else "",
            looks=_looks(draw, int(looked[k]), lookers, at),
        )
        for k, n in enumerate(whom)
    ]  # fmt: skip


def email_of(n: int) -> str:
    """Return the address of the ``n``-th person's account; mail to it arrives nowhere (RFC 2606)."""
    return f"r{n:07}@simulated.example"


def _looks(
    draw: np.random.Generator, count: int, lookers: Sequence[tuple[int, str, int]], at: datetime
) -> tuple[PastLook, ...]:
    if not count:
        return ()
    who: NDArray[np.int64] = draw.integers(0, len(lookers), count)
    ago = draw.integers(60, int(YEARS.total_seconds()), count)
    what = draw.integers(0, len(SEEN), count)
    return tuple(
        PastLook(
            *lookers[int(who[k])], SEEN[int(what[k])], GROUNDS[int(what[k])], f"SIM-{int(ago[k]):08}",
            at - timedelta(seconds=int(ago[k])),
        )
        for k in range(count)
    )  # fmt: skip
