"""What is wrong with settings, each told in a sentence of its own that names the setting and what to do (设置有误)."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Le
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from zhihai.ground.refusal import Refused

NUMBER = frozenset(("int_parsing", "int_type", "int_from_float", "greater_than_equal", "less_than_equal"))
SWITCH = frozenset(("bool_parsing", "bool_type"))
TEXT = frozenset(("string_type", "path_type"))
UNKNOWN, CHOICE = "extra_forbidden", "literal_error"
ANYWHERE = ("0.0.0.0", "::")


def faults_of(wrong: ValidationError, fields: Mapping[str, FieldInfo], prefix: str) -> list[Refused]:
    """Return a refusal for each setting that a validation found wrong, without the value, which may be a secret."""
    return [
        _fault(str(error["loc"][0]) if error["loc"] else "", error, fields, prefix)
        for error in wrong.errors(include_input=False, include_url=False)
    ]


def _fault(name: str, error: Mapping[str, Any], fields: Mapping[str, FieldInfo], prefix: str) -> Refused:
    sort, given = error["type"], f"{prefix}{name.upper()}"
    if sort == UNKNOWN:
        near = difflib.get_close_matches(name, fields, 1)
        return Refused("setting_near" if near else "setting_unknown", given, near="".join(near), name=name)
    if sort in NUMBER:
        least, most = bounds(fields[name])
        return Refused("setting_number", given, least=least, most=most)
    if sort in SWITCH:
        return Refused("setting_switch", given)
    if sort == CHOICE:
        return Refused("setting_choice", given, choices=", ".join(choices(fields[name].annotation)))
    if sort in TEXT:
        return Refused("setting_text", given)
    return Refused(sort, given, **error.get("ctx", {}))


def bounds(field: FieldInfo) -> tuple[object, object]:
    """Return the least and the most that a field of a whole number may be."""
    found: list[Any] = [*field.metadata]
    for part in get_args(field.annotation):
        found += (limit for one in getattr(part, "__metadata__", ()) for limit in one.metadata)
    least = next((one.ge for one in found if isinstance(one, Ge)), "…")
    return least, next((one.le for one in found if isinstance(one, Le)), "…")


def choices(annotation: object) -> Iterable[str]:
    """Return what a field of few values may be."""
    return [str(value) for value in get_args(annotation)] if get_origin(annotation) is Literal else []


def contradictions(config: Any, prefix: str, loopback: Iterable[str]) -> list[Refused]:
    """Return a refusal for each two settings that can not both hold, and each folder that can not be what it must."""
    found = []
    if config.is_demonstration and config.host not in loopback:
        found.append(Refused("demonstration_host", f"{prefix}HOST"))
    elif config.host in ANYWHERE and not config.address:
        found.append(Refused("host_without_address", f"{prefix}ADDRESS", host=config.host))
    if config.sign_in_issuer and not config.sign_in_client:
        found.append(Refused("setting_client", f"{prefix}SIGN_IN_CLIENT"))
    if config.sms_answer and not config.sms_accepted.split():
        found.append(Refused("setting_sms_accepted", f"{prefix}SMS_ANSWER"))
    if config.database_url is not None:
        found += [
            Refused("setting_of_embedded", f"{prefix}{name.upper()}")
            for name in ("postgres_bin", "buffers")
            if getattr(config, name) is not None
        ]
    elif config.postgres_bin is not None and not os.access(config.postgres_bin / "postgres", os.X_OK):
        found.append(Refused("postgres_missing", f"{prefix}POSTGRES_BIN", folder=str(config.postgres_bin)))
    if not _could_be_written(config.data):
        found.append(Refused("data_not_writable", f"{prefix}DATA", folder=str(config.data)))
    return found


def _could_be_written(folder: Path) -> bool:
    """Say whether a folder can be written, or be made in the nearest one above it that is there."""
    there = folder
    while not there.exists() and there != there.parent:
        there = there.parent
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)
