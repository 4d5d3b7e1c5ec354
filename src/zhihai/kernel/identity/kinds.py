"""Kinds of the room identity: roles, and the powers they hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from zhihai.ground.kind import Kind
from zhihai.ground.powers import (
    ANSWER_CALLS,
    CONFIRM_ROLES,
    DELEGABLE,
    DIRECT_CASES,
    GRANT_ROLES,
    GUARDED,
    OPEN_CASES,
    POWERS,
    PUBLISH_SERVICES,
    RELEASE_READINGS,
    REVIEW_ROLES,
    RUN_CLOCK,
    RUN_OPERATION,
    SEE_CASES,
    SEE_DEVICES,
    SEE_LOOKS,
    SEE_NUMBERS,
    SEE_OPERATION,
    SEE_PEOPLE,
    SEE_QUARANTINE,
    SEND_READINGS,
    SET_CASES,
    SET_CERTIFICATES,
    SET_CLIENTS,
    SET_DATA,
    SET_DEVICES,
    SET_DISTRICT,
    SET_PEOPLE,
    SET_RULES,
    SET_SERVICES,
    TAKE_MATTERS,
    TELL_PEOPLE,
    TRY_RULES,
    USE_SEALS,
    VERIFY_JOURNAL,
    WORK_CASES,
)

__all__ = [
    "ANSWER_CALLS", "CONFIRM_ROLES", "DELEGABLE", "DIRECT_CASES", "FIELDS", "GRANT_ROLES", "GROUNDS", "GUARDED",
    "OPEN_CASES", "POWERS", "PUBLISH_SERVICES", "RELEASE_READINGS", "REVIEW_ROLES", "RUN_CLOCK", "RUN_OPERATION",
    "SEE_CASES", "SEE_DEVICES", "SEE_LOOKS", "SEE_NUMBERS", "SEE_OPERATION", "SEE_PEOPLE", "SEE_QUARANTINE",
    "SEND_READINGS", "SET_CASES", "SET_CERTIFICATES", "SET_CLIENTS", "SET_DATA", "SET_DEVICES", "SET_DISTRICT",
    "SET_PEOPLE", "SET_RULES", "SET_SERVICES", "SOURCES", "TAKE_MATTERS", "TELL_PEOPLE", "TRY_RULES", "USE_SEALS",
    "VERIFY_JOURNAL", "WORK_CASES", "Deputies", "PersonSort", "RoleKind", "ServiceKind", "TieKind",
]  # fmt: skip


PersonSort = Literal["natural", "legal"]
"""A person in law: a human being (自然人), or a firm, a body, an office (法人)."""

Deputies = Literal["none", "organisation", "district"]
"""Who may stand in for the holder of a role (代行): nobody, who has a post in the same organisation, any official."""

FIELDS: Mapping[PersonSort, tuple[str, ...]] = {
    "natural": ("name", "number", "sex", "birth", "area", "address", "phone", "ended"),
    "legal": ("name", "number", "area", "address", "representative", "ended"),
}
"""What is kept of a person, each with its source and as-of. Words: ``identity.field.<field>``.

``ended`` is the day somebody died or a firm was struck off (死亡、注销): what was done in their name ends with it
(Civil Code, articles 173 and 175).
"""

SOURCES = ("population_base", "legal_person_base", "window", "document")
"""Where a field is from. Words: ``identity.source.<source>``."""

GROUNDS = ("case", "application", "notice", "window", "own_request", "supervision", "law")
"""On what ground an official looks at a person's data (查阅依据). Words: ``identity.ground.<ground>``."""

MANDATE = "mandate"
"""The ground of a look by whoever acts for the person (受托查看); officials can not choose it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleKind(Kind):
    """A role that accounts hold in an organisation over an area (岗位): the powers that come with it.

    ``given_by`` are full names of the roles whose holders may give it within their own scope; ``four_eyes`` says that
    it is only proposed so, and takes effect when another, who holds one of ``confirmed_by``, confirms it: always so
    with a power of ``GUARDED``. ``deputies`` says to whom it may be handed while its holder is away.
    Words: ``role.<id>.name``. Raises ``ValueError`` for an unknown power, for deputies of a role with powers that are
    nobody else's to use, and for a role that nobody may give or confirm.
    """

    powers: frozenset[str]
    given_by: tuple[str, ...] = ("zhihai.administrator",)
    four_eyes: bool = False
    confirmed_by: tuple[str, ...] = ("zhihai.administrator", "zhihai.supervisor")
    deputies: Deputies = "none"

    @property
    def guarded(self) -> bool:
        """Say whether two are needed to give it (双人授权)."""
        return self.four_eyes or bool(self.powers & GUARDED)

    def __post_init__(self) -> None:
        Kind.__post_init__(self)
        unknown = self.powers - POWERS
        if unknown:
            raise ValueError(f"role {self.id}: unknown powers {sorted(unknown)}")
        if self.deputies != "none" and self.powers - DELEGABLE:
            kept = sorted(self.powers - DELEGABLE)
            raise ValueError(f"role {self.id}: {kept} can not be handed to deputies; set deputies to none")
        if not self.given_by or (self.guarded and not self.confirmed_by):
            raise ValueError(f"role {self.id}: name at least one role that gives it, and one that confirms it")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceKind(Kind):
    """Something people do for themselves that another may do in their name (可代办事项).

    Words: ``service.<id>.name``.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class TieKind(Kind):
    """A way to act for another (代理、监护、帮办). Words: ``tie.<id>.name``, ``tie.<id>.what``.

    ``principal`` is the sort of person acted for; who acts is a human being of ``least_age`` full years. ``grounds``
    are what it may rest on at a window, words ``identity.tie_ground.<ground>``. ``days`` is the longest term, ``None``
    one without end; a district may set another with its source, and ``confirmed`` is false for demonstration values.
    ``parties`` says that those it ties grant and end it themselves; any other is made and ended at a window.
    ``named_by`` is the field of the principal that must name who acts. ``gives`` are ids of the kinds, of the same
    pack, that who acts may give to others in the principal's name; nothing else is ever passed on.
    """

    principal: PersonSort
    grounds: tuple[str, ...]
    days: int | None
    least_age: int = 18
    parties: bool = False
    named_by: str | None = None
    gives: tuple[str, ...] = ()
    confirmed: bool = True

    def __post_init__(self) -> None:
        Kind.__post_init__(self)
        if not self.grounds:
            raise ValueError(f"tie {self.id}: rests on nothing")
        if self.days is not None and self.days < 1:
            raise ValueError(f"tie {self.id}: its longest term is no day")
        if self.named_by is not None and self.named_by not in FIELDS[self.principal]:
            raise ValueError(f"tie {self.id}: unknown field {self.named_by}")
