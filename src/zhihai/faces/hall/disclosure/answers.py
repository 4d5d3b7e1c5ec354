"""Questions that are answered publicly (常见问题): looked through before one asks the same again."""

from __future__ import annotations

from typing import Any

from zhihai.faces.hall.disclosure.markdown import opening
from zhihai.faces.hall.items.pages import hall, tongue_of
from zhihai.faces.naming import organisation_names, telling
from zhihai.faces.request import Asked, whole
from zhihai.ground.refusal import NotFound
from zhihai.kernel.disclosure import reads
from zhihai.kernel.services import reads as services
from zhihai.kernel.services.kinds import THEMES

PAGE, NEAREST = 20, 8
"""So many stand on a page of the list; so many are found by words."""


@hall("hall/answers.jinja")
def answers(request: Asked) -> dict[str, Any]:
    """Questions with their answers: by words, about an item, under a theme; and the way to ask one's own."""
    kinds = reads.kinds("answers")
    if not kinds:
        raise NotFound
    seen, tell, found = services.catalogue(), telling(request.language), reads.answers()
    sought, start = request.GET.get("q", "").strip()[:200], whole(request.GET.get("after"), 6) or 0
    item, theme = seen.by_code.get(request.GET.get("item", "")[:200]), request.GET.get("theme", "")
    theme = theme if theme in THEMES else ""
    of_theme = {card.code for card in seen.listed(theme=theme)} if theme else None
    listed = found.listed(of_theme, theme)
    about = frozenset((item.code,) if item else ())
    rows = [one for one in (found.like(sought, NEAREST) if sought else listed) if not about or about & set(one.items)]
    if sought and theme:
        rows = [one for one in rows if one in listed]
    end = start + PAGE
    return {
        "rows": rows[start:end], "sought": sought, "item": item, "theme": theme, "names": organisation_names(),
        "older": str(end) if end < len(rows) else "", "newer": str(max(0, start - PAGE)) if start else "",
        "themes": tuple((one, tell.words.say(f"services.theme.{one}", tell.language)) for one in _themes(found, seen)),
        "kind": kinds[0], "asking": reads.matter_of_kind(kinds[0]), "opening": opening, "tongue": tongue_of,
        "contacts": seen.contacts,
    }  # fmt: skip


def _themes(found: reads.Answers, seen: services.Catalogue) -> list[str]:
    """Return the themes under which there are questions, their own or those of the items they are about."""
    held = {one.theme for one in found.all}
    for code in {code for one in found.all for code in one.items} & seen.by_code.keys():
        held.update(seen.by_code[code].themes)
    return [one for one in THEMES if one in held]
