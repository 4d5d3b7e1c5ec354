"""Writes of the room disclosure: publications, their versions and files."""

from __future__ import annotations

from zhihai.kernel.disclosure.agreeing import take_back_agreement
from zhihai.kernel.disclosure.attaching import LARGEST, attach_to_version, detach_from_version
from zhihai.kernel.disclosure.charging import charge_fee, record_payment, release_fee, return_payment
from zhihai.kernel.disclosure.disputing import amend_dispute, record_dispute, take_back_dispute
from zhihai.kernel.disclosure.publishing import (
    begin_publication,
    bring_in_publications,
    discard_version,
    publish_version,
    review_version,
    withdraw_publication,
    write_version,
)

__all__ = [
    "LARGEST", "amend_dispute", "attach_to_version", "begin_publication", "bring_in_publications", "charge_fee",
    "detach_from_version", "discard_version", "publish_version", "record_dispute", "record_payment", "release_fee",
    "return_payment", "review_version", "take_back_agreement", "take_back_dispute", "withdraw_publication",
    "write_version",
]  # fmt: skip
