"""Requests to act for another by a signed paper: what their tests share, and what their acts are tried on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from tests.kernel.acting import AT, EAST, MACHINE, WEST, Try
from tests.kernel.forms.applying import a_png
from tests.kernel.identity.peopled import clerk, number, registered, resident_of, somebody

from zhihai.ground.actors import Actor
from zhihai.ground.powers import SET_PEOPLE
from zhihai.kernel import records as store
from zhihai.kernel.forms import acts

ELDER, RELATIVE = 1, 2
SERVICES = ("zhihai.applications", "zhihai.own_data")


def a_request(n: int = ELDER, **more: Any) -> acts.TieRequestInput:
    """A whole request for the person of a number, to be ended after thirty days."""
    given = {
        "kind": "zhihai.helper", "name": f"曾示例{n}", "number": number(n), "relation": "child", "services": SERVICES,
        "valid_to": AT + timedelta(days=30), "file": "委托书.png", "content": a_png(),
    }  # fmt: skip
    return acts.TieRequestInput(**{**given, **more})


def elder(n: int = ELDER, street: str = EAST) -> int:
    """Somebody without an account."""
    (person,) = registered(somebody(n, f"曾示例{n}", street, facts={"address": "示例路 1 号"}))
    return person


def relative(n: int = RELATIVE, street: str = WEST) -> Actor:
    """Somebody whose account was confirmed at a window."""
    (person,) = registered(somebody(n, f"曾示例{n}", street))
    return resident_of(person, f"曾示例{n}", n)


def official(street: str = EAST, account: int = 4321) -> Actor:
    return clerk({SET_PEOPLE}, street, account)


def asked(by: Actor, **more: Any) -> str:
    return acts.request_tie(by, a_request(**more), at=AT, at_machine=MACHINE)


def accepted(by: Actor, key: str) -> int:
    return acts.accept_tie_request(by, key, "已打电话向本人核实", at=AT)


def _decided(act: Callable[[Actor, str], object]) -> Callable[[], Try]:
    def made() -> Try:
        elder()
        key = asked(relative())
        return lambda by: act(by, key)

    return made


TRIED: Mapping[str, tuple[Any, ...]] = {
    "forms.accept_tie_request": (_decided(accepted), WEST, EAST),
    "forms.refuse_tie_request": (
        _decided(lambda by, key: acts.refuse_tie_request(by, key, "unsigned", at=AT)), WEST, EAST
    ),
}  # fmt: skip


def _resident() -> Actor:
    elder()
    mine = relative()
    store.execute("UPDATE account SET username = 'resident' WHERE id = %s", (mine.account,))
    return mine


def _request() -> Try:
    _resident()
    return asked


def _withdraw() -> Try:
    key = asked(_resident())
    return lambda by: acts.withdraw_tie_request(by, key, at=AT)


OWN: Mapping[str, tuple[str, Callable[[], Try]]] = {
    "forms.request_tie": ("resident", _request),
    "forms.withdraw_tie_request": ("resident", _withdraw),
}
