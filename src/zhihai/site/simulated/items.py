"""A catalogue of many items, made of a real one: each item again in districts that do not exist, marked synthetic."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from zhihai.ground.actors import SYSTEM
from zhihai.ground.named import Named
from zhihai.kernel import house
from zhihai.kernel.services import acts, reads
from zhihai.kernel.services.kinds import ItemInput, SourceInput
from zhihai.site.folder import read_parts
from zhihai.site.items_list import item_of

FOLDER = Path(__file__).resolve().parents[1] / "seeds"
AREA = 990_100
"""Codes of areas from here on are nobody's."""


def real_items() -> list[ItemInput]:
    """Return the items of the districts whose folders are shipped."""
    folders = sorted(path.parent for path in FOLDER.glob("*/items.csv"))
    return [item_of(line, "") for folder in folders for line in read_parts(folder).tables["items.csv"]]


def many_items(count: int, real: Sequence[ItemInput]) -> Iterator[ItemInput]:
    """Yield so many items: those of each invented district are named after it, so that none is another's equal."""
    name = house.words()["simulation.district_of_items"].zh
    for n in range(count):
        one, district = real[n % len(real)], n // len(real)
        called, area = name.format(n=district + 1), f"{AREA + district}"
        yield replace(
            one, code=f"{area}-{n:06}-{one.code[:20]}", name=f"{one.name}{called}", office=f"{called}{one.office}",
            organisation="", words_source=called,
        )  # fmt: skip


def bring_items(count: int, at: datetime) -> int:
    """Bring invented items in until there are ``count`` public ones; returns how many there were not before."""
    said = house.words()["simulation.items"]
    others = sum(card.source.name.zh != said.zh for card in reads.catalogue().cards.values())
    source = SourceInput(name=Named(said.zh, said.en), note=Named(said.zh, said.en), provenance="synthetic")
    acts.bring_in(SYSTEM, source, list(many_items(max(0, count - others), real_items())), at=at, most_gone=True)
    drafts = [one.id for one in reads.items(SYSTEM, state="draft", limit=count)]
    return acts.publish(SYSTEM, drafts, at=at)
