"""Writes of the room trust: systems that sign people in, consents, tokens, keys that sign, certificates and seals."""

from __future__ import annotations

from zhihai.kernel.trust.appointing import appoint_seal, dismiss_seal
from zhihai.kernel.trust.cards import confirm_by_card
from zhihai.kernel.trust.certificates import CertificateInput, issue_certificate, revoke_certificate
from zhihai.kernel.trust.clients import ClientInput, amend_client, register_client, renew_client_secret, switch_client
from zhihai.kernel.trust.consents import give_consent, subject_of, withdraw_consent
from zhihai.kernel.trust.device_certificates import DeviceCertificateInput, certify_device
from zhihai.kernel.trust.elsewhere import sign_up_elsewhere, tie_elsewhere, untie_elsewhere, use_elsewhere
from zhihai.kernel.trust.issuing import TakenIn, request_issuing, take_in
from zhihai.kernel.trust.readers import CardReaderInput, read_card, set_card_reader
from zhihai.kernel.trust.resealing import reseal_keys
from zhihai.kernel.trust.revoking import keep_certificates
from zhihai.kernel.trust.seals import DocumentInput, seal_document, sign_document
from zhihai.kernel.trust.signing_keys import keep_signing_keys, roll_signing_key
from zhihai.kernel.trust.system_sign_ins import (
    begin_at_system,
    end_at_systems,
    leave_system,
    let_sign_ins_expire,
    part_expired,
    tell_systems,
)
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
    "CardReaderInput", "CertificateInput", "ClientInput", "DeviceCertificateInput", "DocumentInput", "TakenIn",
    "amend_client", "appoint_seal", "begin_at_system", "certify_device", "confirm_by_card", "dismiss_seal",
    "end_at_systems", "end_token", "give_consent", "issue_certificate", "keep_certificates", "keep_code",
    "keep_signing_keys", "keep_tokens", "leave_system", "let_sign_ins_expire", "part_expired", "read_card",
    "redeem_code", "redeem_refresh", "register_client", "renew_client_secret", "request_issuing", "reseal_keys",
    "revoke_certificate", "roll_signing_key", "seal_document", "set_card_reader", "sign_document",
    "sign_up_elsewhere", "subject_of", "sweep_tokens", "switch_client", "take_in", "taking_turns", "tell_systems",
    "tie_elsewhere", "untie_elsewhere", "use_elsewhere", "withdraw_consent",
]  # fmt: skip
