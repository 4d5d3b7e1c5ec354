"""A staff list as a file: one line for each role that somebody holds, checked before anything is compared."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from zhihai.ground.named import Named
from zhihai.ground.refusal import Refused
from zhihai.kernel import house
from zhihai.kernel.identity import reads as identities
from zhihai.kernel.identity.acts import StaffInput
from zhihai.kernel.identity.kinds import RoleKind
from zhihai.kernel.places import reads as where
from zhihai.site.folder import Line, lines_in, text_of

COLUMNS = ("username", "name_zh", "name_en", "email", "organisation", "area", "role")
OPTIONAL = frozenset({"name_en", "email"})
USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
LONGEST = 120


def read_staff(path: Path) -> tuple[list[StaffInput], list[Refused]]:
    """Return the officials that a list names, and everything wrong with it: file, line and column of each fault.

    The list is CSV in UTF-8 with a heading. Who holds several roles stands on several lines, each time with the same
    name. Roles are named as in a district's folder, by their id or in full.
    """
    return staff_in(path.name, text_of(path))


def staff_in(file: str, text: str) -> tuple[list[StaffInput], list[Refused]]:
    """Return what :func:`read_staff` does, of the text of a list."""
    faults: list[Refused] = []
    lines = lines_in(file, text, COLUMNS, faults, "staff_columns")
    if any(one.code == "staff_columns" for one in faults):
        return [], faults
    people, wrong = staff_of(file, lines)
    return people, [*faults, *wrong] or ([] if lines else [Refused("staff_empty", file)])


def staff_of(source: str, lines: Sequence[Line]) -> tuple[list[StaffInput], list[Refused]]:
    """Return the officials that lines name, and everything wrong with them; ``source`` is where they are from."""
    faults: list[Refused] = []
    offices = {one.code: one.id for one in identities.organisations() if one.ended is None}
    areas = {one.code: one.id for one in where.areas() if one.valid_to is None}
    roles = {name: name for name, _ in house.registry().all(RoleKind)}
    known: dict[str, Mapping[str, object]] = {
        "organisation": offices,
        "area": areas,
        "role": {**_short(roles), **roles},
    }
    people: dict[str, StaffInput] = {}
    seen: dict[tuple[str, ...], int] = {}
    for line in lines:
        wrong = list(_faults(source, line, known))
        key = tuple(line[column] for column in ("username", "organisation", "area", "role"))
        if key in seen and not wrong:
            wrong.append(Refused("folder_twice", f"{source}:{line.number}", value=line["username"], first=seen[key]))
        seen.setdefault(key, line.number)
        if not wrong:
            wrong += _add(people, source, line, known)
        faults += wrong
    return list(people.values()), faults


def _short(roles: Mapping[str, str]) -> dict[str, str]:
    """Return the kernel's roles by their id alone, as in ``accounts.csv``."""
    return {name.partition(".")[2]: name for name in roles if name.startswith("zhihai.")}


def _faults(file: str, line: Line, known: Mapping[str, Mapping[str, object]]) -> list[Refused]:
    wrong = []
    for column in COLUMNS:
        place, text = f"{file}:{line.number} {column}", line[column]
        if not text:
            if column not in OPTIONAL:
                wrong.append(Refused("folder_empty", place))
        elif column in known and text not in known[column]:
            wrong.append(Refused("folder_stranger", place, value=text, where=column))
        elif column == "username" and not USERNAME.fullmatch(text):
            wrong.append(Refused("staff_username", place))
        elif (column == "email" and not EMAIL.fullmatch(text)) or len(text) > LONGEST:
            wrong.append(Refused("staff_text", place, most=LONGEST))
    return wrong


def _add(
    people: dict[str, StaffInput], file: str, line: Line, known: Mapping[str, Mapping[str, object]]
) -> list[Refused]:
    """Add a line to whom it names; a person who is named in two ways is a fault of the later line."""
    role, office, area = (known[column][line[column]] for column in ("role", "organisation", "area"))
    post = (str(role), int(str(office)), int(str(area)))
    name, first = Named(line["name_zh"], line["name_en"] or line["name_zh"]), people.get(line["username"])
    if first is None:
        people[line["username"]] = StaffInput(
            username=line["username"], name=name, email=line["email"], posts=(post,), line=line.number
        )
        return []
    if (first.name, first.email) != (name, line["email"]):
        return [Refused("staff_differs", f"{file}:{line.number} name_zh", first=first.line)]
    people[line["username"]] = replace(first, posts=(*first.posts, post))
    return []
