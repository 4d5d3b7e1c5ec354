"""Every page of the platform with something real in each place of its address, and whose it is: the list of walks."""

from __future__ import annotations

import json
from pathlib import Path

from tests.faces.notice_addresses import staged_letter, staged_stop
from tests.faces.publishing import staged_attachment, staged_publication
from tests.faces.staged_windows import staged_claim, staged_window
from tests.faces.staging import (
    ITEM,
    number_of,
    staged_client,
    staged_draft,
    staged_file,
    staged_form,
    staged_item,
    staged_matter,
    staged_person,
    staged_reception,
    staged_request,
    staged_seal,
    staged_sealing,
    staged_tie,
)

from zhihai.kernel.identity.reads import account_named

PINS: dict[str, int] = json.loads(Path(__file__).with_name("query_counts.json").read_text())
"""Whose page, and its address with words for what is staged; how many questions it asks of the store."""


def placed() -> dict[str, tuple[str | None, str]]:
    """Stage what pages are about; return by pin who asks, nobody being None, and the address as it is asked for."""
    helped, tie = staged_tie()
    words = {
        "CASE": number_of(0), "ROUND": number_of(3), "MATTER": staged_matter(), "SERVICE": ITEM,
        "PERSON": str(staged_person()), "OFFICIAL": str(account_named("street-east").id), "CLIENT": staged_client(),
        "CERTIFICATE": str(staged_seal()), "SEALING": staged_sealing(), "ITEM": str(staged_item()),
        "WINDOW": str(staged_window()), "APPOINTMENT": str(staged_claim()),
        "DRAFT": staged_draft(), "FILE": staged_file(), "FORM": str(staged_form()),
        "LETTER": str(staged_letter()), "STOP": staged_stop(),
        "PUBLICATION": str(staged_publication()), "ATTACHMENT": staged_attachment(),
        "RECEPTION": str(staged_reception()), "HELPED": str(helped), "TIE": str(tie), "REQUEST": staged_request(),
    }  # fmt: skip
    found = {}
    for pin in PINS:
        who, _, address = pin.partition(" ")
        for word, real in words.items():
            address = address.replace(word, real)
        found[pin] = (None if who == "nobody" else who, address)
    return found
