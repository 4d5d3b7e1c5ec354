"""Accounts tied to what another provider knows somebody by: one to one, however many come at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.kernel.acting import AT, account

from zhihai.ground.named import Named
from zhihai.ground.refusal import Refused
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.identity.account import Account
from zhihai.kernel.trust import acts as trust_acts

CITY = Named("市统一认证", "City sign-in")


def test_two_who_come_first_at_once_get_one_account(district: str, together: Callable[..., list[Any]]) -> None:
    def come() -> tuple[int, bool]:
        return trust_acts.sign_up_elsewhere("https://a.example", "s", Named("居民", "R"), "zh", at=AT)

    made = together(*([come] * 4))
    assert len({account for account, _ in made}) == 1
    assert [fresh for _, fresh in made].count(True) == 1
    assert Account.objects.filter(sort="resident").count() == 1


def test_an_account_is_tied_to_one_subject_and_a_subject_to_one_account(district: str) -> None:
    reader, operator = (identity.actor_of(account(one), at=AT) for one in ("reader", "operator"))
    trust_acts.tie_elsewhere(reader, reader.account, "https://a.example", "s", CITY, at=AT)
    for who, subject in ((operator, "s"), (reader, "t")):
        with pytest.raises(Refused):
            trust_acts.tie_elsewhere(who, who.account, "https://a.example", subject, CITY, at=AT)
    trust_acts.tie_elsewhere(reader, reader.account, "https://b.example", "s", CITY, at=AT)
    assert trust_acts.use_elsewhere("https://a.example", "s", at=AT) == reader.account
    assert trust_acts.use_elsewhere("https://a.example", "t", at=AT) is None
