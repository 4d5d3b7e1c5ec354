"""Taking an application down for somebody (窗口受理、上门代办): the same form, the same matter, the same clock."""

from __future__ import annotations

from datetime import datetime

from zhihai.ground.actors import Actor
from zhihai.ground.refusal import NotPermitted
from zhihai.kernel import records
from zhihai.kernel.forms import acts as forms
from zhihai.kernel.forms import reads as form_reads
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.services.applying import general_form, public_item, refuse_sort


def begin_taking(actor: Actor, reception: int, item: str, *, at: datetime, at_machine: datetime) -> str:
    """Begin a draft to apply for the item of a code for whom one is serving, or go on with it; return its key.

    It is the office's: whoever receives the same person there later goes on with it. Raises ``NotPermitted`` for
    another's reception and one that is over, ``NotFound`` for an item that is not public, ``Refused`` for an item that
    is not for such applicants, and as :func:`~zhihai.kernel.forms.acts.start_draft` does.
    """
    with records.atomic():
        received = form_reads.reception(actor, reception, at_machine=at_machine)
        if received.person is None:
            raise NotPermitted("no_reception")
        found = public_item(item)
        refuse_sort(found, identity.applicant_received(received.person).sort)
        begun = next((one for one in form_reads.drafts_received(actor, received) if one.subject == item), None)
        if begun is not None:
            return begun.key
        return forms.start_draft(
            actor, general_form(), item, found.name[:200], at=at, at_machine=at_machine, tie=received.tie,
            received=received,
        )  # fmt: skip
