"""Kinds of the room forms: forms, written in code or uploaded as a definition, which are the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from zhihai.ground.forms.codec import Unsound
from zhihai.ground.forms.fields import (
    Address,
    Check,
    Choice,
    Choices,
    CitizenNumber,
    Computed,
    CreditCode,
    DayField,
    Declaration,
    Email,
    Field,
    Files,
    Group,
    Money,
    Number,
    Phone,
    Section,
    Text,
    YesNo,
    placed,
)
from zhihai.ground.forms.language import (
    All,
    Answer,
    Compare,
    Constant,
    Count,
    Day,
    Filled,
    Is,
    Minus,
    Not,
    OneOf,
    Product,
    Some,
    Sum,
    Total,
    Years,
)
from zhihai.ground.forms.soundness import Flaw, flaws_of
from zhihai.ground.kind import Versioned

__all__ = [
    "KNOWN", "Address", "All", "Answer", "Check", "Choice", "Choices", "CitizenNumber", "Compare", "Computed",
    "Constant", "Count", "CreditCode", "Day", "DayField", "Declaration", "Email", "Field", "Files", "Filled",
    "FormKind", "Group", "Is", "Minus", "Money", "Not", "Number", "OneOf", "Phone", "Product", "Section", "Some",
    "Sum", "Text", "Total", "Years", "YesNo", "sentences_besides", "sentences_of",
]  # fmt: skip

KNOWN = frozenset(
    {
        "identity.person.name", "identity.person.number", "identity.person.sex", "identity.person.birth",
        "identity.person.address", "identity.person.phone", "identity.firm.name", "identity.firm.number",
        "identity.firm.address", "identity.firm.representative"
    }
)  # fmt: skip
"""What the government may hold already, by which an answer can be filled in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormKind(Versioned):
    """A form (表单): sections in the order they are asked, and rules between answers.

    Words: ``form.<id>.name``, and where there is an introduction ``form.<id>.what``; those of its parts are said with
    them. Raises ``Unsound`` naming each flaw: a reference that leads nowhere, what waits for itself, and so on.
    """

    sections: tuple[Section, ...]
    checks: tuple[Check, ...] = ()

    def __post_init__(self) -> None:
        Versioned.__post_init__(self)
        unknown = (one for one in placed(self.sections) if one.field.known not in (None, *KNOWN))
        lost = [Flaw((*one.path, "known"), "known", {"options": ", ".join(sorted(KNOWN))}) for one in unknown]
        flaws = (*lost, *flaws_of(self.sections, self.checks))
        if flaws:
            raise Unsound(flaws)


def sentences_of(form: FormKind) -> Iterator[str]:
    """Yield the keys of all that a form must say, as they stand below the form's own."""
    yield "name"
    yield from (f"{section.id}.name" for section in form.sections)
    for one in placed(form.sections):
        asked = one.field
        yield f"{asked.id}.name"
        if isinstance(asked, Choice | Choices):
            yield from (f"{asked.id}.option.{option}" for option in asked.options)
        if isinstance(asked, Declaration):
            yield f"{asked.id}.text"
        if isinstance(asked, Number | Computed) and asked.unit:
            yield f"{asked.id}.unit"
    yield from (f"check.{check.id}" for check in form.checks)


def sentences_besides(form: FormKind) -> Iterator[str]:
    """Yield the keys of what a form may say besides: introductions and help."""
    yield "what"
    yield from (f"{section.id}.what" for section in form.sections)
    yield from (f"{one.field.id}.help" for one in placed(form.sections))
