"""Accounts of a former user centre come in whole: they sign in, are whose they were, and tell who looked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from tests.kernel.acting import account, everything, office
from tests.kernel.identity.peopled import AT, MACHINE, registered, somebody

from zhihai.ground.actors import SYSTEM
from zhihai.ground.named import Named
from zhihai.ground.refusal import Refused
from zhihai.kernel import records as store
from zhihai.kernel.identity import acts, reads
from zhihai.kernel.identity.account import Account

pytestmark = pytest.mark.usefixtures("district")
NAME = Named("居民账号", "Resident")


def given(n: int, person: int | None, **more: Any) -> acts.AccountInput:
    kept = Account()
    kept.set_password("a pass phrase of before")
    return acts.AccountInput(
        username=f"former-{n}", name=NAME, email=f"Former{n}@example.org", password=kept.password, person=person, **more
    )


def past_look(days: int) -> acts.PastLook:
    return acts.PastLook(
        account("window"), "zhihai.window_clerk", office("990101"), ("name", "address"), "case", f"SQ-{days}",
        AT - timedelta(days=days),
    )  # fmt: skip


def bring(*inputs: acts.AccountInput, source: str = "the former user centre") -> tuple[int, ...]:
    return acts.bring_in_accounts(SYSTEM, inputs, source, at=AT, at_machine=MACHINE)


def test_they_sign_in_by_a_proved_address_and_see_what_their_level_shows() -> None:
    first, second = registered(somebody(1, "示例甲"), somebody(2, "示例乙"))
    ids = bring(
        given(1, first, document="居民身份证原件", looks=(past_look(3), past_look(9))), given(2, second), given(3, None)
    )
    for n, id_ in enumerate(ids, 1):
        row = reads.behind_login(f"former{n}@example.org")
        assert row is not None
        assert (row["id"], row["sort"]) == (id_, "resident")
        assert Account.objects.get(pk=id_).check_password("a pass phrase of before")
        assert EmailAddress.objects.get(user_id=id_).verified
    seen = [reads.my_data(reads.actor_of(id_, at=AT)) for id_ in ids]
    assert [one.level for one in seen] == [3, 2, 1]
    assert [look.reference for look in seen[0].looks] == ["SQ-3", "SQ-9"]
    assert seen[0].looks[0].fields == ("name", "address")
    assert seen[0].looks[0].account is None
    assert seen[1].looks == ()


def test_one_entry_tells_how_many_came_from_where_and_nothing_of_whom() -> None:
    (person,) = registered(somebody(1, "示例甲"))
    ids = bring(given(1, person, looks=(past_look(1),)), given(2, None))
    rows = store.rows("SELECT data FROM journal_entry WHERE act = 'identity.bring_in_accounts'")
    assert rows == [
        (f'{{"first":{min(ids)},"last":{max(ids)},"looks":1,"n":2,"source":"the former user centre"}}',)
    ]  # fmt: skip


@pytest.mark.parametrize("double", ["username", "email", "person"])
def test_none_comes_in_where_one_is_there_already(double: str) -> None:
    first, second = registered(somebody(1, "示例甲"), somebody(2, "示例乙"))
    bring(given(1, first, document="居民身份证原件"))
    more = {
        "username": {"username": "former-1"}, "email": {"email": "former1@example.org"},
        "person": {"person": first, "document": "护照"},
    }  # fmt: skip
    before = everything()
    with pytest.raises(Refused, match="accounts_taken"):
        bring(given(2, None), replace(given(3, second), **more[double]))
    assert everything() == before


def test_what_is_of_nobody_and_from_nowhere_is_refused() -> None:
    before = everything()
    for wrong in (replace(given(1, None), document="护照"), replace(given(1, None), looks=(past_look(1),))):
        with pytest.raises(Refused, match="accounts_nobody"):
            bring(wrong)
    with pytest.raises(Refused, match="accounts_taken"):
        bring(given(1, 999_999))
    for inputs, source in (((given(1, None),), " "), ((), "a system")):
        with pytest.raises(Refused, match="accounts_source"):
            bring(*inputs, source=source)
    assert everything() == before
