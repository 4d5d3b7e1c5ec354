"""Anchors: appended, signed, chained, kept outside the database; what was done to them is found."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from zhihai.ground.actors import SYSTEM
from zhihai.ground.refusal import Refused
from zhihai.kernel.journal import acts, reads

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def go_on(at: datetime) -> None:
    acts.record(SYSTEM, "test.write", "thing", 1, {}, at=at)
    assert acts.seal(at_machine=NOW)


@pytest.fixture
def anchored(district: str, at: datetime, tmp_path: Path) -> Path:
    """A folder with four anchors of four seals."""
    for hour in range(4):
        go_on(at)
        assert acts.anchor(tmp_path, at_machine=NOW + timedelta(hours=hour)) is not None
    return tmp_path


def lines(folder: Path) -> list[bytes]:
    return (folder / "anchors.jsonl").read_bytes().splitlines(keepends=True)


def whats(folder: Path) -> dict[str, str]:
    return {fault.where: fault.what.removeprefix("journal.fault.") for fault in reads.verify(folder).faults}


def test_an_anchor_is_a_line_of_json_that_names_its_seal(anchored: Path) -> None:
    check = reads.verify(anchored)
    assert check.ok
    assert check.anchored_to == check.sealed_to
    assert [json.loads(line)["seal"] for line in lines(anchored)] == [1, 2, 3, 4]
    assert json.loads(lines(anchored)[1])["at"] == "2026-11-22T13:00:00+00:00"
    assert reads.sealed(anchored).anchored_no == 4


def test_the_same_head_is_anchored_once_and_nothing_before_the_first_seal(
    district: str, at: datetime, tmp_path: Path
) -> None:
    assert acts.anchor(tmp_path, at_machine=NOW) is None
    assert reads.sealed(tmp_path).anchored_no == 0
    go_on(at)
    first = acts.anchor(tmp_path, at_machine=NOW.astimezone(timezone(timedelta(hours=8))))
    assert first is not None
    assert first.at == "2026-11-22T12:00:00+00:00"
    assert acts.anchor(tmp_path, at_machine=NOW) is None
    assert len(lines(tmp_path)) == 1


def test_the_key_is_for_its_owner_alone(anchored: Path) -> None:
    assert (anchored / "anchor.key").stat().st_mode & 0o777 == 0o600
    (anchored / "anchor.key").chmod(0o640)
    with pytest.raises(Refused, match="anchor_key"):
        acts.anchor(anchored, at_machine=NOW)


def test_a_key_that_is_none_is_refused(district: str, at: datetime, tmp_path: Path) -> None:
    go_on(at)
    key = tmp_path / "other.key"
    key.write_text("nothing")
    key.chmod(0o600)
    with pytest.raises(Refused, match="anchor_key"):
        acts.anchor(tmp_path / "anchors", at_machine=NOW, key=key)


def test_the_key_may_lie_elsewhere_and_the_folder_keeps_to_it(district: str, at: datetime, tmp_path: Path) -> None:
    go_on(at)
    acts.anchor(tmp_path / "anchors", at_machine=NOW, key=tmp_path / "far.key")
    assert sorted(path.name for path in (tmp_path / "anchors").iterdir()) == ["anchor.pub", "anchors.jsonl"]
    assert reads.verify(tmp_path / "anchors").ok
    go_on(at)
    with pytest.raises(Refused, match="anchor_key_other"):
        acts.anchor(tmp_path / "anchors", at_machine=NOW, key=tmp_path / "third.key")


def test_a_folder_that_can_not_be_written_is_refused(district: str, at: datetime, tmp_path: Path) -> None:
    go_on(at)
    (tmp_path / "file").write_text("")
    with pytest.raises(Refused, match="anchor_folder"):
        acts.anchor(tmp_path / "file", at_machine=NOW)


def test_a_copied_file_is_verified_with_a_public_key_kept_apart(anchored: Path, tmp_path: Path) -> None:
    away = tmp_path / "away"
    away.mkdir()
    (away / "copy.jsonl").write_bytes(b"".join(lines(anchored)))
    (away / "their.pub").write_bytes((anchored / "anchor.pub").read_bytes())
    assert reads.verify(away / "copy.jsonl", key=away / "their.pub").ok
    assert whats(away / "copy.jsonl")["anchor 0"] == "anchor_key_missing"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (b'"seal":2', b'"seal":3', {"anchor 2": "anchor_signature", "anchor 3": "anchor_unchained"}),
        (b"T13:00", b"T13:01", {"anchor 2": "anchor_signature", "anchor 3": "anchor_unchained"}),
        (b'"sign":"', b'"sign":"A', {"anchor 2": "anchor_signature", "anchor 3": "anchor_unchained"}),
        (b"{", b"[", {"anchor 2": "anchor_unreadable", "anchor 3": "anchor_unchained"}),
    ],
)
def test_a_changed_anchor_is_found_in_its_line(
    anchored: Path, old: bytes, new: bytes, expected: dict[str, str]
) -> None:
    held = lines(anchored)
    assert old in held[1]
    held[1] = held[1].replace(old, new, 1)
    (anchored / "anchors.jsonl").write_bytes(b"".join(held))
    assert whats(anchored) == expected


def test_an_anchor_taken_out_is_found_where_it_was(anchored: Path) -> None:
    held = lines(anchored)
    (anchored / "anchors.jsonl").write_bytes(b"".join(held[:1] + held[2:]))
    assert whats(anchored) == {"anchor 2": "anchor_unchained"}


def test_anchors_signed_anew_by_another_are_not_ours(anchored: Path, at: datetime, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    acts.anchor(theirs, at_machine=NOW)
    (anchored / "anchors.jsonl").write_bytes((theirs / "anchors.jsonl").read_bytes())
    assert whats(anchored) == {"anchor 1": "anchor_signature"}


def test_a_line_torn_by_a_crash_is_not_an_anchor_and_is_taken_off(anchored: Path, at: datetime) -> None:
    path = anchored / "anchors.jsonl"
    path.write_bytes(path.read_bytes() + b'{"district":"110199","se')
    assert reads.verify(anchored).ok
    assert reads.sealed(anchored).anchored_no == 4
    go_on(at)
    acts.anchor(anchored, at_machine=NOW)
    assert len(lines(anchored)) == 5
    assert reads.verify(anchored).ok
