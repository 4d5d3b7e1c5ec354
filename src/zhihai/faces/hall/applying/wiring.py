"""What the script of a form's page is given: the program, and the words of what it may find."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

from zhihai.ground.forms.wire import wired
from zhihai.ground.words import Language
from zhihai.kernel import house
from zhihai.kernel.forms import reads as forms

FAULTS = (
    "required", "agree", "text", "length", "number", "money", "range", "too_large", "day", "day_before", "day_after",
    "option", "options", "yes", "citizen", "citizen_digit", "credit", "credit_digit", "phone", "email", "address",
    "address_detail", "file", "files", "rows", "unknown_field",
)  # fmt: skip
"""What the browser may find, and must be able to say."""


def program_of(form: forms.Form, today: date, language: Language, missing: Collection[str]) -> dict[str, Any]:
    """Return a form's program for the browser; ``missing`` are the faults that it does not tell yet."""
    said = {code: house.words()[f"forms.fault.{code}"] for code in FAULTS}
    return wired(form.program, today) | {
        "held": [], "answers_held": {}, "files": {}, "missing": sorted(missing),
        "words": {code: one.zh if language == "zh" else one.en for code, one in said.items()},
        "checks_say": {one.id: form.say(f"check.{one.id}", language) for one in form.kind.checks},
    }  # fmt: skip
