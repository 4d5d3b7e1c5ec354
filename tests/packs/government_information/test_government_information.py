"""The list of what is published: every entry has its clause and the limit of article 26."""

from __future__ import annotations

from zhihai.ground.kind import word
from zhihai.ground.worktime.limits import Limit
from zhihai.kernel import house
from zhihai.kernel.disclosure import reads
from zhihai.kernel.disclosure.kinds import PublicationKind


def test_the_list_has_the_entries_of_the_regulation() -> None:
    names = [name.removeprefix("government_information.") for name in reads.kinds("list")]
    assert len(names) == len(set(names)) == 18
    assert {"norms", "budget", "annual_report", "local"} <= set(names)
    words = house.words()
    for name, kind in house.registry().all(PublicationKind):
        if kind.shown != "list":
            continue
        assert kind.limit == Limit(20, "working_day")
        assert "《政府信息公开条例》" in words.say(word(name, "publication", "source"), "zh")
        assert "article" in words.say(word(name, "publication", "source"), "en")
