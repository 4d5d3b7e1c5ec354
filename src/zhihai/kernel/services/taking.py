"""Taking a matter down for somebody (窗口受理、上门代办、来电记录): the same form, the same matter, the same clock."""

from __future__ import annotations

from datetime import datetime

from zhihai.ground.actors import Actor
from zhihai.ground.refusal import Refused
from zhihai.kernel import records
from zhihai.kernel.forms import acts as forms
from zhihai.kernel.forms import reads as form_reads
from zhihai.kernel.services.applying import refuse_sort
from zhihai.kernel.services.matters import find_matter, for_items


def begin_taking(
    actor: Actor, reception: int, item: str = "", *, at: datetime, at_machine: datetime, kind: str = "",
    organisation: str = "",
) -> str:  # fmt: skip
    """Begin a draft to apply for the item of a code for whom one is serving, or go on with it; return its key.

    ``kind`` and ``organisation`` are as :func:`~zhihai.kernel.services.applying.begin_application` takes them. It is
    the office's: whoever receives the same person there later goes on with it. Raises ``NotPermitted`` for another's
    reception and for one that is over; ``Refused`` for a caller without a name where the kind asks for one, for what
    is not for such applicants, and as :func:`~zhihai.kernel.services.matters.find_matter` does.
    """
    with records.atomic():
        received = form_reads.reception(actor, reception, at_machine=at_machine)
        matter = find_matter(kind or for_items(), item, organisation)
        if received.person is None and not matter.kind.unnamed:
            raise Refused("matter_named", "kind")
        refuse_sort(matter, received.sort or "natural")
        drafts = form_reads.drafts_received(actor, received)
        begun = next((one for one in drafts if one.subject == matter.subject), None)
        if begun is not None:
            return begun.key
        return forms.start_draft(
            actor, matter.form, matter.subject, matter.title.zh[:200], at=at, at_machine=at_machine, tie=received.tie,
            received=received,
        )  # fmt: skip


def begin_call(actor: Actor, kind: str, item: str = "", *, at: datetime, at_machine: datetime) -> str:
    """Begin to take down what a caller asks or complains of; return the key of its draft.

    The call begins with it, or neither does. Raises ``NotPermitted`` without the power ``call.answer``, and as
    :func:`begin_taking` does.
    """
    with records.atomic():
        call = forms.take_call(actor, at=at, at_machine=at_machine)
        return begin_taking(actor, call, item, at=at, at_machine=at_machine, kind=kind)
