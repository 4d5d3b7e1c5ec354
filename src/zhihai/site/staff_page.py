"""The page of the staff list (人事名册): a list is brought, what it would change is read, and then it is done."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpResponse

from zhihai.faces.desk.frame import page, posted
from zhihai.faces.naming import Telling, telling
from zhihai.faces.once import done, said_once
from zhihai.faces.request import Asked
from zhihai.ground.refusal import Refused
from zhihai.kernel.identity import acts
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.identity.acts import StaffInput
from zhihai.kernel.identity.kinds import GRANT_ROLES
from zhihai.site.folder import decoded
from zhihai.site.staff_list import COLUMNS, staff_in

MOST_BYTES = 4 * 2**20
"""A line takes some eighty bytes, so this is a list of fifty thousand roles."""
MOST_FAULTS = 50
MOST = 200
"""So many of each sort of change are shown."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change that a list makes: of which account, and of which role where it is one of a role."""

    id: str
    name: str = field(default="", repr=False)
    role: str = ""


@dataclass(frozen=True, slots=True)
class Clash:
    """An account that a list names and that is left as it is, and why."""

    id: str
    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in a list, by its place: file, line and column."""

    id: str
    code: str
    facts: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Report:
    """What a list would change, sort by sort, as a page shows it; ``seen`` tells this report from any other."""

    sorts: tuple[tuple[str, tuple[Change, ...]], ...]
    conflicts: tuple[Clash, ...]
    changes: int
    left: int
    kept: int
    waiting: int
    seen: str


@page("desk/staff.jinja", GRANT_ROLES)
def staff(request: Asked) -> dict[str, Any]:
    """The form that a list is brought by. For those who give roles in the whole district."""
    request.actor.need(GRANT_ROLES)
    return _shown(request)


def _shown(request: Asked, wrong: Refused | None = None, **more: Any) -> dict[str, Any]:
    return {
        "columns": COLUMNS, "wrong": wrong, "faults": (), "more_faults": 0, "report": None, "list": "", "file": "",
        "most": MOST, "written": request.POST, "done": said_once(request), **more,
    }  # fmt: skip


@posted("desk/staff.jinja", GRANT_ROLES, back="desk-staff")
def compare(request: Asked) -> dict[str, Any]:
    """What a list would change; nothing is done yet."""
    request.actor.need(GRANT_ROLES)
    given = request.FILES.get("file")
    if given is None or not given.size:
        return _shown(request, Refused("staff_no_file", "file"))
    if given.size > MOST_BYTES:
        return _shown(request, Refused("staff_file_large", "file", most=MOST_BYTES // 2**20))
    file = str(given.name)[:80]
    try:
        return _compared(request, file, decoded(file, given.read()))
    except Refused as refused:
        return _shown(request, refused)


def _compared(request: Asked, file: str, text: str, wrong: Refused | None = None) -> dict[str, Any]:
    people, faults = staff_in(file, text)
    if faults:
        shown = [Fault(one.field or file, one.code, one.facts) for one in faults[:MOST_FAULTS]]
        first = wrong or Refused("staff_faults", "file", n=len(faults))
        return _shown(request, first, faults=shown, more_faults=max(0, len(faults) - MOST_FAULTS))
    report = report_of(identity.compare_staff(people, at=request.clock.instant), people, telling(request.language))
    return _shown(request, wrong, report=report, list=text, file=file)


@posted("desk/staff.jinja", GRANT_ROLES, back="desk-staff")
def apply(request: Asked) -> dict[str, Any] | HttpResponse:
    """Do what was shown. Where something else would be done by now, that is shown, and nothing is done."""
    request.actor.need(GRANT_ROLES)
    text, file = request.POST.get("list", ""), request.POST.get("file", "")[:80]
    at, batch = request.clock.instant, request.POST.get("batch", "")
    people, faults = staff_in(file, text)
    now = report_of(identity.compare_staff(people, at=at), people, telling(request.language)) if not faults else None
    if now is None or now.seen != request.POST.get("seen"):
        return _compared(request, file, text, Refused("staff_changed", "file", status=409))
    try:
        most_leave = request.POST.get("most_leave") == "1"
        found = acts.apply_staff(request.actor, people, batch, at=at, most_leave=most_leave)
    except Refused as refused:
        return _compared(request, file, text, refused)
    return done(request, "desk.staff.applied", "desk-staff", n=found.changes)


def report_of(found: identity.StaffDifference, people: Sequence[StaffInput], tell: Telling) -> Report:
    """Return a difference as a page shows it."""
    names = {one.username: one.name.say(tell.language) for one in people}

    def roles(pairs: Sequence[tuple[str, str]]) -> tuple[Change, ...]:
        return tuple(Change(username, names.get(username, ""), tell.kind(role, "role")) for username, role in pairs)

    sorts = (
        ("new", tuple(Change(one.username, names[one.username]) for one in found.new)),
        ("back", tuple(Change(one.username, names[one.username]) for one in found.back)),
        ("renamed", tuple(Change(one.username, names[one.username]) for one in found.renamed)),
        ("given", roles([(one.username, one.post[0]) for one in found.given if not one.guarded])),
        ("proposed", roles([(one.username, one.post[0]) for one in found.given if one.guarded])),
        ("ended", roles([(username, role) for username, _, role in found.ended])),
        ("left", tuple(Change(username) for username in found.left)),
    )
    conflicts = tuple(Clash(one.username, one.line, one.reason) for one in found.conflicts)
    seen = hashlib.sha256(repr((found.new, found.back, found.renamed, found.given, found.ended, found.left)).encode())
    shown = tuple(pair for pair in sorts if pair[1])
    return Report(shown, conflicts, found.changes, len(found.left), found.kept, found.waiting, seen.hexdigest())
