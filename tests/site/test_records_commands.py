"""The commands that work on records: what they do, what they print for people and machines, and their exit codes."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import click
import pytest
from django.conf import settings
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.test import Client

from zhihai.ground.actors import SYSTEM
from zhihai.ground.refusal import Refused
from zhihai.kernel import house
from zhihai.kernel import records as tables
from zhihai.kernel.cases import acts as cases
from zhihai.kernel.identity import acts as identity
from zhihai.kernel.identity import reads as identities
from zhihai.kernel.identity.account import Account
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.journal import reads as clock
from zhihai.kernel.places import reads as places
from zhihai.kernel.rules import reads as rules
from zhihai.site.commands import load, password, reorganise, replay, token, verify
from zhihai.site.wsgi import application

LAKESIDE = Path(__file__).resolve().parents[1] / "districts" / "lakeside"
AT = datetime(2014, 2, 16, 16, tzinfo=UTC)
"""The invented district's clock: midnight of 17 February in its zone."""
MACHINE = datetime(2026, 11, 2, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
Make = Callable[..., click.Command]


def run(make: Make, *arguments: str) -> int:
    """Run a command in English and return its exit code."""
    return int(make(house.words(), "en").main(arguments, standalone_mode=False) or 0)


def test_load_prints_accounts_once_what_was_mended_and_what_is_synthetic(
    records: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(load.command, "district", str(LAKESIDE)) == 0
    said = capsys.readouterr().out
    assert "Lakeside Example District (990101) is loaded." in said
    assert "West Shore Example Subdistrict (990101002): The boundary crosses itself" in said
    assert "Synthetic: 154 grid cells were generated." in said
    (line,) = (line for line in said.splitlines() if line.split()[:1] == ["inspector"])
    password = line.split()[1]
    assert identities.account_named("inspector").active
    assert not tables.one("SELECT 1 FROM journal_entry WHERE strpos(data, %s) > 0", (password,))


def test_load_for_machines_is_one_object(records: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(load.command, "district", str(LAKESIDE), "--live", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["clock"]["mode"] == clock.clock().mode == "live"
    assert told["loaded"]["stations.csv"] == 3
    assert told["mended"].keys() == {"990101002"}
    assert told["synthetic"] == {"cells": 154, "organisations": 6, "accounts": 3, "devices": 3, "people": 400}
    people = {one["username"] for one in told["accounts"] if one["password"]}
    assert "operator" in people
    assert not people & {"stations", "sim-inspector"}


def test_a_token_is_printed_alone_and_kept_as_a_digest(district: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(token.command, "stations", "--powers", "reading.send", "--days", "30") == 0
    said = capsys.readouterr()
    (secret,) = said.out.split()
    assert "it is not shown again" in said.err
    assert secret not in said.err
    kept = tables.one("SELECT digest, powers, expires_at - created_at FROM api_token")
    assert kept == (sha256(secret.encode()).digest(), ["reading.send"], timedelta(days=30))
    actor = identities.actor_of_token(secret, at=AT, at_machine=datetime.now(UTC))
    assert actor.account == identities.account_named("stations").id
    assert actor.may("reading.send")


def test_a_token_for_nobody_is_refused(district: str) -> None:
    with pytest.raises(Refused, match="no_account"):
        run(token.command, "nobody")
    with pytest.raises(click.BadParameter):
        run(token.command, "stations", "--powers", "reading.forge")


def test_a_token_of_one_who_can_not_send_says_so_and_names_who_can(
    district: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(token.command, "stations") == 0
    assert "does not hold" not in capsys.readouterr().err
    assert run(token.command, "reader") == 0
    said = capsys.readouterr()
    assert len(said.out.split()) == 1
    assert "the account reader does not hold reading.send" in said.err
    assert "use an account of a connector: stations" in said.err


def test_a_token_for_a_power_that_the_account_lacks_says_so(district: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(token.command, "stations", "--powers", "case.see", "--json") == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["powers"] == ["case.see"]
    assert "does not hold case.see" in said.err


def test_a_new_password_is_printed_alone_signs_in_and_ends_sessions(
    district: str, capsys: pytest.CaptureFixture[str]
) -> None:
    account = Account.objects.get(username="inspector")
    before = Client(headers={"host": "127.0.0.1"})
    before.force_login(account, backend=settings.AUTHENTICATION_BACKENDS[0])
    assert before.get("/desk/").status_code == 200
    assert run(password.command, "inspector") == 0
    said = capsys.readouterr()
    (secret,) = said.out.split()
    assert secret not in said.err
    assert "is not shown again" in said.err
    assert before.get("/desk/").status_code == 302
    assert Client().login(username="inspector", password=secret)
    act = tables.one("SELECT act, subject FROM journal_entry ORDER BY id DESC LIMIT 1")
    assert act == ("identity.set_password", account.pk)
    assert not tables.one("SELECT 1 FROM journal_entry WHERE strpos(data, %s) > 0", (secret,))


def test_a_password_can_be_typed_and_a_weak_one_is_refused(
    district: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = ["a lake with three islands"]
    monkeypatch.setattr("click.termui.hidden_prompt_func", lambda _: typed[0])
    assert run(password.command, "operator", "--ask", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"account": "operator", "password": None}
    assert Client().login(username="operator", password=typed[0])
    typed[0] = "password"
    with pytest.raises(Refused, match="password_weak"):
        run(password.command, "operator", "--ask")


def test_without_a_name_the_accounts_that_sign_in_are_listed(district: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(password.command) == 0
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert {"operator", "inspector"} <= set(listed)
    assert not {"stations", "sim-inspector"} & set(listed)
    assert run(password.command, "--json") == 0
    assert [one["account"] for one in json.loads(capsys.readouterr().out)] == listed


def test_nobody_signs_in_as_a_device_or_a_simulated_official(district: str) -> None:
    for name in ("stations", "sim-inspector"):
        with pytest.raises(Refused, match="password_nobody"):
            run(password.command, name)
    with pytest.raises(Refused, match="no_account"):
        run(password.command, "nobody")


@pytest.fixture
def case(district: str) -> int:
    """An inspection with three entries in its chain, all of them sealed."""
    facts = {"device_code": "east-air"}
    area = places.area_by_code("990101001").id
    ref = cases.open_case(SYSTEM, "air.inspection", at=AT, area=area, facts=facts)
    for step, outcome in (("dispatch", "send"), ("inspect", "clean")):
        task = tables.value("SELECT id FROM task WHERE case_id = %s AND step = %s", (ref.id, step))
        cases.take_step(SYSTEM, ref.id, task, outcome, at=AT + HOUR)
    while journal.seal(at_machine=MACHINE):
        pass
    return ref.id


def past_the_platform(sql: str, *params: object) -> None:
    """Write as somebody would who owns the database."""
    with tables.atomic():
        for table in ("journal_entry", "journal_seal"):
            tables.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        assert tables.execute(sql, params) == 1
        for table in ("journal_entry", "journal_seal"):
            tables.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def test_verify_finds_nothing_where_nothing_is_wrong(
    case: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    journal.anchor(tmp_path, at_machine=MACHINE)
    last = tables.value("SELECT max(id) FROM journal_entry")
    assert run(verify.command, "--state", "--anchors", str(tmp_path)) == 0
    said = capsys.readouterr().out
    assert f"Sealed to entry {last}; 0 after it" in said
    assert f"Anchored to entry {last} ({tmp_path})" in said
    assert "Compared 1 cases" in said
    assert said.endswith("No fault was found.\n")


def test_verify_names_a_changed_entry_and_has_code_1(case: int, capsys: pytest.CaptureFixture[str]) -> None:
    entry = tables.value("SELECT id FROM journal_entry WHERE case_id = %s AND case_seq = 2", (case,))
    past_the_platform("UPDATE journal_entry SET data = replace(data, 'send', 'sent') WHERE id = %s", entry)
    assert run(verify.command) == 1
    assert f"✗ entry {entry}: Entry {entry} was changed" in capsys.readouterr().out


def test_verify_state_finds_a_case_set_back(case: int, capsys: pytest.CaptureFixture[str]) -> None:
    past_the_platform("UPDATE cases SET seq = 2 WHERE id = %s", case)
    assert run(verify.command, "--json") == 0
    assert json.loads(capsys.readouterr().out)["cases"] is None
    assert run(verify.command, "--state", "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert [fault["where"] for fault in told["faults"]] == [f"case {case}"]
    assert told["faults"][0]["says"].startswith(f"Case {case} says it has 2 links")


def test_verify_finds_a_missing_seal_by_the_anchor(case: int, tmp_path: Path) -> None:
    journal.anchor(tmp_path, at_machine=MACHINE)
    past_the_platform("DELETE FROM journal_seal WHERE no = (SELECT max(no) FROM journal_seal)")
    assert run(verify.command) == 0
    assert run(verify.command, "--anchors", str(tmp_path / "anchors.jsonl")) == 1


class _Quiet(WSGIRequestHandler):
    """Serves without a line of log for each request."""

    def log_message(self, *args: object) -> None:
        return


@pytest.fixture
def address(district: str) -> Iterator[str]:
    """The address of the platform, served from the invented district's database."""
    server = ThreadedWSGIServer(("127.0.0.1", 0), _Quiet, allow_reuse_address=True)
    server.set_app(application)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A folder with one station's hours: clean, then 12 hours of heavy smog, clean again, and a hole of 7 hours."""
    names = "No,year,month,day,hour,PM2.5,PM10,SO2,NO2,CO,O3,TEMP,PRES,DEWP,RAIN,wd,WSPM,station"
    lines = [names]
    for number in range(96):
        at = AT + 8 * HOUR + number * HOUR  # the hour of the district's zone
        pm25 = "NA" if 80 <= number < 87 else 430 if 24 <= number < 48 else 20
        rest = "NA,NA,NA,NA,NA" if pm25 == "NA" else "60,10,40,900,30"
        weather = "-1,1020,-9,0,N,1,East"
        lines.append(f"{number},{at.year},{at.month},{at.day},{at.hour},{pm25},{rest},{weather}")
    (tmp_path / "readings").mkdir()
    (tmp_path / "readings" / "East.csv.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    stations = (LAKESIDE / "stations.csv").read_text(encoding="utf-8").splitlines()[:3]
    given = [line.replace(",,synthetic", ",East.csv.gz,synthetic") for line in stations]
    (tmp_path / "stations.csv").write_text("\n".join(given), encoding="utf-8")
    (tmp_path / "officials.toml").write_bytes((LAKESIDE / "officials.toml").read_bytes())
    return tmp_path


@pytest.fixture
def credentials(district: str, tmp_path: Path) -> Path:
    """A file with a token of the stations' account."""
    account = identities.account_named("stations").id
    file = tmp_path / "token"
    file.write_text(identity.issue_token(SYSTEM, account, at=AT, at_machine=datetime.now(UTC)) + "\n")
    return file


def found() -> list[tuple[object, ...]]:
    return [(one.rule, one.since, one.opened, one.closed) for one in reversed(rules.findings())]


HEAVY = ("air.heavy_pollution", AT + 31 * HOUR, AT + 37 * HOUR, AT + 76 * HOUR)
"""Smog from hour 24 to 47 lifts the mean of 24 hours above 150 from its eighth hour on, and lets it fall 17 hours after
its end; six hours open an episode and twelve close it."""
SILENT = ("air.silent_station", AT + 80 * HOUR, AT + 86 * HOUR, AT + 89 * HOUR)


@pytest.mark.parametrize("together", [1, 5])
def test_replay_plays_real_hours_through_the_door_and_catches_up(
    together: int, address: str, archive: Path, credentials: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ("--folder", str(archive), "--url", address, "--token-file", str(credentials))
    end = "2014-02-21"
    assert run(replay.command, "all", *given, "--to", end, "--together", str(together), "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["hours"], told["posts"]) == (96, 1 + -(-95 // together))
    assert datetime.fromisoformat(told["instant"]) == AT + 96 * HOUR
    assert found() == [("air.silent_station", None, AT + HOUR, None), HEAVY, SILENT]
    assert clock.sealed().unsealed == 0
    assert all(one.behind_events == 0 for one in clock.listeners())
    assert tables.value("SELECT count(*) FROM indicator_dirty") == 0
    steps = tables.rows("SELECT DISTINCT actor_sort FROM task WHERE state = 'done'")
    assert steps == [("simulated",)]


def test_replay_leaves_the_tasks_to_people_without_officials(
    address: str, archive: Path, credentials: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "CONFIG", settings.CONFIG.model_copy(update={"officials": False}))
    given = ("--folder", str(archive), "--url", address, "--token-file", str(credentials))
    assert run(replay.command, "all", *given, "--to", "2014-02-20") == 0
    assert tables.rows("SELECT DISTINCT state FROM task") == [("open",)]


def test_replay_of_a_pack_leaves_the_others_out(address: str, archive: Path, credentials: Path) -> None:
    given = ("--folder", str(archive), "--url", address, "--token-file", str(credentials))
    assert run(replay.command, "weather", *given, "--to", "2014-02-17T06:00") == 0
    kinds = tables.rows(
        """SELECT DISTINCT d.kind FROM observation o JOIN datastream s ON s.id = o.datastream_id
           JOIN device d ON d.id = s.device_id"""
    )
    assert kinds == [("weather.station",)]


def test_replay_is_paced(address: str, archive: Path, credentials: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ("--folder", str(archive), "--url", address, "--token-file", str(credentials))
    assert run(replay.command, "air", *given, "--to", "2014-02-17T02:00", "--speed", "36000", "--json") == 0
    assert json.loads(capsys.readouterr().out)["seconds"] >= 0.2
    assert clock.clock().speed == 60


def test_replay_beyond_the_end_moves_the_end(address: str, archive: Path, credentials: Path) -> None:
    journal.set_clock(SYSTEM, ends_at=AT + HOUR, at=AT)
    given = ("--folder", str(archive), "--url", address, "--token-file", str(credentials))
    assert run(replay.command, "air", *given) == 0
    assert clock.clock().mode == "frozen"
    assert run(replay.command, "air", *given, "--to", "2014-02-17T03:00") == 0
    assert (clock.clock().instant, clock.clock().mode) == (AT + 3 * HOUR, "frozen")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--from", "2014-02-16"), "replay_before"),
        (("--from", "yesterday"), "replay_instant"),
        (("--from", "2014-02-20", "--to", "2014-02-19"), "replay_end"),
        (("--url", "ftp://lakeside.example"), "replay_url"),
        (("--url", "http://127.0.0.1:1", "--to", "2014-02-17T02:00"), "replay_unreachable"),
    ],
)
def test_replay_refuses_what_can_not_be(
    arguments: tuple[str, ...], code: str, archive: Path, credentials: Path
) -> None:
    with pytest.raises(Refused) as refused:
        run(replay.command, "air", "--folder", str(archive), "--token-file", str(credentials), *arguments)
    assert refused.value.code == code


def test_an_end_in_the_past_is_told_with_what_the_clock_says(district: str, archive: Path, credentials: Path) -> None:
    given = ("--folder", str(archive), "--token-file", str(credentials), "--to", "2013-01-01")
    with pytest.raises(Refused) as refused:
        run(replay.command, "air", *given)
    assert (refused.value.code, refused.value.field) == ("replay_end", "--to")
    assert refused.value.facts["start"] == "2014-02-17T00:00:00+08:00"


def test_replay_names_what_there_is_to_be_replayed(district: str) -> None:
    with pytest.raises(click.UsageError, match="all, air, weather"):
        run(replay.command, "water")


def test_replay_refuses_a_token_that_is_none(address: str, archive: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("zh_none")
    with pytest.raises(Refused, match="replay_refused"):
        run(replay.command, "air", "--folder", str(archive), "--url", address, "--token-file", str(wrong))


def test_replay_needs_archives_and_a_clock_that_replays(district: str, credentials: Path, archive: Path) -> None:
    with pytest.raises(Refused, match="replay_nothing"):
        run(replay.command, "air", "--folder", str(LAKESIDE), "--token-file", str(credentials))
    tables.execute("UPDATE district SET mode = 'live', instant = NULL")
    with pytest.raises(Refused, match="clock_not_replaying"):
        run(replay.command, "air", "--folder", str(archive), "--token-file", str(credentials), "--to", "2099-01-01")


def test_a_subdistrict_ends_in_another(district: str, capsys: pytest.CaptureFixture[str]) -> None:
    west, east = "990101002", "990101001"
    with pytest.raises(Refused) as refused:
        run(reorganise.command, "organisation", west, east)
    assert refused.value.code == "cause_needed"
    assert run(reorganise.command, "organisation", west, east, "--cause", "Order 1", "--kinds", "air.inspection") == 0
    assert identities.organisation_by_code(west).ended is None
    assert run(reorganise.command, "organisation", west, east, "--cause", "Order 1", "--posts", "end") == 0
    assert run(reorganise.command, "area", west, east) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "East Shore Office has taken these kinds over from West Shore Office, which remains."
    assert said[1] == "East Shore Office has taken over from West Shore Office, which has ended."
    assert said[2].endswith("has ended in East Shore Example Subdistrict.")
    heir, ended = identities.organisation_by_code(east), identities.organisation_by_code(west)
    assert heir.lo < ended.lo <= heir.hi
    assert ended.ended is not None
    assert places.area_by_code(west).valid_to is not None
