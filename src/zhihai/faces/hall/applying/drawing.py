"""A form as its page draws it: every field with its words, its answer, its faults and where the answer is from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from zhihai.ground.forms.fields import (
    Address,
    Choice,
    Choices,
    CitizenNumber,
    Computed,
    DayField,
    Declaration,
    Email,
    Field,
    Files,
    Group,
    Money,
    Number,
    Phone,
    Text,
    YesNo,
)
from zhihai.ground.forms.files import SUFFIXES
from zhihai.ground.forms.program import Outcome
from zhihai.ground.forms.values import Fault, shown_number
from zhihai.ground.identifiers.citizen import masked
from zhihai.ground.words import Language, Words
from zhihai.kernel.forms import reads as forms

MISSING = frozenset({"required", "agree", "rows"})
"""Faults that are told only once somebody wants to send: nobody is blamed for what is not written yet."""
FEW_OPTIONS = 7
SORTS: tuple[tuple[type[Field], str], ...] = (
    (Declaration, "tick"), (YesNo, "radios"), (Choices, "checks"), (DayField, "date"), (Phone, "tel"), (Email, "email"),
    (Files, "files"), (Address, "address"), (Group, "group"), (Computed, "output"), (Number, "number"),
    (Money, "number"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FieldFace:
    """A field as it is drawn: ``name`` is what the page sends it by, ``sort`` how it is drawn."""

    id: str
    name: str
    sort: str
    label: str
    help: str
    error: str
    required: bool
    hidden: bool
    value: Any = field(repr=False)
    shown: str = field(repr=False)
    options: Sequence[tuple[str, str]] = ()
    unit: str = ""
    most: int = 0
    accept: str = ""
    held: forms.Held | None = None
    disputed: forms.Disputed | None = None
    correctable: str = ""
    files: tuple[forms.FileLine, ...] = ()
    rows: tuple[tuple[FieldFace, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class SectionFace:
    """A section as it is drawn."""

    id: str
    label: str
    what: str
    hidden: bool
    fields: tuple[FieldFace, ...]


@dataclass(frozen=True, slots=True)
class Drawn:
    """Draws a form in one language: what is answered, what was found of it, and what of that is told yet."""

    form: forms.Form
    language: Language
    words: Words
    answers: Mapping[str, Any]
    found: Outcome
    areas: Sequence[tuple[str, str]]
    held: Mapping[str, forms.Held]
    disputed: Mapping[str, forms.Disputed]
    files: tuple[forms.FileLine, ...]
    correctable: Sequence[str]
    all_faults: bool

    def say(self, key: str, **facts: object) -> str:
        return self.words.say(key, self.language, **facts)

    def sections(self) -> tuple[SectionFace, ...]:
        """Return the sections with all their fields, hidden those that are not asked."""
        return tuple(
            SectionFace(
                one.id, self.form.say(f"{one.id}.name", self.language), self.form.say(f"{one.id}.what", self.language),
                one.id not in self.found.asked, tuple(self._top(asked) for asked in one.fields),
            )
            for one in self.form.kind.sections
        )  # fmt: skip

    def problems(self) -> list[tuple[str, str, str]]:
        """Return what is wrong, for the list above the form: name, label, what to do."""
        told = (fault for fault in self.found.faults if self._told(fault))
        return [(self._name(fault), self._label(fault), self.tell(fault)) for fault in told]

    def tell(self, fault: Fault) -> str:
        """Say what is wrong and what to do: of a rule in the form's own words."""
        if fault.code == "check":
            return self.form.say(f"check.{fault.facts['check']}", self.language)
        return self.say(f"forms.fault.{fault.code}", **fault.facts)

    def _told(self, fault: Fault) -> bool:
        return self.all_faults or fault.code not in MISSING

    def _name(self, fault: Fault) -> str:
        group = self.form.program.group_of.get(fault.field)
        asked = self.form.program.fields.get(fault.field)
        name = fault.field if group is None or fault.row is None else f"{group}.{fault.row}.{fault.field}"
        return f"{name}.detail" if isinstance(asked, Address) else name

    def _label(self, fault: Fault) -> str:
        label = self.form.say(f"{fault.field}.name", self.language)
        return label if fault.row is None else self.say("hall.apply.in_row", label=label, row=fault.row + 1)

    def _error(self, id_: str, row: int | None) -> str:
        return " ".join(
            self.tell(one) for one in self.found.faults if (one.field, one.row) == (id_, row) and self._told(one)
        )

    def _top(self, asked: Field) -> FieldFace:
        if isinstance(asked, Group):
            return self._face(asked, asked.id, None, self.answers.get(asked.id), asked.id not in self.found.asked)
        value = self.found.answers.get(asked.id) if isinstance(asked, Computed) else self.answers.get(asked.id)
        return self._face(asked, asked.id, None, value, asked.id not in self.found.asked)

    def _face(self, asked: Field, name: str, row: int | None, value: Any, hidden: bool) -> FieldFace:
        held = self.held.get(asked.id)
        fixed = held is not None and asked.id not in self.disputed
        known = (asked.known or "").rpartition(".")[2] if held is not None else ""
        return FieldFace(
            id=asked.id, name=name, sort=sort_of(asked), label=self.form.say(f"{asked.id}.name", self.language),
            help=self.form.say(f"{asked.id}.{'text' if isinstance(asked, Declaration) else 'help'}", self.language),
            error=self._error(asked.id, row), required=asked.required, hidden=hidden,
            value=page_value(asked, value), shown=self.shown(asked, value), options=self._options(asked),
            unit=self._unit(asked), most=getattr(asked, "most", 0) or 0, accept=_accept(asked),
            held=held if fixed else None, disputed=self.disputed.get(asked.id),
            correctable=known if fixed and known in self.correctable else "",
            files=tuple(one for one in self.files if one.asked == asked.id), rows=self._rows(asked, value),
        )  # fmt: skip

    def _rows(self, asked: Field, value: Any) -> tuple[tuple[FieldFace, ...], ...]:
        if not isinstance(asked, Group):
            return ()
        given = value if isinstance(value, list) and value else [{} for _ in range(asked.least)]
        kept = self.found.answers.get(asked.id)
        shown = self.found.rows.get(asked.id, ())
        made = []
        for number, row in enumerate(given[: asked.most]):
            made.append(
                tuple(
                    self._face(
                        one, f"{asked.id}.{number}.{one.id}", number, self._in_row(one, row, kept, number),
                        number < len(shown) and one.id not in shown[number],
                    )
                    for one in asked.fields
                )
            )  # fmt: skip
        return tuple(made)

    def _in_row(self, one: Field, row: Any, kept: Any, number: int) -> Any:
        if isinstance(one, Computed):
            return kept[number].get(one.id) if isinstance(kept, list) and number < len(kept) else None
        return row.get(one.id) if isinstance(row, dict) else None

    def _options(self, asked: Field) -> Sequence[tuple[str, str]]:
        if isinstance(asked, Choice | Choices):
            return [(one, self.form.say(f"{asked.id}.option.{one}", self.language)) for one in asked.options]
        if isinstance(asked, YesNo):
            return [("yes", self.say("hall.apply.yes")), ("no", self.say("hall.apply.no"))]
        return [("", self.say("hall.apply.elsewhere")), *self.areas] if isinstance(asked, Address) else ()

    def _unit(self, asked: Field) -> str:
        if isinstance(asked, Money) or (isinstance(asked, Computed) and asked.money):
            return self.say("hall.apply.yuan")
        return self.form.say(f"{asked.id}.unit", self.language)

    def shown(self, asked: Field, value: Any) -> str:
        """Return an answer as people read it; a citizen's number masked, an empty text for none."""
        if value is None or isinstance(asked, Group | Files):
            return ""
        if isinstance(asked, YesNo | Declaration):
            return self.say("hall.apply.yes" if value is True else "hall.apply.no")
        if isinstance(asked, CitizenNumber):
            return masked(str(value)) if "*" not in str(value) else str(value)
        if isinstance(asked, Address):
            area = dict(self.areas).get(value.get("area", ""), "") if isinstance(value, dict) else ""
            return f"{area} {value.get('detail', '')}".strip() if isinstance(value, dict) else str(value)
        chosen = value if isinstance(value, list) else [value]
        if isinstance(asked, Choice | Choices):
            said = [self.form.say(f"{asked.id}.option.{one}", self.language) or str(one) for one in chosen]
            return self.say("design.punctuation.comma").join(said)
        return f"{page_value(asked, value)} {self._unit(asked)}".strip()


def sort_of(asked: Field) -> str:
    """Return how a field is drawn."""
    if isinstance(asked, Text):
        return "textarea" if asked.long else "text"
    if isinstance(asked, Choice):
        return "radios" if len(asked.options) < FEW_OPTIONS else "select"
    return next((name for sort, name in SORTS if isinstance(asked, sort)), "text")


def page_value(asked: Field, value: Any) -> Any:
    """Return an answer as its field on the page holds it."""
    if isinstance(asked, Address):
        return value if isinstance(value, dict) else {"detail": value or ""}
    if isinstance(asked, YesNo) and isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(asked, Number | Money | Computed) and isinstance(value, int):
        return shown_number(value, asked.places)
    return [] if value is None and isinstance(asked, Choices) else "" if value is None else value


def _accept(asked: Field) -> str:
    return ",".join(end for one in asked.types for end in SUFFIXES[one]) if isinstance(asked, Files) else ""
