"""What the district vouches for, and to whom: questions about systems, consents, keys, certificates and seals."""

from __future__ import annotations

from zhihai.kernel.trust.appointing import appointed_seals, seal_of_papers
from zhihai.kernel.trust.cards import NobodyKnown, Proof, Reading, reading_of, readings_here
from zhihai.kernel.trust.certificates import DAYS, USUAL_DAYS, Held, certificate, certificates, seals_of, without_holder
from zhihai.kernel.trust.clients import RANDOM, Client, client, client_in_use, clients
from zhihai.kernel.trust.consents import Consent, account_by_subject, agreed, claims_of, consents
from zhihai.kernel.trust.elsewhere import TiedElsewhere, tied_elsewhere
from zhihai.kernel.trust.ending import (
    ISSUING_SOON,
    ROOT_LIST_SOON,
    Ending,
    EndingCertificate,
    ending_certificates,
    ending_issuing,
    ending_root_list,
)
from zhihai.kernel.trust.issuing import AddressesOf, IssuingKey, Root, fingerprint_of, issuing_keys, roots
from zhihai.kernel.trust.readers import CardReader, card_reader_for, card_readers, card_readers_for
from zhihai.kernel.trust.revoking import answer_status, issuer_certificate, revoked_list
from zhihai.kernel.trust.seals import (
    Checked,
    Sealing,
    check_document,
    new_code,
    sealed_as,
    sealing,
    sealings,
    sealings_of,
    shown_code,
)
from zhihai.kernel.trust.signing_keys import SigningKey, signing_keys
from zhihai.kernel.trust.system_sign_ins import Parting, PartingState, partings_of
from zhihai.kernel.trust.tokens import ACCESS_GOOD_FOR, Granted, family_of

__all__ = [
    "ACCESS_GOOD_FOR", "DAYS", "ISSUING_SOON", "RANDOM", "ROOT_LIST_SOON", "USUAL_DAYS", "AddressesOf",
    "CardReader", "Checked", "Client", "Consent", "Ending", "EndingCertificate", "Granted", "Held", "IssuingKey",
    "NobodyKnown", "Parting", "PartingState", "Proof", "Reading", "Root", "Sealing", "SigningKey", "TiedElsewhere",
    "account_by_subject", "agreed", "answer_status", "appointed_seals", "card_reader_for", "card_readers",
    "card_readers_for", "certificate", "certificates", "check_document", "claims_of", "client", "client_in_use",
    "clients", "consents", "ending_certificates", "ending_issuing", "ending_root_list", "family_of",
    "fingerprint_of", "issuer_certificate", "issuing_keys", "new_code", "partings_of", "reading_of",
    "readings_here", "revoked_list", "roots", "seal_of_papers", "sealed_as", "sealing", "sealings", "sealings_of",
    "seals_of", "shown_code", "signing_keys", "tied_elsewhere", "without_holder",
]  # fmt: skip
