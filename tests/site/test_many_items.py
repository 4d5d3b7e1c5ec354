"""A catalogue of many items for the benchmark: each is named after a district that does not exist."""

from __future__ import annotations

import random
from itertools import islice

from tests.kernel.acting import AT

from zhihai.kernel.services import reads
from zhihai.kernel.services.kinds import ItemInput
from zhihai.site.bench.services import questions
from zhihai.site.simulated.items import bring_items, many_items, real_items

FEW = [ItemInput(code=f"51010000{n}", name=f"事项{n}", office="区局", words=("说法",)) for n in range(3)]


def test_many_items_are_made_of_a_few_and_say_so() -> None:
    made = list(many_items(8, FEW))
    assert len({one.code for one in made}) == len({one.name for one in made}) == 8
    assert all("模拟" in one.name and "模拟" in one.office for one in made)
    assert [one.words for one in made] == [("说法",)] * 8
    assert list(many_items(8, FEW)) == made


def test_the_shipped_items_are_a_thousand_or_so() -> None:
    assert len(real_items()) == 961


def test_items_are_brought_in_once_and_marked(district: str) -> None:
    from_the_district = len(reads.catalogue().cards)
    assert bring_items(100, AT) == 100 - from_the_district
    assert bring_items(120, AT) == 20
    assert bring_items(120, AT) == 0
    seen = reads.catalogue()
    made = [card for card in seen.cards.values() if "模拟" in card.name]
    assert len(made) == 120 - from_the_district
    assert {card.source.provenance for card in made} == {"synthetic"}
    asked = list(islice(questions(random.Random(1)), 50))
    assert asked == list(islice(questions(random.Random(1)), 50))
    assert sum(bool(seen.search(typed, "", 5, False)) for typed in asked) >= 45
