"""The pages of the style guide, which hold every macro in every state: sound HTML, accessible, in both languages."""

from __future__ import annotations

import json
import re
from collections import Counter
from html.parser import HTMLParser
from itertools import product
from pathlib import Path

import pytest

from zhihai.ground.words import Language, Words

from .conftest import Draw, Request

VOID = frozenset({"meta", "link", "input", "br", "img", "hr"})
HAN = re.compile(r"[\u3400-\u9fff]")
PAGES = [
    pytest.param(face, tongue, id=f"{face}-{tongue}")
    for face, tongue in product(("desk", "wall", "plain"), ("zh", "en"))
]
EVIL = "<script>alert(1)</script>\"'&"


class Page(HTMLParser):
    """A page read: its elements with attributes, its text by language, and what does not nest."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.open: list[tuple[str, str]] = []
        self.texts: list[tuple[str, str]] = []
        self.blocks: list[str] = []
        self.wrong: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if len(found) != len(attrs):
            self.wrong.append(f"<{tag}> has an attribute twice")
        self.elements.append((tag, found))
        if tag not in VOID:
            self.open.append((tag, found.get("lang", self.open[-1][1] if self.open else "")))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1][0] != tag:
            self.wrong.append(f"</{tag}> at {self.getpos()} closes {self.open[-1:]}")
        else:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1][0] == "script":
            self.blocks.append(data)
        elif self.open and data.strip():
            self.texts.append((self.open[-1][1], data))

    def all(self, *tags: str) -> list[dict[str, str]]:
        """Return the attributes of every element with one of these tags."""
        return [attrs for tag, attrs in self.elements if tag in tags]


@pytest.mark.parametrize(("face", "language"), PAGES)
class TestEveryFace:
    def test_it_nests_and_its_ids_are_unique(self, guide: Draw, face: str, language: Language) -> None:
        page = Page(guide(face, language))
        assert page.wrong == []
        assert page.open == []
        ids = Counter(attrs["id"] for _, attrs in page.elements if "id" in attrs)
        assert [name for name, times in ids.items() if times > 1] == []

    def test_nothing_is_inline(self, guide: Draw, face: str, language: Language) -> None:
        page = Page(guide(face, language))
        inline = [
            (tag, name) for tag, attrs in page.elements for name in attrs if name == "style" or name.startswith("on")
        ]
        assert inline == []
        assert page.all("style") == []
        assert all("src" in attrs or attrs["type"] == "application/json" for attrs in page.all("script"))
        for block in page.blocks:
            json.loads(block)

    def test_everything_is_from_here(self, guide: Draw, face: str, language: Language) -> None:
        page = Page(guide(face, language))
        asked = [attrs.get("src") or attrs.get("href", "") for attrs in page.all("script", "link", "img")]
        assert all(address.startswith("/static/") for address in asked if address)

    def test_it_has_one_title_one_main_and_a_way_to_it(self, guide: Draw, face: str, language: Language) -> None:
        page = Page(guide(face, language))
        assert len(page.all("title")) == len(page.all("main")) == 1
        assert page.all("main")[0]["id"] == "main"
        assert next(attrs for attrs in page.all("a"))["href"] == "#main"
        assert page.all("html")[0]["lang"] == ("en" if language == "en" else "zh-CN")
        assert len(page.all("h1")) == (1 if face == "wall" else 2)

    def test_what_refers_to_an_element_finds_it(self, guide: Draw, face: str, language: Language) -> None:
        page = Page(guide(face, language))
        ids = {attrs["id"] for _, attrs in page.elements if "id" in attrs}
        for name in ("aria-labelledby", "aria-describedby", "for", "data-opens"):
            for _, attrs in page.elements:
                assert set(attrs.get(name, "").split()) <= ids

    def test_every_control_and_drawing_has_a_name(self, guide: Draw, face: str, language: Language) -> None:
        page = Page(guide(face, language))
        labelled = {attrs.get("for") for attrs in page.all("label")}
        for attrs in page.all("input", "textarea", "select"):
            within = attrs.get("type") in ("radio", "checkbox", "hidden")
            assert within or attrs["id"] in labelled
        for attrs in page.all("svg"):
            assert attrs.get("aria-hidden") == "true" or (attrs.get("role") == "img" and attrs["aria-label"])
        for attrs in page.all("nav", "form"):
            assert "aria-label" in attrs or "action" in attrs or attrs.get("method") == "dialog"
        for attrs in page.all("th"):
            assert attrs["scope"] in ("col", "row")

    def test_it_is_in_one_language(self, guide: Draw, face: str, language: Language) -> None:
        page = Page(guide(face, language))
        foreign = [text for tongue, text in page.texts if tongue == "en" and HAN.search(text)]
        assert foreign == []
        spoken = [value for _, attrs in page.elements for name in ("aria-label", "title") if (value := attrs.get(name))]
        assert all(bool(HAN.search(value)) is (language == "zh") for value in spoken)

    def test_large_print_is_marked_and_offers_the_way_back(self, guide: Draw, face: str, language: Language) -> None:
        assert "data-care" not in Page(guide(face, language)).all("html")[0]
        page = Page(guide(face, language, care=True))
        assert "data-care" in page.all("html")[0]
        assert any("care=0" in attrs["href"] for attrs in page.all("a") if "href" in attrs)


def test_a_page_says_that_it_is_not_now(guide: Draw) -> None:
    page = Page(guide("desk", "en"))
    body = page.all("body")[0]
    assert (body["data-clock"], body["data-instant"], body["data-speed"]) == ("replay", "2014-02-21T02:42:00Z", "60.0")
    assert body["data-until"] == "2014-02-26T16:00:00Z"
    said = " ".join(text for _, text in page.texts)
    assert "History is being replayed. This is not now." in said
    assert "60 times real speed" in said


MACROS = {
    "tag": "ui.tag(evil)",
    "button": "ui.button(evil, name=evil, value=evil)",
    "link": "ui.button(evil, href='/x?' ~ evil)",
    "attributes": "ui.button('x', attrs={'hx-get': evil})",
    "facts": "ui.facts([(evil, evil, evil)])",
    "notice": "ui.notice(evil, evil)",
    "tabs": "ui.tabs([{'label': evil, 'href': evil, 'count': evil}], evil)",
    "choice": "ui.filters(say('design.field.known', source=ui.choice(evil, [{'label': evil, 'href': evil}])))",
    "crumbs": "ui.crumbs([(evil, evil), (evil, '')])",
    "head": "ui.head(evil, above=evil)",
    "empty": "ui.empty(evil, title=evil)",
    "fault": "ui.fault(evil, kept=evil, todo=evil, reference=evil)",
    "derivation": "ui.derivation([evil], question=evil, source=evil)",
    "steps": "ui.steps([{'name': evil, 'state': 'now', 'note': evil}])",
    "timeline": "ui.timeline([{'at': now, 'actor': evil, 'text': evil, 'note': evil}])",
    "table": "ui.table([evil], [[evil]], evil)",
    "field": "ui.field('f', evil, value=evil, help=evil, error=evil, source=evil, attrs={'data-x': evil})",
    "area": "ui.field('f', evil, kind='textarea', value=evil)",
    "options": "ui.field('f', evil, kind='select', options=[(evil, evil)])",
    "problems": "ui.problems([('f', evil, evil)])",
    "tile": "ui.tile(evil, 1, evil, note=evil, href=evil)",
    "map": "ui.map('m', evil, places=[{'id': evil, 'lon': 1, 'lat': 2, 'name': evil, 'note': evil, 'href': '/'}])",
    "legend": "ui.legend([('sea', evil)])",
}


@pytest.mark.parametrize("macro", MACROS)
def test_what_people_write_stays_text(draw: Draw, macro: str) -> None:
    drawn = draw("{{ " + MACROS[macro] + " }}", evil=EVIL, now=Request().clock.instant)
    assert EVIL not in drawn
    assert "<script>" not in drawn
    assert Page(drawn).wrong == []


def test_only_the_first_button_of_a_row_is_filled(draw: Draw) -> None:
    drawn = draw("{{ ui.actions([{'label': 'a', 'filled': true}, {'label': 'b', 'filled': true}]) }}")
    assert drawn.count("filled") == 1


def test_a_field_tells_its_help_its_source_and_its_error_to_a_screen_reader(draw: Draw) -> None:
    page = Page(draw("{{ ui.field('pm10', 'PM10', help='h', error='e', source='s', required=false) }}"))
    field = page.all("input")[0]
    assert field["aria-describedby"] == "f-pm10-help f-pm10-known f-pm10-wrong"
    assert field["aria-invalid"] == "true"
    assert "required" not in field
    password = Page(draw("{{ ui.field('p', 'P', kind='password', value='secret') }}")).all("input")[0]
    assert "value" not in password


def test_a_pager_never_counts_the_whole(draw: Draw) -> None:
    drawn = draw("{{ ui.pager(50, older='/desk?after=9') }}", Request(language="en"))
    assert "50 on this page" in drawn
    assert 'rel="next"' in drawn
    assert 'rel="prev"' not in drawn
    assert "end of the list" in draw("{{ ui.pager(3, newer='/desk') }}", Request(language="en"))


def test_a_missing_figure_has_no_meter_and_says_so(draw: Draw) -> None:
    drawn = draw("{{ ui.tile('Shared', none, '%', meter=meter(0, 100), note='no source') }}", Request(language="en"))
    assert "no data" in drawn
    assert "meter-fill" not in drawn


def _said(root: Path) -> set[str]:
    sources = [path.read_text() for path in (*root.rglob("*.jinja"), *root.glob("*.py"))]
    script = [path.read_text() for path in root.rglob("*.mjs")]
    whole = {key for source in sources for key in re.findall(r"[\"'](design\.[a-z_0-9.]*[a-z_0-9])[\"'](?! ~)", source)}
    return whole | {f"design.{key}" for source in script for key in re.findall(r"say\(\"([a-z_.]+)\"", source)}


def test_every_key_that_is_said_has_words(root: Path, words: Words) -> None:
    asked = _said(root)
    assert len(asked) > 150
    missing = [key for key in asked if key not in words and f"{key}.one" not in words]
    assert missing == []


def test_plurals_come_in_pairs(words: Words) -> None:
    ones = {key.removesuffix(".one") for key in words if key.endswith(".one")}
    many = {key.removesuffix(".many") for key in words if key.endswith(".many")}
    assert ones == many
    assert all("{n}" in words[f"{key}.many"].zh and "{n}" in words[f"{key}.many"].en for key in many)
