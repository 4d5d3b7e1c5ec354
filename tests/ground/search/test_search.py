"""Search in short texts: by characters, sound, initials, with slips of the pen; the same question, the same answer."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhihai.ground.search import asking
from zhihai.ground.search.index import Hit, Index, Pieces, Text
from zhihai.ground.search.letters import readings, syllables
from zhihai.ground.search.synonyms import Synonyms
from zhihai.ground.search.texts import is_han, pieces_of, plain_text, runs, sound, without

THINGS = {
    1: ("居民身份证补领", "身份证丢了"),
    2: ("居民身份证换领", "身份证到期"),
    3: ("残疾人证新办", "办残疾证"),
    4: ("社会保障卡挂失", "社保卡丢了"),
    5: ("个体工商户注销登记", "个体户不干了"),
    6: ("住房公积金提取", "取公积金"),
    7: ("KTV开业", "歌舞厅"),
    8: ("户口迁移", "迁户口"),
}


def index_of(things: dict[int, Sequence[str]], pieces: Pieces | None = None) -> Index:
    texts = {
        key: (Text(names[0], "name", 1.0), *(Text(one, "word", 0.9) for one in names[1:]))
        for key, names in things.items()
    }
    return Index(texts, pieces)


INDEX = index_of(THINGS)


def ask(typed: str, index: Index = INDEX, *, unfinished: bool = False) -> list[Hit]:
    return asking.ask(index, asking.read(index, typed, ("怎么办",), unfinished=unfinished), 5)


def first(typed: str, *, unfinished: bool = False) -> int | None:
    found = ask(typed, unfinished=unfinished)
    return found[0].key if found else None


@pytest.mark.parametrize(
    ("typed", "key", "way"),
    [
        ("身份证丢了怎么办", 1, "text"),
        ("残疾证", 3, "text"),
        ("残急证", 3, "sound"),  # sounds alike
        ("户口千移", 8, "text"),
        ("身分证丢了", 1, "text"),
        ("身份丢了", 1, "text"),  # a character is missing
        ("社保保卡丢了", 4, "text"),  # one too many
        ("公金积提取", 6, "text"),  # two in the wrong order
        ("shenfenzhengdiule", 1, "sound"),
        ("shen fen zheng huan ling", 2, "sound"),
        ("ShēnFènZhèng huànlǐng", 2, "sound"),
        ("gjjtq", 6, "initials"),
        ("sbkdl", 4, "initials"),
        ("ktv", 7, "text"),
        ("ＫＴＶ", 7, "text"),
    ],
)
def test_what_people_type_finds_what_they_mean(typed: str, key: int, way: str) -> None:
    found = ask(typed)
    assert found[0].key == key
    assert found[0].way == way or way == "text"


def test_the_text_that_fits_best_is_told() -> None:
    assert ask("社保卡丢了")[0].text == Text("社保卡丢了", "word", 0.9)
    assert ask("社会保障卡")[0].text.sort == "name"


def test_half_a_syllable_is_read_while_somebody_types() -> None:
    assert first("gongjiji", unfinished=True) == 6
    assert first("qianhuk", unfinished=True) == 8


@pytest.mark.parametrize("typed", ["", "  ", "!?", "\0", "卍", "xyzzyq", "怎么办", "a" * 5000])
def test_nothing_fitting_is_an_empty_answer(typed: str) -> None:
    assert ask(typed) == []


def test_an_index_of_nothing_answers_nothing() -> None:
    assert ask("身份证", index_of({})) == []


@given(st.text(max_size=120), st.booleans())
def test_anything_may_be_typed(typed: str, unfinished: bool) -> None:
    found = ask(typed, unfinished=unfinished)
    scores = [one.score for one in found]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1.0001 for score in scores)
    assert found == ask(typed, unfinished=unfinished)


NAMES = st.lists(st.sampled_from([name for names in THINGS.values() for name in names]), min_size=1, max_size=3)


@given(
    st.dictionaries(st.integers(1, 99), NAMES, max_size=12),
    st.sampled_from(["身份证", "丢了", "gongjijin", "sbk", "迁户口"]),
)
def test_a_new_index_over_old_pieces_answers_like_one_from_scratch(things: dict[int, list[str]], typed: str) -> None:
    """A process that kept what it met before a change, and one that has just begun, answer alike."""
    pieces = Pieces()
    index_of(THINGS, pieces)
    kept, fresh = ask(typed, index_of(things, pieces)), ask(typed, index_of(things))
    assert [(one.key, one.text) for one in kept] == [(one.key, one.text) for one in fresh]
    assert [one.score for one in kept] == pytest.approx([one.score for one in fresh])


def test_every_thing_is_found_by_its_own_name() -> None:
    assert [first(names[0]) for names in THINGS.values()] == list(THINGS)


def test_syllables_are_those_of_pinyin() -> None:
    assert {"a", "zhuang", "lv", "nve", "er", "shi"} <= syllables()
    assert 390 <= len(syllables()) <= 430
    assert "v" not in syllables()


def test_letters_part_into_the_fewest_syllables_first() -> None:
    assert readings("xian")[:2] == [("xian",), ("xi", "an")]
    assert readings("shenfenzheng")[0] == ("shen", "fen", "zheng")
    assert readings("sbk") == readings("") == []
    assert ("gong", "ji", "ji") in readings("gongjiji", unfinished=True)


@given(st.text("abcdefghijklmnopqrstuvwxyz", max_size=80), st.booleans())
def test_readings_spell_what_was_typed(letters: str, unfinished: bool) -> None:
    found = readings(letters, unfinished=unfinished)
    assert all("".join(parts) == letters for parts in found)
    assert all(one in syllables() for parts in found for one in (parts[:-1] if unfinished else parts))


def test_texts_part_into_runs_and_pieces() -> None:
    assert runs(plain_text("办ＫＴＶ、卡拉OK 2号")) == ["办", "ktv", "卡拉", "ok", "2", "号"]
    assert is_han("办证")
    assert not is_han("a办")
    assert {"办证", "办", "~ban zheng", "~ban", "^bz"} <= pieces_of("办证")
    assert {"~yin hang", "~yin xing"} <= pieces_of("银行")
    assert sound("女儿") == ("nv", "er")


def test_fillers_are_left_out() -> None:
    assert without("身份证怎么办", ["怎么", "怎么办"]) == "身份证 "
    assert not without("怎么办", ["怎么办"]).strip()


def test_synonyms_are_added_with_the_word_they_stand_for() -> None:
    synonyms = Synonyms([("补办", "遗失", "丢了"), ("户口", "户籍"), ("遗失", "挂失")])
    assert synonyms.of(["营业执照遗失补领"]) == {"补办": "遗失", "丢了": "遗失", "挂失": "遗失"}
    assert synonyms.of(["户口遗失挂失"]) == {"户籍": "户口", "补办": "遗失", "丢了": "遗失"}
    assert synonyms.of(["别的"]) == {}


def test_every_character_that_is_taken_as_plain_is_plain() -> None:
    """The short way is right only if no character in it is written otherwise in another form of Unicode."""
    for code in (*range(0x3400, 0xA000), *map(ord, "abcxyz0129 ")):
        one = chr(code)
        assert unicodedata.normalize("NFKD", one).casefold() == one
