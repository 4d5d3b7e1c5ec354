"""The reference pages that are generated: events, kinds, powers, settings, API and the plan.

Run ``python -m tools.reference`` to write them; the tests fail while a page is not current.
"""

from __future__ import annotations

import dataclasses
import inspect
import os
import pkgutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import TypeGuard

import django

from tools.event_map import emitted, hops
from tools.lint import ROOT
from tools.pages import page, table
from tools.reference_api import api_page
from zhihai import kernel
from zhihai.ground.kind import Kind, Versioned
from zhihai.ground.registry import Registry
from zhihai.ground.words import Phrase, Words
from zhihai.kernel.authority import AUTHORITY as ACTS
from zhihai.kernel.authority import OVER, Authority
from zhihai.kernel.identity.kinds import RoleKind
from zhihai.kernel.journal.acts import Listener
from zhihai.kernel.journal.events import Event
from zhihai.kit import kinds as kit
from zhihai.site.folder_page import folder_page
from zhihai.site.packs import build_house
from zhihai.site.plan import TARGETS, Function, Row, Tally, plan, tally
from zhihai.site.references import sentences
from zhihai.site.settings_page import settings_page
from zhihai.site.wording import floor_words

REFERENCE = ROOT / "docs" / "reference"


def _doc(thing: type) -> str:
    """Return a class's docstring, with the marks of code as Markdown has them."""
    return (inspect.getdoc(thing) or "").replace("``", "`")


def _default(field: dataclasses.Field[object]) -> str:
    if field.default is not dataclasses.MISSING:
        return f"`{field.default!r}`"
    return "" if field.default_factory is dataclasses.MISSING else f"`{field.default_factory()!r}`"


def _fields(thing: type, left_out: tuple[str, ...] = ()) -> str:
    rows = (
        (f"`{field.name}`", f"`{field.type}`", _default(field))
        for field in dataclasses.fields(thing)
        if field.name not in left_out
    )
    return table(("field", "type", "default"), rows)


# ------------------------------------------------------------------------------------------------------------- kinds


def kind_sorts() -> tuple[type[Kind], ...]:
    """Return the sorts of kinds that the kit offers, in order of name."""
    offered = (getattr(kit, name) for name in kit.__all__)
    return tuple(one for one in offered if inspect.isclass(one) and issubclass(one, Kind) and one is not Kind)


def kinds_page() -> str:
    """Return the page of kinds: each sort with its fields, and what the house declares of it."""
    house = build_house(floor_words())
    assert not house.faults, house.faults
    parts = [
        "A kind is a typed, frozen declaration about a noun that exists. A pack lists its kinds in `KINDS` of its "
        "`kinds.py`, imported from `zhihai.kit.kinds`. Words are keys of the pack's `words.toml`; the house knows them "
        "under the pack's id.",
    ]
    for sort in kind_sorts():
        parts += [f"## {sort.__name__}", _doc(sort), _fields(sort)]
        declared = list(house.registry.all(sort))
        if declared:
            rows = (_declared(name, kind, house.words) for name, kind in declared)
            parts.append(table(("declared", "version", "中文", "English"), rows))
    return page("Kinds", *parts)


def _declared(name: str, kind: Kind, words: Words) -> tuple[str, ...]:
    """Return a line about one kind of the house; what it is called is the first of the sentences it needs."""
    version = str(kind.version) if isinstance(kind, Versioned) else ""
    pack = name.partition(".")[0]
    key = next(sentences(pack, Registry({pack: (kind,)})), "")
    said = words.get(key, Phrase("", ""))
    return (f"`{name}`", version, said.zh, said.en)


# ------------------------------------------------------------------------------------------------------------ events


def rooms_with_events() -> Iterator[tuple[str, type[Event]]]:
    """Yield (room, event) for every event that can be told: classes without further classes below them."""
    for module in pkgutil.iter_modules(kernel.__path__):
        if module.ispkg and module.name != "migrations":
            names = {inner.name for inner in pkgutil.iter_modules([f"{kernel.__path__[0]}/{module.name}"])}
            if "events" in names:
                events = import_module(f"zhihai.kernel.{module.name}.events")
                for one in vars(events).values():
                    if inspect.isclass(one) and one.__module__ == events.__name__ and _told(one):
                        yield module.name, one


def _told(thing: type) -> TypeGuard[type[Event]]:
    return issubclass(thing, Event) and thing is not Event and not thing.__subclasses__()


def events_page() -> str:
    """Return the page of events: what each says, and who hears it."""
    listeners = import_module("zhihai.kernel.wiring").LISTENERS
    parts = [
        "An event is written in the transaction of the act and heard after commit, by each listener once and in order. "
        "Who hears what is listed in `kernel/wiring.py`; what may follow is read from the code.",
        "## Listeners",
        table(
            ("listener", "hears", "after", "may emit"),
            (
                (f"`{one.name}`", _code(e.topic for e in one.hears), _code(one.after), _follows(one))
                for one in listeners
            ),
        ),
    ]
    for _, event in rooms_with_events():
        heard = _code(one.name for one in listeners if event in one.hears) or "nobody"
        far = hops(event.topic, listeners)
        parts += [f"## {event.topic}", _doc(event), f"Heard by: {heard}. Hops: {far}.", _fields(event)]
    return page("Events and listeners", *parts)


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _follows(listener: Listener) -> str:
    return _code(sorted(emitted(listener.act))) or "nothing"


# ------------------------------------------------------------------------------------------------------------ powers


def powers_page() -> str:
    """Return the page of powers: which each act asks for and over what, and which each role gives."""
    roles = build_house(floor_words()).registry.all(RoleKind)
    return page(
        "Powers",
        "Every write is an act, and every act asks its actor for a power over what it touches, or is the platform's "
        "own work. The table is `kernel/authority.py`; the tests hold every act to its line. The system may do all.",
        "## What acts ask for",
        table(("over", "means"), ((f"`{over}`", said) for over, said in OVER.items())),
        table(("act", "power", "over"), map(_asked, ACTS)),
        "## What roles give",
        table(("role", "powers"), ((f"`{name}`", _code(sorted(role.powers))) for name, role in roles)),
        "## Who gives them",
        "What touches people, grants, the journal, the clock or the district is proposed by one, confirmed by another.",
        table(("role", "given by", "confirmed by", "deputies"), (_given(name, role) for name, role in roles)),
    )


def _given(name: str, role: RoleKind) -> tuple[str, str, str, str]:
    return f"`{name}`", _code(role.given_by), _code(role.confirmed_by) if role.guarded else "", role.deputies


def _asked(one: Authority) -> tuple[str, str, str]:
    return f"`{one.act}`", f"`{one.power}`" if one.power else "", one.over


# -------------------------------------------------------------------------------------------------------------- plan


def plan_page() -> str:
    """Return the page of the plan: every function with its state, *n of m* for each row."""
    rows = plan().rows
    parts = [
        "What the plan names, and what of it somebody can use today. Functions are counted, rows are not: a row shows "
        "*n of m*. Targets are counted apart: they are measured, or not. 数的是能用的功能，不是系统名称；目标另计。",
        f"Functions · 功能: **{_of(tally(row for row in rows if row.group != TARGETS))}**",
        f"Targets · 目标: **{_of(tally(row for row in rows if row.group == TARGETS))}**",
    ]
    for group in plan().groups:
        mine = [row for row in rows if row.group == group.id]
        parts.append(f"## {group.id} {group.words.zh} · {group.words.en}")
        parts.append(f"规划 {group.clause} · {_of(tally(mine))}")
        parts.append(table(("id", "中文", "English", "state", "by", "story"), _plan_rows(mine)))
    return page("The plan · 规划登记册", *parts)


def _of(count: Tally) -> str:
    return f"{count.works} of {count.total}"


def _plan_rows(rows: list[Row]) -> Iterator[tuple[str, ...]]:
    for row in rows:
        if row.does is None:
            yield (f"**{row.id}**", f"**{row.words.zh}**", f"**{row.words.en}**", _of(tally([row])), "", "")
            for function in row.functions:
                yield (function.id, function.words.zh, function.words.en, *_evidence(function))
        else:
            (function,) = row.functions
            said = (f"**{row.words.zh}**：{row.does.zh}", f"**{row.words.en}**: {row.does.en}")
            yield (f"**{row.id}**", *said, *_evidence(function))


def _evidence(function: Function) -> tuple[str, str, str]:
    by = " ".join(f"`{one}`" for one in (function.pack or function.room, function.indicator) if one)
    story = f"[{Path(function.story).stem}](../../{function.story})" if function.story else ""
    return function.state, by, story


# --------------------------------------------------------------------------------------------------------------- all

PAGES: dict[str, Callable[[], str]] = {
    "api.md": api_page,
    "district-folder.md": folder_page,
    "events.md": events_page,
    "kinds.md": kinds_page,
    "plan.md": plan_page,
    "powers.md": powers_page,
    "settings.md": settings_page,
}


def main() -> int:
    """Write every page that has changed; return the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder, "zhihai.toml")
        settings.touch()
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhihai.site.settings")
        os.environ.update(ZHIHAI_DATA=folder, ZHIHAI_DEMONSTRATION="1", ZHIHAI_CONFIG=str(settings))
        django.setup()
        for name, made in PAGES.items():
            path, text = REFERENCE / name, made()
            if not path.is_file() or path.read_text(encoding="utf-8") != text:
                path.write_text(text, encoding="utf-8")
                print(path.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
