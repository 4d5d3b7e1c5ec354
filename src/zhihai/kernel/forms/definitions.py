"""Forms that officials upload (上传的表单): a definition in JSON, proposed by one, published by another, frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from zhihai.ground.actors import Actor
from zhihai.ground.forms.codec import Unsound, decode
from zhihai.ground.forms.json_text import Read, Unreadable, read_json
from zhihai.ground.forms.soundness import Flaw
from zhihai.ground.named import Named
from zhihai.ground.powers import SET_FORMS
from zhihai.ground.refusal import Conflict, NotFound, Refused
from zhihai.ground.words import Phrase
from zhihai.kernel import records
from zhihai.kernel.forms.kinds import FormKind, sentences_besides, sentences_of
from zhihai.kernel.forms.versions import Form, form_of_version, made_form, words_text
from zhihai.kernel.journal import acts as journal

PACK = "district"
"""Forms that were uploaded go by ``district.<id>``: no pack's name."""
WORDS, MOST_WORDS = "words", 2000


@dataclass(frozen=True, slots=True)
class Place:
    """What is wrong with a definition, and where it stands in its text; words ``forms.flaw.<code>``."""

    line: int
    column: int
    code: str
    facts: Mapping[str, str | int]


class Misdefined(Refused):
    """A definition that is none (``form_definition``): all that is wrong with it, in the order of its text."""

    def __init__(self, places: tuple[Place, ...]) -> None:
        super().__init__("form_definition", "definition", n=len(places), line=places[0].line)
        self.places = places


@dataclass(frozen=True, slots=True)
class Proposal:
    """A version that was uploaded. Instants are district time; ``decided_by`` is ``None`` while it waits."""

    id: int
    form: str
    name: Named
    version: int
    valid_from: date
    at: datetime
    proposed_by: int
    decided_at: datetime | None
    decided_by: int | None
    published: bool
    definition: str = field(repr=False)


def read_definition(text: str) -> Form:
    """Read a form as JSON: its kind, and with ``words`` its sentences in both languages. Raises :class:`Misdefined`."""
    try:
        read = read_json(text)
    except Unreadable as fault:
        line, column = Read(text).position(fault.at)
        raise Misdefined((Place(line, column, fault.code, {}),)) from None
    value = dict(read.value) if isinstance(read.value, dict) else read.value
    said = value.pop(WORDS, None) if isinstance(value, dict) else None
    try:
        kind = decode(FormKind, value)
        words = _words(kind, said)
    except Unsound as unsound:
        raise Misdefined(tuple(sorted((_placed(read, one) for one in unsound.flaws), key=_order))) from None
    return made_form(f"{PACK}.{kind.id}", kind, words, uploaded=True)


def _placed(read: Read, flaw: Flaw) -> Place:
    return Place(*read.line_of(flaw.path), flaw.code, flaw.facts)


def _order(place: Place) -> tuple[int, int]:
    return place.line, place.column


def _words(kind: FormKind, said: object) -> dict[str, Phrase]:
    """Return the sentences of a definition. Raises ``Unsound`` for one that is missing, unknown or not in both."""
    if not isinstance(said, dict):
        raise Unsound((Flaw((WORDS,), "missing_name", {"name": WORDS}),))
    needed = tuple(sentences_of(kind))
    known = {*needed, *sentences_besides(kind)}
    flaws = [Flaw((WORDS,), "missing_name", {"name": key}) for key in needed if key not in said]
    flaws += [Flaw((WORDS, key), "unknown_name", {"name": key[:100]}) for key in said if key not in known]
    words = {}
    for key, pair in said.items():
        if isinstance(pair, dict) and set(pair) == {"zh", "en"} and all(_sentence(one) for one in pair.values()):
            words[key] = Phrase(pair["zh"], pair["en"])
        else:
            flaws.append(Flaw((WORDS, key), "both_languages", {"most": MOST_WORDS}))
    if flaws:
        raise Unsound(tuple(flaws))
    return words


def _sentence(text: object) -> bool:
    return isinstance(text, str) and 0 < len(text.strip()) <= MOST_WORDS


def propose_form(actor: Actor, text: str, *, at: datetime) -> int:
    """Propose a form, or a later version of one; return the number of the proposal.

    Raises ``NotPermitted`` without the power ``form.set`` over the district, :class:`Misdefined`, ``Conflict`` for a
    version that is not later than those published, or that was uploaded before to the letter.
    """
    actor.need(SET_FORMS)
    form = read_definition(text)
    with records.atomic():
        records.execute("LOCK TABLE form_version IN SHARE ROW EXCLUSIVE MODE")
        latest = records.value(
            "SELECT max(version) FROM form_version WHERE form = %s AND uploaded AND published", (form.name,)
        )
        again = records.one("SELECT 1 FROM form_version WHERE form = %s AND digest = %s", (form.name, form.digest))
        if again or (latest is not None and form.kind.version <= latest):
            raise Conflict("form_version_known", "definition", version=form.kind.version)
        id_ = records.value(
            """INSERT INTO form_version (form, version, valid_from, definition, words, digest, uploaded, at,
                   proposed_by, published) VALUES (%s, %s, %s, %s, %s, %s, true, %s, %s, false) RETURNING id""",
            (
                form.name, form.kind.version, form.kind.valid_from, form.definition, words_text(form.words),
                form.digest, at, actor.account,
            ),
        )  # fmt: skip
        data = {"form": form.name, "version": form.kind.version, "digest": form.digest.hex()}
        journal.record(actor, "forms.propose_form", "form_version", id_, data, at=at)
    return int(id_)


def publish_form(actor: Actor, proposal: int, *, at: datetime) -> None:
    """Publish what another proposed: it holds from its first day on, and is never changed (双人发布).

    Raises ``NotPermitted`` without the power ``form.set`` over the district, ``Refused`` (``form_own``) for one's own,
    ``NotFound`` for none that waits, ``Conflict`` where a later version was published meanwhile.
    """
    _decide(actor, proposal, "publish_form", at)


def refuse_form(actor: Actor, proposal: int, *, at: datetime) -> None:
    """Refuse a proposal, or take one's own back. Raises as :func:`publish_form` does, but for one's own."""
    _decide(actor, proposal, "refuse_form", at)


def _decide(actor: Actor, proposal: int, act: str, at: datetime) -> None:
    actor.need(SET_FORMS)
    publish = act == "publish_form"
    with records.atomic():
        row = records.one(
            """SELECT v.proposed_by, EXISTS (SELECT FROM form_version n WHERE n.form = v.form AND n.uploaded
                   AND n.published AND n.version >= v.version)
               FROM form_version v WHERE v.id = %s AND v.uploaded AND v.decided_at IS NULL FOR UPDATE""",
            (proposal,),
        )
        if row is None:
            raise NotFound("no_form_proposal")
        if publish and row[0] == actor.account:
            raise Refused("form_own", status=403)
        if publish and row[1]:
            raise Conflict("form_version_known", version=form_of_version(proposal).kind.version)
        records.execute(
            "UPDATE form_version SET decided_at = %s, decided_by = %s, published = %s WHERE id = %s",
            (at, actor.account, publish, proposal),
        )
        journal.record(actor, f"forms.{act}", "form_version", proposal, {}, at=at)


_UPLOADED = """SELECT id, form, words->'name'->>0, words->'name'->>1, version, valid_from, at, proposed_by, decided_at,
    decided_by, published, definition::text FROM form_version WHERE uploaded"""


def uploaded_forms(actor: Actor) -> tuple[Proposal, ...]:
    """Return what was uploaded, the latest first (two hundred at most). Raises ``NotPermitted``."""
    actor.need(SET_FORMS)
    found = records.rows(f"{_UPLOADED} ORDER BY id DESC LIMIT 200")
    return tuple(Proposal(id_, form, Named(zh, en), *rest) for id_, form, zh, en, *rest in found)
