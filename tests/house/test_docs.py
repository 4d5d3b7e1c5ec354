"""Documents lead where they say, decisions are numbered and whole, and nothing shipped lacks its licence."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from tools.lint import ROOT

from zhihai.site import folder

DOCS = ROOT / "docs"
DECISIONS = DOCS / "decisions"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "src" / "zhihai").rglob("*.md")])
LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.M | re.S)
PARTS = ["Context", "Decision", "What it costs", "When to think again"]


def _prose(page: Path) -> str:
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def _anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", _prose(page), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def _links(page: Path) -> Iterator[tuple[Path, str]]:
    for target in LINK.findall(_prose(page)):
        if not re.match(r"[a-z]+:", target):
            path, _, anchor = target.partition("#")
            yield (page.parent / path).resolve() if path else page, anchor


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    for target, anchor in _links(page):
        assert target.exists(), f"{target} is not there"
        assert not anchor or anchor in _anchors(target), f"{target} has no title #{anchor}"


@pytest.mark.parametrize("folder", ["tutorial", "howto", "reference", "why", "decisions"])
def test_every_page_stands_in_the_index_of_its_folder(folder: str) -> None:
    index = DOCS / folder / "README.md"
    listed = {target for target, _ in _links(index)}
    pages = {page.resolve() for page in (DOCS / folder).glob("*.md")} - {index}
    assert pages, f"docs/{folder} has no pages"
    assert pages <= listed


def test_decisions_are_numbered_without_a_gap() -> None:
    names = sorted(page.name for page in DECISIONS.glob("[0-9]*.md"))
    assert [name[:4] for name in names] == [f"{number:04}" for number in range(1, len(names) + 1)]
    assert all(re.fullmatch(r"\d{4}(-[a-z0-9]+)+\.md", name) for name in names)


def test_the_index_bears_the_titles_of_the_decisions() -> None:
    index = dict(re.findall(r"^\| \[(\d{4})\]\([^)]+\) \| (.+?) \|$", _prose(DECISIONS / "README.md"), re.M))
    for page in DECISIONS.glob("[0-9]*.md"):
        title = page.read_text(encoding="utf-8").splitlines()[0]
        assert title == f"# {page.name[:4]} {index.pop(page.name[:4])}"
    assert index == {}


@pytest.mark.parametrize("page", sorted(DECISIONS.glob("[0-9]*.md")), ids=lambda page: page.name[:4])
def test_a_decision_has_all_its_parts(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert re.findall(r"^## (.+)$", text, re.M) == PARTS
    assert re.search(r"^(Accepted|Replaced by \[\d{4}\].*), [A-Z][a-z]+ \d{4}\.$", text, re.M)


def test_both_languages_of_the_readme_have_the_same_parts() -> None:
    parts = [re.findall(r"^(#+) ", _prose(ROOT / name), re.M) for name in ("README.md", "README.zh.md")]
    assert parts[0] == parts[1]
    blocks = [FENCE.findall((ROOT / name).read_text(encoding="utf-8")) for name in ("README.md", "README.zh.md")]
    assert [block.split("#")[0] for block in blocks[0]] == [block.split("#")[0] for block in blocks[1]]


def test_the_notice_names_every_library_we_run_on() -> None:
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8").lower()
    with (ROOT / "pyproject.toml").open("rb") as file:
        direct = [re.split(r"[\[=<>~! ]", one)[0] for one in tomllib.load(file)["project"]["dependencies"]]
    npm = json.loads((ROOT / "src/zhihai/site/frontend/package.json").read_text(encoding="utf-8"))["dependencies"]
    names = [name.lower() for name in (*direct, *(name.removesuffix(".org") for name in npm))]
    missing = [name for name in names if name not in notice and name.replace("-gl", "") not in notice]
    assert missing == []


def test_the_notice_names_every_data_file_that_ships() -> None:
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    seeds = ROOT / "src" / "zhihai" / "site" / "seeds"
    own = {"district.toml", "organisations.csv", "accounts.csv", "connectors.csv"}
    for path in seeds.glob("*/**/*"):
        below = path.relative_to(seeds).as_posix().partition("/")[2]
        if path.is_file() and path.name not in own and not path.name.endswith((".md", ".toml")):
            folder = below.rpartition("/")[0]
            assert below in notice or f"{folder}/*." in notice, below


def test_every_file_and_column_of_a_district_is_described() -> None:
    parts = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", _prose(DOCS / "reference/district-folder.md"), re.M | re.S))
    for file, columns in folder.COLUMNS.items():
        (text,) = (text for title, text in parts.items() if file in title)
        cells = "".join(re.findall(r"^\| (`.+?) \|", text, re.M))
        assert set(re.findall(r"`(\w+)`", cells)) == set(columns), file
