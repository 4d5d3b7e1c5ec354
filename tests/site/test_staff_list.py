"""A staff list: what it would change is told first; applied it is done once; who left holds nothing from then on."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.kernel.acting import account, everything

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.powers import SEE_PEOPLE, WORK_CASES
from zhihai.ground.refusal import NotFound, Refused
from zhihai.kernel import house, records
from zhihai.kernel.identity import acts, reads
from zhihai.kernel.identity.account import Account
from zhihai.kernel.journal import reads as journal
from zhihai.kernel.places import reads as where
from zhihai.site.commands import staff
from zhihai.site.faults import Faults
from zhihai.site.staff_list import read_staff

pytestmark = pytest.mark.usefixtures("district")
HEAD = "username,name_zh,name_en,email,organisation,area,role\n"
ANN = "ann,安宁,Ann,ann@example.org,990101001,990101001,street_official\n"
BO = "bo,薄雾,Bo,,990101002,990101002,inspector\n"
CY = "cy,岑溪,Cy,,990101,990101,supervisor\n"
DEN = "den,邓林,Den,,990101,990101,leader\n"


@pytest.fixture
def listed(tmp_path: Path) -> Any:
    def write(*lines: str, head: str = HEAD) -> Path:
        file = tmp_path / "staff.csv"
        file.write_text(head + "".join(lines), encoding="utf-8")
        return file

    return write


def run(file: Path, *more: str) -> dict[str, Any]:
    assert staff.command(house.words(), "en").main(["import", str(file), "--json", *more], standalone_mode=False) == 0
    return {}


def changes(file: Path) -> dict[str, Any]:
    people, faults = read_staff(file)
    assert faults == []
    found = reads.compare_staff(people, at=journal.now())
    return staff._lines(found) | {"conflicts": [one.reason for one in found.conflicts], "waiting": found.waiting}


def apply(file: Path, **more: Any) -> int:
    people, _ = read_staff(file)
    return acts.apply_staff(SYSTEM, people, "list 1", at=journal.now(), **more).changes


def actor(username: str) -> Actor:
    return reads.actor_of(account(username), at=journal.now())


def test_the_differences_are_told_and_nothing_is_written(listed: Any, capsys: pytest.CaptureFixture[str]) -> None:
    file = listed(ANN, BO, CY, "reader,另一人,X,,990101,990101,reader\n", "stations,站,S,,990101,990101,reader\n")
    before = everything()
    run(file)
    told = json.loads(capsys.readouterr().out)
    assert everything() == before
    assert told["new"] == ["ann", "bo", "cy"]
    assert told["given"] == ["ann zhihai.street_official", "bo zhihai.inspector"]
    assert told["proposed"] == ["cy zhihai.supervisor"]
    assert [(one["account"], one["line"], one["reason"]) for one in told["conflicts"]] == [
        ("reader", 5, "by_hand"), ("stations", 6, "no_person"),
    ]  # fmt: skip
    assert told["left"] == []


def test_the_report_for_people_names_accounts_and_no_person(listed: Any, capsys: pytest.CaptureFixture[str]) -> None:
    file = listed(ANN, CY)
    assert staff.command(house.words(), "en").main(["import", str(file)], standalone_mode=False) == 0
    said = capsys.readouterr().out
    assert "New accounts (2):" in said
    assert "Roles proposed, for another to confirm (1):\n  cy zhihai.supervisor" in said
    assert "安宁" not in said
    assert "ann@example.org" not in said


def test_it_is_applied_once_each_change_an_act_under_the_name_of_the_list(listed: Any) -> None:
    file = listed(ANN, BO, CY)
    assert apply(file) == 6
    assert actor("ann").may(WORK_CASES)
    assert Account.objects.get(username="ann").email == "ann@example.org"
    assert not Account.objects.get(username="ann").has_usable_password()
    entries = journal.entries("account", account("ann"))
    assert [entry.act for entry in entries] == ["identity.join_staff", "identity.grant_role"]
    assert {entry.data["batch"] for entry in entries} == {"list 1"}
    before = everything()
    assert apply(file) == 0
    assert everything() == before
    assert reads.officials("anning", at=journal.now())[0].username == "ann"


def test_what_takes_two_waits_for_another(listed: Any) -> None:
    apply(listed(CY.replace("supervisor", "window_clerk")))
    assert not actor("cy").may(SEE_PEOPLE)
    (waiting,) = reads.proposals(actor("supervisor"), at=journal.now(), account=account("cy"))
    file = listed(CY.replace("supervisor", "window_clerk"))
    assert changes(file)["waiting"] == 1
    acts.confirm_grant(actor("supervisor"), waiting.id, at=journal.now())
    assert actor("cy").may(SEE_PEOPLE)
    assert changes(file)["proposed"] == []


def test_what_was_refused_is_told_and_not_proposed_again(listed: Any) -> None:
    file = listed(CY)
    apply(file)
    (waiting,) = reads.proposals(actor("administrator"), at=journal.now(), account=account("cy"))
    acts.refuse_grant(actor("administrator"), waiting.id, "not needed", at=journal.now())
    assert changes(file) | {"conflicts": ["refused"], "proposed": []} == changes(file)
    assert apply(file) == 0


def street_official(username: str) -> bool:
    """Say whether somebody holds that role, as a deputy too."""
    return any(grant.role == "zhihai.street_official" for grant in actor(username).scope.grants)


def test_who_left_holds_nothing_at_once_and_may_come_back(listed: Any) -> None:
    apply(listed(ANN, BO, DEN))
    at = journal.now()
    by_hand = acts.grant_role(
        SYSTEM, account("ann"), "zhihai.reader", reads.organisation_by_code("990101002").id,
        where.area_by_code("990101002").id, at=at,
    )  # fmt: skip
    lender = actor("ann")
    own = next(grant.membership for grant in lender.scope.grants if grant.role == "zhihai.street_official")
    acts.delegate(lender, own, account("window-east"), at, at + timedelta(days=3), "on leave", at=at)
    assert street_official("window-east")
    left = account("ann")
    assert changes(listed(BO, DEN))["left"] == ["ann"]
    apply(listed(BO, DEN))
    with pytest.raises(NotFound):
        reads.actor_of(left, at=journal.now())
    assert not street_official("window-east")
    assert records.value("SELECT ended_ground FROM membership WHERE id = %s", (by_hand,)) == "list 1"
    assert changes(listed(BO, DEN))["left"] == []
    assert changes(listed(ANN, BO, DEN))["back"] == ["ann"]
    apply(listed(ANN, BO, DEN))
    assert [grant.role for grant in actor("ann").scope.grants] == ["zhihai.street_official"]


def test_a_post_that_is_listed_no_more_ends_and_what_was_given_by_hand_stays(listed: Any) -> None:
    apply(listed(ANN))
    acts.grant_role(
        SYSTEM, account("ann"), "zhihai.reader", reads.organisation_by_code("990101").id,
        where.area_by_code("990101").id, at=journal.now(),
    )  # fmt: skip
    moved = listed(ANN.replace("990101001", "990101002"))
    assert changes(moved)["ended"] == ["ann zhihai.street_official"]
    assert apply(moved) == 2
    assert sorted(grant.role for grant in actor("ann").scope.grants) == ["zhihai.reader", "zhihai.street_official"]


def test_a_name_that_changed_is_changed(listed: Any) -> None:
    apply(listed(ANN))
    assert changes(listed(ANN.replace("安宁", "安静")))["renamed"] == ["ann"]
    apply(listed(ANN.replace("安宁", "安静")))
    assert reads.officials("anjing", at=journal.now())[0].username == "ann"


def test_a_list_by_which_most_would_leave_is_not_believed(listed: Any) -> None:
    people = [f"p{n},人,P,,990101001,990101001,reader\n" for n in range(8)]
    apply(listed(*people))
    with pytest.raises(Refused) as refused:
        apply(listed(*people[:3]))
    assert (refused.value.code, refused.value.facts) == ("staff_most_leave", {"n": 5, "of": 8})
    assert apply(listed(*people[:3]), most_leave=True) == 5


def test_everything_wrong_is_told_with_line_and_column_and_nothing_is_done(listed: Any) -> None:
    file = listed(
        ANN, "Bad Name,甲,,,990101001,990101001,reader\n", "bo,,,,990101009,990101001,emperor\n", ANN,
        ANN.replace("安宁", "安静").replace("street_official", "reader"), "cy,岑溪,Cy,nowhere,990101,990101,reader\n",
    )  # fmt: skip
    before = everything()
    with pytest.raises(Faults) as told:
        staff.command(house.words(), "en").main(["import", str(file), "--apply"], standalone_mode=False)
    assert [(fault.code, fault.field) for fault in told.value.faults] == [
        ("staff_username", "staff.csv:3 username"),
        ("folder_empty", "staff.csv:4 name_zh"),
        ("folder_stranger", "staff.csv:4 organisation"),
        ("folder_stranger", "staff.csv:4 role"),
        ("folder_twice", "staff.csv:5"),
        ("staff_differs", "staff.csv:6 name_zh"),
        ("staff_text", "staff.csv:7 email"),
    ]
    assert everything() == before


@pytest.mark.parametrize(
    ("head", "lines", "code"),
    [
        ("username,name_zh\n", (), "staff_columns"),
        (HEAD, (), "staff_empty"),
        (HEAD, ("ann,安宁\n",), "folder_line"),
        (HEAD, ('ann,"安宁\n',), "folder_unreadable"),
    ],
)
def test_a_file_that_is_no_list_is_refused(listed: Any, head: str, lines: tuple[str, ...], code: str) -> None:
    file = listed(*lines, head=head)
    try:
        _, faults = read_staff(file)
    except Refused as refused:
        faults = [refused]
    assert [fault.code for fault in faults] == [code]
