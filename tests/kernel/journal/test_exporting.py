"""The journal taken out: a program of less than a hundred lines, which knows nothing of us, verifies it."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from zhihai.ground.actors import SYSTEM
from zhihai.kernel import records
from zhihai.kernel.cases import acts as cases
from zhihai.kernel.journal import acts, reads
from zhihai.kernel.places import reads as places

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PROGRAM = Path(__file__).resolve().parents[3] / "docs" / "howto" / "verify_journal.py"
Lines = list[Any]


@pytest.fixture
def district(store: Any, lakeside: str) -> Iterator[str]:
    """The invented district: it has kinds of cases."""
    with store.copy(lakeside) as name:
        yield name


@pytest.fixture
def journal(district: str, at: datetime, tmp_path: Path) -> Path:
    """An exported journal of three cases, several seals, an era that ended, and two entries not sealed yet."""
    area = places.area_by_code("990101001").id
    for number in range(3):
        case = cases.open_case(SYSTEM, "air.inspection", at=at, area=area, facts={"device": f"站{number}\n\u2028"})
        (task,) = [row[0] for row in records.rows("SELECT id FROM task WHERE case_id = %s", (case.id,))]
        cases.take_step(SYSTEM, case.id, task, "send", at=at)
        acts.seal(at_machine=NOW, limit=3)
        acts.anchor(tmp_path / "anchors", at_machine=NOW)
    acts.begin_era(at=at, restored=True)
    while acts.seal(at_machine=NOW):
        pass
    acts.change_key(tmp_path / "anchors", at_machine=NOW)
    acts.record(SYSTEM, "test.write", "thing", 1, {}, at=at)
    acts.seal(at_machine=NOW)
    acts.anchor(tmp_path / "anchors", at_machine=NOW)
    acts.record(SYSTEM, "test.write", "thing", 2, {}, at=at)
    with (tmp_path / "journal.jsonl").open("wb") as out:
        exported = reads.export(out)
    there = records.one("SELECT (SELECT count(*) FROM journal_entry), count(*) FROM journal_seal")
    assert (exported.entries, exported.seals) == there
    return tmp_path / "journal.jsonl"


def verify(*given: str | Path) -> tuple[int, str]:
    """Run the program as somebody else would: isolated, with the standard library alone."""
    ran = subprocess.run([sys.executable, "-IS", PROGRAM, *given], capture_output=True, text=True, check=False)
    assert "Traceback" not in ran.stderr, ran.stderr
    return ran.returncode, ran.stdout


def lines_of(journal: Path) -> Lines:
    return [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines()]


def write(journal: Path, lines: Lines) -> None:
    journal.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def entries(lines: Lines) -> list[int]:
    return [number for number, line in enumerate(lines) if number and line[0] == "e"]


def seals(lines: Lines) -> list[int]:
    return [number for number, line in enumerate(lines) if number and line[0] == "s"]


def test_the_program_is_small_and_needs_nothing_of_ours() -> None:
    source = PROGRAM.read_text(encoding="utf-8")
    assert len(source.splitlines()) < 100
    imported = {
        name.partition(".")[0]
        for node in ast.walk(ast.parse(source))
        for name in (
            [alias.name for alias in node.names] if isinstance(node, ast.Import) else
            [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        )
    }  # fmt: skip
    assert imported <= sys.stdlib_module_names


def test_a_whole_journal_passes_with_its_anchors(journal: Path) -> None:
    anchors = journal.parent / "anchors"
    code, said = verify(journal)
    assert (code, "NONE given" in said) == (0, True)
    code, said = verify(journal, anchors / "anchors.jsonl")
    assert (code, "signatures NOT checked" in said) == (0, True)
    assert "entries not yet sealed: 1" in said


def test_signatures_are_checked_across_a_change_of_key(journal: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("needs the program openssl")
    anchors = journal.parent / "anchors"
    code, said = verify(journal, anchors / "anchors.jsonl", "--key", anchors / "anchor.pub")
    assert (code, "signatures checked" in said) == (0, True)
    text = (anchors / "anchors.jsonl").read_text()
    (anchors / "anchors.jsonl").write_text(text.replace('"at":"2026', '"at":"2025', 1))
    code, said = verify(journal, anchors / "anchors.jsonl", "--key", anchors / "anchor.pub")
    assert (code, "not signed with the key" in said) == (1, True)


def changed(lines: Lines) -> str:
    place = entries(lines)[2]
    lines[place][2] += " "
    return "was changed"


def changed_with_its_hash(lines: Lines) -> str:
    place = entries(lines)[-2]
    lines[place][1] = "ab" * 32
    return "are not they"


def deleted(lines: Lines) -> str:
    del lines[entries(lines)[1]]
    return "are not they"


def inserted(lines: Lines) -> str:
    place = entries(lines)[1]
    lines.insert(place, lines[place])
    return "is out of order"


def reordered(lines: Lines) -> str:
    first, second = entries(lines)[1:3]
    lines[first], lines[second] = lines[second], lines[first]
    return "is out of order"


def seal_deleted(lines: Lines) -> str:
    del lines[seals(lines)[1]]
    return "does not follow seal"


def seal_changed(lines: Lines) -> str:
    lines[seals(lines)[1]][8] = "1.000000"
    return "was changed"


def torn(lines: Lines) -> str:
    lines[entries(lines)[0]] = ["e", 7]
    return "can not be read"


@pytest.mark.parametrize(
    "do", [changed, changed_with_its_hash, deleted, inserted, reordered, seal_deleted, seal_changed, torn]
)
def test_what_was_done_to_it_is_found(do: Callable[[Lines], str], journal: Path) -> None:
    lines = lines_of(journal)
    expected = do(lines)
    write(journal, lines)
    code, said = verify(journal)
    assert (code, expected in said) == (1, True), said


def test_a_chain_rewritten_whole_passes_alone_and_not_beside_an_anchor(
    district: str, at: datetime, tmp_path: Path
) -> None:
    """What hashes alone can not show: whoever owns the database writes an entry and all seals after it anew."""
    for number in (1, 2):
        acts.record(SYSTEM, "test.write", "thing", number, {}, at=at)
        acts.seal(at_machine=NOW)
    acts.anchor(tmp_path / "anchors", at_machine=NOW)
    for statement in (
        "ALTER TABLE journal_entry DISABLE TRIGGER USER",
        "ALTER TABLE journal_seal DISABLE TRIGGER USER",
        "UPDATE journal_entry e SET actor = 7, h = zh_entry_hash(jsonb_populate_record(e, '{\"actor\": 7}'))"
        " WHERE noun = 'thing' AND subject = 1",
        "DELETE FROM journal_seal",
    ):
        records.execute(statement)
    while acts.seal(at_machine=NOW, limit=1):
        pass
    with (tmp_path / "journal.jsonl").open("wb") as out:
        reads.export(out)
    assert verify(tmp_path / "journal.jsonl")[0] == 0
    code, said = verify(tmp_path / "journal.jsonl", tmp_path / "anchors" / "anchors.jsonl")
    assert (code, "is not what was anchored" in said) == (1, True)


def test_an_export_of_several_pages_is_the_same(journal: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zhihai.kernel.journal.exporting.SEALS_AT_ONCE", 2)
    with (tmp_path / "again.jsonl").open("wb") as out:
        reads.export(out)
    assert (tmp_path / "again.jsonl").read_bytes() == journal.read_bytes()
