"""Anchors over the years: files that are full are put aside, keys change, and the chain goes on through both."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from zhihai.ground.actors import SYSTEM
from zhihai.ground.refusal import Refused
from zhihai.kernel.journal import acts, reads
from zhihai.kernel.journal import anchoring as room

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SMALL = 700
"""Bytes of a file that is full here: two lines or three."""


def go_on(at: datetime) -> None:
    acts.record(SYSTEM, "test.write", "thing", 1, {}, at=at)
    assert acts.seal(at_machine=NOW)


def whats(folder: Path) -> dict[str, str]:
    return {fault.where: fault.what.removeprefix("journal.fault.") for fault in reads.verify(folder).faults}


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("anchors*"))


@pytest.fixture
def rotated(district: str, at: datetime, tmp_path: Path) -> Path:
    """A folder of eight anchors in several files, the sixth line of which changes the key."""
    for number in range(7):
        go_on(at)
        room.write_anchor(tmp_path, at_machine=NOW, full=SMALL)
        if number == 4:
            acts.change_key(tmp_path, at_machine=NOW)
    return tmp_path


def test_a_full_file_is_put_aside_and_the_chain_goes_on(rotated: Path) -> None:
    names = files(rotated)
    assert names[:2] == ["anchors-000001.jsonl", "anchors-000002.jsonl"]
    assert "anchors.jsonl" in names
    lines = [line for name in names for line in (rotated / name).read_bytes().splitlines()]
    assert [json.loads(line)["seal"] for line in lines] == [1, 2, 3, 4, 5, 5, 6, 7]
    check = reads.verify(rotated)
    assert check.ok
    assert check.anchored_to == check.sealed_to
    assert reads.sealed(rotated).anchored_no == 7


def test_where_a_crash_came_between_putting_aside_and_the_next_line(rotated: Path, at: datetime) -> None:
    (rotated / "anchors.jsonl").rename(rotated / "anchors-000009.jsonl")
    assert reads.sealed(rotated).anchored_no == 7
    assert reads.verify(rotated).ok
    go_on(at)
    acts.anchor(rotated, at_machine=NOW)
    assert reads.verify(rotated).ok
    assert reads.sealed(rotated).anchored_no == 8


def test_a_missing_file_is_found(rotated: Path) -> None:
    (rotated / "anchors-000002.jsonl").unlink()
    assert "anchor_unchained" in whats(rotated).values()


def test_the_first_file_missing_is_found(rotated: Path) -> None:
    (rotated / "anchors-000001.jsonl").unlink()
    assert whats(rotated)["anchor 1"] == "anchor_unchained"


def test_each_copied_file_is_verified_by_itself(rotated: Path, tmp_path: Path) -> None:
    for name in files(rotated):
        assert reads.verify(rotated / name, key=rotated / "anchor.pub").ok


def test_a_new_key_is_signed_by_the_old_one_and_by_itself(rotated: Path) -> None:
    lines = [line for name in files(rotated) for line in (rotated / name).read_bytes().splitlines()]
    changes = [json.loads(line) for line in lines if b'"key"' in line]
    assert len(changes) == 1
    assert (rotated / "anchor.pub").read_text().count("BEGIN PUBLIC KEY") == 2
    assert (rotated / "anchor.key.old").stat().st_mode & 0o777 == 0o600
    assert not (rotated / "anchor.key.next").exists()


def test_the_old_key_signs_nothing_any_more(rotated: Path, at: datetime) -> None:
    (rotated / "anchor.key.old").replace(rotated / "anchor.key")
    go_on(at)
    with pytest.raises(Refused, match="anchor_key_other"):
        acts.anchor(rotated, at_machine=NOW)


def test_a_key_that_only_the_thief_signed_for_is_no_key_of_ours(rotated: Path, at: datetime, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    go_on(at)
    acts.anchor(theirs, at_machine=NOW)
    acts.change_key(theirs, at_machine=NOW)
    (rotated / "anchors.jsonl").write_bytes((theirs / "anchors.jsonl").read_bytes())
    assert set(whats(rotated).values()) == {"anchor_unchained", "anchor_signature"}


@pytest.mark.parametrize("written", [False, True], ids=["before the line", "after the line"])
def test_a_change_of_key_that_was_interrupted(
    written: bool, district: str, at: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before its line stands, the new key is nothing; after it, it is put in its place at the next anchor."""
    go_on(at)
    acts.anchor(tmp_path, at_machine=NOW)
    with monkeypatch.context() as broken:
        append = room._append

        def die(path: Path, line: bytes) -> None:
            if written and path.name == "anchors.jsonl":
                append(path, line)
            raise KeyboardInterrupt

        broken.setattr(room, "_append", die)
        with pytest.raises(KeyboardInterrupt):
            acts.change_key(tmp_path, at_machine=NOW)
    assert (tmp_path / "anchor.key.next").exists()
    go_on(at)
    assert acts.anchor(tmp_path, at_machine=NOW) is not None
    assert (tmp_path / "anchor.pub").read_text().count("BEGIN PUBLIC KEY") == (2 if written else 1)
    acts.change_key(tmp_path, at_machine=NOW)
    assert reads.verify(tmp_path).ok


def test_there_is_no_key_to_change_before_the_first_anchor(district: str, at: datetime, tmp_path: Path) -> None:
    go_on(at)
    with pytest.raises(Refused, match="anchor_none"):
        acts.change_key(tmp_path, at_machine=NOW)
