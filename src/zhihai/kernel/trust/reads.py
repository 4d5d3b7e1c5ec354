"""What the district vouches for, and to whom: questions about systems, consents and keys."""

from __future__ import annotations

from zhihai.kernel.trust.clients import RANDOM, Client, client, client_in_use, clients
from zhihai.kernel.trust.consents import Consent, account_by_subject, agreed, claims_of, consents
from zhihai.kernel.trust.elsewhere import TiedElsewhere, tied_elsewhere
from zhihai.kernel.trust.signing_keys import SigningKey, signing_keys
from zhihai.kernel.trust.tokens import ACCESS_GOOD_FOR, Granted, family_of

__all__ = [
    "ACCESS_GOOD_FOR", "RANDOM", "Client", "Consent", "Granted", "SigningKey", "TiedElsewhere", "account_by_subject",
    "agreed", "claims_of", "client", "client_in_use", "clients", "consents", "family_of", "signing_keys",
    "tied_elsewhere",
]  # fmt: skip
