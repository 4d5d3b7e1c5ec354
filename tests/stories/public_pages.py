"""Every page that people who are no officials come to: by its address, and by what one does there to reach its states.

Addresses are those whose questions are counted (``tests/faces/query_counts.json``), which misses none. Of a page that
only shows after something was done, a way tells what: by names of fields and buttons, so that it goes in each language,
and without scripts.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core import mail
from playwright.sync_api import Page
from tests.faces.hall.test_second_factor import NOW, PERIOD
from tests.faces.notice_addresses import staged_stop
from tests.faces.staged_windows import staged_window
from tests.faces.staging import actor, staged_client, staged_draft, staged_matter
from tests.stories.people import PASSWORD

from zhihai.kernel.identity import acts
from zhihai.kernel.identity.passkeys import PasskeyInput
from zhihai.kernel.journal import reads as clock
from zhihai.kernel.services import reads as services

PEOPLE = ("nobody", "resident", "newcomer")
FILES = {
    "publications-atom", "publications-rss", "disclosure-requests-atom", "disclosure-requests-rss", "publication-file",
    "disclosure-requests-table", "form-schema",
    "apply-file", "my-matter-file", "my-matter-paper", "my-matter-form-pdf", "hall-suggest", "my-acting-ask-scan",
}  # fmt: skip
"""Addresses of files, and of a part of a page."""
ANEW = {"wall", "hall-screen"}
"""Pages that draw themselves anew: they are held still while they are looked at."""
FILES_OF_THE_DESK = {
    "desk-certificate-file", "desk-signature", "desk-publication-file", "desk-tie-paper", "desk-receipt",
}  # fmt: skip
MACHINES = {
    "clock", "tile", "live", "ready", "metrics", "openapi", "trust-issuer", "trust-list", "trust-answers",
    "trust-answers-by-address", "oidc-configuration", "oidc-keys", "oidc-token", "oidc-userinfo", "oidc-revoke", "ogc",
    "ogc-landing", "ogc-api", "ogc-conformance", "ogc-collections", "ogc-collection", "ogc-items", "ogc-item",
}  # fmt: skip
"""Addresses that answer machines."""
LEADING_ON = {
    "home", "account_logout", "account_email", "account_password_reset_completed", "oidc-consent", "elsewhere-begin",
    "elsewhere-back", "elsewhere-tie", "elsewhere-untie", "passkey-sign-in", "passkey-second", "devices-end",
    "mfa_reauthenticate_webauthn", "my-matter-withdraw", "my-matter-unpublish", "my-matter-rate",
    "my-matter-supplement", "apply-sign",
}  # fmt: skip
"""Addresses that lead on to a page, and are none."""


@dataclass(frozen=True, slots=True)
class Way:
    """A page: whose it is, the name of the address it ends at, where to begin, and what to do there."""

    who: str
    name: str
    begin: str
    then: Callable[[Page], None] | None = None

    def go(self, page: Page, live: str) -> None:
        """Go there."""
        page.goto(f"{live}{self.begin}")
        if self.then is not None:
            self.then(page)


def press(page: Page, what: str = "main form .btn.filled") -> None:
    """Press a button that leads to another page, and wait for that."""
    with page.expect_navigation():
        page.locator(what).first.click()


def fill(**given: str) -> Callable[[Page], None]:
    """Make a way that fills fields in by name and sends their form."""

    def then(page: Page) -> None:
        for name, text in given.items():
            page.locator(f"main [name={name}]").first.fill(text)
        press(page, f"main form:has([name={next(iter(given))}]) .btn:not([type=button])")

    return then


def by_addresses(pins: dict[str, tuple[str | None, str]], name_of: Callable[[str], str]) -> list[Way]:
    """Return the pages of people that are had by asking for their address."""
    found = []
    for who, address in pins.values():
        name = name_of(address)
        own = address.startswith(("/account/", "/my/"))
        if ((who or "nobody") in PEOPLE or own) and name not in FILES:
            found.append(Way(who or "nobody", name, f"{address}?still=1" if name in ANEW else address))
    return found


def of_officials(pins: dict[str, tuple[str | None, str]], name_of: Callable[[str], str]) -> list[Way]:
    """Return the pages of the desk."""
    named = [(who or "nobody", name_of(address), address) for who, address in pins.values()]
    return [Way(*one) for one in named if one[1].startswith("desk") and one[1] not in FILES_OF_THE_DESK]


def errors_of_a_form(page: Page) -> None:
    """Empty what is asked for, and go on."""
    page.locator("[name=purpose]").fill("")
    press(page, "button[value=review]")


def sent(page: Page) -> None:
    """Mend what was wrong, look at it whole, and send it."""
    page.locator("[name=purpose]").fill("更换路牌")
    press(page, "button[value=review]")
    press(page)


def sign_up(page: Page) -> None:
    """Sign up, up to the code that is sent."""
    fill(email="another@example.org", password1=PASSWORD)(page)


def recovered(page: Page) -> None:
    """Prove that a password is one's own, up to the new one."""
    fill(email="resident@example.org")(page)
    code = re.findall(r"\b[A-Z0-9]{3,}-[A-Z0-9]{3,}\b", mail.outbox[-1].body)[-1]
    fill(code=code)(page)


def again(page: Page) -> None:
    """Type the password once more where it is asked for."""
    fill(password=PASSWORD)(page)


def asks_to_sign_in() -> str:
    """Return the address to which another system sends the resident, to be asked what it may know."""
    given = {
        "client_id": staged_client(), "redirect_uri": "https://museum.example/signed-in", "response_type": "code",
        "scope": "openid profile", "state": "s", "nonce": "n", "code_challenge": "A" * 43,
        "code_challenge_method": "S256", "prompt": "consent",
    }  # fmt: skip
    return f"/oidc/authorize?{urlencode(given)}"


def by_doing() -> list[Way]:
    """Return the pages that one comes to by doing something, in an order in which nothing is used up too early."""
    return [*_of_nobody(), *_of_a_resident(), *_of_a_newcomer()]


def _of_nobody() -> list[Way]:
    number = staged_matter()
    code = services.own_application(actor("resident"), number, at=clock.now()).code
    return [
        Way("nobody", "wall", "/"),
        Way("nobody", "health", "/health"),
        Way("nobody", "design", "/design?face=plain"),
        Way("nobody", "", "/nowhere"),
        Way("nobody", "hall-search", "/hall/search"),
        Way("nobody", "hall-search", "/hall/search?q=卍"),
        Way("nobody", "hall-item", "/hall/items/11440000000000000001"),
        Way("nobody", "account_login", "/my/"),
        Way("nobody", "account_login", "/sign-in/", fill(login="resident", password="wrong")),
        Way("nobody", "account_signup", "/sign-up/", fill(email="another@example.org", password1="1")),
        Way("nobody", "account_email_verification_sent", "/sign-up/", sign_up),
        Way("nobody", "account_confirm_password_reset_code", "/recover/", fill(email="resident@example.org")),
        Way("nobody", "account_complete_password_reset", "/recover/", recovered),
        Way("nobody", "progress", "/progress/", fill(number="LS-2014-SQ-999999", code="ABCD")),
        Way("nobody", "progress", "/progress/", fill(number=number, code=code)),
        Way("nobody", "verify", "/verify/", fill(code="nothing")),
    ]


def _of_a_resident() -> list[Way]:
    window, draft = staged_window(), staged_draft()
    return [
        Way("resident", "desk-cases", "/desk/cases/"),
        Way("resident", "hall-begin", "/hall/matters/interaction.complaint"),
        Way("resident", "hall-begin", "/hall/matters/government_information.request"),
        Way("resident", "apply", "/hall/matters/interaction.complaint", press),
        Way("resident", "apply", "/hall/matters/government_information.request", press),
        Way("resident", "hall-window-book", f"/hall/windows/{window}/book?starts=2014-02-20T10:00"),
        Way("resident", "my-appointment", f"/hall/windows/{window}/book?starts=2014-02-21T10:00", press),
        Way("resident", "stop", f"/stop/{staged_stop()}", press),
        Way("resident", "account_reauthenticate", "/account/authenticator"),
        Way("resident", "mfa_activate_totp", "/account/authenticator", again),
        Way("resident", "passkey-add", "/account/passkeys/add"),
        Way("resident", "oidc-authorize", asks_to_sign_in()),
        Way("resident", "oidc-logout", "/oidc/logout"),
        Way("resident", "apply", f"/apply/{draft}/", errors_of_a_form),
        Way("resident", "my-matter", f"/apply/{draft}/", sent),
    ]


def _of_a_newcomer() -> list[Way]:
    wrong = fill(oldpassword="x", password1="y", password2="z")
    return [
        Way("newcomer", "my-claim", "/my/", fill(name="某人", number="1")),
        Way("newcomer", "account_change_password", "/account/password"),
        Way("newcomer", "account_change_password", "/account/password", wrong),
        Way("newcomer", "mfa_view_recovery_codes", "/account/authenticator", enrolled),
        Way("newcomer", "mfa_index", "/account/"),
        Way("newcomer", "mfa_generate_recovery_codes", "/account/codes/new"),
        Way("newcomer", "mfa_deactivate_totp", "/account/authenticator/off"),
        Way("newcomer", "mfa_reauthenticate", "/account/again/code"),
        Way("newcomer", "passkey", f"/account/passkeys/{staged_passkey()}"),
        Way("nobody-else", "mfa_authenticate", "/sign-in/", fill(login="newcomer", password=PASSWORD)),
    ]


def enrolled(page: Page) -> None:
    """Set an authenticator up."""
    again(page)
    secret = page.locator("main .code").inner_text()
    fill(code=format_hotp_value(hotp_value(secret, int(NOW) // PERIOD)))(page)


def staged_passkey() -> int:
    """Add a key to the account of who has only signed up; return its number."""
    who, at = actor("newcomer"), clock.now()
    given = PasskeyInput(name="电脑", credential="c", key="k", handle="h", count=0, alone=True)
    return acts.add_passkey(who, who.account, given, at=at, at_machine=datetime.now(UTC))
