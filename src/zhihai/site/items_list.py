"""Lists of service items (事项目录): as files of a district's folder, and as a list that is brought in later."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import cast

from zhihai.ground.actors import SYSTEM
from zhihai.ground.named import Named
from zhihai.ground.refusal import Refused
from zhihai.kernel.services import acts as services
from zhihai.kernel.services import reads as catalogue
from zhihai.kernel.services.kinds import Contact, ItemInput, Provenance, SourceInput, Who
from zhihai.site.folder import DistrictFolder, Line, lines_in

COLUMNS = ("code", "name", "main", "sort", "office", "office_code", "organisation", "who", "themes", "life", "words")
NEEDED = frozenset(("code", "name"))

Say = Callable[[str, int], None]
"""Told after each part: the name of the file and how many lines of it were loaded."""


def items_in(file: str, text: str, words_source: str) -> tuple[list[ItemInput], list[Refused]]:
    """Return the items that a list names, and what is wrong with its form; CSV in UTF-8 with a heading."""
    faults: list[Refused] = []
    lines = lines_in(file, text, COLUMNS, faults, "items_columns")
    if any(one.code == "items_columns" for one in faults):
        return [], faults
    for line in lines:
        faults += [Refused("folder_empty", f"{file}:{line.number} {column}") for column in NEEDED if not line[column]]
    if not lines and not faults:
        faults.append(Refused("items_empty", file))
    return [item_of(line, words_source) for line in lines], faults


def item_of(line: Line, words_source: str) -> ItemInput:
    """Return the item that a line names: themes and life events stand with blanks, words with bars between them."""
    words = tuple(dict.fromkeys(word for word in map(str.strip, line["words"].split("|")) if word))
    return ItemInput(
        code=line["code"], name=line["name"], main=line["main"], sort=line["sort"].zfill(2) if line["sort"] else "",
        office=line["office"], office_code=line["office_code"], organisation=line["organisation"],
        who=cast("Who", line["who"]), themes=tuple(line["themes"].split()), life=tuple(line["life"].split()),
        words=words, words_source=words_source if words else "",
    )  # fmt: skip


def load_items(given: DistrictFolder, at: datetime, say: Say) -> None:
    """Bring in the items of a district's folder source by source and publish them, with synonyms and contacts."""
    lines = given.lines("items.csv")
    for source in given.lines("item_sources.csv"):
        ours = [item_of(line, source["words_source"]) for line in lines if line["source"] == source["code"]]
        services.bring_in(SYSTEM, source_of(source), ours, at=at)
    services.publish(SYSTEM, [one.id for one in _all()], at=at)
    say("items.csv", len(lines))
    groups = given.lines("synonyms.csv")
    services.set_synonyms(SYSTEM, [group_of(line["words"]) for line in groups], at=at)
    say("synonyms.csv", len(groups))
    for line in given.lines("contacts.csv"):
        services.set_contact(SYSTEM, _contact(line), at=at)


def _all() -> Iterable[catalogue.ItemLine]:
    after = 0
    while found := catalogue.items(SYSTEM, state="draft", after=after, limit=5000):
        yield from found
        after = found[-1].id


def group_of(text: str) -> Sequence[str]:
    """Return the words of a group of synonyms, which stand with bars between them."""
    return [word for word in map(str.strip, text.split("|")) if word]


def source_of(line: Line) -> SourceInput:
    """Return the source of items that a line names."""
    return SourceInput(
        name=Named(line["name_zh"], line["name_en"] or line["name_zh"]), note=Named(line["note_zh"], line["note_en"]),
        as_of=line.day("as_of"), provenance=cast("Provenance", line["provenance"]),
    )  # fmt: skip


def _contact(line: Line) -> Contact:
    return Contact(
        sort=line["sort"], name=Named(line["name_zh"], line["name_en"] or line["name_zh"]), phone=line["phone"],
        place=Named(line["place_zh"], line["place_en"]), hours=Named(line["hours_zh"], line["hours_en"]),
        source=line["source"],
    )  # fmt: skip
