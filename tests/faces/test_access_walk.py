"""Who may go where: every address of the platform with every role and nobody, against a table made of powers.

The table names for each address the power that opens it; what each role may follows from the powers it declares. An
address that is not in the table fails the test, so none can be added without saying who may enter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from tests.faces import item_addresses, notice_addresses, serving_addresses
from tests.faces.publishing import PUBLISHER, WRITER
from tests.faces.staging import ITEMS, KEEPER, STAGED, number_of

from zhihai.faces.api.routes import ROUTES
from zhihai.faces.certificates.urls import urlpatterns as certificates
from zhihai.faces.provider.urls import urlpatterns as provider
from zhihai.ground.powers import SET_FORMS
from zhihai.kernel import house
from zhihai.kernel.identity import kinds as powers
from zhihai.kernel.identity.kinds import RoleKind

ROLES = (
    "operator", "administrator", "dispatcher", "street-east", "street-west", "inspector", "supervisor", "leader",
    "reader", "window", "resident", "newcomer", "protection", "hotline", KEEPER, ITEMS, WRITER, PUBLISHER,
)  # fmt: skip
PEOPLE, JSON = (*ROLES, None), "application/json"
CLIENTS = ("desk-clients", "desk-client")
CLIENTS_POSTED = tuple(f"desk-client-{what}" for what in ("register", "amend", "renew", "switch", "keys"))
STAFF_POSTED = ("desk-staff-compare", "desk-staff-apply")
CERTIFICATES = ("desk-certificates", "desk-certificate", "desk-certificate-file")
CERTIFICATES_POSTED = ("desk-certificate-issue", "desk-certificate-revoke", "desk-certificate-device")
OPEN, SIGNED, RESIDENT = "open to all", "for those who have signed in", "for residents"
OFFICIAL, OWN, DRAFTED = "for those on duty", "for whose it is", "for whose draft it is"

PUBLIC = (
    "home", "wall", "plan", "design", "health", "figures", "figure", "account_login", "account_logout", "clock", "tile",
    "openapi", "ogc", "ogc-landing", "ogc-api", "ogc-conformance", "ogc-collections", "ogc-collection", "ogc-items",
    "ogc-item", "live", "ready", "metrics", "verify", "form-schema", *item_addresses.PUBLIC, "stop",
)  # fmt: skip
RESIDENTS = (
    "my", "my-claim", "my-look-for", "my-acting", "my-complaints", "my-complain", "my-correct", "my-acting-grant",
    "my-acting-change", "my-act", "my-act-end", *item_addresses.APPLIED, "apply-mine", "my-messages",
)  # fmt: skip

PEOPLE_SET = (
    "desk-person-correct", "desk-person-confirm", "desk-people-new", "desk-people-register", "desk-tie-record",
    "desk-tie-withdraw",
)  # fmt: skip
LED_BY_A_CODE = (
    "account_confirm_password_reset_code", "account_complete_password_reset", "account_password_reset_completed",
    "account_email_verification_sent",
)  # fmt: skip
SECOND_FACTOR = (
    "mfa_reauthenticate", "mfa_activate_totp", "mfa_deactivate_totp", "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
)  # fmt: skip
APPLYING_POSTED = ("apply-save", "apply-send", "apply-correct")
FORMS_POSTED = ("desk-forms-upload", "desk-forms-decide")
APPLYING = ("apply", "apply-review", "apply-file", *APPLYING_POSTED)

PAGES: dict[str, str] = {
    **dict.fromkeys(APPLYING, DRAFTED),
    **dict.fromkeys(("desk-forms", "desk-form", *FORMS_POSTED), SET_FORMS),
    **dict.fromkeys(PUBLIC, OPEN),
    "desk": SIGNED,
    "desk-search": SIGNED,
    "desk-notices": SIGNED,
    "desk-notice-read": SIGNED,
    "desk-cases": powers.SEE_CASES,
    "desk-closed": powers.SEE_CASES,
    "desk-devices": powers.SEE_DEVICES,
    "desk-device": powers.SEE_DEVICES,
    "desk-quarantine": powers.SEE_QUARANTINE,
    "desk-quarantine-decide": powers.RELEASE_READINGS,
    **dict.fromkeys(("desk-rules", "desk-rule"), powers.TRY_RULES),
    "desk-rule-set": powers.SET_RULES,
    "desk-operation": powers.SEE_OPERATION,
    "desk-intake": powers.SEE_OPERATION,
    "desk-parked": powers.SEE_OPERATION,
    "desk-parked-give": powers.RUN_OPERATION,
    "desk-machine": powers.SEE_OPERATION,
    "desk-speed": powers.RUN_CLOCK,
    "desk-people": powers.SEE_PEOPLE,
    "desk-people-found": powers.SEE_PEOPLE,
    "desk-person": powers.SEE_PEOPLE,
    "desk-person-look": powers.SEE_PEOPLE,
    "desk-person-ties": powers.SEE_PEOPLE,
    **dict.fromkeys(PEOPLE_SET, powers.SET_PEOPLE),
    "desk-looks": powers.SEE_LOOKS,
    **dict.fromkeys(("desk-terms", "desk-term-set"), powers.SET_DISTRICT),
    **dict.fromkeys(("desk-powers", "desk-powers-decide", "desk-official"), powers.CONFIRM_ROLES),
    **dict.fromkeys(("desk-official-give", "desk-official-end", "desk-staff", *STAFF_POSTED), powers.GRANT_ROLES),
    **dict.fromkeys(notice_addresses.CHOSEN, SIGNED),
    **(item_addresses.PAGES | notice_addresses.PAGES | serving_addresses.PAGES),
    **dict.fromkeys(("desk-review", "desk-review-decide"), powers.REVIEW_ROLES),
    **dict.fromkeys(("desk-away", "desk-away-hand", "desk-away-end"), SIGNED),
    **dict.fromkeys((*CLIENTS, *CLIENTS_POSTED), powers.SET_CLIENTS),
    **dict.fromkeys((*CERTIFICATES, *CERTIFICATES_POSTED), powers.SET_CERTIFICATES),
    **dict.fromkeys(("desk-seals", "desk-seal", "desk-seal-papers"), OFFICIAL),
    **dict.fromkeys(("desk-sealing", "desk-signature"), powers.USE_SEALS),
    **dict.fromkeys(("passkey-add", "passkey", "devices", "devices-end", "elsewhere-tie", "elsewhere-untie"), SIGNED),
    **dict.fromkeys(("passkey-sign-in", "passkey-second", "mfa_reauthenticate_webauthn"), OPEN),
    **dict.fromkeys(("elsewhere-begin", "elsewhere-back"), OPEN),
    "my-consents": SIGNED,
    "my-consents-withdraw": SIGNED,
    **dict.fromkeys(RESIDENTS, RESIDENT),
    "account_signup": OPEN,
    "account_reset_password": OPEN,
    "mfa_authenticate": OPEN,
    "mfa_index": SIGNED,
    "account_reauthenticate": SIGNED,
    "account_change_password": SIGNED,
    **dict.fromkeys(SECOND_FACTOR, SIGNED),
    **dict.fromkeys(LED_BY_A_CODE, OPEN),
    "account_email": OPEN,
    **dict.fromkeys((one.name for one in (*provider, *certificates)), OPEN),  # tests/faces/provider, certificates
}
"""Pages and addresses by name. Those of one case are in ``OF_A_CASE``."""
POSTED = (
    "account_logout", "desk-away-end", "desk-away-hand", "desk-notice-read", "desk-official-end", "desk-official-give",
    "desk-parked-give", "desk-people-found", "desk-people-register", "desk-person-confirm", "desk-person-correct",
    "desk-person-look", "desk-powers-decide", "desk-quarantine-decide", "desk-review-decide", "desk-rule-set",
    "desk-speed", "desk-tie-record", "desk-tie-withdraw", "my-act", "my-act-end", "my-acting-change", "my-acting-grant",
    "my-claim", "my-complain", "my-consents-withdraw", "my-correct", "my-look-for", "desk-seal", "desk-term-set",
    "trust-answers", "desk-seal-papers", *APPLYING_POSTED, *FORMS_POSTED, *CLIENTS_POSTED, *CERTIFICATES_POSTED,
    *STAFF_POSTED, *item_addresses.POSTED, *notice_addresses.POSTED, *serving_addresses.POSTED,
)  # fmt: skip
WAYS_IN = (
    "passkey-sign-in", "passkey-second", "mfa_reauthenticate_webauthn", "devices-end", "elsewhere-begin",
    "elsewhere-back", "elsewhere-tie", "elsewhere-untie",
)  # fmt: skip
"""Ways to sign in: tests/faces/hall tells who may do what there."""
LED_ELSEWHERE = (
    *WAYS_IN, *LED_BY_A_CODE, *SECOND_FACTOR, "desk-notice-read", "account_logout", "mfa_authenticate",
)  # fmt: skip
"""Addresses that lead on whoever has nothing to do there."""
OF_SYSTEMS = ("oidc-authorize", "oidc-userinfo")
"""Addresses that answer by what another system sent; without that they lead nobody anywhere."""
OF_A_CASE = ("desk-case", "desk-bpmn", "desk-step", "desk-clock")
API: dict[str, str] = {
    "take_readings": powers.SEND_READINGS,
    "take_message": powers.SEND_READINGS,
    "list_quarantine": powers.SEE_QUARANTINE,
    "release": powers.RELEASE_READINGS,
    "discard": powers.RELEASE_READINGS,
    "list_rules": powers.TRY_RULES,
    "get_rule": powers.TRY_RULES,
    "try_rule": powers.TRY_RULES,
    "list_findings": f"{powers.SEE_DEVICES} or {powers.TRY_RULES}",
    "list_inbox": SIGNED,
    "list_notices": SIGNED,
    "read_notice": SIGNED,
    "get_me": SIGNED,
    **dict.fromkeys(
        (
            "list_devices", "get_device", "get_latest", "list_observations", "list_datasets", "get_dataset",
            "list_rows", "list_figures", "list_history", "get_lineage", "list_targets", "list_areas", "get_area",
            "locate", "get_problem_sort",
        ),
        OPEN,
    ),
}  # fmt: skip
"""Operations of the API by name. Those of one case are in ``API_OF_A_CASE``."""
API_OF_A_CASE = ("get_case", "get_history", "get_process", "take_step")
PARTS = {
    "code": "east-air", "quantity": "pm25", "dataset": "air.hourly", "figure": "air.good_days",
    "rule": "air.heavy_pollution", "starts": "2014-01-01", "person": "1", "account": "1", "organisation": "1",
    "notice": "999999", "passkey": "999999", "task": "999999", "clock": "999999", "layer": "areas", "z": "0",
    "x": "0", "y": "0", "issuer": "1", "asked": "MA==", "kind": "interaction.consultation",
}  # fmt: skip
MADE = {**STAGED, **notice_addresses.STAGED}
NAMES = {
    "desk-rule": "air.heavy_pollution",
    "desk-rule-set": "air.heavy_pollution",
    "figure": "air.good_days",
    "ogc-collection": "streets",
    "ogc-items": "streets",
    "ogc-item": "streets",
}
CODES = {"ogc-item": "990101001", "get_area": "990101001", "get_problem_sort": "no_case", **item_addresses.CODES}
BODIES: dict[str, dict[str, Any]] = {
    "try_rule": {"device": "east-air", "start": "2014-02-17T00:00:00+08:00", "end": "2014-02-17T01:00:00+08:00"},
    "release": {"ids": [999_999], "note": "x"},
    "discard": {"ids": [999_999], "note": "x"},
    "take_step": {"outcome": "x"},
}
"""What an operation that takes a body is sent."""


def patterns(found: list[URLPattern | URLResolver] | None = None, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield name and route of every address the platform answers, the API's operations too."""
    for one in get_resolver().url_patterns if found is None else found:
        if isinstance(one, URLResolver):
            yield from patterns(one.url_patterns, prefix + str(one.pattern))
        elif one.name not in (None, "api-root"):  # ninja's own root of the API leads nowhere
            yield one.name, prefix + str(one.pattern)


def filled(name: str, route: str, number: str = "") -> str:
    """Return an address with something real in each of its places."""

    def part(match: re.Match[str]) -> str:
        place = match["name"]
        if place == "number":
            return number
        if place in MADE:
            return str(MADE[place]())
        if place == "name":
            return NAMES[name]
        return CODES.get(name, PARTS[place]) if place == "code" else PARTS[place]

    return "/" + re.sub(r"[<{](?:\w+:)?(?P<name>\w+)[>}]", part, route).lstrip("/")


def held(person: str | None) -> frozenset[str]:
    """Return the powers of the role somebody holds, as the kernel declares it."""
    if person is None:
        return frozenset()
    if person in ("resident", "newcomer"):
        return frozenset()
    role = (
        "street_official"
        if person.startswith("street")
        else {
            "window": "window_clerk",
            "protection": "protection_officer",
            KEEPER: "seal_keeper",
            "hotline": "hotline_operator",
        }.get(person, person)
    )
    return house.registry().get(RoleKind, f"zhihai.{role}").powers


def let_in(person: str | None, needed: str) -> bool:
    """Say whether somebody may, by the table."""
    if needed == OPEN:
        return True
    if needed == OFFICIAL:
        return person not in ("resident", "newcomer", None)
    if needed in (OWN, DRAFTED, RESIDENT):
        return person == "resident" or (person == "newcomer" and needed == RESIDENT)
    return person is not None and (needed == SIGNED or any(power in held(person) for power in needed.split(" or ")))


def judged(answer: HttpResponse) -> str:
    """Return what an answer means for who asked."""
    if answer.status_code == 302 and answer.headers["Location"].startswith("/sign-in/"):
        return "sign in"
    return {401: "sign in", 403: "forbidden", 404: "not found"}.get(answer.status_code, "let in")


@pytest.fixture
def clients(worked: str, reader: Callable[..., Client]) -> dict[str | None, Client]:
    """A client of everybody."""
    return {person: reader(person) for person in PEOPLE}


def ask(client: Client, method: str, address: str, **given: Any) -> str:
    answer = client.get(address) if method == "GET" else client.post(address, **given)
    assert answer.status_code < 500, address
    return judged(answer)


def expected(person: str | None, needed: str) -> str:
    hid = person in {OWN: "newcomer", DRAFTED: "newcomer window hotline"}.get(needed, "").split()
    return "let in" if let_in(person, needed) else "sign in" if person is None else "not found" if hid else "forbidden"


def test_every_page_lets_in_whom_the_table_names(clients: dict[str | None, Client]) -> None:
    """A page that needs a power is refused without it; who has not signed in is led to the sign-in."""
    wrong = []
    for name, route in patterns():
        if name in PAGES and name not in (*LED_ELSEWHERE, *OF_SYSTEMS):
            method = "POST" if name in POSTED else "GET"
            for person in PEOPLE:
                seen = ask(clients[person], method, filled(name, route))
                if seen != expected(person, PAGES[name]):
                    wrong.append(f"{name} for {person}: {seen}")
    assert wrong == []


def test_every_operation_of_the_api_lets_in_whom_the_table_names(clients: dict[str | None, Client]) -> None:
    """The same by the API, where nobody is told 401 and who lacks the power 403; intake is for tokens alone."""
    wrong = []
    for route in ROUTES:
        name = route.view.__name__
        if name in API:
            for person in PEOPLE:
                address = filled(name, f"api{route.path}")
                seen = ask(clients[person], route.method, address, data=BODIES.get(name, {}), content_type=JSON)
                needed = expected(person, API[name]) if API[name] != powers.SEND_READINGS else "sign in"
                if seen != needed and not (needed == "let in" and seen == "not found"):
                    wrong.append(f"{name} for {person}: {seen}")
    assert wrong == []


def test_everybody_finds_a_page_to_begin_with(clients: dict[str | None, Client]) -> None:
    """Whoever signs in comes to a page they may see, whatever their role."""
    for person in ROLES:
        assert clients[person].get("/desk/", follow=True).status_code == 200, person


def test_every_address_is_in_the_table() -> None:
    names = {name for name, _ in patterns()}
    operations = {route.view.__name__ for route in ROUTES}
    assert names - operations == {*PAGES, *OF_A_CASE, *item_addresses.OF_A_MATTER, *serving_addresses.OF_ONE_SERVED}
    assert operations == {*API, *API_OF_A_CASE}
    assert set(POSTED) <= PAGES.keys()


SEEN_BY: dict[str, tuple[int, ...]] = {
    **dict.fromkeys(("dispatcher", "supervisor", "leader", "inspector", "window", "hotline"), (0, 3)),
    "street-east": (0,),
    "street-west": (3,),
    **dict.fromkeys(("operator", "administrator", "reader", "protection", "resident", "newcomer"), ()),
    **dict.fromkeys((KEEPER, ITEMS, WRITER, PUBLISHER), ()),
}
"""Which of two cases somebody may see: one in the east (0), whose tasks inspectors had too, and one in the west (3)."""


@pytest.mark.parametrize("place", [0, 3])
def test_a_case_is_there_only_for_those_it_concerns(clients: dict[str | None, Client], place: int) -> None:
    """Another street's case is not found: by its page, its steps, its export and its place in the API alike."""
    number, wrong = number_of(place), []
    asked = [
        ("GET" if name in ("desk-case", "desk-bpmn") else "POST", filled(name, route, number))
        for name, route in patterns()
        if name in OF_A_CASE
    ]
    asked += [
        (route.method, filled("", f"api{route.path}", number))
        for route in ROUTES
        if route.view.__name__ in API_OF_A_CASE
    ]
    for person in PEOPLE:
        for method, address in asked:
            seen = ask(clients[person], method, address, data={"outcome": "x"}, content_type=JSON)
            needed = "sign in" if person is None else "let in" if place in SEEN_BY[person] else "not found"
            no_such_task = method == "POST" and seen == "not found"
            if seen != needed and not (needed == "let in" and no_such_task):
                wrong.append(f"{address} for {person}: {seen}")
    assert wrong == []


def test_lists_name_no_case_of_another_street(clients: dict[str | None, Client]) -> None:
    east, west = {number_of(place) for place in (0, 1, 2)}, {number_of(place) for place in (3, 4)}
    lists = (
        "/desk/",
        "/desk/cases/",
        "/desk/closed/",
        "/desk/search?q=LS-2014",
        "/desk/notices/",
        "/desk/devices/east-air",
    )
    for person, own, others in (("street-east", east, west), ("street-west", west, east)):
        said = "".join(clients[person].get(address).content.decode() for address in lists)
        assert any(number in said for number in own)
        assert not any(number in said for number in others)
        found = clients[person].get("/api/inbox?mine=false").content.decode()
        assert not any(number in found for number in others)


def test_nobody_reads_a_case_number_on_a_public_page(clients: dict[str | None, Client]) -> None:
    addresses = (
        "/wall/",
        "/figures/",
        "/figures/air.on_time_inspections/2014-02-01",
        "/plan/",
        "/api/figures",
        "/api/figures/air.on_time_inspections/2014-02-01",
        "/health",
        "/sign-in/",
    )
    for address in addresses:
        answer = clients[None].get(address)
        assert answer.status_code == 200, address
        assert "LS-2014-" not in answer.content.decode(), address


def test_a_figure_names_those_cases_behind_it_that_the_reader_may_see(clients: dict[str | None, Client]) -> None:
    """Everybody is told how many rows counted; the number of a case stands only before who may open that case."""
    address = "/figures/air.on_time_inspections/2014-02-01"
    for person in ROLES:
        page = clients[person].get(address).content.decode()
        named = set(re.findall(r"LS-2014-KQ-\d+", page))
        assert bool(named) == bool(SEEN_BY[person]), person
        assert all(clients[person].get(f"/desk/cases/{number}").status_code == 200 for number in named)
    assert number_of(3) not in clients["street-east"].get(address).content.decode()
    assert re.findall(r">(\d+ / \d+)<", clients["reader"].get(address).content.decode())[:1] == ["3 / 4"]
