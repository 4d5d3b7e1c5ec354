"""A small population and legal-person base that stands in until departments share theirs (合成人口与法人基础库).

Nobody in it can be anybody: see ``synthetic_people.toml``. The same seed makes the same people.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import date

from stdnum.cn import uscc

from zhihai.ground.identifiers.organisation import organisation_check
from zhihai.kernel.identity.acts import PersonInput
from zhihai.site.invented import SEED, drawn_names, drawn_people, given_names, read_parts

FIRMS = 40


def synthetic_people(streets: Sequence[int], as_of: date, *, seed: int = SEED) -> Iterator[PersonInput]:
    """Yield invented people and firms, spread over the areas given by number; all marked synthetic."""
    chance = random.Random(seed)
    names = drawn_names(chance)
    for n, one in enumerate(drawn_people(chance, names)):
        yield PersonInput(
            sort="natural", number=one.number, name=one.name, area=streets[n % len(streets)],
            facts={"sex": one.sex, "birth": one.birth.isoformat(), "address": one.address},
            source="population_base", as_of=as_of, provenance="synthetic",
        )  # fmt: skip
    for n, given in enumerate(chance.sample(given_names(), FIRMS)):
        yield _firm(chance, given, names[n], n, streets, as_of)


def _firm(chance: random.Random, given: str, head: str, n: int, streets: Sequence[int], as_of: date) -> PersonInput:
    parts = read_parts()
    organisation = f"99{n:06d}"
    body = f"91{parts['county']}{organisation}{organisation_check(organisation)}"
    return PersonInput(
        sort="legal", number=body + uscc.calc_check_digit(body), area=streets[n % len(streets)],
        name=parts["firm"].format(name=given, trade=chance.choice(parts["trades"])),
        facts={"address": parts["office"].format(road=chance.randint(1, 99)), "representative": head},
        source="legal_person_base", as_of=as_of, provenance="synthetic",
    )  # fmt: skip
