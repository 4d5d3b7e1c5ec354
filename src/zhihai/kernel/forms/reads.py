"""Questions to the room forms: what is asked, what somebody has answered so far, what was sent."""

from __future__ import annotations

from zhihai.kernel.forms.attaching import FileContent, FileLine, file_content, file_told
from zhihai.kernel.forms.definitions import Misdefined, Place, Proposal, read_definition, uploaded_forms
from zhihai.kernel.forms.drafts import Content, Disputed, Draft, DraftLine, checked, drafts, read_draft
from zhihai.kernel.forms.knowing import Held
from zhihai.kernel.forms.sending import (
    Faulty,
    Submission,
    submission_told,
)
from zhihai.kernel.forms.versions import Form, form_in_force, form_of_version

__all__ = [
    "Content", "Disputed", "Draft", "DraftLine", "Faulty", "FileContent", "FileLine", "Form", "Held", "Misdefined",
    "Place", "Proposal", "Submission", "checked", "drafts", "file_content", "file_told", "form_in_force",
    "form_of_version", "read_definition", "read_draft", "submission_told", "uploaded_forms",
]  # fmt: skip
