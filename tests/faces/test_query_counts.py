"""Every page asks the store a known number of questions, ten at most: the pins stand in ``query_counts.json``."""

from __future__ import annotations

from collections.abc import Callable

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern
from tests.faces import disclosure_addresses, notice_addresses, serving_addresses, window_addresses
from tests.faces.placed import PINS, placed

from zhihai.faces.desk.urls import urlpatterns as desk
from zhihai.faces.hall.urls import urlpatterns as hall
from zhihai.faces.wall.urls import urlpatterns as wall

MOST = 10
POSTED = {
    "desk-forms-upload", "desk-forms-decide", "apply-save", "apply-send", "apply-correct", "desk-step", "desk-clock",
    "desk-quarantine-decide", "desk-rule-set", "desk-speed", "desk-notice-read", "desk-parked-give",
    "desk-people-found", "desk-person-look", "desk-person-correct", "desk-person-confirm", "desk-away-end",
    "desk-away-hand", "desk-client-amend", "desk-client-keys", "desk-client-register", "desk-client-renew",
    "desk-client-switch", "desk-official-end", "desk-official-give", "desk-people-register", "desk-powers-decide",
    "desk-term-set", "desk-certificate-device", "desk-review-decide", "desk-tie-record", "desk-tie-withdraw", "my-act",
    "my-act-end", "my-acting-change", "my-matter-withdraw", "my-matter-unpublish", "my-matter-rate",
    "my-matter-supplement", "my-matter-file", "desk-given-file", "hall-apply-start", "desk-look-into",
    "my-acting-grant", "my-claim", "my-complain", "my-correct",
    "my-consents-withdraw", "my-look-for", "desk-certificate-issue", "desk-certificate-revoke", "desk-seal",
    "passkey-sign-in", "passkey-second", "mfa_reauthenticate_webauthn", "devices-end", "elsewhere-begin",
    "elsewhere-tie", "elsewhere-untie", "desk-item-guide", "desk-item-describe", "desk-item-assign",
    "desk-item-publish", "desk-item-withdraw", "desk-synonyms-set", "hall-begin-start",
    *set(serving_addresses.OF_ONE_SERVED) - {"desk-receipt", "desk-tie-paper", "desk-tie-request"},
    *serving_addresses.POSTED,
    "my-matter-paper", "my-matter-form-pdf", "desk-paper", "desk-given-pdf", "desk-seal-papers",
    *window_addresses.POSTED, *notice_addresses.POSTED, *disclosure_addresses.POSTED,
    *disclosure_addresses.OF_A_REQUEST,
}  # fmt: skip
WALLED = {
    "window /desk/cases/MATTER", "window /desk/cases/MATTER/given-in/1", "resident /my/matters/MATTER/forms/1",
    "resident /my/acting/",
    *window_addresses.WALLED,
    *(page for page in PINS if page.startswith("window /desk/serving/") or page.endswith(("/paper", "/REQUEST"))),
}  # fmt: skip
"""What a resident gave in or booked: behind the second wall in a transaction of its own, three statements more."""
TURNED = {
    "home", "account_logout", "account_email", "account_email_verification_sent", "account_confirm_password_reset_code",
    "account_complete_password_reset", "account_password_reset_completed", "mfa_authenticate", "mfa_activate_totp",
    "account_reauthenticate", "mfa_reauthenticate", "mfa_deactivate_totp", "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes", "passkey-add", "passkey", "elsewhere-back",
}  # fmt: skip
"""Addresses that only lead elsewhere."""


def measured(reader: Callable[..., Client]) -> tuple[dict[str, int], set[str]]:
    """Return how many questions each page of the pins asks now, and the names of the addresses they lead to."""
    found, names = {}, set()
    for page, (who, address) in placed().items():
        client = reader(who)
        answer = client.get(address)
        assert answer.status_code == 200, page
        with CaptureQueriesContext(connection) as asked:
            client.get(address)
        found[page] = len(asked)
        names.add(answer.resolver_match.url_name)
    return found, names


def test_every_page_asks_as_often_as_it_is_pinned_to(worked: str, reader: Callable[..., Client]) -> None:
    found, names = measured(reader)
    assert [f"{page}: {found[page]}, not {pin}" for page, pin in PINS.items() if found[page] != pin] == []
    assert max(count for page, count in found.items() if page not in WALLED) <= MOST
    assert max(found.values()) <= MOST + 5
    pages = {pattern.name for pattern in (*desk, *hall, *wall) if isinstance(pattern, URLPattern)} - POSTED - TURNED
    assert pages <= names | {"desk-bpmn"}
