"""What was sent (提交): frozen, with its digest and the words that the applicant saw."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from zhihai.ground.actors import Actor
from zhihai.ground.forms.fields import Address, Files
from zhihai.ground.forms.values import Fault
from zhihai.ground.refusal import Conflict, NotFound, Refused
from zhihai.ground.words import Language
from zhihai.kernel import records
from zhihai.kernel.forms.attaching import FileLine
from zhihai.kernel.forms.drafts import (
    Disputed,
    Draft,
    checked,
    draft_here,
    need_revision,
    need_writer,
)
from zhihai.kernel.forms.knowing import Held
from zhihai.kernel.forms.versions import Form, form_of_version, recorded
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.places import reads as places

Way = Literal["hall", "window", "helper", "call"]
KEY_BYTES = 16
Signed = Literal["", "paper", "read"]
"""How whoever is served said yes: by their hand on a paper that was scanned, or it was read to them and they agreed."""
SIGNED = "@signed"
"""Where the scan of what was signed is attached; no form has a field of this name."""
SIGNED_PAPER = Files(id="signed", required=False, most=4)


class Faulty(Refused):
    """A form that can not be sent as it is: what is wrong with each answer."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("form_faults", n=len(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Submitted:
    """What was sent, as the room above goes on with it.

    ``person`` is whom it is for, ``None`` where the account was shown for nobody in person; ``area`` the number of
    the area that the form named by its first address within the district.
    """

    id: int
    key: str
    form: str
    subject: str
    title: str
    person: int | None
    area: int | None
    digest: bytes


@dataclass(frozen=True, slots=True)
class Taken:
    """How an official took down what was sent: what document was shown, and how it was agreed to."""

    shown: str = field(repr=False)
    signed: Signed


@dataclass(frozen=True, slots=True)
class Submission:
    """What was sent, as it was sent: under the version and in the language that the applicant saw.

    ``at`` is district time. ``whole`` says that the document still has the digest it was sent with. ``taken`` is
    ``None`` for what somebody wrote themselves.
    """

    id: int
    key: str
    form: Form
    subject: str
    title: str
    way: Way
    account: int
    person: int | None
    tie: int | None
    language: Language
    answers: Mapping[str, Any] = field(repr=False)
    held: Mapping[str, Held] = field(repr=False)
    disputed: Mapping[str, Disputed] = field(repr=False)
    files: tuple[FileLine, ...]
    digest: bytes
    whole: bool
    at: datetime
    taken: Taken | None


def place_of_submission(key: str) -> str:
    """Return what the document of a submission is bound to."""
    return f"form_submission:{key}"


def submit(
    actor: Actor, key: str, revision: int, code: str, *, at: datetime, at_machine: datetime, language: Language,
    signed: Signed = "",
) -> Submitted:  # fmt: skip
    """Send one's own draft: it is checked wholly, frozen with its files, and the draft is gone. Once.

    It may stand in the transaction of a room above, and goes back with it. ``code`` is that of the version the
    applicant was shown (:attr:`~zhihai.kernel.forms.versions.Form.code`), ``language`` the one it was shown in,
    ``signed`` how whoever is served by an official agreed to it. Raises :class:`Faulty` with all that is wrong;
    ``Conflict`` for a draft that was sent (``draft_sent``) or saved elsewhere (``draft_moved``), and where another
    version came into force meanwhile (``form_moved``: the answers are kept); ``NotFound``; ``Refused`` for a tie that
    does not hold any more, and for whoever is served and did not say yes.
    """
    need_writer(actor)
    with identity.seeing(identity.of_own(actor)):
        draft = draft_here(actor, key, at=at, held=True)
        need_revision(draft, revision)
        if draft.form.code != code:
            raise Conflict("form_moved")
        found = checked(draft)
        area, lost = _areas(draft, found.answers)
        faults = (*found.faults, *lost, *_files(draft, found.answers))
        if faults:
            raise Faulty(faults)
        _refuse_unsigned(draft, signed)
        person = _person(actor, draft, at)
        with identity.asking(identity.PLATFORM if draft.desk else identity.of_own(actor)):
            return _write(
                actor, draft, found.answers, person, area, at=at, at_machine=at_machine, language=language,
                signed=signed,
            )  # fmt: skip


def _refuse_unsigned(draft: Draft, signed: Signed) -> None:
    if draft.desk is None or draft.desk.way == "call":
        return
    scanned = any(one.asked == SIGNED for one in draft.files)
    if signed not in ("paper", "read") or (signed == "paper") != scanned:
        raise Refused("signed_scan" if signed == "paper" else "signed_how", "signed")


def _areas(draft: Draft, answers: Mapping[str, object]) -> tuple[int | None, list[Fault]]:
    """Return the number of the first area that the answers name, and what names one that there is not."""
    first, faults = None, []
    for id_, node in draft.form.program.nodes.items():
        given = answers.get(id_)
        code = given.get("area") if isinstance(node.field, Address) and isinstance(given, dict) else None
        if code:
            try:
                first = first or places.area_by_code(str(code)).id
            except NotFound:
                faults.append(Fault(id_, "area_unknown"))
    return first, faults


def _files(draft: Draft, answers: Mapping[str, object]) -> list[Fault]:
    """Return the fields that name files which are not there: an answer is no way to another's file."""
    held = {(one.asked, one.key) for one in draft.files}
    faults = []
    for id_, asked in draft.form.program.fields.items():
        given = answers.get(id_)
        if isinstance(asked, Files) and isinstance(given, list) and any((id_, one) not in held for one in given):
            faults.append(Fault(id_, "file"))
    return faults


def _person(actor: Actor, draft: Draft, at: datetime) -> int | None:
    if draft.desk is not None:
        return draft.desk.person
    if draft.tie is not None:
        return identity.mandate(actor, draft.tie, at=at).principal.id
    return identity.proved_person(actor)


def _write(
    actor: Actor, draft: Draft, answers: Mapping[str, object], person: int | None, area: int | None, *, at: datetime,
    at_machine: datetime, language: Language, signed: Signed,
) -> Submitted:  # fmt: skip
    way: Way = "hall" if draft.desk is None else draft.desk.way
    key = secrets.token_urlsafe(KEY_BYTES)
    named = {one for asked in answers.values() if isinstance(asked, list) for one in asked if isinstance(one, str)}
    named |= {one.key for one in draft.files if one.asked == SIGNED}
    document = _document(draft, answers, [one for one in draft.files if one.key in named], language, signed)
    digest = hashlib.sha256(document.encode()).digest()
    id_ = int(
        records.value(
            """INSERT INTO form_submission (key, draft_key, account_id, person_id, tie_id, way, version_id, subject,
                   title, sealed, digest, at, recorded_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
               RETURNING id""",
            (
                key, draft.key, actor.account, person, draft.tie, way, recorded(draft.form, at=at), draft.subject,
                draft.title, identity.seal_secret(document, place_of_submission(key)), digest, at, at_machine,
            ),
        )
    )  # fmt: skip
    if draft.files:
        records.execute(
            "UPDATE form_file SET submission_id = %s, draft_id = NULL WHERE draft_id = %s AND key = ANY(%s)",
            (id_, draft.id, sorted(named)),
        )
    records.execute("DELETE FROM form_draft WHERE id = %s", (draft.id,))
    data = {"form": draft.form.name, "version": draft.form.kind.version, "digest": digest.hex(), "way": way}
    journal.record(actor, "forms.submit", "form_submission", id_, data, at=at)
    return Submitted(id_, key, draft.form.name, draft.subject, draft.title, person, area, digest)


def _document(
    draft: Draft, answers: Mapping[str, object], files: list[FileLine], language: Language, signed: Signed
) -> str:
    """Return all that is sent as canonical JSON: names sorted, no blanks. The salt keeps its digest from telling it."""
    content, desk = draft.content, draft.desk
    return records.as_json(
        {
            "form": draft.form.name, "version": draft.form.kind.version, "definition": draft.form.digest.hex(),
            "language": language, "subject": draft.subject, "title": draft.title, "answers": answers,
            "held": {id_: [one.value, one.source, one.as_of] for id_, one in content.held.items() if id_ in answers},
            "disputed": {
                id_: [one.value, one.said, one.case] for id_, one in content.disputed.items() if id_ in answers
            },
            "files": [[one.key, one.asked, one.name, one.sort, one.size, one.digest.hex()] for one in files],
            "salt": secrets.token_hex(16),
            **({} if desk is None else {"taken": {"shown": desk.shown, "signed": signed}}),
        }
    )  # fmt: skip


_SUBMISSION = """SELECT id, key, version_id, subject, title, way, account_id, person_id, tie_id, sealed, digest, at
    FROM form_submission"""


def _read(row: records.Row) -> Submission:
    text = identity.open_secret(row[9], place_of_submission(row[1]))
    made = records.json_object(text)
    files = tuple(
        FileLine(file, asked, name, sort, size, bytes.fromhex(written))
        for file, asked, name, sort, size, written in made["files"]
    )
    digest = bytes(row[10])
    return Submission(
        row[0], row[1], form_of_version(row[2]), row[3], row[4], row[5], row[6], row[7], row[8], made["language"],
        made["answers"], {id_: Held(*one) for id_, one in made["held"].items()},
        {id_: Disputed(*one) for id_, one in made["disputed"].items()}, files, digest,
        hashlib.sha256(text.encode()).digest() == digest, row[11],
        Taken(**made["taken"]) if "taken" in made else None,
    )  # fmt: skip


def submission_told(id_: int) -> Submission:
    """Return what was sent, for a room above that has asked whether its actor may see it. Raises ``NotFound``."""
    with identity.seeing(identity.PLATFORM):
        row = records.one(f"{_SUBMISSION} WHERE id = %s", (id_,))
    if row is None:
        raise NotFound("no_submission")
    return _read(row)
