"""Sorts of problems: what the ``type`` of a problem leads to."""

from __future__ import annotations

from pydantic import BaseModel

from zhihai.faces.api.pages import Code
from zhihai.faces.request import Asked
from zhihai.ground.refusal import NotFound
from zhihai.kernel import house


class ProblemSort(BaseModel):
    """A sort of problem: its sentence in Chinese and English, with the places of its facts in braces."""

    code: str
    zh: str
    en: str


def get_problem_sort(request: Asked, code: Code) -> ProblemSort:
    """Say what a sort of problem means."""
    phrase = house.words().get(f"refused.{code}")
    if phrase is None:
        raise NotFound("no_address")
    return ProblemSort(code=code, zh=phrase.zh, en=phrase.en)
