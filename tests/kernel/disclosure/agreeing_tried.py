"""Taking back what was agreed to, as whoever asked does it: for the tests that nobody else can."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.kernel.acting import AT, Try
from tests.kernel.identity.peopled import registered, resident_of, somebody
from tests.kernel.services.giving import ASKING, QUESTION, given

from zhihai.kernel import records as store
from zhihai.kernel.disclosure import acts


def _take_back() -> Try:
    (person,) = registered(somebody(1, "曾示例1"))
    mine = resident_of(person, "曾示例1", 1)
    store.execute("UPDATE account SET username = 'resident' WHERE id = %s", (mine.account,))
    number = given(mine, ASKING, {**QUESTION, "publish": True}).number
    return lambda by: acts.take_back_agreement(by, number, at=AT)


OWN: Mapping[str, tuple[str, Callable[[], Try]]] = {"disclosure.take_back_agreement": ("resident", _take_back)}
