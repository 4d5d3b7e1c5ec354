"""A small population and legal-person base that stands in until departments share theirs (合成人口与法人基础库).

Nobody in it can be anybody: see ``synthetic_people.toml``. The same seed makes the same people.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

from stdnum.cn import ric, uscc

from zhihai.ground.identifiers.organisation import organisation_check
from zhihai.kernel.identity.acts import PersonInput

SEED = 20110301
PEOPLE, FIRMS = 360, 40
ELDEST, YOUNGEST = date(1928, 1, 1), date(2012, 12, 31)


def synthetic_people(streets: Sequence[int], as_of: date, *, seed: int = SEED) -> Iterator[PersonInput]:
    """Yield invented people and firms, spread over the areas given by number; all marked synthetic."""
    parts = read_parts()
    chance = random.Random(seed)
    names = [family + given for family, given in product(parts["families"], _given_names(parts))]
    chance.shuffle(names)
    for n, name in enumerate(names[:PEOPLE]):
        yield _somebody(parts, chance, name, n, streets, as_of)
    for n, given in enumerate(chance.sample(_given_names(parts), FIRMS)):
        yield _firm(parts, chance, given, names[n], n, streets, as_of)


@cache
def read_parts() -> dict[str, Any]:
    """Return what invented people and firms are made of."""
    with Path(__file__).with_suffix(".toml").open("rb") as file:
        return tomllib.load(file)


def _given_names(parts: dict[str, Any]) -> list[str]:
    return [stem + branch for stem, branch in product(parts["stems"], parts["branches"])]


def _somebody(
    parts: dict[str, Any], chance: random.Random, name: str, n: int, streets: Sequence[int], as_of: date
) -> PersonInput:
    birth = ELDEST + timedelta(days=chance.randrange((YOUNGEST - ELDEST).days))
    body = f"{parts['county']}{birth:%Y%m%d}{n % 1000:03d}"  # the sequence alone makes it another's
    address = parts["address"].format(road=chance.randint(1, 99), house=chance.randint(1, 30))
    return PersonInput(
        sort="natural", number=body + ric.calc_check_digit(body + "0"), name=name, area=streets[n % len(streets)],
        facts={"sex": "male" if n % 2 else "female", "birth": birth.isoformat(), "address": address},
        source="population_base", as_of=as_of, provenance="synthetic",
    )  # fmt: skip


def _firm(
    parts: dict[str, Any], chance: random.Random, given: str, head: str, n: int, streets: Sequence[int], as_of: date
) -> PersonInput:
    organisation = f"99{n:06d}"
    body = f"91{parts['county']}{organisation}{organisation_check(organisation)}"
    return PersonInput(
        sort="legal", number=body + uscc.calc_check_digit(body), area=streets[n % len(streets)],
        name=parts["firm"].format(name=given, trade=chance.choice(parts["trades"])),
        facts={"address": parts["office"].format(road=chance.randint(1, 99)), "representative": head},
        source="legal_person_base", as_of=as_of, provenance="synthetic",
    )  # fmt: skip
