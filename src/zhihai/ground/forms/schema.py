"""The JSON Schema of a form's answers (draft 2020-12): what can be said of each answer without the others.

What depends on other answers, on today, or on a check digit is told in words of the form alone: a document that the
schema refuses is refused by the program, and one that the program accepts is accepted by the schema.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from zhihai.ground.forms.fields import (
    Address,
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
)
from zhihai.ground.forms.values import AREA, CITIZEN, EMAIL, KEY, MOST_EMAIL, PHONE
from zhihai.ground.identifiers.organisation import CREDIT_FORM

DRAFT = "https://json-schema.org/draft/2020-12/schema"
LINE = "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"
LINES = "^[^\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f]*$"
DATE = "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"


def schema_of(sections: Iterable[Section], address: str, title: str) -> dict[str, Any]:
    """Return the schema of a form; ``address`` is its ``$id``. What is always asked and required is required."""
    always: list[Field] = []
    sometimes: list[Field] = []
    for section in sections:
        (sometimes if section.asked else always).extend(section.fields)
    return {
        "$schema": DRAFT, "$id": address, "title": title,
        **_object([*always, *sometimes], [one for one in always if _always(one)]),
    }  # fmt: skip


def _always(asked: Field) -> bool:
    if not asked.required or asked.asked is not None or isinstance(asked, Computed):
        return False
    return not isinstance(asked, Group) or asked.least > 0


def _object(fields: Iterable[Field], required: Iterable[Field]) -> dict[str, Any]:
    return {
        "type": "object", "properties": {one.id: _field(one) for one in fields},
        "required": [one.id for one in required], "additionalProperties": False,
    }  # fmt: skip


def _field(asked: Field) -> dict[str, Any]:
    if isinstance(asked, Group):
        row = _object(asked.fields, [one for one in asked.fields if _always(one)])
        return {"type": "array", "minItems": asked.least, "maxItems": asked.most, "items": row}
    if isinstance(asked, Choices):
        most = asked.most or len(asked.options)
        items = {"enum": list(asked.options)}
        return {"type": "array", "items": items, "minItems": asked.least, "maxItems": most, "uniqueItems": True}
    if isinstance(asked, Files):
        items = _pattern(KEY.pattern)
        return {"type": "array", "items": items, "minItems": asked.least, "maxItems": asked.most, "uniqueItems": True}
    if isinstance(asked, Address):
        detail = {"type": "string", "minLength": 2, "maxLength": asked.most, "pattern": LINE}
        properties = {"area": _pattern(f"({AREA.pattern})?"), "detail": detail}
        return {"type": "object", "properties": properties, "required": ["detail"], "additionalProperties": False}
    return _scalar(asked)


def _scalar(asked: Field) -> dict[str, Any]:
    if isinstance(asked, Text):
        pattern = LINES if asked.long else LINE
        return {"type": "string", "minLength": max(1, asked.least), "maxLength": asked.most, "pattern": pattern}
    if isinstance(asked, Number | Money):
        return {"type": "integer", "minimum": asked.least, "maximum": asked.most}
    if isinstance(asked, Computed):
        return {"type": "integer", "readOnly": True}
    if isinstance(asked, Choice):
        return {"enum": list(asked.options)}
    return _formed(asked)


def _formed(asked: Field) -> dict[str, Any]:
    if isinstance(asked, YesNo):
        return {"type": "boolean"}
    if isinstance(asked, Declaration):
        return {"const": True}
    if isinstance(asked, DayField):
        return {"type": "string", "format": "date", "pattern": DATE}
    if isinstance(asked, Email):
        return {"type": "string", "maxLength": MOST_EMAIL, **_pattern(EMAIL.pattern)}
    for sort, form in ((CitizenNumber, CITIZEN), (CreditCode, CREDIT_FORM), (Phone, PHONE)):
        if isinstance(asked, sort):
            return _pattern(form.pattern)
    raise TypeError(type(asked).__name__)


def _pattern(pattern: str) -> dict[str, Any]:
    return {"type": "string", "pattern": f"^(?:{pattern})$"}
