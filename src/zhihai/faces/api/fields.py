"""Fields at fault: what is wrong with which input, as keys of the words; pydantic's findings put into ours."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from zhihai.ground.refusal import Refused


@dataclasses.dataclass(frozen=True, slots=True)
class Wrong:
    """One input at fault: the sentence is ``api.field.<key>`` filled with ``facts``."""

    field: str
    key: str
    facts: Mapping[str, object] = dataclasses.field(default_factory=dict)


class FieldsWrong(Refused):
    """Inputs that do not fit, each told by itself (422)."""

    def __init__(self, wrongs: Sequence[Wrong]) -> None:
        super().__init__("fields_wrong", n=len(wrongs))
        self.wrongs = tuple(wrongs)


KEYS: Mapping[str, str] = {
    "missing": "missing", "extra_forbidden": "unknown", "int_parsing": "integer", "int_type": "integer",
    "int_from_float": "integer", "int_parsing_size": "integer", "float_parsing": "number", "float_type": "number",
    "finite_number": "number", "bool_parsing": "flag", "bool_type": "flag", "string_type": "text",
    "string_unicode": "text", "string_pattern_mismatch": "form", "string_too_long": "long", "string_too_short": "short",
    "greater_than_equal": "least", "less_than_equal": "most", "datetime_parsing": "instant", "datetime_type": "instant",
    "datetime_from_date_parsing": "instant", "datetime_object_invalid": "instant", "timezone_aware": "offset",
    "timezone_naive": "offset", "instant_range": "instant_range", "date_parsing": "day", "date_type": "day",
    "date_from_datetime_parsing": "day", "date_from_datetime_inexact": "day", "literal_error": "choice",
    "list_type": "list", "too_long": "many", "too_short": "few", "dict_type": "object", "model_type": "object",
    "model_attributes_type": "object",
}  # fmt: skip
"""pydantic's sorts of errors, and the key of our sentence; any other is told as ``other``."""

FACTS: Mapping[str, str] = {"min_length": "least", "max_length": "most", "ge": "least", "le": "most"}


def wrongs_of(errors: Iterable[Mapping[str, Any]]) -> list[Wrong]:
    """Return the findings of pydantic, as ninja collects them, as ours; a body's own name is left away."""
    return [Wrong(_path(error["loc"]), KEYS.get(error["type"], "other"), _facts(error)) for error in errors]


def _path(loc: Sequence[str | int]) -> str:
    """Return the place of an error without its source and, in a body, without the parameter's name."""
    parts = loc[2:] if loc[0] == "body" else loc[1:]
    named = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return named.removeprefix(".") or str(loc[0])


def _facts(error: Mapping[str, Any]) -> dict[str, object]:
    context = error.get("ctx", {})
    facts = {ours: context[theirs] for theirs, ours in FACTS.items() if theirs in context}
    if error["type"] == "literal_error":
        facts["choices"] = context["expected"].replace(" or ", ", ").replace("'", "")
    return facts
