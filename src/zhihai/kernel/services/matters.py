"""What can be given in: the kinds of it that packs declare, and what one matter of such a kind concerns."""

from __future__ import annotations

from dataclasses import dataclass

from zhihai.ground.kind import beside, word
from zhihai.ground.named import Named
from zhihai.ground.refusal import NotFound, Refused
from zhihai.kernel import house, records
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.services.guiding import read_fields
from zhihai.kernel.services.kinds import Guide, MatterKind, Who

ITEM, ORGANISATION = "item", "organisation"


@dataclass(frozen=True, slots=True)
class Item:
    """A public item as applying for it needs it: ``guide`` is the version of its guide."""

    id: int
    code: str
    name: str
    who: Who
    organisation: int | None
    guide: int | None
    fields: Guide


@dataclass(frozen=True, slots=True)
class Matter:
    """What somebody is about to give in: of which kind, about which item, for which organisation.

    ``subject`` is what its draft is about, by which it is found again.
    """

    name: str
    kind: MatterKind
    item: Item | None
    organisation: int | None
    subject: str

    @property
    def form(self) -> str:
        """The full name of its form."""
        return beside(self.name, self.kind.form)

    @property
    def case(self) -> str:
        """The full name of the kind of case it becomes."""
        return beside(self.name, self.kind.case)

    @property
    def who(self) -> Who:
        """Who may give it in: the item says so where it is applied for."""
        return self.item.who if self.item and self.kind.item == "required" else self.kind.who

    @property
    def title(self) -> Named:
        """What it is called where matters are listed."""
        return title_of(self.name, self.item.name if self.item else None)


def public_item(code: str) -> Item:
    """Return the public item of a code. Raises ``NotFound``."""
    row = records.one(
        """SELECT i.id, i.code, i.name, i.who, i.organisation_id, g.version, g.fields::text
           FROM service_item i LEFT JOIN service_guide g ON g.item_id = i.id AND g.state = 'published'
           WHERE i.code = %s AND i.state = 'published'""",
        (code,),
    )
    if row is None:
        raise NotFound("no_item", "item")
    return Item(row[0], row[1], row[2], row[3], row[4], row[5], read_fields(row[6]) if row[6] else {})


def matter_kinds() -> tuple[tuple[str, MatterKind], ...]:
    """Return what can be given in without an item, by full name: the hall lists it."""
    return tuple((name, kind) for name, kind in house.registry().all(MatterKind) if kind.item != "required")


def matter_kind(name: str) -> MatterKind:
    """Return the kind of a full name. Raises ``NotFound``."""
    try:
        return house.registry().get(MatterKind, name)
    except KeyError:
        raise NotFound("no_matter_kind", "kind") from None


def for_items() -> str:
    """Return the full name of the kind by which items are applied for. Raises ``NotFound`` where there is none."""
    for name, kind in house.registry().all(MatterKind):
        if kind.item == "required":
            return name
    raise NotFound("no_matter_kind", "kind")


def find_matter(name: str, item: str = "", organisation: str = "") -> Matter:
    """Return what a kind of matter would concern: an item by its code, or an organisation by its.

    Raises ``NotFound`` for no such kind, item or organisation, ``Refused`` where the kind asks for an item or for none,
    and where it is not addressed to organisations.
    """
    kind = matter_kind(name)
    if (kind.item == "required" and not item) or (kind.item == "none" and item):
        raise Refused("matter_item", ITEM)
    if organisation and not kind.addressed:
        raise Refused("matter_organisation", ORGANISATION)
    about = public_item(item) if item else None
    office = about.organisation if about else None
    if organisation:
        office = identity.organisation_by_code(organisation).id
    tail = f"/{ITEM}/{item}" if item else f"/{ORGANISATION}/{organisation}" if organisation else ""
    return Matter(name, kind, about, office, item if kind.item == "required" else name + tail)


def matter_of(subject: str) -> Matter:
    """Return what a draft is about, by its subject. Raises as :func:`find_matter` does."""
    name, _, tail = subject.partition("/")
    if name not in dict(house.registry().all(MatterKind)):
        return find_matter(for_items(), subject)
    what, _, code = tail.partition("/")
    return find_matter(name, **({what: code} if what in (ITEM, ORGANISATION) else {}))


def title_of(name: str, item: str | None) -> Named:
    """Return what a matter is called: its item, its kind, or its kind about an item."""
    kind = dict(house.registry().all(MatterKind)).get(name)
    if kind is None or (item is not None and kind.item == "required"):  # its pack was taken away, or it says it all
        return Named(item or name, item or name)
    words, said = house.words(), word(name, "matter")
    if item is None:
        return Named(words.say(said, "zh"), words.say(said, "en"))
    return Named(
        words.say("services.about_item", "zh", kind=words.say(said, "zh"), item=item),
        words.say("services.about_item", "en", kind=words.say(said, "en"), item=item),
    )
