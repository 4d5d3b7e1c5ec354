"""The register in the product against the page it was taken from, and against what the checkout has."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from tools import packcheck
from tools.lint import ROOT

from zhihai.site.packs import pack_folders
from zhihai.site.plan import faults, register

ROW = re.compile(r"^\| ([A-H]\d|T) \| ([^|]+) \| ?(.*?) ?\|$", re.M)
SUB_ID = re.compile(r"\b([A-H]\d\.\d+)\b")
HAN = re.compile(r"[\u4e00-\u9fff]+")


def _page(shared: Path) -> dict[str, tuple[str, list[str]]]:
    text = (shared / "plan" / "README.md").read_text(encoding="utf-8")
    return {
        id_: (name, [sub for sub in SUB_ID.findall(functions) if sub.startswith(f"{id_}.")])
        for id_, name, functions in ROW.findall(text)
    }


def _targets(shared: Path) -> list[dict[str, str]]:
    with (shared / "plan" / "targets.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_row_and_sub_id_of_the_page_is_in_the_register_and_no_other(shared: Path) -> None:
    page = _page(shared)
    assert len(page) == 48
    for row in register():
        _, subs = page.pop(row.id)
        if row.id != "T":
            assert [function.id for function in row.functions] == (subs or [row.id])
            assert (row.does is None) == bool(subs)
    assert page == {}


def test_rows_bear_the_names_of_the_page(shared: Path) -> None:
    page = _page(shared)
    for row in register():
        for word in HAN.findall(page[row.id][0]):
            assert set(word) & set(row.words.zh), f"{row.id}: {row.words.zh} has nothing of {word}"


def test_every_target_is_in_the_register_and_no_other(shared: Path) -> None:
    (row,) = (row for row in register() if row.id == "T")
    assert [function.id for function in row.functions] == [target["id"] for target in _targets(shared)]


def test_every_target_hangs_on_a_row_or_function_of_the_register(shared: Path) -> None:
    known = {row.id for row in register()} | {function.id for row in register() for function in row.functions}
    assert {target["row"] for target in _targets(shared)} <= known


def test_the_register_claims_nothing_that_the_checkout_lacks() -> None:
    packs = {folder.name for folder in pack_folders().values()}
    assert list(faults(register(), ROOT, packs, packcheck.rooms())) == []
