"""Kinds, the registry that freezes them, words, trees and refusals: what every floor is declared with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhihai.ground.kind import Kind, Versioned, word
from zhihai.ground.refusal import Conflict, NotFound, NotPermitted, Refused
from zhihai.ground.registry import Registry
from zhihai.ground.trees import Node, preorder
from zhihai.ground.words import Phrase, join_words, read_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool(Versioned):
    """A kind of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bolt(Kind):
    """Another, that has no versions."""


HAMMER = (
    Tool(id="hammer", version=1, valid_from=date(2010, 1, 1)),
    Tool(id="hammer", version=2, valid_from=date(2014, 3, 1)),
)


class TestKind:
    @pytest.mark.parametrize("id_", ["", "a", "Hammer", "9lives", "ham-mer", "x" * 49])
    def test_an_id_is_lower_case_letters_digits_and_underscores(self, id_: str) -> None:
        with pytest.raises(ValueError, match="must match"):
            Bolt(id=id_)

    def test_a_sentence_stands_under_the_pack_the_sort_and_the_id(self) -> None:
        assert word("air.station", "device", "band.2") == "air.device.station.band.2"


class TestRegistry:
    def test_a_kind_goes_by_its_pack_and_id(self) -> None:
        registry = Registry({"shed": (Bolt(id="short"), Bolt(id="long")), "yard": (Bolt(id="short"),)})
        assert [name for name, _ in registry.all(Bolt)] == ["shed.short", "shed.long", "yard.short"]
        assert registry.get(Bolt, "yard.short") == Bolt(id="short")
        with pytest.raises(KeyError, match=r"Bolt yard\.long"):
            registry.get(Bolt, "yard.long")

    def test_sorts_of_kinds_have_names_of_their_own(self) -> None:
        registry = Registry({"shed": (Bolt(id="hammer"), *HAMMER)})
        assert registry.get(Bolt, "shed.hammer") == Bolt(id="hammer")
        assert registry.get(Tool, "shed.hammer") == HAMMER[1]

    def test_one_id_twice_in_a_pack_is_an_error(self) -> None:
        with pytest.raises(ValueError, match="declared twice"):
            Registry({"shed": (Bolt(id="long"), Bolt(id="long"))})
        with pytest.raises(ValueError, match="version 2 is declared twice"):
            Registry({"shed": (*HAMMER, HAMMER[1])})

    def test_all_gives_the_latest_version_and_get_any(self) -> None:
        registry = Registry({"shed": (HAMMER[1], HAMMER[0])})
        assert list(registry.all(Tool)) == [("shed.hammer", HAMMER[1])]
        assert registry.get(Tool, "shed.hammer", 1) == HAMMER[0]
        assert registry.versions(Tool, "shed.hammer") == HAMMER
        with pytest.raises(KeyError, match="version 3"):
            registry.get(Tool, "shed.hammer", 3)

    @pytest.mark.parametrize(
        ("day", "version"),
        [(date(2009, 12, 31), 1), (date(2010, 1, 1), 1), (date(2014, 2, 28), 1), (date(2014, 3, 1), 2)],
    )
    def test_the_version_in_force_is_that_of_the_day(self, day: date, version: int) -> None:
        assert Registry({"shed": HAMMER}).in_force(Tool, "shed.hammer", day).version == version

    def test_no_kind_is_in_force_that_is_not_declared(self) -> None:
        registry = Registry({"shed": HAMMER})
        for ask in (
            lambda: registry.in_force(Tool, "shed.saw", date(2014, 1, 1)),
            lambda: registry.versions(Tool, "shed.saw"),
        ):
            with pytest.raises(KeyError, match=r"shed\.saw"):
                ask()


class TestWords:
    def write(self, folder: Path, text: str) -> Path:
        file = folder / "words.toml"
        file.write_text(text, encoding="utf-8")
        return file

    def test_sentences_stand_under_the_prefix_and_refusals_under_their_code(self, tmp_path: Path) -> None:
        said = read_words(
            self.write(tmp_path, '[a.b]\nzh = "甲 {n}"\nen = "A {n}"\n[refused.no]\nzh = "否"\nen = "no"\n'), "shed"
        )
        assert said == {"shed.a.b": Phrase("甲 {n}", "A {n}"), "refused.no": Phrase("否", "no")}
        assert said["shed.a.b"].say("zh", n=3) == "甲 3"

    def test_a_fact_may_go_by_any_name(self) -> None:
        words = join_words([{"k": Phrase("{key}{language}{code}", "{key}{language}{code}")}])
        assert words.say("k", "en", key=1, language=2, code=3) == "123"

    @pytest.mark.parametrize("rest", ["", 'en = ""', 'en = "A"\nx = 1'])
    def test_a_sentence_has_both_languages_and_nothing_else(self, tmp_path: Path, rest: str) -> None:
        with pytest.raises(ValueError, match=r"words\.toml"):
            read_words(self.write(tmp_path, f'[a]\nzh = "甲"\n{rest}\n'))

    def test_nothing_is_said_twice(self) -> None:
        with pytest.raises(ValueError, match="said twice: a"):
            join_words([{"a": Phrase("甲", "A")}, {"a": Phrase("乙", "B")}])


@st.composite
def forests(draw: st.DrawFn) -> list[Node]:
    count = draw(st.integers(1, 30))
    parents = [draw(st.one_of(st.none(), st.integers(0, place - 1))) if place else None for place in range(count)]
    nodes = [Node(str(place), None if parent is None else str(parent)) for place, parent in enumerate(parents)]
    return draw(st.permutations(nodes))


class TestTrees:
    @given(forests())
    def test_a_subtree_is_a_range_and_nothing_else_lies_in_it(self, nodes: list[Node]) -> None:
        parent = {node.code: node.parent for node in nodes}
        order = preorder(nodes, field="x")
        assert sorted(lo for lo, _ in order.values()) == list(range(1, len(nodes) + 1))
        for code in order:
            above, up = set(), code
            while up is not None:
                above.add(up)
                up = parent[up]
            assert above == {other for other, (lo, hi) in order.items() if lo <= order[code][0] <= hi}

    def test_children_keep_their_order(self) -> None:
        nodes = [Node("root", None), Node("b", "root"), Node("a", "root"), Node("b1", "b")]
        assert preorder(nodes, field="x") == {"root": (1, 4), "b": (2, 3), "b1": (3, 3), "a": (4, 4)}

    @pytest.mark.parametrize(
        ("nodes", "code"),
        [
            ([Node("a", None), Node("a", None)], "tree_twice"),
            ([Node("a", "b")], "tree_parent"),
            ([Node("r", None), Node("a", "b"), Node("b", "a")], "tree_circle"),
        ],
    )
    def test_what_is_no_tree_is_refused(self, nodes: list[Node], code: str) -> None:
        with pytest.raises(Refused) as refused:
            preorder(nodes, field="areas.parent")
        assert (refused.value.code, refused.value.field) == (code, "areas.parent")


class TestRefusal:
    def test_it_names_code_field_status_and_facts(self) -> None:
        refused = Refused("too_late", "at", code="a fact of that name", field=7)
        assert (refused.code, refused.field, refused.status) == ("too_late", "at", 422)
        assert refused.facts == {"code": "a fact of that name", "field": 7}

    @pytest.mark.parametrize(
        ("sort", "code", "status"),
        [(NotPermitted, "not_permitted", 403), (NotFound, "not_found", 404), (Conflict, "conflict", 409)],
    )
    def test_each_sort_has_its_status(self, sort: type[Refused], code: str, status: int) -> None:
        refused = sort()
        assert (refused.code, refused.field, refused.status) == (code, None, status)
