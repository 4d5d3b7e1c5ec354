"""What the frame of a page shows: the district's clock, the ways to go, the account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Mode = Literal["live", "replay", "frozen"]
Provenance = Literal["real", "synthetic", "replayed", "demonstration", "provisional", "approximate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockFace:
    """The district's clock as a page shows it.

    ``instant`` is the aware district instant at which the page was made; ``speed`` is district seconds per real second
    (1 live, 0 frozen or paused); ``until`` is the end of a replay's data. ``source`` is the address that tells
    ``{"mode", "instant", "speed", "until"}`` again, so that an open page stays true.
    """

    mode: Mode
    instant: datetime
    speed: float = 1.0
    until: datetime | None = None
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NavItem:
    """One way to go; ``count`` is a figure kept beforehand, never counted for the page; ``tone`` colours it."""

    label: str
    href: str
    count: str = ""
    tone: Literal["", "near", "late"] = ""
    current: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NavGroup:
    """Ways to go under one heading."""

    label: str
    items: tuple[NavItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFace:
    """Who is signed in: the name people read and the duty in whose name they act."""

    name: str
    duty: str = ""
    href: str = ""
    sign_out: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActingFace:
    """In whose name somebody acts now: what the strip on every page says, and what ends it."""

    says: str
    stop: str
    stop_label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """The frame of every page of one face.

    ``face`` says which (desk, wall …); ``home``, ``search`` and ``desk`` are addresses, the latter two empty where
    there is none: ``desk`` leads whoever is signed in back from the wall. ``statement`` is that of the statement on
    accessibility.
    ``marks`` say where what is shown comes from.
    """

    district: str
    face: str
    home: str
    groups: tuple[NavGroup, ...] = ()
    account: AccountFace | None = None
    sign_in: str = ""
    desk: str = ""
    search: str = ""
    statement: str = ""
    marks: tuple[Provenance, ...] = ()
    acting: ActingFace | None = None
