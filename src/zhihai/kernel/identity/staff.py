"""The staff list (人事名册): officials and their roles as a personnel office lists them, compared with what is held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from zhihai.ground.named import Named
from zhihai.kernel import records
from zhihai.kernel.identity.holding import IN_FORCE, role_kind

Place = tuple[str, int, int]
"""A role in an organisation over an area, by number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffInput:
    """One official as the list names them, with all the roles it gives them; ``line`` is where they stand first."""

    username: str
    name: Named
    email: str
    posts: tuple[Place, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Gift:
    """A role that a list gives and nobody holds yet; ``guarded`` ones wait until two have agreed."""

    username: str
    post: Place
    guarded: bool


@dataclass(frozen=True, slots=True)
class Conflict:
    """Somebody whom a list names and who is left as they are, with the reason: ``staff.conflict.<reason>``."""

    username: str
    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class StaffDifference:
    """What a list would change. ``back`` are those who had left; ``ended`` are memberships and their holders."""

    new: tuple[StaffInput, ...]
    back: tuple[StaffInput, ...]
    renamed: tuple[StaffInput, ...]
    given: tuple[Gift, ...]
    ended: tuple[tuple[str, int, str], ...]
    left: tuple[str, ...]
    waiting: int
    kept: int
    conflicts: tuple[Conflict, ...]

    @property
    def changes(self) -> int:
        """Return how many acts applying it takes."""
        return sum(map(len, (self.new, self.back, self.renamed, self.given, self.ended, self.left)))


@dataclass(frozen=True, slots=True)
class _Known:
    """An account that a list may be about."""

    id: int
    name: Named
    email: str
    sort: str
    active: bool
    listed: bool


_KNOWN = """SELECT a.username, a.id, a.name_zh, a.name_en, a.email, a.sort, a.is_active, s.account_id IS NOT NULL
    FROM account a LEFT JOIN staff_member s ON s.account_id = a.id
    WHERE a.username = ANY(%s) OR s.account_id IS NOT NULL"""
_HELD = f"""SELECT a.username, m.role, m.organisation_id, m.area_id, m.id, m.batch IS NOT NULL
    FROM membership m JOIN account a ON a.id = m.account_id
    WHERE (a.username = ANY(%s) OR m.batch IS NOT NULL) AND m.delegated_from IS NULL AND m.types IS NULL
      AND {IN_FORCE.format(m="m", at="%s")} ORDER BY a.username, m.id"""
_PROPOSED = """SELECT DISTINCT ON (a.username, p.role, p.organisation_id, p.area_id)
        a.username, p.role, p.organisation_id, p.area_id, p.state
    FROM grant_proposal p JOIN account a ON a.id = p.account_id
    WHERE a.username = ANY(%s) AND (p.state = 'refused' OR (p.state = 'open' AND p.expires_at > %s))
    ORDER BY a.username, p.role, p.organisation_id, p.area_id, p.id DESC"""


def compare_staff(people: Sequence[StaffInput], *, at: datetime) -> StaffDifference:
    """Return what a list would change, and write nothing.

    Accounts that no list made are not the list's to change, and the roles that somebody gave by hand are left alone;
    who leaves loses both.
    """
    names = [one.username for one in people]
    known = {row[0]: _Known(row[1], Named(row[2], row[3]), *row[4:]) for row in records.rows(_KNOWN, (names,))}
    conflicts = [found for one in people if (found := _conflict(one, known.get(one.username)))]
    struck = {one.username for one in conflicts}
    sound = [one for one in people if one.username not in struck]
    held: dict[tuple[str, Place], int] = {}
    by_list: list[tuple[str, int, Place]] = []
    for username, role, organisation, area, membership, listed in records.rows(_HELD, (names, at, at)):
        held[username, (role, organisation, area)] = membership
        if listed:
            by_list.append((username, membership, (role, organisation, area)))
    proposed = {(row[0], (row[1], row[2], row[3])): row[4] for row in records.rows(_PROPOSED, (names, at))}
    wanted = [(one.username, post) for one in sound for post in one.posts]
    missing = [pair for pair in wanted if pair not in held]
    refused = {pair[0] for pair in missing if proposed.get(pair) == "refused"}
    lines = {one.username: one.line for one in people}
    listed = {one.username: set(one.posts) for one in sound}
    return StaffDifference(
        new=tuple(one for one in sound if one.username not in known),
        back=tuple(one for one in sound if one.username in known and not known[one.username].active),
        renamed=tuple(one for one in sound if _renamed(one, known)),
        given=tuple(
            Gift(username, post, role_kind(post[0]).guarded) for username, post in missing
            if (username, post) not in proposed
        ),
        ended=tuple(
            (username, membership, post[0]) for username, membership, post in by_list
            if username in listed and post not in listed[username]
        ),
        left=tuple(sorted(name for name, one in known.items() if one.listed and one.active and name not in lines)),
        waiting=sum(proposed.get(pair) == "open" for pair in missing),
        kept=len(wanted) - len(missing),
        conflicts=(*conflicts, *(Conflict(name, lines[name], "refused") for name in sorted(refused))),
    )  # fmt: skip


def _conflict(one: StaffInput, known: _Known | None) -> Conflict | None:
    if known is None or known.listed:
        return None
    return Conflict(one.username, one.line, "by_hand" if known.sort == "person" else "no_person")


def _renamed(one: StaffInput, known: Mapping[str, _Known]) -> bool:
    was = known.get(one.username)
    return was is not None and was.active and (was.name, was.email) != (one.name, one.email)
