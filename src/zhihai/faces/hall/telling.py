"""Telling somebody that how they sign in was changed: in the platform, and by mail where an address is known."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime

from zhihai.faces.addresses import address
from zhihai.kernel.channels import acts as channels


def tell_account(account: int, notice: str, facts: Mapping[str, object], at: datetime) -> None:
    """Tell an account one of our notices about its ways to sign in."""
    once = f"sign-in:{account}:{secrets.token_hex(8)}"
    channels.tell([channels.Telling([account], f"zhihai.{notice}", facts, address("mfa_index"), once, at)])
