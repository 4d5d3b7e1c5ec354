"""Writes of the room forms: drafts and their files, what is sent, definitions that officials upload."""

from __future__ import annotations

from datetime import datetime

from zhihai.ground.actors import Actor
from zhihai.ground.forms.fields import MEBIBYTE, Files
from zhihai.ground.forms.files import file_name, suited, type_of
from zhihai.ground.refusal import NotFound, Refused
from zhihai.kernel import records
from zhihai.kernel.forms.attaching import MOST_OF_DRAFT, FileLine, keep_file
from zhihai.kernel.forms.consenting import keep_paper
from zhihai.kernel.forms.deciding import accept_tie_request, refuse_tie_request, sweep_tie_requests
from zhihai.kernel.forms.definitions import propose_form, publish_form, refuse_form
from zhihai.kernel.forms.drafts import (
    Content,
    discard_draft,
    dispute,
    draft_here,
    need_revision,
    need_writer,
    save_draft,
    start_draft,
    write_draft,
)
from zhihai.kernel.forms.receiving import end_late_receptions, end_reception, receive, receive_by_consent, take_call
from zhihai.kernel.forms.requesting import TieRequestInput, request_tie, withdraw_tie_request
from zhihai.kernel.forms.resealing import reseal_forms
from zhihai.kernel.forms.sending import SIGNED, SIGNED_PAPER, Signed, Submitted, submit
from zhihai.kernel.forms.sweeping import sweep_drafts
from zhihai.kernel.forms.versions import record_versions
from zhihai.kernel.identity import reads as identity

__all__ = [
    "SIGNED", "Signed", "Submitted", "TieRequestInput", "accept_tie_request", "attach", "detach", "discard_draft",
    "dispute", "end_late_receptions", "end_reception", "keep_paper", "propose_form", "publish_form", "receive",
    "receive_by_consent", "record_versions", "refuse_form", "refuse_tie_request", "request_tie", "reseal_forms",
    "save_draft", "start_draft", "submit", "sweep_drafts", "sweep_tie_requests", "take_call", "withdraw_tie_request",
]  # fmt: skip


def attach(
    actor: Actor, key: str, revision: int, field: str, name: str, content: bytes, *, at: datetime
) -> tuple[FileLine, int]:
    """Attach a file to a field of one's own draft; return it, and the draft's revision.

    At a desk the field ``SIGNED`` takes the scan of what the person signed.

    Raises ``Refused`` naming the file: not one of the types, broken, active, too large, one too many; else as
    :func:`~zhihai.kernel.forms.drafts.save_draft` does.
    """
    need_writer(actor)
    shown = file_name(name)
    with identity.seeing(identity.of_own(actor)):
        draft = draft_here(actor, key, at=at, held=True)
        need_revision(draft, revision)
        asked = SIGNED_PAPER if field == SIGNED and draft.desk is not None else draft.form.program.fields.get(field)
        if not isinstance(asked, Files) or field in draft.form.program.group_of:
            raise Refused("file_field", field)
        if len(content) > asked.size:
            raise Refused("file_large", field, name=shown, most=max(1, asked.size // MEBIBYTE))
        if len([one for one in draft.files if one.asked == field]) >= asked.most:
            raise Refused("file_many", field, name=shown, most=asked.most)
        if sum(one.size for one in draft.files) + len(content) > MOST_OF_DRAFT:
            raise Refused("file_all", field, name=shown, most=MOST_OF_DRAFT // MEBIBYTE)
        sort = type_of(content, shown, asked.types)
        line = keep_file(actor, draft.id, field, suited(shown, sort), sort, content, at)
        held = [one.key for one in (*draft.files, line) if one.asked == field]
        answers = draft.content.answers if field == SIGNED else {**draft.content.answers, field: held}
        changed = Content(answers, draft.content.held, draft.content.disputed)
        return line, write_draft(actor, draft, changed, "attach", at)


def detach(actor: Actor, key: str, revision: int, file: str, *, at: datetime) -> int:
    """Take a file off one's own draft; return the draft's revision. Raises ``NotFound``, and as :func:`attach` does."""
    need_writer(actor)
    with identity.seeing(identity.of_own(actor)):
        draft = draft_here(actor, key, at=at, held=True)
        need_revision(draft, revision)
        found = next((one for one in draft.files if one.key == file), None)
        if found is None:
            raise NotFound("no_file")
        records.execute("DELETE FROM form_file WHERE key = %s AND draft_id = %s", (file, draft.id))
        left = [one.key for one in draft.files if one.asked == found.asked and one.key != file]
        answers = draft.content.answers if found.asked == SIGNED else {**draft.content.answers, found.asked: left}
        changed = Content(answers, draft.content.held, draft.content.disputed)
        return write_draft(actor, draft, changed, "detach", at)
