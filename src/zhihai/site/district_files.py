"""What a district's folder holds: every table with its columns, and what each cell may say. Data, read by machines.

:mod:`zhihai.site.folder` reads by it, :mod:`zhihai.site.folder_check` checks by it, and
:mod:`zhihai.site.folder_page` prints it. What each file and column means stands in the words: ``folder.<file>``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import Literal

from zhihai.ground.identifiers.items import SORTS

Sort = Literal["text", "day", "number", "whole"]

DEVICE_KINDS, CASE_KINDS, TIE_KINDS = "device kinds", "case kinds", "kinds of ties"
ROLES, STEP_ROLES = "roles", "roles of steps"
PUBLICATION_KINDS = "entries of the list of publications"
"""What a cell may name that no file of the folder lists: the house knows it."""
ARCHIVES = "readings/"
"""A cell that names a file of this subfolder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table (列).

    ``needed``: no cell may be empty. ``sort``: what the text is read as; numbers lie within ``least`` and ``most``.
    ``one_of`` lists all that a cell may say. ``of`` names where else it must stand: a table of the folder (in its first
    column), :data:`DEVICE_KINDS`, :data:`CASE_KINDS`, :data:`TIE_KINDS`, :data:`PUBLICATION_KINDS`, :data:`ROLES`,
    :data:`STEP_ROLES` or :data:`ARCHIVES`.
    """

    name: str
    needed: bool = True
    sort: Sort = "text"
    one_of: tuple[str, ...] = ()
    of: str = ""
    least: float = -inf
    most: float = inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table of the folder: ``unique`` columns together say which line it is; ``tree`` lines name their parent."""

    columns: tuple[Column, ...]
    unique: tuple[str, ...]
    optional: bool = False
    tree: bool = False

    def column(self, name: str) -> Column:
        """Return the column with this name."""
        return next(column for column in self.columns if column.name == name)


_NAMES = (Column(name="name_zh"), Column(name="name_en", needed=False))

TABLES: Mapping[str, Table] = {
    "areas.csv": Table(
        unique=("code",),
        tree=True,
        columns=(
            Column(name="code"),
            Column(name="level", one_of=("district", "street", "community")),
            Column(name="parent", needed=False, of="areas.csv"),
            *_NAMES,
            Column(name="valid_from", needed=False, sort="day"),
        ),
    ),
    "organisations.csv": Table(
        unique=("code",),
        tree=True,
        columns=(
            Column(name="code"),
            Column(name="sort", one_of=("district", "department", "street", "community")),
            Column(name="parent", needed=False, of="organisations.csv"),
            Column(name="area", needed=False, of="areas.csv"),
            *_NAMES,
            Column(name="duty", needed=False),
            Column(name="provenance", one_of=("real", "synthetic")),
        ),
    ),
    "calendar.csv": Table(
        unique=("date", "kind"),
        columns=(
            Column(name="date", sort="day"),
            Column(name="kind", one_of=("holiday", "in_lieu_holiday", "make_up_workday")),
            *_NAMES,
        ),
    ),
    "accounts.csv": Table(
        unique=("username",),
        columns=(
            Column(name="username"),
            Column(name="role", of=ROLES),
            Column(name="organisation", of="organisations.csv"),
            Column(name="area", of="areas.csv"),
            Column(name="sort", one_of=("person", "device", "simulated")),
            Column(name="language", needed=False, one_of=("zh", "en")),
            *_NAMES,
        ),
    ),
    "connectors.csv": Table(
        unique=("code",),
        optional=True,
        columns=(
            Column(name="code"),
            Column(name="account", of="accounts.csv"),
            Column(name="organisation", of="organisations.csv"),
            Column(name="provenance", one_of=("real", "replayed", "synthetic")),
        ),
    ),
    "stations.csv": Table(
        unique=("code",),
        optional=True,
        columns=(
            Column(name="code"),
            Column(name="kind", of=DEVICE_KINDS),
            Column(name="organisation", of="organisations.csv"),
            Column(name="area", needed=False, of="areas.csv"),
            Column(name="belongs", one_of=("own", "received")),
            *_NAMES,
            Column(name="lon", sort="number", least=-180, most=180),
            Column(name="lat", sort="number", least=-90, most=90),
            Column(name="accuracy_m", needed=False, sort="number", least=0),
            Column(name="since", needed=False, sort="day"),
            Column(name="readings", needed=False, of=ARCHIVES),
            Column(name="provenance", one_of=("real", "replayed", "synthetic")),
        ),
    ),
    "duties.csv": Table(
        unique=("kind", "role", "area"),
        optional=True,
        columns=(
            Column(name="kind", of=CASE_KINDS),
            Column(name="role", of=STEP_ROLES),
            Column(name="area", of="areas.csv"),
            Column(name="organisation", of="organisations.csv"),
            Column(name="source", needed=False),
        ),
    ),
    "limits.csv": Table(
        unique=("kind", "clock", "valid_from"),
        optional=True,
        columns=(
            Column(name="kind", of=CASE_KINDS),
            Column(name="clock"),
            Column(name="amount", sort="whole", least=1),
            Column(name="unit", one_of=("working_day", "working_hour", "calendar_hour")),
            Column(name="source"),
            Column(name="valid_from", needed=False, sort="day"),
        ),
    ),
    "terms.csv": Table(
        unique=("kind",),
        optional=True,
        columns=(
            Column(name="kind", of=TIE_KINDS),
            Column(name="days", sort="whole", least=1, most=36_600),
            Column(name="source"),
        ),
    ),
    "targets.csv": Table(
        unique=("id",),
        optional=True,
        columns=(
            Column(name="id"),
            Column(name="clause_id"),
            *_NAMES,
            Column(name="unit", needed=False),
            Column(name="baseline", needed=False, sort="number"),
            Column(name="baseline_year", needed=False),
            Column(name="target", needed=False, sort="number"),
            Column(name="target_year", needed=False),
            Column(name="comparison", needed=False, one_of=("=", ">", ">=")),
            Column(name="clause", needed=False),
            Column(name="note", needed=False),
        ),
    ),
    "item_sources.csv": Table(
        unique=("code",),
        optional=True,
        columns=(
            Column(name="code"),
            *_NAMES,
            Column(name="note_zh", needed=False),
            Column(name="note_en", needed=False),
            Column(name="as_of", needed=False, sort="day"),
            Column(name="provenance", one_of=("real", "demonstration", "synthetic")),
            Column(name="words_source", needed=False),
        ),
    ),
    "items.csv": Table(
        unique=("code",),
        optional=True,
        columns=(
            Column(name="code"),
            Column(name="source", of="item_sources.csv"),
            Column(name="name"),
            Column(name="main", needed=False),
            Column(name="sort", needed=False, one_of=tuple(sorted(SORTS))),
            Column(name="office", needed=False),
            Column(name="office_code", needed=False),
            Column(name="organisation", needed=False, of="organisations.csv"),
            Column(name="who", needed=False, one_of=("person", "firm", "both")),
            Column(name="themes", needed=False),
            Column(name="life", needed=False),
            Column(name="words", needed=False),
        ),
    ),
    "synonyms.csv": Table(unique=("words",), optional=True, columns=(Column(name="words"),)),
    "publications.csv": Table(
        unique=("organisation", "title", "made_on"),
        optional=True,
        columns=(
            Column(name="kind", of=PUBLICATION_KINDS),
            Column(name="organisation", of="organisations.csv"),
            Column(name="title"),
            Column(name="number", needed=False),
            Column(name="made_on", sort="day"),
            Column(name="published_on", sort="day"),
            Column(name="body"),
            Column(name="source"),
            Column(name="provenance", one_of=("real", "demonstration", "synthetic")),
        ),
    ),
    "contacts.csv": Table(
        unique=("sort",),
        optional=True,
        columns=(
            Column(name="sort", one_of=("hotline", "window")),
            *_NAMES,
            Column(name="phone", needed=False),
            Column(name="place_zh", needed=False),
            Column(name="place_en", needed=False),
            Column(name="hours_zh", needed=False),
            Column(name="hours_en", needed=False),
            Column(name="source"),
        ),
    ),
    "windows.csv": Table(
        unique=("name_zh", "organisation"),
        optional=True,
        columns=(
            Column(name="name_zh"),
            Column(name="name_en"),
            Column(name="organisation", of="organisations.csv"),
            Column(name="place_zh"),
            Column(name="place_en"),
            Column(name="weekdays"),
            Column(name="hours"),
        ),
    ),
}

KEYS: Mapping[str, tuple[str, ...]] = {
    "district.toml": ("code", "prefix", "zone", "name", "working.sessions", "replay", "base"),
    "officials.toml": ("seed", "habit"),
}
"""The keys of the two files that are no tables."""
