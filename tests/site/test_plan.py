"""The register of the plan: read, checked, counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from zhihai.ground.words import Phrase
from zhihai.site.plan import Row, Tally, faults, plan, read, register, tally

GROUPS = '[[group]]\nid = "A"\nzh = "甲"\nen = "First"\nclause = "四"\n'
ROW = '[[row]]\nid = "A1"\nzh = "云"\nen = "Cloud"\n'
SUB = '[[row.sub]]\nid = "A1.{n}"\nzh = "池"\nen = "Pool"\nstate = "absent"\n'
WORKS = SUB.replace("absent", "works")
PROOF = 'pack = "air"\nstory = "tests/stories/test_air.py"\n'


def _read(tmp_path: Path, text: str) -> tuple[Row, ...]:
    path = tmp_path / "clauses.toml"
    path.write_text(GROUPS + text, encoding="utf-8")
    return read(path).rows


def test_the_shipped_register_reads() -> None:
    assert [group.id for group in plan().groups] == list("ABCDEFGHT")
    assert [row.id for row in register()][:3] == ["A1", "A2", "A3"]
    assert tally(register()).total == 157


def test_each_shipped_function_stands_in_its_chapter() -> None:
    for row in register():
        assert row.group in {group.id for group in plan().groups}
        for function in row.functions:
            assert function.id.startswith(row.id)


def test_functions_are_counted_and_rows_are_not(tmp_path: Path) -> None:
    rows = _read(
        tmp_path,
        ROW + WORKS.format(n=1) + PROOF + SUB.format(n=2) + SUB.format(n=3)
        + '[[row]]\nid = "A2"\nzh = "监管"\nen = "Supervision"\nstate = "absent"\ndoes = { zh = "查", en = "Visit" }\n',
    )  # fmt: skip
    assert tally(rows[:1]) == Tally(1, 3)
    assert tally(rows[1:]) == Tally(0, 1)
    assert tally(rows) == Tally(1, 4)
    assert tally(()) == Tally(0, 0)


def test_a_row_without_sub_ids_is_the_function(tmp_path: Path) -> None:
    (row,) = _read(
        tmp_path, ROW + 'does = { zh = "共用", en = "Shared" }\nstate = "works"\nroom = "cases"\nstory = "tests/x.py"\n'
    )
    assert row.does == Phrase("共用", "Shared")
    (function,) = row.functions
    assert (function.id, function.works, function.room) == ("A1", True, "cases")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (ROW.replace('en = "Cloud"\n', "") + SUB.format(n=1), "A1: needs both zh and en"),
        (ROW + WORKS.format(n=1), "A1.1: works needs a pack or a room, and a story"),
        (ROW + WORKS.format(n=1) + 'pack = "air"\n', "A1.1: works needs a pack or a room, and a story"),
        (ROW + WORKS.format(n=1) + 'story = "tests/x.py"\n', "A1.1: works needs a pack or a room, and a story"),
        (ROW + SUB.format(n=1).replace("absent", "nearly"), "A1.1: state must be works or absent, not 'nearly'"),
        (ROW + SUB.format(n=2), "A1.2: stands where A1.1 is expected"),
        (ROW + SUB.format(n=1) + SUB.format(n=1), "A1.1: stands where A1.2 is expected"),
        (ROW.replace("A1", "A2") + SUB.format(n=1), "A2: stands where A1 is expected, or twice"),
        (ROW.replace("A1", "J1") + SUB.format(n=1), "J1: a row's id is a letter"),
        (ROW + 'state = "absent"\n' + SUB.format(n=1), "A1: unknown or misplaced state"),
        (ROW + SUB.format(n=1) + 'stroy = "tests/x.py"\n', "A1.1: unknown or misplaced stroy"),
        (ROW + 'state = "absent"\n', "A1: a row without sub-ids must say what it does"),
        (ROW + 'state = "absent"\ndoes = "查"\n', "A1: does must be a table of zh and en"),
        (ROW + SUB.format(n=1) + "pack = 1\n", "A1.1: pack must be a text"),
        (ROW.replace("A1", "B1") + SUB.format(n=1).replace("A1", "B1"), "groups ['A'] are not the chapters"),
    ],
)
def test_a_faulty_register_is_refused_by_name(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ValueError, match=r"^clauses\.toml: ") as refusal:
        _read(tmp_path, text)
    assert says in str(refusal.value)


def test_what_the_register_claims_must_be_there(tmp_path: Path) -> None:
    rows = _read(tmp_path, ROW + WORKS.format(n=1) + PROOF + WORKS.format(n=2) + PROOF.replace("pack", "room"))
    assert list(faults(rows, tmp_path, {"water"}, {"cases"})) == [
        "A1.1: there is no story tests/stories/test_air.py",
        "A1.1: there is no pack 'air'",
        "A1.2: there is no story tests/stories/test_air.py",
        "A1.2: there is no room 'air'",
    ]
    story = tmp_path / "tests" / "stories" / "test_air.py"
    story.parent.mkdir(parents=True)
    story.touch()
    assert list(faults(rows, tmp_path, {"air"}, {"air"})) == []
