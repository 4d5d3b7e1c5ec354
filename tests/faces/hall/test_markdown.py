"""Texts of publications: drawn as their writers meant them, never as HTML that they wrote."""

from __future__ import annotations

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from zhihai.faces.hall.disclosure.markdown import drawn, opening

DRAWN = {
    "p", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "a", "strong", "em", "code", "pre", "blockquote", "hr", "br",
    "table", "thead", "tbody", "tr", "th", "td", "div",
}  # fmt: skip


class Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]


def seen(text: str) -> Seen:
    found = Seen()
    found.feed(drawn(text))
    found.close()
    return found


def test_headings_stand_below_the_title_and_tables_scroll_by_themselves() -> None:
    assert drawn("# 总则") == "<h2>总则</h2>\n"
    assert drawn("###### 细目") == "<h6>细目</h6>\n"
    table = drawn("| 年 | 数 |\n| --- | ---: |\n| 2014 | 3 |")
    assert table.startswith('<div class="scroll" tabindex="0"><table class="rows">')
    assert '<th scope="col" class="end">数</th>' in table
    assert '<td class="end">3</td>' in table
    assert "style" not in table


def test_links_lead_to_pages_and_nowhere_else() -> None:
    link = drawn("[公告](https://example.org/a)")
    assert 'href="https://example.org/a"' in link
    assert 'rel="nofollow noopener noreferrer"' in link
    for bad in ("javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd"):
        assert seen(f"[x]({bad})").links == [], bad
        assert seen(f"<{bad}>").links == [], bad
    assert seen("![图](https://example.org/a.png)").tags == {"p", "a"}


@given(st.text(alphabet="ab<>\"'&#*_[]()!|-`\n :/.=javscriptonld", max_size=120))
def test_whatever_is_written_only_known_tags_come_out(text: str) -> None:
    found = seen(text)
    assert found.tags <= DRAWN
    assert found.attributes <= {"href", "title", "rel", "class", "tabindex", "scope", "start"}
    assert all(":" not in link or link.startswith(("http:", "https:", "mailto:")) for link in found.links)


def test_a_text_begins_without_its_marks() -> None:
    assert opening("# 总则\n\n第一条 **应当**`登记`。") == "总则 第一条 应当 登记 。"
    assert opening("长" * 200, 10) == "长" * 9 + "…"
