"""How names sound, and how a number is shown to those who need not know it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhihai.ground.identifiers.citizen import masked
from zhihai.ground.identifiers.sound import sound_of, sound_of_title, typed_sound


@pytest.mark.parametrize(
    ("name", "sound"),
    [
        ("示甲子", "shijiazi"),
        ("曾巩", "zenggong"),
        ("单雄信", "shanxiongxin"),
        ("万俟卨", "moqixie"),
        ("尉迟恭", "yuchigong"),
        ("吕布", "lvbu"),
        ("Anna-Maria Müller", "annamariamvller"),
        ("阿依古丽·买买提", "ayigulimaimaiti"),
    ],
)
def test_a_surname_is_read_as_one(name: str, sound: str) -> None:
    assert sound_of(name) == sound


def test_a_firm_begins_with_no_surname() -> None:
    assert sound_of_title("单行线咖啡") == "danxingxiankafei"


@pytest.mark.parametrize("typed", ["Lǚ Bù", "lü-bu", "LVBU", "lv bu", "Ｌｖ　Ｂｕ"])
def test_pinyin_is_compared_however_it_is_typed(typed: str) -> None:
    assert typed_sound(typed) == "lvbu"


@given(st.text(max_size=30))
def test_any_text_has_a_sound_that_is_its_own(text: str) -> None:
    sound = sound_of_title(text)
    assert typed_sound(sound) == sound


def test_a_masked_number_shows_county_and_century_and_end() -> None:
    assert masked("110105194912310021") == "11010519******0021"
