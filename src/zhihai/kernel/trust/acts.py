"""Writes of the room trust: systems that sign people in, consents, tokens, keys that sign."""

from __future__ import annotations

from zhihai.kernel.trust.clients import ClientInput, amend_client, register_client, renew_client_secret, switch_client
from zhihai.kernel.trust.consents import give_consent, subject_of, withdraw_consent
from zhihai.kernel.trust.signing_keys import keep_signing_keys, reseal_keys, roll_signing_key
from zhihai.kernel.trust.tokens import (
    end_token,
    keep_code,
    keep_tokens,
    redeem_code,
    redeem_refresh,
    sweep_tokens,
    taking_turns,
)

__all__ = [
    "ClientInput", "amend_client", "end_token", "give_consent", "keep_code", "keep_signing_keys", "keep_tokens",
    "redeem_code", "redeem_refresh", "register_client", "renew_client_secret", "reseal_keys", "roll_signing_key",
    "subject_of", "sweep_tokens", "switch_client", "taking_turns", "withdraw_consent",
]  # fmt: skip
