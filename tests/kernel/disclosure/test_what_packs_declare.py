"""A pack whose answers would come out of nothing, or whose form does not ask who agrees, is refused with its reason."""

from __future__ import annotations

from dataclasses import replace

from zhihai.packs.interaction.kinds import ANSWERED, ASKING, CONSULTATION_CASE, QUESTION
from zhihai.site.references import faults_of


def faults(*kinds: object) -> list[str]:
    found = faults_of("interaction", {"interaction": kinds}, {})  # type: ignore[dict-item]
    return [one for one in found if "is missing" not in one and "unknown role" not in one]


def test_what_is_published_comes_out_of_a_matter_whose_form_asks_who_agrees() -> None:
    assert faults(ANSWERED, ASKING, CONSULTATION_CASE, QUESTION) == []
    assert faults(replace(ANSWERED, matter="nothing"), ASKING, CONSULTATION_CASE, QUESTION) == [
        "publication interaction.answer comes out of an unknown matter nothing"
    ]
    for field in ("nothing", "subject"):
        assert faults(ANSWERED, replace(ASKING, published=field), CONSULTATION_CASE, QUESTION) == [
            f"matter interaction.consultation: its form asks no yes or no called {field}"
        ]
