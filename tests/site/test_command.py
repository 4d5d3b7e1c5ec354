"""The command line: help in both languages, exit codes, and what machines read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from zhihai.kernel import house
from zhihai.site.command import ON_A_DISTRICT, group, main
from zhihai.site.commands.usage import USAGE
from zhihai.site.configuration import Configuration, read_configuration
from zhihai.site.plan import register, tally
from zhihai.site.supervisor import Supervisor
from zhihai.site.wording import site_words


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "zhihai.site.command", *arguments],
        env=os.environ | {"ZHIHAI_LANGUAGE": "en"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def call(*arguments: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    return int(left.value.code or 0)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_command_has_help_in_both_languages(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    commands = group(site_words(), language).commands
    assert {"up", "plan", "backup", "restore", "root", "upgrade", "caught", "reader", *USAGE} == commands.keys()
    assert all(command.get_short_help_str() for command in commands.values())


@pytest.mark.parametrize("flag", ["-h", "--help"])
@pytest.mark.parametrize("name", ["up", "plan", *USAGE])
def test_help_has_an_example_and_reads_no_setting(
    name: str, flag: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ZHIHAI_LANGUAGE", "en")
    monkeypatch.setenv("ZHIHAI_PORT", "many")
    monkeypatch.setenv("ZHIHAI_DATA", str(tmp_path / "none"))
    assert call(name, flag) == 0
    assert f"Example: zhihai {name}" in capsys.readouterr().out
    assert not (tmp_path / "none").exists()


def test_help_of_what_can_be_loaded(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIHAI_LANGUAGE", "en")
    assert call("load", "district", "--help") == 0
    assert "--live" in capsys.readouterr().out


@pytest.mark.parametrize(
    "wrong", [("token",), ("token", "a", "--days", "0"), ("load", "district", "/no/such"), ("replay", "all", "--x")]
)
def test_wrong_usage_is_told_before_any_setting_is_read(
    wrong: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHIHAI_PORT", "many")
    assert call(*wrong) == 2


@pytest.mark.parametrize("name", sorted(ON_A_DISTRICT))
def test_a_folder_without_records_is_named_and_not_made(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("ZHIHAI_DATABASE_URL", raising=False)
    monkeypatch.setenv("ZHIHAI_DATA", str(tmp_path / "none"))
    given = {
        "replay": ("all",), "take-over": (), "verify": (), "journal": ("export", "journal.jsonl"),
        "reorganise": ("area", "a", "b"), "staff": ("import", __file__), "trust": ("show",),
    }.get(name, ("operator",))  # fmt: skip
    assert call(name, *given) == 1
    said = capsys.readouterr().err
    assert said.startswith("ZHIHAI_DATA: ")
    assert str(tmp_path / "none") in said
    assert not (tmp_path / "none").exists()


def test_a_missing_key_names_the_folder_that_was_looked_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("ZHIHAI_DATABASE_URL", raising=False)
    monkeypatch.setenv("ZHIHAI_DEMONSTRATION", "0")
    monkeypatch.setenv("ZHIHAI_DATA", str(tmp_path / "none"))
    assert call("check") == 1
    said = capsys.readouterr().err
    assert said.startswith("ZHIHAI_SECRET_KEY: ")
    assert str(tmp_path / "none") in said


def test_wrong_usage_has_code_2() -> None:
    assert call("nothing") == 2
    assert call("plan", "Z9") == 2


def test_the_plan_for_machines_counts_what_works(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("plan", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    functions = [function for row in told["rows"] for function in row["functions"]]
    assert told["functions"]["total"] + told["targets"]["total"] == len(functions)
    working = [function["id"][0] for function in functions if function["state"] == "works"]
    assert told["targets"] == {"works": working.count("T"), "total": len(told["rows"][-1]["functions"])}
    assert told["functions"]["works"] == len(working) - working.count("T")


def test_the_plan_counts_functions_and_targets_apart(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHIHAI_LANGUAGE", "en")
    assert call("plan") == 0
    said = capsys.readouterr().out.splitlines()
    rows = register()
    works, targets = tally(row for row in rows if row.id != "T"), tally(row for row in rows if row.id == "T")
    assert said[-2:] == [
        f"{works.works} of {works.total} functions work.", f"{targets.works} of {targets.total} targets are measured."
    ]  # fmt: skip
    assert call("plan", "T") == 0
    alone = capsys.readouterr().out
    assert "Target " in alone
    assert "not measured" in alone
    assert "function" not in alone


def test_what_is_absent_is_called_as_on_the_page(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHIHAI_LANGUAGE", "zh")
    assert call("plan", "A1") == 0
    assert house.words().say("desk.plan.absent", "zh") in capsys.readouterr().out


@pytest.mark.parametrize(("option", "given"), [("--officials", True), ("--without-officials", False)])
def test_up_lets_the_simulated_officials_work_or_rest(
    option: str, given: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHIHAI_OFFICIALS", str(not given))
    asked: list[bool] = []
    monkeypatch.setattr(Supervisor, "run", lambda one: asked.append(read_configuration().officials) or 0)
    assert call("up", option) == 0
    assert asked == [given]


def test_the_plan_of_one_row_lists_its_functions(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("plan", "C3") == 0
    assert "C3.1" in capsys.readouterr().out


def test_a_refusal_is_a_sentence_and_code_1(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHIHAI_PORT", "many")
    assert call("up") == 1
    assert capsys.readouterr().err.startswith("ZHIHAI_PORT: ")


def test_a_refusal_for_machines_is_an_object(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHIHAI_PORT", "many")
    assert call("check", "--json") == 1
    assert json.loads(capsys.readouterr().out)["refused"] == "setting_number"


def test_migrate_and_check_on_a_data_folder_of_their_own(config: Configuration) -> None:
    there = {"ZHIHAI_DATA": str(config.data), "ZHIHAI_DATABASE_URL": ""}
    behind = run("token", "operator", **there)
    assert (behind.returncode, behind.stdout) == (1, "")
    assert "Run zhihai migrate" in behind.stderr
    assert "Traceback" not in behind.stderr
    before = run("check", "--json", **there)
    assert before.returncode == 1
    assert {finding["about"]: finding["ok"] for finding in json.loads(before.stdout)}["tables"] is False
    assert run("migrate", **there).returncode == 0
    again = run("migrate", **there)
    assert again.stdout == "The tables were up to date.\n"
    after = {finding["about"]: finding["ok"] for finding in json.loads(run("check", "--json", **there).stdout)}
    assert after["tables"] is True
    assert after["server"] is True


def test_check_finds_a_misspelt_setting(config: Configuration) -> None:
    said = run("check", ZHIHAI_DATA=str(config.data), ZHIHAI_DATABASE_URL="", ZHIHAI_PROT="9000")
    assert said.returncode == 1
    assert "ZHIHAI_PROT" in said.stdout
