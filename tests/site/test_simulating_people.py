"""The people of a simulated district: numbers, accounts, looks and officials, by bulk acts, all of it synthetic."""

from __future__ import annotations

import json
from collections.abc import Iterator

import click
import pytest
from django.test import Client
from django.test.utils import override_settings
from stdnum.cn import ric
from tests.site.interrupting import once

from zhihai.ground.actors import SYSTEM
from zhihai.kernel import house
from zhihai.kernel import records as tables
from zhihai.kernel.identity import acts as identity_acts
from zhihai.kernel.identity import reads as identities
from zhihai.kernel.identity.account import Account
from zhihai.kernel.journal import reads as journal
from zhihai.site.commands import simulate
from zhihai.site.packs import build_house
from zhihai.site.simulated import building, people
from zhihai.site.simulated.district import INSTANT
from zhihai.site.simulated.kinds import simulated_pack
from zhihai.site.wording import floor_words

PASSWORD = "four words nobody joins"


@pytest.fixture(autouse=True)
def small(records: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty database in a folder begun for a simulated district; batches of a hundred, one process."""
    monkeypatch.setattr(people, "BATCH", 100)
    monkeypatch.setattr(people, "MUCH", 30)
    monkeypatch.setattr(people, "MUCH_LOOKED_AT", 0.05)
    monkeypatch.setattr(building, "MOST_PROCESSES", 1)
    made = build_house(floor_words(), made=(simulated_pack(),))
    with override_settings(ZHIHAI_REGISTRY=made.registry, ZHIHAI_WORDS=made.words):
        yield


def run(*arguments: str, what: str = "people") -> int:
    command: click.Command = simulate.command(house.words(), "en")
    return int(command.main((what, *arguments), standalone_mode=False) or 0)


def test_people_are_whole_marked_and_found(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--people", "250", "--officials", "60", "--seed", "3", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["people"], told["officials"], told["seed"]) == (250, 60, 3)
    assert {"sim-window", "sim-window-street"} <= {one["username"] for one in told["accounts"]}
    assert journal.verify().ok
    assert journal.sealed().unsealed == 0
    _numbers_are_sealed()
    _accounts_are_tied(told["looks"])
    _officials_are_on_duty()
    _they_are_found_and_marked()


def _numbers_are_sealed() -> None:
    numbers = [people.number_of(n) for n in range(250)]
    assert len(set(numbers)) == 250
    assert all(ric.calc_check_digit(number) == number[-1] and number.startswith("990199") for number in numbers)
    found = [identities.by_number(SYSTEM, "natural", number) for number in numbers[::50]]
    assert all(line is not None and line.provenance == "synthetic" for line in found)
    kept = str(tables.rows("SELECT * FROM journal_entry")) + str(tables.rows("SELECT * FROM account"))
    assert not any(number in kept for number in numbers)


def _accounts_are_tied(looks: int) -> None:
    levels = [identities.my_data(identities.actor_of(id_, at=INSTANT)) for id_ in _residents()]
    assert {one.level for one in levels} == {1, 2, 3}
    assert looks > 250
    most = max(len(one.looks) for one in levels)
    assert most == 20, "a page shows the latest"
    assert all(look.account is None and look.organisation for one in levels for look in one.looks)


def _residents() -> list[int]:
    return [row[0] for row in tables.rows("SELECT id FROM account WHERE sort = 'resident' ORDER BY id LIMIT 120")]


def _officials_are_on_duty() -> None:
    held = tables.rows("SELECT role, count(*) FROM membership m JOIN staff_member USING (account_id) GROUP BY 1")
    counts = dict(held)
    assert counts["zhihai.window_clerk"] == 60, "each office has its clerks"
    assert sum(counts[f"zhihai.{role}"] for role in ("dispatcher", "street_official", "inspector")) == 60


def _they_are_found_and_marked() -> None:
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(Account.objects.get(username="sim-window"), "zhihai.faces.signing.SigningIn")
    number = people.number_of(7)
    page = client.post("/desk/people/found", {"by": "number", "sought": number}).content.decode()
    assert "mark synthetic" in page
    account = tables.value("SELECT id FROM account WHERE username = 'sim-r0000007'")
    identity_acts.set_password(SYSTEM, account, PASSWORD, at=INSTANT)
    resident = Client(headers={"host": "127.0.0.1"})
    answer = resident.post("/sign-in/", {"login": people.email_of(7), "password": PASSWORD})
    assert answer.headers["Location"] == "/my/"
    assert "mark synthetic" in resident.get("/my/").content.decode()


def content() -> list[tables.Row]:
    """All people without what a number of a row, a nonce or the machine's clock says of them."""
    with_looks = """SELECT a.username, a.email, t.level, (SELECT count(*) FROM look l WHERE l.person_id = t.person_id)
        FROM account a LEFT JOIN account_person t ON t.account_id = a.id WHERE a.sort = 'resident' ORDER BY 1"""
    people_rows = "SELECT name, sound, number_index, area_id FROM person ORDER BY id"
    with tables.atomic():
        tables.value("SELECT zh_read_as('platform')")
        return tables.rows(with_looks) + tables.rows(people_rows)


def test_it_goes_on_after_an_interruption_and_a_larger_number_adds(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bring = people.bring
    monkeypatch.setattr(people, "bring", once(bring))
    with pytest.raises(click.Abort):
        run("--people", "230", "--seed", "3")
    assert tables.value("SELECT count(*) FROM account WHERE sort = 'resident'") == 100
    monkeypatch.setattr(people, "bring", bring)
    assert run("--people", "230") == 0
    whole = content()
    assert len(whole) == 460
    assert run("--people", "260", "--json") == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (told["people"], told["seed"]) == (260, 3)
    assert set(whole) <= set(content())


def test_people_come_into_a_district_of_cases_too() -> None:
    assert run("--cases", "120", "--seed", "5", what="kernel") == 0
    assert run("--people", "40", "--officials", "10") == 0
    residents = "SELECT count(*) FROM account WHERE sort = 'resident'"
    assert tables.one(f"SELECT (SELECT count(*) FROM cases), ({residents})") == (120, 40)


def test_the_same_seed_gives_the_same_people() -> None:
    ground = people.Base((1, 2, 3), ((1, "a", 1),))
    drawn = [
        people._people(people.np.random.default_rng((seed, 0)), range(50), ground.areas, INSTANT) for seed in (1, 1, 2)
    ]
    assert drawn[0] == drawn[1] != drawn[2]
