"""Versions of forms (表单版本): what is in force, compiled; and each version in use, kept with its words for good."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache

from zhihai.ground.actors import SYSTEM
from zhihai.ground.forms.codec import decode, encode
from zhihai.ground.forms.program import Program
from zhihai.ground.kind import word
from zhihai.ground.refusal import NotFound
from zhihai.ground.registry import Registry
from zhihai.ground.words import Language, Phrase, Words
from zhihai.kernel import house, records
from zhihai.kernel.forms.kinds import FormKind, sentences_besides, sentences_of
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.journal import reads as clocks

COMPILED = 256
"""So many versions are kept compiled in a process."""


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """A version of a form as it runs: its kind, its words by the keys below its own, its program.

    ``digest`` is the SHA-256 of definition and words: two versions that differ in a letter are two.
    """

    name: str
    kind: FormKind
    words: Mapping[str, Phrase] = field(repr=False)
    program: Program = field(repr=False)
    definition: str = field(repr=False)
    digest: bytes
    uploaded: bool

    def say(self, key: str, language: Language) -> str:
        """Return the form's own sentence, empty where it has none. It has no places: nothing is filled in."""
        phrase = self.words.get(key)
        return "" if phrase is None else phrase.zh if language == "zh" else phrase.en

    @property
    def code(self) -> str:
        """Return what a page says of the version that it was drawn from."""
        return self.digest.hex()[:32]


def today(at: datetime) -> date:
    """Return the local day of an instant in the district."""
    return at.astimezone(clocks.clock().zone).date()


def made_form(name: str, kind: FormKind, words: Mapping[str, Phrase], *, uploaded: bool) -> Form:
    """Compile a form."""
    definition = records.as_json(encode(kind))
    digest = hashlib.sha256(f"{definition}\n{words_text(words)}".encode()).digest()
    return Form(name, kind, words, Program(kind.sections, kind.checks), definition, digest, uploaded)


def words_text(words: Mapping[str, Phrase]) -> str:
    """Return words as they are kept."""
    return records.as_json({key: [said.zh, said.en] for key, said in words.items()})


@lru_cache(maxsize=COMPILED)
def _of_code(registry: Registry, words: Words, name: str, version: int) -> Form:
    kind = registry.get(FormKind, name, version)
    keys = {key: word(name, "form", key) for key in (*sentences_of(kind), *sentences_besides(kind))}
    return made_form(name, kind, {key: words[full] for key, full in keys.items() if full in words}, uploaded=False)


@lru_cache(maxsize=COMPILED)
def form_of_row(name: str, definition: str, words: str, uploaded: bool) -> Form:
    """Return a version as its row keeps it, compiled."""
    kind = decode(FormKind, records.json_object(definition))
    said = {key: Phrase(*pair) for key, pair in records.json_object(words).items()}
    return made_form(name, kind, said, uploaded=uploaded)


_PUBLISHED = """SELECT form, definition::text, words::text FROM form_version
    WHERE uploaded AND published AND valid_from <= %s AND form = %s ORDER BY valid_from DESC, version DESC LIMIT 1"""


def form_in_force(name: str, *, at: datetime) -> Form:
    """Return the version of a form that holds at ``at`` (district time). Raises ``NotFound`` (``no_form``)."""
    return form_on(name, today(at))


def form_on(name: str, day: date) -> Form:
    """Return the version of a form that holds on a local day. Raises ``NotFound`` (``no_form``)."""
    registry = house.registry()
    try:
        kind = registry.in_force(FormKind, name, day)
    except KeyError:
        row = records.one(_PUBLISHED, (day, name[:200]))
        if row is None:
            raise NotFound("no_form", "form") from None
        return form_of_row(*row, True)
    return _of_code(registry, house.words(), name, kind.version)


def form_of_version(version: int) -> Form:
    """Return a version as it was recorded, compiled. Raises ``NotFound`` for a number that is none."""
    row = records.one(
        "SELECT form, definition::text, words::text, uploaded FROM form_version WHERE id = %s", (version,)
    )
    if row is None:
        raise NotFound("no_form", "form")
    return form_of_row(*row)


def recorded(form: Form, *, at: datetime) -> int:
    """Return the number under which a version is kept; keeps it first where it was not yet."""
    found = records.value("SELECT id FROM form_version WHERE form = %s AND digest = %s", (form.name, form.digest))
    if found is not None:
        return int(found)
    with records.atomic():
        id_ = records.value(
            """INSERT INTO form_version (form, version, valid_from, definition, words, digest, uploaded, at,
                   proposed_by, published) VALUES (%s, %s, %s, %s, %s, %s, false, %s, 0, true)
               ON CONFLICT (form, digest) DO NOTHING RETURNING id""",
            (
                form.name, form.kind.version, form.kind.valid_from, form.definition, words_text(form.words),
                form.digest, at,
            ),
        )  # fmt: skip
        if id_ is None:  # another was first
            return recorded(form, at=at)
        data = {"form": form.name, "version": form.kind.version, "digest": form.digest.hex()}
        journal.record(SYSTEM, "forms.record_versions", "form_version", id_, data, at=at)
    return int(id_)


def record_versions(*, at: datetime) -> int:
    """Keep every version of every form that packs declare; returns how many forms there are."""
    registry = house.registry()
    count = 0
    for name, _ in registry.all(FormKind):
        for kind in registry.versions(FormKind, name):
            recorded(_of_code(registry, house.words(), name, kind.version), at=at)
            count += 1
    return count
