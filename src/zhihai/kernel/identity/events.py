"""What the room identity tells the rest: ties and powers that were asked for, agreed to, decided and ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from zhihai.kernel.journal.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class TieChanged(Event):
    """Somebody was asked to act for somebody, agreed, went on or ended it (代办关系变动); ``by`` is the account."""

    tie: int
    what: Literal["granted", "recorded", "consented", "accepted", "renewed", "ended"]
    by: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantProposed(Event):
    """A role was proposed that takes two to give (待确认授权)."""

    proposal: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantDecided(Event):
    """What was proposed was confirmed or refused (授权决定)."""

    proposal: int
    state: Literal["confirmed", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WayInChanged(Event):
    """How an account signs in was changed, or tried by a copied key (登录方式变动).

    ``name`` is that of a passkey; ``former`` the address that was replaced, encrypted for ``former:<account>``.
    """

    account: int
    what: Literal[
        "authenticator_added", "authenticator_removed", "passkey_added", "passkey_removed", "passkey_went_back",
        "password_changed", "email_replaced",
    ]  # fmt: skip
    name: str = ""
    former: str = field(default="", repr=False)
