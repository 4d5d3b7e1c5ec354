"""Questions to the room forms: what is asked, what somebody has answered so far, what was sent."""

from __future__ import annotations

from zhihai.kernel.forms.attaching import FileContent, FileLine, file_content, file_told
from zhihai.kernel.forms.consenting import Helped, Paper, paper_of, paper_told, served_by
from zhihai.kernel.forms.deciding import SCAN_DAYS, AskedTie, WaitingTie, scan_asked, tie_request, tie_requests
from zhihai.kernel.forms.definitions import Misdefined, Place, Proposal, read_definition, uploaded_forms
from zhihai.kernel.forms.drafts import (
    Content,
    Desk,
    Disputed,
    Draft,
    DraftLine,
    checked,
    drafts,
    drafts_received,
    read_draft,
    serving,
)
from zhihai.kernel.forms.knowing import Held
from zhihai.kernel.forms.receiving import TYPED_WHY, Reception, reception, receptions
from zhihai.kernel.forms.requesting import (
    REASONS,
    RELATIONS,
    REQUESTS_A_DAY,
    SCAN_MEBIBYTES,
    TieRequest,
    kinds_asked,
    my_tie_requests,
    own_scan,
)
from zhihai.kernel.forms.sending import SIGNED, Faulty, Submission, Taken, submission_told
from zhihai.kernel.forms.versions import Form, form_in_force, form_of_version

__all__ = [
    "REASONS", "RELATIONS", "REQUESTS_A_DAY", "SCAN_DAYS", "SCAN_MEBIBYTES", "SIGNED", "TYPED_WHY", "AskedTie",
    "Content", "Desk", "Disputed", "Draft", "DraftLine", "Faulty", "FileContent", "FileLine", "Form", "Held", "Helped",
    "Misdefined", "Paper", "Place", "Proposal", "Reception", "Submission", "Taken", "TieRequest", "WaitingTie",
    "checked", "drafts", "drafts_received", "file_content", "file_told", "form_in_force", "form_of_version",
    "kinds_asked", "my_tie_requests", "own_scan", "paper_of", "paper_told", "read_definition", "read_draft",
    "reception", "receptions", "scan_asked", "served_by", "serving", "submission_told", "tie_request", "tie_requests",
    "uploaded_forms",
]  # fmt: skip
