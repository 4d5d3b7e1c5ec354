"""The reference page of all settings, generated from the configuration and its words."""

from __future__ import annotations

import types
from collections.abc import Sequence
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Le
from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from zhihai.ground.words import Language, Words
from zhihai.site.configuration import PREFIX, Configuration
from zhihai.site.wording import site_words


def settings_page() -> str:
    """Return ``docs/reference/settings.md``: one table in Chinese and one in English, every field of the configuration.

    Raises ``KeyError`` naming ``settings.<field>`` when a field has no words.
    """
    words = site_words()
    title = f"# {words.say('settings.title', 'zh')} · {words.say('settings.title', 'en')}"
    return "\n\n".join([title, _table(words, "zh"), _table(words, "en")]) + "\n"


def _table(words: Words, language: Language) -> str:
    lines = [words.say("settings.introduction", language), "", words.say("settings.heading", language)]
    lines.append("| --- | --- | --- | --- | --- |")
    for name, field in Configuration.model_fields.items():
        default = _default(field, words.say("settings.none", language))
        meaning = words.say(f"settings.{name}", language)
        lines.append(f"| `{PREFIX}{name.upper()}` | `{name}` | {_type(field)} | {default} | {meaning} |")
    return "\n".join(lines)


def _default(field: FieldInfo, none: str) -> str:
    if field.default is PydanticUndefined:
        return "…"
    return none if field.default in (None, "") else f"`{str(field.default).lower()}`"


def _type(field: FieldInfo) -> str:
    return _type_name(field.annotation, field.metadata)


def _type_name(annotation: Any, bounds: Sequence[Any] = ()) -> str:
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        return " / ".join(_type_name(part, bounds) for part in parts if part is not type(None))
    if origin is Annotated:
        return _type_name(parts[0], parts[1].metadata)
    if origin is Literal:
        return " / ".join(f"`{value}`" for value in parts)
    name = {SecretStr: "secret", bool: "bool", int: "int", str: "text"}.get(annotation, "path")
    least = next((limit.ge for limit in bounds if isinstance(limit, Ge)), None)
    most = next((limit.le for limit in bounds if isinstance(limit, Le)), None)
    return name if least is None or most is None else f"{name} {least} … {most}"
