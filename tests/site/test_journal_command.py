"""``zhihai journal``: the journal taken out, and the key of the anchors changed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings

from zhihai.ground.refusal import Refused
from zhihai.kernel import house
from zhihai.kernel.journal import acts, reads
from zhihai.site.commands import journal

MACHINE = datetime(2026, 11, 2, 8, tzinfo=UTC)


def run(*arguments: str) -> int:
    """Run the command in English and return its exit code."""
    return int(journal.command(house.words(), "en").main(arguments, standalone_mode=False) or 0)


def seal_all() -> None:
    while acts.seal(at_machine=MACHINE):
        pass


def test_export_writes_what_the_program_of_the_docs_reads(
    district: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seal_all()
    assert run("export", str(tmp_path / "out.jsonl"), "--json") == 0
    told = json.loads(capsys.readouterr().out)
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert lines[0] == {"form": "zhihai-journal", "version": 1, "district": "990101"}
    assert told["entries"] == sum(line[0] == "e" for line in lines[1:]) > 0
    assert told["seals"] == sum(line[0] == "s" for line in lines[1:]) > 0
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"], "no draft is left"


def test_export_says_what_it_wrote(district: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("export", str(tmp_path / "out.jsonl")) == 0
    assert f"{tmp_path / 'out.jsonl'} is written" in capsys.readouterr().out


def test_new_key_says_what_to_do_with_the_old_one(
    district: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "ZHIHAI_ANCHORS", tmp_path)
    with pytest.raises(Refused, match="anchor_none"):
        run("new-key")
    seal_all()
    acts.anchor(tmp_path, at_machine=MACHINE)
    assert run("new-key") == 0
    assert str(tmp_path / "anchor.key.old") in capsys.readouterr().out
    assert reads.verify(tmp_path).ok
