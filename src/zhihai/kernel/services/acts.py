"""Writes of the room services: the catalogue of items, its guides and words; applications and what is said of them."""

from __future__ import annotations

from zhihai.kernel.services.applying import (
    Applied,
    Given,
    Sending,
    apply,
    begin_application,
    send,
    start_supplement,
    supplement,
    withdraw_application,
)
from zhihai.kernel.services.bringing import bring_in
from zhihai.kernel.services.calling import open_call_backs, tell_caller
from zhihai.kernel.services.guiding import (
    assign,
    complete_guide,
    describe,
    publish,
    set_contact,
    set_synonyms,
    withdraw,
)
from zhihai.kernel.services.looking import look_into
from zhihai.kernel.services.papers import call_for_papers, issue_papers, reseal_papers
from zhihai.kernel.services.rating import rate
from zhihai.kernel.services.reckoning import reckon_took
from zhihai.kernel.services.taking import begin_call, begin_taking
from zhihai.kernel.services.telling import tell_applicants

__all__ = [
    "Applied", "Given", "Sending", "apply", "assign", "begin_application", "begin_call", "begin_taking", "bring_in",
    "call_for_papers", "complete_guide", "describe", "issue_papers", "look_into", "open_call_backs", "publish", "rate",
    "reckon_took", "reseal_papers", "send", "set_contact", "set_synonyms", "start_supplement", "supplement",
    "tell_applicants", "tell_caller", "withdraw", "withdraw_application",
]  # fmt: skip
