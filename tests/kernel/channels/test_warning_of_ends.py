"""Before a certificate ends, or what issues it, those responsible are told: once, and nobody besides."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from tests.kernel.acting import AT, EAST, OFFICE, account, area, office
from tests.kernel.trust.ceremony import begin_authority, issued, list_of_root, now, revoke

from zhihai.faces.certificates.places import addresses_of
from zhihai.ground.actors import SYSTEM
from zhihai.kernel import records as store
from zhihai.kernel.channels import acts as channels
from zhihai.kernel.channels import reads
from zhihai.kernel.identity import acts as identity
from zhihai.kernel.trust import acts as trust

pytestmark = pytest.mark.usefixtures("district")
DAY = timedelta(days=1)
KEEPER = "zhihai.seal_keeper"


def warn(later: timedelta = timedelta()) -> int:
    return channels.warn_of_ends(at=AT, at_machine=now() + later)


def told(username: str) -> list[tuple[str, str]]:
    """The notices of somebody with where they lead, each of which can be said in both languages."""
    found = reads.notices(account(username))[::-1]
    for one in found:
        assert all(text and "{" not in text for language in ("zh", "en") for text in one.say(language))  # type: ignore[arg-type]
    return [(one.kind.removeprefix("zhihai."), one.link) for one in found]


def keeper_of(code: str, username: str, place: str) -> None:
    identity.grant_role(SYSTEM, account(username), KEEPER, office(code), area(place), at=AT)


@pytest.fixture
def authority() -> int:
    return begin_authority()


def test_nothing_is_told_where_nothing_is_vouched_for() -> None:
    assert warn() == 0


def test_the_seal_of_an_office_is_told_to_who_issues_and_who_keeps_it(authority: int) -> None:
    keeper_of(OFFICE, "reader", EAST)
    keeper_of(EAST, "inspector", EAST)
    one = issued(days=365)
    assert warn(334 * DAY) == 0
    assert warn(336 * DAY) == 2
    assert told("administrator") == [("certificate_ending", f"/desk/certificates/{one}")]
    assert told("reader") == [("certificate_ending", "/desk/seals/")]
    assert told("inspector") == [], "who keeps another office's"
    assert warn(336 * DAY) == warn(339 * DAY) == 0, "once"


def test_a_signature_is_told_to_its_official_and_no_notice_names_a_person(authority: int) -> None:
    issued(EAST, account=account("street-east"), days=20)
    assert warn() == 2
    assert told("street-east") == [("certificate_ending", "/desk/seals/")]
    assert told("street-west") == []
    name = store.value("SELECT name_zh FROM account WHERE username = 'street-east'")
    assert name not in str([one.say("zh") for one in reads.notices(account("administrator"))])


def test_what_is_replaced_revoked_or_past_is_not_told(authority: int) -> None:
    first = issued(days=20)
    issued(days=400)
    assert warn() == 0
    revoke(issued(EAST, days=20))
    assert warn() == 0
    assert warn(21 * DAY) == 0
    assert first


def test_the_next_one_revoked_is_no_next_one(authority: int) -> None:
    issued(days=20)
    revoke(issued(days=400), "superseded")
    assert warn() == 1


def test_the_key_that_issues_is_told_while_there_is_time_and_not_once_the_next_is_asked_for(authority: int) -> None:
    assert warn(300 * DAY) == 0
    assert warn(1200 * DAY) > 0
    assert ("issuing_key_ending", "/desk/certificates/") in told("administrator")
    assert told("dispatcher") == []


def test_nobody_is_told_of_a_key_whose_next_waits_for_the_root(authority: int) -> None:
    trust.request_issuing(SYSTEM, "湖滨区", addresses_of, at=AT, at_machine=now())
    warn(1200 * DAY)
    assert "issuing_key_ending" not in [kind for kind, _ in told("administrator")]


def test_the_list_of_the_root_is_told_by_its_number_and_the_next_one_anew(authority: int) -> None:
    assert warn(339 * DAY) == 0
    assert warn(341 * DAY) == 1
    assert told("administrator") == [("root_list_ending", "/desk/certificates/")]
    later: datetime = now() + 341 * DAY
    trust.take_in(SYSTEM, list_of_root(2, at=later, days=30), at=AT, at_machine=later)
    assert warn(342 * DAY) == 1
    assert [kind for kind, _ in told("administrator")] == ["root_list_ending"] * 2


def test_who_has_left_is_not_told(authority: int) -> None:
    issued(EAST, account=account("street-east"), days=20)
    store.execute("UPDATE account SET is_active = false WHERE username = 'street-east'")
    assert warn() == 0
