"""Packs keep their rules, a new one is born in order, and each fault is named."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tools import new_pack, packcheck, rules_pack
from tools.lint import ROOT, Rule, Source, example

import zhihai.packs
from zhihai.site.packs import pack_folders
from zhihai.site.plan import Function, read

FACTS = {
    "id": "marsh", "owner": "environment", "clause": "C3.3", "quantity": "level", "unit": "m", "low": "-1.0",
    "high": "9.5", "zh": "湿地水位", "en": "Marsh level",
}  # fmt: skip
EXAMPLES = [
    pytest.param(rule, source, faulty, id=f"{rule.id}-{'bad' if faulty else 'good'}-{number}")
    for rule in rules_pack.RULES
    for faulty, given in ((False, rule.good), (True, rule.bad))
    for number, source in enumerate(given)
]


@pytest.fixture
def marsh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A checkout with nothing in it but the register and one pack just begun; the pack's folder."""
    register = tmp_path / new_pack.CLAUSES
    register.parent.mkdir(parents=True)
    shutil.copy(ROOT / new_pack.CLAUSES, register)
    new_pack.begin(tmp_path, FACTS)
    folder = tmp_path / "src" / "zhihai" / "packs" / "marsh"
    monkeypatch.setattr(zhihai.packs, "__path__", [*zhihai.packs.__path__, str(folder.parent)])
    yield folder
    for name in [name for name in sys.modules if name.startswith("zhihai.packs.marsh")]:
        del sys.modules[name]


def _plan(folder: Path) -> dict[str, Function]:
    rows = read(folder.parents[3] / new_pack.CLAUSES).rows
    return {function.id: function for row in rows for function in row.functions}


def _said(folder: Path) -> list[str]:
    found = packcheck.check({"zhihai.packs.marsh": folder}, _plan(folder), folder.parents[3])
    return [f"{finding.rule}: {finding.says}" for finding in found]


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_the_packs_of_the_house_are_in_order() -> None:
    found = packcheck.check(pack_folders(), packcheck.functions())
    assert [str(finding) for finding in found] == []


@pytest.mark.parametrize(("rule", "source", "faulty"), EXAMPLES)
def test_a_rule_finds_its_bad_examples_and_no_others(rule: Rule, source: Source, faulty: bool) -> None:
    assert rule.applies(source)
    assert bool(list(rule.check(source))) is faulty


def test_a_pack_just_begun_is_in_order(marsh: Path) -> None:
    assert _said(marsh) == []
    assert _plan(marsh)["C3.3"].pack == "marsh"


def test_the_story_of_a_pack_just_begun_passes(marsh: Path) -> None:
    story = marsh.parents[3] / "tests" / "packs" / "marsh" / "test_marsh_story.py"
    begun = (
        "import sys, zhihai.packs as p; p.__path__.append(sys.argv[1]); import pytest;"
        "sys.exit(pytest.main(['-q', '-p', 'no:cacheprovider', '-c', '/dev/null', sys.argv[2]]))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", begun, str(marsh.parent), str(story)],
        capture_output=True, text=True, check=False, env={"PYTHONPATH": str(ROOT / "src")},
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout
    assert "2 passed" in ran.stdout


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("pack.toml", 'owner = "environment"', "", "manifest: needs owner, a text"),
        ("pack.toml", '"C3.3"', '"C3"', "claims: 'C3' is no function of the plan"),
        ("pack.toml", '"C3.3"', '"C3.4"', "claims: clauses.toml does not name this pack at C3.4"),
        ("pack.toml", '"bronze"', '"gold"', "grade: silver promises adapters tested on recorded messages"),
        ("words.toml", 'en = "Marsh level station"', "", "words_pair: device.station.name: needs both zh and en"),
        ("words.toml", "[device.station.name]", "[device.stationn.name]", "marsh.device.station.name is missing"),
        ("kinds.py", 'quantities=("level",)', 'quantities=("depth",)', "names an unknown quantity depth"),
        (
            "kinds.py",
            "from __future__",
            "from zhihai.kernel import records\nfrom __future__",
            "sees the kit and ground",
        ),
        ("kinds.py", "KINDS: tuple[Kind, ...] = (", "KINDS: tuple[Kind, ...] = (1,", "KINDS must be a tuple of kinds"),
        ("adapters.py", "return read", "from os import path\n    return read", "import inside station()"),
    ],
)
def test_a_fault_in_a_pack_is_named(marsh: Path, file: str, old: str, new: str, says: str) -> None:
    _edit(marsh / file, old, new)
    assert any(says in found for found in _said(marsh))


def test_what_has_no_place_in_a_pack_is_named(marsh: Path) -> None:
    (marsh / "services.py").write_text('"""Doc."""\n', encoding="utf-8")
    (marsh / "models.py").write_text('"""Doc."""\n', encoding="utf-8")
    (marsh / "README.md").unlink()
    assert [said for said in _said(marsh) if said.startswith("listing")] == [
        "listing: README.md is missing",
        "listing: models.py needs one sentence of reason in pack.toml",
        "listing: services.py has no place in a pack: see docs/reference/pack-folder.md",
    ]
    _edit(marsh / "pack.toml", 'grade = "bronze"', 'grade = "bronze"\nreason = "Levels are kept by gauge."')
    assert not any("models.py" in said for said in _said(marsh))


def test_a_claim_without_a_story_is_named(marsh: Path) -> None:
    register = marsh.parents[3] / new_pack.CLAUSES
    _edit(register, 'story = "tests/packs/marsh/test_marsh_story.py"\n', "")
    assert "claims: clauses.toml names no story at C3.3: every clause that is claimed has one" in _said(marsh)


def test_a_pack_without_a_test_is_named(marsh: Path) -> None:
    shutil.rmtree(marsh.parents[3] / "tests")
    assert "grade: bronze promises a test of its own in tests/packs/marsh" in _said(marsh)


def test_packs_that_copy_each_other_are_named(marsh: Path) -> None:
    other = marsh.parent / "meadow"
    shutil.copytree(marsh, other)
    lines = "\n".join(f"LIMIT_{n} = {n}" for n in range(packcheck.TWIN))
    for folder in (marsh, other):
        (folder / "rules.py").write_text(f'"""Rules."""\n\n{lines}\n', encoding="utf-8")
    found = packcheck.check({"zhihai.packs.marsh": marsh, "zhihai.packs.meadow": other}, _plan(marsh), marsh.parents[3])
    (twin,) = (finding for finding in found if finding.rule == "twins")
    assert (twin.path, twin.line) == ("src/zhihai/packs/meadow/rules.py", 1)


def test_a_floor_below_that_speaks_of_a_pack_is_named() -> None:
    rule = rules_pack.names_of_packs_rule({"air"})
    desk = "src/zhihai/faces/desk/pages.py"
    assert list(rule.check(example(desk, "kind = 'air.station'")))
    assert list(rule.check(example(desk, "pack = 'air'")))
    assert not list(rule.check(example(desk, "'airy'", "'on air'", "'repair.air'")))
    assert not list(rule.check(example("src/zhihai/site/replay.py", "'air.station'")))
    assert not list(rules_pack.names_of_packs_rule(()).check(example(desk, "'air'", "''")))


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"id": "Marsh"}, "an id is lower-case letters"),
        ({"clause": "C9.9"}, "C9.9 is no function of the plan"),
        ({"clause": "C3"}, "C3 is no function of the plan"),
        ({"clause": "C3.3"}, "C3.3 is served by a pack already"),
    ],
)
def test_a_pack_that_can_not_be_begun_writes_nothing(marsh: Path, facts: dict[str, str], says: str) -> None:
    root = marsh.parents[3]
    before = sorted(path for path in root.rglob("*") if "__pycache__" not in path.parts)
    with pytest.raises(ValueError, match=says):
        new_pack.begin(root, {**FACTS, "id": "meadow", **facts})
    assert sorted(path for path in root.rglob("*") if "__pycache__" not in path.parts) == before


def test_a_pack_is_not_written_over_another(marsh: Path) -> None:
    with pytest.raises(ValueError, match="exists already"):
        new_pack.begin(marsh.parents[3], FACTS)


def test_the_command_says_what_it_wrote(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    register = tmp_path / new_pack.CLAUSES
    register.parent.mkdir(parents=True)
    shutil.copy(ROOT / new_pack.CLAUSES, register)
    options = [f"--{name}={value}" for name, value in FACTS.items() if name != "id"]
    assert new_pack.main(["marsh", *options], tmp_path) == 0
    assert "src/zhihai/packs/marsh/kinds.py" in capsys.readouterr().out.splitlines()
    assert new_pack.main(["marsh", *options], tmp_path) == 1
    assert "exists already" in capsys.readouterr().err
