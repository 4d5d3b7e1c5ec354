"""Invented people (虚构的人): the same seed invents the same, with and without a database to bring them into."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

from stdnum.cn import ric

SEED = 20110301
PEOPLE = 360
ELDEST, YOUNGEST = date(1928, 1, 1), date(2012, 12, 31)


@dataclass(frozen=True, slots=True)
class Invented:
    """Somebody who can not be anybody: see ``synthetic_people.toml``. ``sex`` is ``male`` or ``female``."""

    name: str
    number: str = field(repr=False)
    sex: str
    birth: date
    address: str


@cache
def read_parts() -> dict[str, Any]:
    """Return what invented people and firms are made of."""
    with Path(__file__).with_name("synthetic_people.toml").open("rb") as file:
        return tomllib.load(file)


def given_names() -> list[str]:
    """Return the names that are given, in the order in which seeds draw from them."""
    parts = read_parts()
    return [stem + branch for stem, branch in product(parts["stems"], parts["branches"])]


def drawn_names(chance: random.Random) -> list[str]:
    """Return all names in an order that is drawn."""
    names = [family + given for family, given in product(read_parts()["families"], given_names())]
    chance.shuffle(names)
    return names


def drawn_people(chance: random.Random, names: Sequence[str]) -> list[Invented]:
    """Return somebody for each of the first names."""
    return [_somebody(chance, name, n) for n, name in enumerate(names[:PEOPLE])]


def _somebody(chance: random.Random, name: str, n: int) -> Invented:
    parts = read_parts()
    birth = ELDEST + timedelta(days=chance.randrange((YOUNGEST - ELDEST).days))
    body = f"{parts['county']}{birth:%Y%m%d}{n % 1000:03d}"  # the sequence alone makes it another's
    address = parts["address"].format(road=chance.randint(1, 99), house=chance.randint(1, 30))
    return Invented(name, body + ric.calc_check_digit(body + "0"), "male" if n % 2 else "female", birth, address)
