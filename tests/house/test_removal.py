"""A pack is taken out by deleting its folders and setting its lines of the plan back: nothing else speaks of it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from tools import housecheck, new_pack, packcheck
from tools.lint import ROOT

from zhihai.site.packs import build_house, pack_folders
from zhihai.site.plan import faults, read
from zhihai.site.wording import floor_words

PACKS = sorted(folder.name for folder in pack_folders().values())
PARTS = ("src", "tools")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what is checked, to delete from."""
    root = tmp_path_factory.mktemp("copy")
    for part in PARTS:
        shutil.copytree(ROOT / part, root / part, ignore=shutil.ignore_patterns("__pycache__", "seeds"))
    return root


def _set_back(register: Path, pack: str) -> None:
    """Set every function that names a pack back to absent, as the how-to says."""
    text = register.read_text(encoding="utf-8")
    entries = new_pack.ENTRY.findall(text)
    for entry in entries:
        if f'\npack = "{pack}"\n' in entry:
            cleared = re.sub(r"^(?:pack|indicator|story) = .*\n", "", entry, flags=re.M)
            text = text.replace(entry, cleared.replace('state = "works"', 'state = "absent"'))
    register.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("pack", PACKS)
def test_a_pack_can_be_taken_out(pack: str, copy: Path) -> None:
    before = {str(finding) for finding in housecheck.check(copy)}
    folder, register = copy / "src/zhihai/packs" / pack, copy / new_pack.CLAUSES
    kept = folder.rename(copy / pack), register.read_text(encoding="utf-8")
    try:
        _set_back(register, pack)
        left = {name: path for name, path in pack_folders().items() if path.name != pack}
        assert {str(finding) for finding in housecheck.check(copy)} <= before
        assert [path for path in (copy / "src").rglob("*.py") if f"packs.{pack}" in path.read_text()] == []
        assert build_house(floor_words(), left).faults == ()
        rows = read(register).rows
        plan = {function.id: function for row in rows for function in row.functions}
        assert packcheck.check(left, plan) == packcheck.check(left, packcheck.functions())
        assert list(faults(rows, ROOT, {path.name for path in left.values()}, packcheck.rooms())) == []
    finally:
        kept[0].rename(folder)
        register.write_text(kept[1], encoding="utf-8")
