"""The simulated district: built by bulk acts, the same for the same seed, marked synthetic, in a folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from django.test import Client
from django.test.utils import override_settings
from tests.site.interrupting import once

from zhihai.ground.actors import Actor
from zhihai.ground.refusal import Refused
from zhihai.kernel import house
from zhihai.kernel import records as tables
from zhihai.kernel.cases import acts as cases
from zhihai.kernel.cases import reads as case_reads
from zhihai.kernel.cases.kinds import CaseKind
from zhihai.kernel.identity import reads as identities
from zhihai.kernel.identity.account import Account
from zhihai.kernel.journal import reads as journal
from zhihai.site.commands import simulate
from zhihai.site.configuration import Configuration
from zhihai.site.packs import build_house
from zhihai.site.simulated import building
from zhihai.site.simulated import pasts as drawn
from zhihai.site.simulated.district import INSTANT, OFFICIALS
from zhihai.site.simulated.kinds import COUNT, simulated_pack
from zhihai.site.supervisor import settle_simulation
from zhihai.site.wording import floor_words


@pytest.fixture
def kinds() -> Iterator[None]:
    """The house as it stands in a folder that was begun for a simulated district."""
    made = build_house(floor_words(), made=(simulated_pack(),))
    assert not made.faults
    with override_settings(ZHIHAI_REGISTRY=made.registry, ZHIHAI_WORDS=made.words):
        yield


def run(*arguments: str) -> int:
    command: click.Command = simulate.command(house.words(), "en")
    return int(command.main(("kernel", *arguments), standalone_mode=False) or 0)


def case_content() -> list[tables.Row]:
    """All cases without what a number or the machine's clock says of them."""
    return tables.rows(
        """SELECT (c.facts->>'no')::int, k.name, c.state, c.opened_at, c.due_at, c.closed_at, c.closing, c.late, o.code,
               a.code, c.lon, c.lat, c.cell
           FROM cases c JOIN case_type k ON k.no = c.type_no JOIN organisation o ON o.id = c.org_id
               JOIN area a ON a.id = c.area_id ORDER BY 1"""
    )


def test_the_hundred_kinds_are_whole_and_named_in_both_languages(kinds: None) -> None:
    names = [name for name, _ in house.registry().all(CaseKind) if name.startswith("simulated.")]
    assert len(names) == COUNT
    assert house.words().say("simulated.case.matter_017.name", "zh") == "模拟事项 17"
    assert house.words().say("simulated.case.matter_017.title", "en", no=5) == "Simulated matter 17, no. 5"


def test_a_district_is_built_whole_marked_and_ready_to_be_worked(
    records: str, kinds: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--cases", "1200", "--seed", "2", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["cases"], told["seed"], len(told["accounts"])) == (1200, 2, len(OFFICIALS) + 2)
    assert 200 < told["open"] < 280
    _is_whole(told["open"])
    _officials_see_what_is_theirs()
    _is_worked_and_marked()
    assert journal.verify_state(case_reads.heads).ok


def _is_whole(open_: int) -> None:
    counts = """SELECT (SELECT count(*) FROM organisation), (SELECT count(*) FROM area WHERE level = 'street'),
        (SELECT count(*) FROM clock), (SELECT count(*) FROM cases WHERE provenance <> 'synthetic'),
        (SELECT count(*) FROM cases) - (SELECT count(DISTINCT number) FROM cases), (SELECT count(*) FROM outbox)"""
    assert tables.one(counts) == (150, 29, 4800, 0, 0, 0)
    assert journal.verify().ok
    assert journal.sealed().unsealed == 0
    state = journal.verify_state(case_reads.heads)
    assert (state.ok, state.cases) == (True, 1200)
    assert tables.value("SELECT zh_case_load_recount()") == 0
    assert sum(one.open for one in case_reads.load()) == open_


def _actor(sort: str) -> Actor:
    return identities.actor_of(identities.account_named(f"sim-{sort.replace('_', '-')}").id, at=INSTANT)


def _officials_see_what_is_theirs() -> None:
    seen = {sort: len(case_reads.inbox(_actor(sort), INSTANT, limit=1500).rows) for sort in OFFICIALS}
    assert seen["nothing"] == 0
    assert max(seen["narrow"], seen["department"]) < seen["nearly_all"]
    assert min(seen["street"], seen["mixed"]) > 0


def _is_worked_and_marked() -> None:
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(Account.objects.get(username="sim-nearly-all"))
    assert "mark synthetic" in client.get("/desk/").content.decode()
    row = tables.one(
        """SELECT c.id, c.number, t.id FROM task t JOIN cases c ON c.id = t.case_id JOIN case_type k ON k.no = c.type_no
           WHERE t.state = 'open' AND t.step = 'check' AND k.name < 'simulated.matter_090' ORDER BY t.id LIMIT 1"""
    )
    assert row is not None
    case, number, task = row
    cases.take_step(_actor("nearly_all"), case, task, "confirm", at=INSTANT)
    shown = client.get(f"/desk/cases/{number}")
    assert shown.status_code == 200
    assert "mark synthetic" in shown.content.decode()


def test_it_goes_on_after_an_interruption_and_the_same_seed_gives_the_same_cases(
    records: str, kinds: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(drawn, "BATCH", 100)
    monkeypatch.setattr(building, "MOST_PROCESSES", 1)
    bring = building._bring
    monkeypatch.setattr(building, "_bring", once(bring))
    with pytest.raises(click.Abort):
        run("--cases", "250", "--seed", "7")
    assert tables.value("SELECT count(*) FROM cases") == 100
    monkeypatch.setattr(building, "_bring", bring)
    assert run("--cases", "250", "--seed", "7") == 0
    assert "bringing in goes on" in capsys.readouterr().out
    assert tables.value("SELECT count(*) FROM cases") == 250
    whole = case_content()
    assert [no for no, *_ in whole] == list(range(1, 251))
    with pytest.raises(Refused, match="simulated_otherwise"):
        run("--cases", "300", "--seed", "7")
    ground = drawn.ground()
    again = [history for number in range(3) for history in drawn.pasts(7, number, 250, ground)]
    assert [(one.facts["no"], one.kind, one.opened_at) for one in again] == [
        (no, kind, opened) for no, kind, _, opened, *_ in whole
    ]
    other = [history for number in range(3) for history in drawn.pasts(8, number, 250, ground)]
    assert [one.kind for one in other] != [one.kind for one in again]


def test_another_district_is_left_alone(district: str, kinds: None) -> None:
    before = tables.one("SELECT count(*), max(id) FROM journal_entry")
    with pytest.raises(Refused, match="not_simulated"):
        run("--cases", "10")
    assert tables.one("SELECT count(*), max(id) FROM journal_entry") == before


def test_a_folder_with_other_records_is_refused(config: Configuration) -> None:
    with pytest.raises(Refused, match="not_simulated"):
        settle_simulation(config)
    assert not config.is_simulated


def test_the_command_stands_by_itself_in_an_empty_folder(folder: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ZHIHAI_")}
    environment |= {"ZHIHAI_DATA": str(folder / "data"), "ZHIHAI_CONFIG": os.environ["ZHIHAI_CONFIG"]}

    def zhihai(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "zhihai.site.command", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    built = zhihai("simulate", "kernel", "--cases", "40", "--json")
    assert built.returncode == 0, built.stderr
    assert json.loads(built.stdout)["cases"] == 40
    verified = zhihai("verify", "--state", "--json")
    assert verified.returncode == 0
    assert json.loads(verified.stdout)["cases"] == 40
