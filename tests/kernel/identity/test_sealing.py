"""Identity numbers as they are kept: they open for their row and their key only, and are found without being opened."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings as held
from hypothesis import given
from hypothesis import strategies as st

from zhihai.ground.refusal import Refused
from zhihai.kernel.identity import sealing

SECRETS = ("first-secret-of-a-test-0123456789", "second-secret-of-a-test-012345678")
NUMBERS = st.from_regex(r"[0-9]{17}[0-9X]", fullmatch=True)


def use(settings: Any, *secrets: str) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = secrets[0], list(secrets[1:])


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Django's settings, whose secrets the test may change."""
    monkeypatch.setattr(held, "SECRET_KEY", SECRETS[0])
    monkeypatch.setattr(held, "SECRET_KEY_FALLBACKS", [])
    return held


@given(st.integers(1, 2**62), NUMBERS)
def test_what_is_sealed_opens_for_its_row_and_no_other(person: int, number: str) -> None:
    sealed = sealing.seal(person, number)
    assert sealing.unseal(person, sealed) == number
    assert number.encode() not in sealed.text
    with pytest.raises(Refused, match="number_altered"):
        sealing.unseal(person + 1, sealed)


@given(NUMBERS, st.integers(0, 45), st.integers(1, 255))
def test_a_text_that_was_altered_does_not_open(number: str, place: int, by: int) -> None:
    sealed = sealing.seal(7, number)
    text = bytearray(sealed.text)
    text[place] ^= by
    with pytest.raises(Refused, match="number_altered"):
        sealing.unseal(7, sealing.Sealed(sealed.key, bytes(text)))


def test_the_same_number_is_never_sealed_alike(settings: Any) -> None:
    assert len({sealing.seal(7, "990101194912310021").text for _ in range(50)}) == 50


@given(NUMBERS, NUMBERS)
def test_two_numbers_are_found_by_two_digests_and_one_by_one(one: str, other: str) -> None:
    keys = sealing.present_keys()
    same = sealing.index_of(keys, "natural", one) == sealing.index_of(keys, "natural", other)
    assert same == (one == other)
    assert sealing.index_of(keys, "natural", one) != sealing.index_of(keys, "legal", one)


def test_a_former_secret_opens_and_the_present_one_seals(settings: Any) -> None:
    old = sealing.seal(7, "990101194912310021")
    use(settings, SECRETS[1], SECRETS[0])
    assert sealing.unseal(7, old) == "990101194912310021"
    new = sealing.seal(7, "990101194912310021")
    assert new.key == sealing.present_keys().name != old.key
    use(settings, SECRETS[1])
    assert sealing.unseal(7, new) == "990101194912310021"
    with pytest.raises(Refused, match="number_key"):
        sealing.unseal(7, old)


def test_keys_are_not_shown(settings: Any) -> None:
    shown = repr(sealing.present_keys())
    assert SECRETS[0] not in shown
    assert sealing.present_keys().index.hex() not in shown
    assert repr(sealing.present_keys().index) not in shown
