"""What is known of an applicant already (预填): each value with its source and the day as of which it holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from zhihai.ground.actors import Actor
from zhihai.ground.forms.fields import Address, Field
from zhihai.ground.refusal import Refused
from zhihai.kernel.forms.receiving import Reception
from zhihai.kernel.forms.versions import Form
from zhihai.kernel.identity import acts as identity_acts
from zhihai.kernel.identity import reads as identity

PERSON, FIRM = "identity.person.", "identity.firm."


@dataclass(frozen=True, slots=True)
class Held:
    """A value that the government holds: ``source`` is one of identity's, ``as_of`` a day in ISO 8601."""

    value: object = field(repr=False)
    source: str
    as_of: str


def known_of(
    actor: Actor, tie: int | None, received: Reception | None, form: Form, *, at: datetime, at_machine: datetime
) -> dict[str, Held]:
    """Return what is known for the fields of a form, by their ids.

    Of oneself only what was shown in person (level 3). Of whom one acts for by a look that they can read, as far as the
    tie's scope goes, and of whom an official serves by a look too; nothing of who calls. Raises ``Refused`` for a tie
    that does not hold.
    """
    wanted = {id_: one for id_, one in form.program.fields.items() if one.known is not None}
    if received is not None:
        file = _received(actor, received, wanted, at, at_machine)
    else:
        file = _file(actor, tie, at, at_machine) if wanted or tie is not None else None
    if file is None:
        return {}
    prefix = PERSON if file.sort == "natural" else FIRM
    facts = {f"{prefix}{one.name}": one for one in file.facts}
    found = {}
    for id_, asked in wanted.items():
        fact = facts.get(asked.known or "")
        if fact is not None and fact.value:
            value: object = {"detail": fact.value} if isinstance(asked, Address) else fact.value
            found[id_] = Held(value, fact.source, fact.as_of.isoformat())
    return found


def _file(actor: Actor, tie: int | None, at: datetime, at_machine: datetime) -> identity.PersonFile | None:
    if tie is None:
        mine = identity.my_data(actor, limit=1)
        return mine.file if mine.level == 3 else None
    identity.mandate(actor, tie, at=at)
    try:
        return identity_acts.look_for(actor, tie, at=at, at_machine=at_machine, limit=1).file
    except Refused as refused:
        if refused.code == "tie_scope":
            return None
        raise


def _received(
    actor: Actor, received: Reception, wanted: Mapping[str, Field], at: datetime, at_machine: datetime
) -> identity.PersonFile | None:
    if received.person is None or received.way == "call" or not wanted:
        return None
    prefix = PERSON if received.sort == "natural" else FIRM
    names = {
        one.known.removeprefix(prefix) for one in wanted.values() if one.known and one.known.startswith(prefix)
    }  # fmt: skip
    return identity_acts.look_received(
        actor, received.person, sorted(names), received.shown, at=at, at_machine=at_machine
    ) if names else None  # fmt: skip
