"""The checkout keeps the rules of the house."""

from __future__ import annotations

from tools import housecheck


def test_the_house_is_in_order() -> None:
    assert [str(finding) for finding in housecheck.check()] == []
