"""The reference page of a district's folder, generated from its tables and their words."""

from __future__ import annotations

from collections.abc import Iterator
from math import isinf

from zhihai.ground.words import LANGUAGES, Language, Words
from zhihai.site.district_files import (
    ARCHIVES,
    CASE_KINDS,
    DEVICE_KINDS,
    KEYS,
    PUBLICATION_KINDS,
    ROLES,
    STEP_ROLES,
    TABLES,
    TIE_KINDS,
    Column,
)
from zhihai.site.wording import site_words

WHERE = {
    DEVICE_KINDS: "devices",
    CASE_KINDS: "cases",
    TIE_KINDS: "ties",
    PUBLICATION_KINDS: "publication_kinds",
    ROLES: "roles",
    STEP_ROLES: "step_roles",
    ARCHIVES: "archives",
}
SHAPES = "areas.geojson"


def folder_page() -> str:
    """Return ``docs/reference/district-folder.md``: every file and column, in Chinese and English.

    Raises ``KeyError`` naming ``folder.<file>.<column>`` when a file or column has no words.
    """
    words = site_words()
    parts = [f"# {_both(words, 'title')}"]
    for language in LANGUAGES:
        parts += [words.say("folder.intro", language), words.say("folder.form", language)]
    parts.append(_files(words))
    for file in (*KEYS, *TABLES):
        shapes = f", {SHAPES}" if file == "areas.csv" else ""
        parts += [f"## {file}{shapes}", _columns(words, file) if file in TABLES else _keys(words, file)]
        if shapes:
            parts += [words.say(f"folder.{SHAPES}", language) for language in LANGUAGES]
        if file in TABLES and len(TABLES[file].unique) > 1:
            columns = ", ".join(f"`{name}`" for name in TABLES[file].unique)
            parts.append(" ".join(words.say("folder.unique", language, columns=columns) for language in LANGUAGES))
    return "\n\n".join(parts) + "\n"


def _both(words: Words, key: str, between: str = " · ") -> str:
    return between.join(words.say(f"folder.{key}", language) for language in LANGUAGES)


def _table(heads: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def _languages(words: Words) -> tuple[str, str]:
    return words.say("folder.chinese", "zh"), words.say("folder.english", "en")


def _files(words: Words) -> str:
    needed = {"district.toml", *(file for file, table in TABLES.items() if not table.optional)}
    rows = (
        (f"`{file}`", *_said(words, file), _both(words, "yes" if file in needed else "no"))
        for file in (*KEYS, *TABLES, SHAPES)
    )
    return _table((_both(words, "file"), *_languages(words), _both(words, "needed")), rows)


def _said(words: Words, key: str) -> tuple[str, str]:
    return words.say(f"folder.{key}", "zh"), words.say(f"folder.{key}", "en")


def _keys(words: Words, file: str) -> str:
    rows = ((f"`{key}`", *_said(words, f"{file}.{key}")) for key in KEYS[file])
    return _table((_both(words, "key"), *_languages(words)), rows)


def _columns(words: Words, file: str) -> str:
    rows = (
        (f"`{column.name}`", *_said(words, f"{file}.{column.name}"), _cell(words, column))
        for column in TABLES[file].columns
    )
    return _table((_both(words, "column"), *_languages(words), _both(words, "cell")), rows)


def _cell(words: Words, column: Column) -> str:
    if column.one_of:
        parts = [", ".join(f"`{one}`" for one in column.one_of)]
    elif column.of:
        parts = [" · ".join(_where(words, column.of, language) for language in LANGUAGES)]
    else:
        parts = [_both(words, f"sort.{column.sort}")]
    if not isinf(column.least):
        key = "least" if isinf(column.most) else "bounds"
        facts = {"least": f"{column.least:g}", "most": f"{column.most:g}"}
        parts.append(" · ".join(words.say(f"folder.{key}", language, **facts) for language in LANGUAGES))
    if not column.needed:
        parts.append(_both(words, "or_empty"))
    return "; ".join(parts)


def _where(words: Words, of: str, language: Language) -> str:
    where = words.say(f"folder.where.{WHERE[of]}", language) if of in WHERE else f"`{of}`"
    return words.say("folder.of", language, where=where)
