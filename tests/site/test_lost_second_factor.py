"""Whoever lost telephone and recovery codes comes to the operator, who takes the second factor away."""

from __future__ import annotations

from allauth.mfa.models import Authenticator

from zhihai.kernel import house
from zhihai.kernel.identity.account import Account
from zhihai.site.commands import password


def test_the_operator_takes_a_lost_second_factor_away(district: str) -> None:
    account = Account.objects.get(username="inspector")
    Authenticator.objects.create(user=account, type="totp", data={"secret": "x"})
    Account.objects.filter(pk=account.pk).update(second_factor=True)
    command = password.command(house.words(), "en")
    command.main(["inspector"], standalone_mode=False)
    assert Authenticator.objects.count() == 1
    command.main(["inspector", "--lost-second-factor"], standalone_mode=False)
    assert not Authenticator.objects.exists()
    assert not Account.objects.get(pk=account.pk).second_factor
