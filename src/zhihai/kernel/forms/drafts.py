"""Drafts (草稿): what somebody has answered so far, sealed, found again on any device and by nobody else."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from zhihai.ground.actors import Actor
from zhihai.ground.forms.fields import Address, Field, Files, Group
from zhihai.ground.forms.program import Outcome
from zhihai.ground.forms.values import KEY, is_empty
from zhihai.ground.named import Named
from zhihai.ground.refusal import Conflict, NotFound, NotPermitted, Refused
from zhihai.kernel import records
from zhihai.kernel.forms.attaching import FileLine, files_told
from zhihai.kernel.forms.knowing import Held, known_of
from zhihai.kernel.forms.receiving import REACHED, SERVICE, Reception, Served, reception_here
from zhihai.kernel.forms.versions import Form, form_in_force, form_of_row, form_on, recorded
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.identity.kinds import ANSWER_CALLS, TAKE_MATTERS
from zhihai.kernel.journal import acts as journal

KEY_BYTES = 16
"""128 random bits: nobody finds a draft by trying."""
MOST_DRAFTS, MOST_SUBJECT, MOST_TITLE, MOST_SAID = 100, 200, 200, 500


@dataclass(frozen=True, slots=True)
class Disputed:
    """A known value that the applicant says is wrong: what it should be, why, and the number of the case it became."""

    value: object = field(repr=False)
    said: str = field(repr=False)
    case: str


@dataclass(frozen=True, slots=True)
class Content:
    """What a draft holds: answers, what was known with its source, and what of that was said to be wrong."""

    answers: dict[str, object] = field(repr=False)
    held: Mapping[str, Held] = field(repr=False)
    disputed: Mapping[str, Disputed] = field(repr=False)

    def fixed(self) -> tuple[str, ...]:
        """Return the fields whose answer is the government's own."""
        return tuple(id_ for id_ in self.held if id_ not in self.disputed)


@dataclass(frozen=True, slots=True)
class Desk:
    """By what reception an official reaches a draft that is written for somebody (代填)."""

    reception: int
    way: Served
    person: int | None
    shown: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft as its owner sees it, or at a ``desk`` who is writing it for them.

    ``form`` is the version in force now; ``moved`` says that it is another than the one the draft was saved under, and
    ``lost`` are answers that the present one has no field for. ``today`` is the local day in the district; ``begun_at``
    and ``saved_at`` are district time.
    """

    id: int
    key: str
    form: Form
    today: date
    moved: bool
    lost: tuple[str, ...]
    tie: int | None
    subject: str
    title: str
    content: Content = field(repr=False)
    files: tuple[FileLine, ...]
    revision: int
    begun_at: datetime
    saved_at: datetime
    desk: Desk | None


@dataclass(frozen=True, slots=True)
class DraftLine:
    """A draft in a list; ``form`` is the name of its form."""

    key: str
    form: Named
    subject: str
    title: str
    tie: int | None
    saved_at: datetime


def need_writer(actor: Actor) -> None:
    """Raise ``NotPermitted`` for anybody but a resident with the whole account, and who writes for those they receive.

    Drafts are people's own; whoever is no resident reaches one only in a reception.
    """
    serves = actor.may(TAKE_MATTERS) or actor.may(ANSWER_CALLS)
    if actor.narrowed or actor.sort == "system" or not (actor.sort == "resident" or serves):
        raise NotPermitted("not_resident")


def place_of_draft(key: str) -> str:
    """Return what the answers of a draft are bound to."""
    return f"form_draft:{key}"


def start_draft(
    actor: Actor, form: str, subject: str, title: str, *, at: datetime, at_machine: datetime, tie: int | None = None,
    received: Reception | None = None,
) -> str:  # fmt: skip
    """Begin a draft for oneself, or by a tie for another, filled in with what is known; return its key.

    With ``received`` an official begins it for whom they are serving, and it belongs to the office. Raises ``NotFound``
    for no such form, ``Refused`` for a subject or title that is none, for a tie that does not hold, and after a hundred
    drafts (429).
    """
    need_writer(actor)
    if (actor.sort == "resident") != (received is None):
        raise NotPermitted("not_resident" if received is None else "no_reception")
    for name, text, most in (("subject", subject, MOST_SUBJECT), ("title", title, MOST_TITLE)):
        if not 1 <= len(text.strip()) <= most or not text.isprintable():
            raise Refused("draft_subject", name, most=most)
    held_form = form_in_force(form, at=at)
    key = secrets.token_urlsafe(KEY_BYTES)
    with records.atomic():
        known = known_of(actor, tie, received, held_form, at=at, at_machine=at_machine)
        content = Content({id_: one.value for id_, one in known.items()}, known, {})
        with identity.seeing(identity.of_own(actor)):
            records.one("SELECT id FROM account WHERE id = %s FOR UPDATE", (actor.account,))
            if records.value("SELECT count(*) FROM form_draft WHERE account_id = %s", (actor.account,)) >= MOST_DRAFTS:
                raise Refused("drafts_many", status=429, most=MOST_DRAFTS)
            id_ = records.value(
                """INSERT INTO form_draft (key, account_id, tie_id, version_id, subject, title, sealed, begun_at,
                       saved_at, reception_id, org_id, person_id)
                   VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id""",
                (
                    key, actor.account, tie, recorded(held_form, at=at), subject.strip(), title.strip(),
                    sealed_content(content, key), at, at, *_desk_of(received),
                ),
            )  # fmt: skip
            journal.record(actor, "forms.start_draft", "form_draft", id_, {"form": form, "tie": tie}, at=at)
    return key


def _desk_of(received: Reception | None) -> tuple[int | None, int | None, int | None]:
    return (None, None, None) if received is None else (received.id, received.office, received.person)


def sealed_content(content: Content, key: str) -> str:
    """Return what a draft holds, encrypted for its row."""
    held = {id_: [one.value, one.source, one.as_of] for id_, one in content.held.items()}
    said = {id_: [one.value, one.said, one.case] for id_, one in content.disputed.items()}
    text = records.as_json({"answers": content.answers, "held": held, "disputed": said})
    return identity.seal_secret(text, place_of_draft(key))


def _content(sealed: str, key: str) -> Content:
    made = records.json_object(identity.open_secret(sealed, place_of_draft(key)))
    held = {id_: Held(value, source, as_of) for id_, (value, source, as_of) in made["held"].items()}
    return Content(made["answers"], held, {id_: Disputed(*one) for id_, one in made["disputed"].items()})


_DRAFT = """SELECT d.id, d.key, d.tie_id, d.subject, d.title, d.sealed, d.revision, d.begun_at, d.saved_at, v.form,
    v.definition::text, v.words::text, v.uploaded, (SELECT zone FROM district),
    (SELECT json_agg(json_build_array(f.key, f.field, f.name, f.sort, f.size, encode(f.digest, 'hex')) ORDER BY f.id)
     FROM form_file f WHERE f.draft_id = d.id), s.tie_id, s.id, s.way, s.person_id, s.shown
    FROM form_draft d JOIN form_version v ON v.id = d.version_id LEFT JOIN LATERAL (
        SELECT r.id, r.way, r.person_id, r.tie_id, r.shown FROM reception r
        WHERE r.account_id = %s AND r.ended_at IS NULL AND r.org_id = d.org_id
        AND (r.id = d.reception_id OR r.person_id = d.person_id) ORDER BY r.id DESC LIMIT 1) s ON d.org_id IS NOT NULL
    WHERE d.key = %s AND (CASE WHEN d.org_id IS NULL THEN d.account_id = %s ELSE s.id IS NOT NULL END)"""


def draft_here(actor: Actor, key: str, *, at: datetime, held: bool = False) -> Draft:
    """Return one's own draft; asked where the wall shows one's own. ``held`` keeps others from it meanwhile.

    Raises ``NotFound`` for none, alike for somebody else's; ``Conflict`` (``draft_sent``) for one that was sent;
    ``Refused`` where it is for whom one acts for, by a tie that does not hold any more.
    """
    known = KEY.fullmatch(key)
    lock = " FOR UPDATE OF d" if held else ""
    row = records.one(f"{_DRAFT}{lock}", (actor.account, key, actor.account)) if known else None
    if row is None:
        sent = known and records.one(
            "SELECT 1 FROM form_submission WHERE draft_key = %s AND account_id = %s", (key, actor.account)
        )
        raise Conflict("draft_sent") if sent else NotFound("no_draft")
    desk = None if row[16] is None else Desk(row[16], row[17], row[18], row[19])
    tie = row[2] if desk is None else row[15]
    if tie is not None:
        identity.mandate(actor, tie, at=at) if desk is None else identity.tie_told(tie, SERVICE, at=at)
    today = at.astimezone(ZoneInfo(row[13])).date()
    was = form_of_row(*row[9:13])
    now = form_on(was.name, today)
    content = _content(row[5], row[1])
    lost = () if now.digest == was.digest else _carry(content.answers, now)
    return Draft(
        row[0], row[1], now, today, now.definition != was.definition, lost, tie, row[3], row[4], content,
        files_told(row[14]), row[6], row[7], row[8], desk,
    )  # fmt: skip


def _carry(answers: dict[str, object], form: Form) -> tuple[str, ...]:
    """Take out answers that a form has no field for; return their ids."""
    fields: dict[str, Field] = {id_: node.field for id_, node in form.program.nodes.items()}
    lost = [id_ for id_ in answers if id_ not in fields]
    for id_, value in list(answers.items()):
        asked = fields.get(id_)
        if asked is None:
            del answers[id_]
        elif isinstance(asked, Group) and isinstance(value, list):
            inner = {one.id for one in asked.fields}
            rows: list[dict[str, Any]] = [row for row in value if isinstance(row, dict)]
            lost += sorted({name for row in rows for name in row} - inner)
            answers[id_] = [{name: one for name, one in row.items() if name in inner} for row in rows]
    return tuple(lost)


def read_draft(actor: Actor, key: str, *, at: datetime) -> Draft:
    """Return one's own draft. Raises as :func:`draft_here` does."""
    with identity.asking(identity.of_own(actor)):
        return draft_here(actor, key, at=at)


def drafts(actor: Actor) -> tuple[DraftLine, ...]:
    """Return one's own drafts, the latest saved first."""
    with identity.asking(identity.of_own(actor)):
        return drafts_here(actor)


def drafts_here(actor: Actor) -> tuple[DraftLine, ...]:
    """Return one's own drafts; asked where the wall shows one's own."""
    found = records.rows(
        """SELECT d.key, v.words->'name'->>0, v.words->'name'->>1, d.subject, d.title, d.tie_id, d.saved_at
           FROM form_draft d JOIN form_version v ON v.id = d.version_id
           WHERE d.account_id = %s AND d.org_id IS NULL ORDER BY d.saved_at DESC, d.id DESC""",
        (actor.account,),
    )
    return tuple(DraftLine(key, Named(zh, en), *rest) for key, zh, en, *rest in found)


_RECEIVED = f"""SELECT d.key, v.words->'name'->>0, v.words->'name'->>1, d.subject, d.title, d.tie_id, d.saved_at
    FROM form_draft d JOIN form_version v ON v.id = d.version_id
    WHERE {REACHED} AND d.org_id = %s AND (d.reception_id = %s OR d.person_id = %s)
    ORDER BY d.saved_at DESC, d.id DESC LIMIT {MOST_DRAFTS}"""


def drafts_received(actor: Actor, received: Reception) -> tuple[DraftLine, ...]:
    """Return the drafts that an office has for whom it is serving, the latest saved first."""
    with identity.seeing(identity.PLATFORM):
        return _received(actor, received)


def _received(actor: Actor, received: Reception) -> tuple[DraftLine, ...]:
    found = records.rows(
        _RECEIVED, (actor.account, actor.account, received.office, received.id, received.person)
    )  # fmt: skip
    return tuple(DraftLine(key, Named(zh, en), *rest) for key, zh, en, *rest in found)


def serving(actor: Actor, id_: int, *, at_machine: datetime) -> tuple[Reception, tuple[DraftLine, ...]]:
    """Return whom an official is serving, and the drafts that the office has for them.

    Raises as :func:`~zhihai.kernel.forms.receiving.reception` does.
    """
    with identity.seeing(identity.PLATFORM):
        received = reception_here(actor, id_, at_machine)
        return received, _received(actor, received)


def checked(draft: Draft) -> Outcome:
    """Check a draft's answers as they stand, what is known of the applicant taken as it is."""
    return draft.form.program.check(draft.content.answers, draft.today, draft.content.fixed())


def save_draft(actor: Actor, key: str, revision: int, answers: Mapping[str, object], *, at: datetime) -> int:
    """Keep answers, right or wrong; return the draft's new revision.

    What is known and was not disputed stays as it is, and files are those that were attached. Raises ``Conflict``
    (``draft_moved``) where it was saved elsewhere since it was read, naming when; else as :func:`draft_here`.
    """
    need_writer(actor)
    with identity.seeing(identity.of_own(actor)):
        draft = draft_here(actor, key, at=at, held=True)
        need_revision(draft, revision)
        fixed = draft.content.fixed()
        fields = draft.form.program.nodes
        kept: dict[str, object] = {
            id_: value for id_, value in answers.items() if id_ in fields and id_ not in fixed and not is_empty(value)
        }
        kept |= {id_: draft.content.held[id_].value for id_ in fixed if id_ in fields}
        for id_, node in fields.items():
            if isinstance(node.field, Files):
                kept[id_] = [one.key for one in draft.files if one.asked == id_]
        return write_draft(actor, draft, Content(kept, draft.content.held, draft.content.disputed), "save_draft", at)


def need_revision(draft: Draft, revision: int) -> None:
    """Raise ``Conflict`` where a draft was saved elsewhere since it was read."""
    if draft.revision != revision:
        raise Conflict("draft_moved")


def write_draft(actor: Actor, draft: Draft, content: Content, act: str, at: datetime) -> int:
    """Write what a draft holds now, under the version in force; return its revision."""
    revision = records.value(
        """UPDATE form_draft SET sealed = %s, revision = revision + 1, saved_at = %s, version_id = %s WHERE id = %s
           RETURNING revision""",
        (sealed_content(content, draft.key), at, recorded(draft.form, at=at), draft.id),
    )
    journal.record(actor, f"forms.{act}", "form_draft", draft.id, {"revision": revision}, at=at)
    return int(revision)


def dispute(
    actor: Actor, key: str, revision: int, id_: str, value: object, said: str, case: str, *, at: datetime
) -> int:
    """Answer a known field otherwise: ``case`` is the number of what that became at the source. Returns the revision.

    The submission tells both: what was known from where, and what the applicant says. Raises ``Refused`` for a field
    that is not known, or too few or too many words; else as :func:`save_draft`.
    """
    need_writer(actor)
    why = " ".join(said.split())
    if not 2 <= len(why) <= MOST_SAID:
        raise Refused("correction_said", "said", least=2, most=MOST_SAID)
    with identity.seeing(identity.of_own(actor)):
        draft = draft_here(actor, key, at=at, held=True)
        need_revision(draft, revision)
        content = draft.content
        if id_ not in content.held or id_ not in draft.form.program.fields:
            raise Refused("correction_field", "field")
        typed = {"detail": value} if isinstance(draft.form.program.fields[id_], Address) else value
        said_of = {**content.disputed, id_: Disputed(typed, why, case)}
        changed = Content({**content.answers, id_: typed}, content.held, said_of)
        return write_draft(actor, draft, changed, "dispute", at)


def discard_draft(actor: Actor, key: str, *, at: datetime) -> None:
    """Throw a draft away with its files, also one by a tie that holds no more. Raises ``NotFound``."""
    need_writer(actor)
    with identity.seeing(identity.of_own(actor)):
        gone = records.value(
            f"DELETE FROM form_draft d WHERE d.key = %s AND {REACHED} RETURNING id", (key, actor.account, actor.account)
        ) if KEY.fullmatch(key) else None  # fmt: skip
        if gone is None:
            raise NotFound("no_draft")
        journal.record(actor, "forms.discard_draft", "form_draft", int(gone), {}, at=at)
