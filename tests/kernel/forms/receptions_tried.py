"""Acts of receptions as those do them who serve, for the tests that nobody else can."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.kernel.acting import AT, DISTRICT, EAST, MACHINE, WEST, Try, account
from tests.kernel.forms.applying import a_png
from tests.kernel.identity.peopled import helping, registered, somebody

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.powers import SEE_PEOPLE
from zhihai.kernel.forms import acts
from zhihai.kernel.identity import acts as identity
from zhihai.kernel.identity import reads as who

TIE = {"services": ("zhihai.applications", "zhihai.own_data")}


def window() -> Actor:
    """The clerk at the window of the district."""
    return who.actor_of(account("window"), at=AT)


def _somebody() -> int:
    (person,) = registered(somebody(1, "曾示例1", EAST))
    return person


def _receive() -> Try:
    person = _somebody()
    return lambda by: acts.receive(by, person, "居民身份证原件", at=AT, at_machine=MACHINE)


def _look() -> Try:
    person = _somebody()
    return lambda by: identity.look_received(by, person, ("name",), "居民身份证原件", at=AT, at_machine=MACHINE)


def consent() -> int:
    """A tie by which somebody of the eastern street agreed to be helped."""
    principal, _ = registered(somebody(1, "曾示例1", EAST), somebody(2, "曾示例2", WEST))
    return identity.record_tie(SYSTEM, helping(principal, 2, **TIE), at=AT)


def _keep() -> Try:
    tie = consent()
    return lambda by: acts.keep_paper(by, tie, "委托书.png", a_png(), at=AT)


TRIED: Mapping[str, tuple[Any, ...]] = {
    "forms.receive": (_receive, WEST, EAST, "zhihai.window_clerk", frozenset({SEE_PEOPLE})),
    "identity.look_received": (_look, WEST, EAST),
    "forms.keep_paper": (_keep, WEST, EAST),
    "forms.take_call": (lambda: lambda by: acts.take_call(by, at=AT, at_machine=MACHINE), DISTRICT, DISTRICT),
}
"""What each act is tried by, and the places of the two trees that its power must cover."""


def _helped() -> Try:
    tie = consent()
    acts.keep_paper(SYSTEM, tie, "委托书.png", a_png(), at=AT, helper="window")
    return lambda by: acts.receive_by_consent(by, tie, at=AT, at_machine=MACHINE)


def _served(act: Callable[[Actor, int], object]) -> Callable[[], Try]:
    """An act on a reception of the clerk's."""

    def made() -> Try:
        one = acts.receive(window(), _somebody(), "居民身份证原件", at=AT, at_machine=MACHINE)
        return lambda by: act(by, one)

    return made


OWN: Mapping[str, tuple[str, Callable[[], Try]]] = {
    "forms.receive_by_consent": ("window", _helped),
    "forms.end_reception": (
        "window", _served(lambda by, one: acts.end_reception(by, one, at=AT, at_machine=MACHINE))
    ),
}  # fmt: skip
