"""Rules on templates: no sentence in them, and nothing inline that the security policy forbids."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

from tools.lint import Rule, Source, Spot, example
from tools.rules_words import HAN

SPOKEN = frozenset({"alt", "title", "placeholder", "aria-label", "aria-description", "label", "summary"})
WORD = re.compile(r"[A-Za-z]{2,}")
JINJA = re.compile(r"\{%-? *block \w+ *-?%\}[a-z0-9_ -]*(?=\{%-? *endblock)|\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.S)
SILENT = frozenset({"script", "style", "code", "pre"})


class _Reader(HTMLParser):
    """Collects (line, what is wrong) while reading one template."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.silent = 0
        self.said: list[Spot] = []
        self.inline: list[Spot] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        line = self.getpos()[0]
        names = {name for name, _ in attrs}
        self.silent += tag in SILENT
        for name, value in attrs:
            if name in SPOKEN and value and _says(value):
                self.said.append((line, f"{name}={value!r}"))
            if name == "style" or name.startswith("on"):
                self.inline.append((line, f"{name}= on <{tag}>"))
        if tag == "style" or (tag == "script" and "src" not in names and not _data_block(attrs)):
            self.inline.append((line, f"<{tag}> with its content inside"))

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in SILENT

    def handle_data(self, data: str) -> None:
        if not self.silent and _says(data):
            self.said.append((self.getpos()[0], repr(" ".join(data.split())[:40])))


def _says(text: str) -> bool:
    return bool(WORD.search(text) or HAN.search(text))


def _data_block(attrs: list[tuple[str, str | None]]) -> bool:
    return any(name == "type" and value and value.endswith("json") for name, value in attrs)


def _read(source: Source) -> _Reader:
    reader = _Reader()
    reader.feed(JINJA.sub(lambda found: "\n" * found.group().count("\n"), source.text))
    reader.close()
    return reader


def _sentence(source: Source) -> Iterator[Spot]:
    for line, what in _read(source).said:
        yield line, f"{what}: a sentence in a template; say it in words.toml"


def _inline(source: Source) -> Iterator[Spot]:
    for line, what in _read(source).inline:
        yield line, f"{what}: the Content-Security-Policy forbids it; put it into a file"


def _template(source: Source) -> bool:
    return source.under("src") and source.path.endswith((".html", ".jinja", ".svg"))


PAGE = "src/zhihai/faces/desk/templates/desk/case.html"

RULES = (
    Rule(
        id="sentence_in_template",
        why="a page is read in two languages",
        find=_sentence,
        applies=_template,
        good=(
            example(PAGE, "{# the case #}", "<h1>{{ say('case.title') }}</h1> · <code>j</code>"),
            example(
                PAGE, '<main class="{% block width %}narrow{% endblock %}">', "{% block width %}wide{% endblock %}"
            ),
            example(PAGE, "<img alt=\"{{ say('map.alt') }}\" src=x>", "<script src=desk.js>var late</script>"),
        ),
        bad=(
            example(PAGE, "<h1>Cases</h1>"),
            example(PAGE, "<h1>案件</h1>"),
            example(PAGE, '<input placeholder="Search">'),
        ),
    ),
    Rule(
        id="inline_in_template",
        why="a policy without unsafe-inline holds only if nothing is inline",
        find=_inline,
        applies=_template,
        good=(
            example(PAGE, "<script src=desk.js></script>"),
            example(PAGE, '<script type="application/json">{"a": 1}</script>'),
        ),
        bad=(
            example(PAGE, '<p style="color: red">'),
            example(PAGE, '<button onclick="go()">'),
            example(PAGE, "<script>go()</script>"),
            example(PAGE, "<style>p { color: red }</style>"),
        ),
    ),
)
