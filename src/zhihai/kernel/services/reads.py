"""What can be applied for, and what it takes: questions of the room services."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from zhihai.ground.actors import Actor
from zhihai.ground.identifiers.items import ItemCode, read_item_code
from zhihai.ground.refusal import NotFound, NotPermitted
from zhihai.kernel import records
from zhihai.kernel.cases.kinds import WITHDRAWN
from zhihai.kernel.identity.kinds import PUBLISH_SERVICES, SET_SERVICES
from zhihai.kernel.services.applications import (
    APPLICATION,
    SERVICE,
    SUPPLEMENT,
    Application,
    ApplicationLook,
    PaperLine,
    Rated,
    Took,
    asked_by_code,
    course_of,
    my_applications,
    own_application,
    took,
)
from zhihai.kernel.services.applying import asks_supplement, may_withdraw, refuse_applicant
from zhihai.kernel.services.bringing import Changed, Difference, Odd, compare
from zhihai.kernel.services.calling import CALL_BACK
from zhihai.kernel.services.finding import HELD, Card, Catalogue, Found, Office, Source
from zhihai.kernel.services.guiding import Version, read_fields, versions
from zhihai.kernel.services.kinds import Described, Guide, State, Who
from zhihai.kernel.services.looking import given_in
from zhihai.kernel.services.matters import ORGANISATION, Item, Matter, find_matter, for_items, matter_kinds, public_item
from zhihai.kernel.services.papers import PaperFile, paper_told, papers_waiting
from zhihai.kernel.services.rating import LEVELS, RATING, REASONS, answer_to, rated_in, ratings_of
from zhihai.kernel.services.reaching import matters_received, reached_application

__all__ = [
    "APPLICATION", "CALL_BACK", "LEVELS", "ORGANISATION", "RATING", "REASONS", "SERVICE", "SUPPLEMENT", "WITHDRAWN",
    "Application", "ApplicationLook", "Card", "Catalogue", "Changed", "Difference", "Found", "Item", "ItemLine",
    "ItemPage", "Matter", "Odd", "Office", "PaperFile", "PaperLine", "Rated", "Source", "Took", "Version", "answer_to",
    "asked_by_code", "asks_supplement", "catalogue", "compare", "course_of", "find_matter", "for_items", "given_in",
    "guide_of", "item_page", "items", "matter_kinds", "matters_received", "may_withdraw", "my_applications",
    "own_application", "paper_told", "papers_waiting", "public_item", "rated_in", "ratings_of", "reached_application",
    "refuse_applicant", "synonym_groups", "took", "withdrawn",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class ItemLine:
    """An item in the list of the desk; ``draft`` says that a draft of its guide waits."""

    id: int
    code: str
    name: str
    office: str
    organisation: int | None
    state: State
    filled: int
    draft: bool
    source: int


@dataclass(frozen=True, slots=True)
class ItemPage:
    """All that is known of an item, for whoever keeps it; ``may_set`` and ``may_publish`` are of who asks.

    ``code`` is read into its parts, ``odd`` are words keys of what should be looked at again.
    """

    line: ItemLine
    code: ItemCode
    odd: tuple[str, ...]
    main: str
    sort: str
    described: Described
    reason: str
    changed_at: datetime
    versions: tuple[Version, ...]
    may_set: bool
    may_publish: bool

    @property
    def working(self) -> Guide:
        """The newest version, whatever its state: what a form begins with."""
        return self.versions[0].fields if self.versions else {}

    @property
    def published(self) -> Guide:
        """The version that is public."""
        return next((one.fields for one in self.versions if one.state == "published"), {})


def catalogue() -> Catalogue:
    """Return all that is public as the store has it now: one question where nothing changed."""
    return HELD.now()


def guide_of(item: int) -> Guide:
    """Return the published guide of an item; empty where there is none yet."""
    text = records.value("SELECT fields::text FROM service_guide WHERE item_id = %s AND state = 'published'", (item,))
    return read_fields(text) if text else {}


def withdrawn(code: str) -> tuple[str, str] | None:
    """Return name and reason of an item that was taken out of the hall; ``None`` for any other code."""
    row = records.one("SELECT name, reason FROM service_item WHERE code = %s AND state = 'withdrawn'", (code,))
    return None if row is None else (row[0], row[1])


_LINE = """SELECT i.id, i.code, i.name, i.office, i.organisation_id, i.state, i.filled,
        EXISTS (SELECT 1 FROM service_guide g WHERE g.item_id = i.id AND g.state = 'draft'), i.source_id"""
_LACKS = {"nothing": "i.filled = 10", "some": "i.filled BETWEEN 1 AND 9", "all": "i.filled = 0"}


def items(
    actor: Actor, *, state: str = "", office: str = "", lacks: str = "", sought: str = "",
    unassigned: bool = False, after: int = 0, limit: int = 50,
) -> tuple[ItemLine, ...]:  # fmt: skip
    """Return items in the order of their numbers, for whoever keeps them somewhere.

    ``lacks`` is ``nothing``, ``some`` or ``all`` of the guide; ``sought`` a part of name or code; ``after`` is the
    number of the last one of the page before. Raises ``NotPermitted`` without the power to set or to publish items.
    """
    if not (actor.may(SET_SERVICES) or actor.may(PUBLISH_SERVICES)):
        raise NotPermitted
    conditions, values = ["i.id > %s"], [after]
    given: list[object] = list(values)
    for condition, value in (("i.state = %s", state), ("i.office = %s", office)):
        if value:
            conditions.append(condition)
            given.append(value)
    if lacks in _LACKS:
        conditions.append(_LACKS[lacks])
    if unassigned:
        conditions.append("i.organisation_id IS NULL")
    if sought:
        conditions.append("(position(lower(%s) IN lower(i.name)) > 0 OR position(lower(%s) IN lower(i.code)) > 0)")
        given += [sought, sought]
    sql = f"{_LINE} FROM service_item i WHERE {' AND '.join(conditions)} ORDER BY i.id LIMIT %s"
    return tuple(ItemLine(*row) for row in records.rows(sql, (*given, limit)))


def item_page(actor: Actor, item: int) -> ItemPage:
    """Return all that is known of an item. Raises as :func:`items`, ``NotFound`` when there is none."""
    if not (actor.may(SET_SERVICES) or actor.may(PUBLISH_SERVICES)):
        raise NotPermitted
    row = records.one(
        f"""{_LINE}, i.main, i.sort, i.who, i.themes, i.life, i.words, i.words_source, i.reason, i.changed_at,
            (SELECT o.lo FROM organisation o WHERE o.id = i.organisation_id) FROM service_item i WHERE i.id = %s""",
        (item,),
    )
    if row is None:
        raise NotFound("no_item", "item")
    line, code, lo = ItemLine(*row[:9]), read_item_code(row[1]), row[18]
    who: Who = row[11]
    described = Described(who=who, themes=tuple(row[12]), life=tuple(row[13]), words=tuple(row[14]), source=row[15])
    over = {} if lo is None else {"org": lo, "area": None}
    return ItemPage(
        line, code, code.oddities(row[10]), row[9], row[10], described, row[16], row[17], versions(item),
        actor.may_over(SET_SERVICES, **over), actor.may_over(PUBLISH_SERVICES, **over),
    )  # fmt: skip


def synonym_groups() -> tuple[tuple[str, ...], ...]:
    """Return the thesaurus of the district, group by group."""
    return tuple(tuple(row[0]) for row in records.rows("SELECT words FROM service_synonym ORDER BY id"))
