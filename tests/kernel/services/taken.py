"""What tests of receptions share: a window, whom it serves, and what it wrote for them."""

from __future__ import annotations

from tests.kernel.acting import AT, EAST, MACHINE, account
from tests.kernel.forms.applying import WHOLE
from tests.kernel.identity.peopled import registered, somebody
from tests.kernel.services.own_trials import public_item, sending

from zhihai.ground.actors import Actor
from zhihai.kernel.forms import acts as forms
from zhihai.kernel.identity import reads as who
from zhihai.kernel.services import acts

CARD = "居民身份证原件"


def window() -> Actor:
    """The clerk at the window of the district."""
    return who.actor_of(account("window"), at=AT)


def somebody_old(n: int = 1) -> int:
    """Somebody who has no account."""
    (person,) = registered(somebody(n, f"曾示例{n}", EAST, facts={"address": "示例路 1 号"}))
    return person


def received(person: int, by: Actor | None = None) -> int:
    return forms.receive(by or window(), person, CARD, at=AT, at_machine=MACHINE)


def written(person: int, signed: forms.Signed = "read", by: Actor | None = None) -> acts.Sending:
    """A whole application that a window wrote for somebody whom it is receiving."""
    clerk = by or window()
    key = acts.begin_taking(clerk, received(person, clerk), public_item(), at=AT, at_machine=MACHINE)
    made = sending(clerk, key, WHOLE)
    return acts.Sending(made.key, made.revision, made.code, made.language, signed)


def taken(person: int) -> acts.Applied:
    return acts.apply(window(), written(person), at=AT, at_machine=MACHINE)
