"""Rules on words: what people read stands in words.toml, in both languages; names of a district stand in its seeds."""

from __future__ import annotations

import ast
import csv
import json
import re
import string
import tomllib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from tools.lint import Rule, Source, Spot, example, product
from tools.punctuation import SENTENCE as SENTENCES
from tools.punctuation import chinese
from tools.rules_code import last

HAN = re.compile(r"[\u3400-\u9fff\u3000-\u303f\uff01-\uff5e]")
ASIDE = re.compile(r"\([^()]*\)")
SENTENCE = re.compile(r"[A-Za-z][a-z']*(?: [A-Za-z][a-z']*){3,}")
STATEMENT = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH|CREATE|COPY|CALL|LISTEN|ALTER|DROP|SET|VALUES)\b", re.I)
REFUSALS = {"Refused": "", "NotPermitted": "not_permitted", "NotFound": "not_found", "Conflict": "conflict"}
SHORTEST = 3
BEGIN = re.compile(r"[^\x00-\x7f]|(?<![a-z])[a-z]|(?<![0-9])[0-9]")
SUFFIX = re.compile("(街道|地区|镇|乡|区|县)$")


def _shown(source: Source) -> Iterator[ast.Constant]:
    """Yield the texts in code that are neither documentation nor the message of a defect."""
    silent: set[int] = set()
    for node in source.nodes:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            silent.add(id(node.value))
        elif isinstance(node, ast.Raise | ast.Assert) or _logs(node):
            silent.update(id(inner) for inner in ast.walk(node))
    for node in source.nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in silent:
            yield node


def _logs(node: ast.AST) -> bool:
    """Say whether this is a line for the operator's log, which is English."""
    call = node.func if isinstance(node, ast.Call) else None
    return isinstance(call, ast.Attribute) and last(call.value) in ("log", "logger")


def _han(source: Source) -> Iterator[Spot]:
    for node in _shown(source):
        if HAN.search(str(node.value)):
            yield node.lineno, f"{str(node.value)[:20]!r}: Chinese in code; say it in words.toml, or keep it as data"


def _english(source: Source) -> Iterator[Spot]:
    for node in _shown(source):
        text = str(node.value)
        if SENTENCE.search(text) and not STATEMENT.match(text):
            yield node.lineno, f"{text[:40]!r}: a sentence in code; say it in words.toml"


def phrases(table: Mapping[str, object], key: str = "") -> Iterator[tuple[str, Mapping[str, object]]]:
    """Yield (dotted key, table) for every table of a words file that says something."""
    if "zh" in table or "en" in table:
        yield key, table
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from phrases(value, f"{key}.{name}" if key else name)


def places(text: str) -> frozenset[str]:
    """Return the ``{name}`` places of a sentence."""
    return frozenset(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


def _line(source: Source, key: str) -> int:
    table, name = f"[{key}]", f"{key.rpartition('.')[2]} = {{"
    lines = enumerate(source.text.splitlines(), 1)
    return next((n for n, line in lines if line.strip() == table or line.startswith(name)), 0)


def _pairs(source: Source) -> Iterator[Spot]:
    try:
        table = tomllib.loads(source.text)
    except tomllib.TOMLDecodeError as fault:
        yield 0, f"not TOML: {fault}"
        return
    for key, phrase in phrases(table):
        zh, en = phrase.get("zh"), phrase.get("en")
        line = _line(source, key)
        if not (isinstance(zh, str) and zh and isinstance(en, str) and en):
            yield line, f"{key}: needs both zh and en"
        else:
            yield from ((line, f"{key}: {fault}") for fault in _pair(zh, en, one=key.endswith(".one")))


def _facts(names: Collection[str]) -> set[str]:
    """Return what the places tell; a fact may come as a figure in one language and by name in the other."""
    return {name.removesuffix("_name") for name in names}


def _pair(zh: str, en: str, *, one: bool) -> Iterator[str]:
    try:
        in_zh, in_en = places(zh), places(en)
    except ValueError as fault:
        yield f"a place is not written {{name}}: {fault}"
        return
    counted = {"n"} if one else set()  # the sentence for one of a thing may leave the figure out
    if _facts(in_zh) - counted != _facts(in_en) - counted:
        yield f"zh has the places {sorted(in_zh)}, en has {sorted(in_en)}"
    said = ASIDE.sub("", en)
    if HAN.search(said) and re.search("[A-Za-z]{2}", said):
        yield "Chinese in the English sentence, not in brackets as a term"


def _punctuation(source: Source) -> Iterator[Spot]:
    wrong = [found for found in SENTENCES.finditer(source.text) if chinese(found["text"]) != found["text"]]
    if wrong:
        line = source.text.count("\n", 0, wrong[0].start()) + 1
        yield line, f"{len(wrong)} Chinese sentences with other punctuation: run python -m tools.punctuation"


def refusals(source: Source) -> Iterator[tuple[int, str, frozenset[str] | None]]:
    """Yield (line, words key, facts) of every refusal in code; facts are ``None`` where they are not all visible."""
    for node in source.nodes:
        if isinstance(node, ast.Call) and last(node.func) in REFUSALS:
            code = node.args[0] if node.args else ast.Constant(REFUSALS[last(node.func)])
            if isinstance(code, ast.Constant) and isinstance(code.value, str) and code.value:
                names = [keyword.arg for keyword in node.keywords]
                facts = None if None in names else frozenset(name for name in names if name)
                yield node.lineno, f"refused.{code.value}", facts


def refusal_rule(words: Mapping[str, frozenset[str]]) -> Rule:
    """Make the rule that a refusal's sentence exists; ``words`` maps each key of the house to the places it has."""

    def find(source: Source) -> Iterator[Spot]:
        for line, key, facts in refusals(source):
            if key not in words:
                yield line, f"no sentence {key}: say what happened and what to do"
            elif facts is not None and (missing := words[key] - facts - {"field"}):
                yield line, f"{key} has places {sorted(missing)} that this refusal does not fill"

    return Rule(
        id="refusal_words",
        why="a refusal without its sentence, or with a hole in it, reaches the one who asked as a failure of ours",
        find=find,
        applies=product,
    )


def names_rule(names: Collection[str]) -> Rule:
    """Make the rule that nothing outside the seeds names a district: ``names`` are those of a district's own files."""
    begins: dict[str, list[str]] = {}
    for name in sorted(names, key=len, reverse=True):
        begins.setdefault(name[:SHORTEST].lower(), []).append(name)

    def find(source: Source) -> Iterator[Spot]:
        text = source.text.lower()
        for place in (found.start() for found in BEGIN.finditer(text)):
            for name in begins.get(text[place : place + SHORTEST], ()):
                if text.startswith(name.lower(), place):
                    line = text.count("\n", 0, place) + 1
                    yield line, f"{name!r} is a name of a district: it belongs into the seeds"
                    break

    return Rule(
        id="district_name",
        why="a district is data: another one is brought up without a line of code",
        find=find,
        applies=lambda source: source.under("src") and not source.under("src/zhihai/site/seeds"),
    )


def district_names(seed: Path) -> frozenset[str]:
    """Return the names that a district's folder of plain files gives to itself, its areas and organisations.

    Names shorter than three characters are left out, for they are found inside other words; names of streets and towns
    are taken without their suffix too, since that is how people say them.
    """
    names = {seed.name}
    for path in seed.iterdir():
        if path.stem.startswith(("area", "communit", "organisation", "street", "district")):
            names.update(_names(path))
    short = {SUFFIX.sub("", name) for name in names if SUFFIX.search(name)}
    return frozenset(name for name in names | short if len(name) >= SHORTEST)


def _names(path: Path) -> Iterator[str]:
    text = path.read_text(encoding="utf-8") if path.suffix in (".csv", ".geojson", ".json", ".toml") else ""
    if path.suffix == ".csv":
        for row in csv.DictReader(text.splitlines()):
            yield from (value for key, value in row.items() if key and key.startswith("name") and value)
    elif path.suffix in (".json", ".geojson"):
        yield from _named(json.loads(text))
    elif path.suffix == ".toml":
        yield from _named(tomllib.loads(text))


def _named(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if isinstance(inner, str) and str(key).startswith("name"):
                yield inner
            else:
                yield from _named(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _named(inner)


CODE = "src/zhihai/faces/desk/pages.py"
WORDS = "src/zhihai/faces/desk/words.toml"

RULES = (
    Rule(
        id="chinese_in_code",
        why="a sentence in code can be neither read in English nor corrected by a district",
        find=_han,
        applies=product,
        good=(
            example(CODE, '"""案件页 (case page)."""', "# 承诺时限", "say('case.due')"),
            example(CODE, "LIMIT = 1", '"""上限。"""', "raise ValueError('缺')"),
        ),
        bad=(example(CODE, "title = '案件'"), example(CODE, "title = f'共{n}件'")),
    ),
    Rule(
        id="english_in_code",
        why="a sentence in code can be neither read in Chinese nor corrected by a district",
        find=_english,
        applies=lambda source: product(source) and source.under("src/zhihai/packs", "src/zhihai/faces"),
        good=(
            example(CODE, "raise ValueError('this window has no hours at all')"),
            example(CODE, "logger.error('the store is away: %s', why)"),
            example(CODE, "sql = 'select number from cases where due is null'", "say('case.due.soon')"),
        ),
        bad=(example(CODE, "message = 'This case is already late'"),),
    ),
    Rule(
        id="words_pair",
        why="both languages are first: a sentence says the same, with the same facts, in each",
        find=_pairs,
        applies=lambda source: source.under("src") and source.name == "words.toml",
        good=(
            example(WORDS, "[case.due]", 'zh = "还有{days}天"', 'en = "{days} days left"'),
            example(WORDS, "[day]", 'zh = "{month}月{day}日"', 'en = "{day} {month_name}"'),
            example(WORDS, "[days.one]", 'zh = "还有{n}天"', 'en = "One day left"'),
            example(WORDS, "[language]", 'zh = "English"', 'en = "中文"'),
            example(WORDS, "[card]", 'zh = "黄牌"', 'en = "Yellow card (黄牌)"'),
        ),
        bad=(
            example(WORDS, "[case.due]", 'zh = "还有{days}天"'),
            example(WORDS, "[case.due]", 'zh = "还有{days}天"', 'en = "{hours} hours left"'),
            example(WORDS, "[case.due]", 'zh = "还有{days}天"', 'en = "{days}天 left"'),
            example(WORDS, "[case.due]", 'zh = "还有{days天"', 'en = "{days left"'),
            example(WORDS, "[case.due"),
        ),
    ),
    Rule(
        id="punctuation",
        why="Chinese set with half-width marks reads like a text that nobody looked at (GB/T 15834-2011)",
        find=_punctuation,
        applies=lambda source: source.under("src") and source.name in ("words.toml", "clauses.toml"),
        good=(
            example(WORDS, "[a]", 'zh = "设置有误：{reason}。例如 smtp://用户:口令@主机:25，改正后重试（见说明）。"'),
            example(WORDS, "[a]", 'zh = "{peak:.0f} m/s, 8:00"', 'en = "Wind: {peak:.0f} m/s, at 8:00"'),
        ),
        bad=(
            example(WORDS, "[a]", 'zh = "没有找到,请核对"'),
            example(WORDS, "[a]", 'zh = "没有找到(请核对)"'),
            example(WORDS, 'a = { zh = "没有找到: 请核对", en = "Not found" }'),
        ),
    ),
)
