"""Every rule of the house is held to its own examples."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from tools import housecheck, rules_size, rules_words
from tools.lint import Rule, Source, budgets, example, run

EXAMPLES = [
    pytest.param(rule, source, faulty, id=f"{rule.id}-{'bad' if faulty else 'good'}-{number}")
    for rule in housecheck.RULES
    for faulty, given in ((False, rule.good), (True, rule.bad))
    for number, source in enumerate(given)
]
ACTS = "src/zhihai/kernel/cases/acts.py"
PACK = "src/zhihai/packs/air"
ROOM = budgets()["lines"]["room"]


@pytest.mark.parametrize(("rule", "source", "faulty"), EXAMPLES)
def test_a_rule_finds_its_bad_examples_and_no_others(rule: Rule, source: Source, faulty: bool) -> None:
    assert rule.applies(source) or not faulty
    assert bool(list(rule.check(source))) is faulty


@pytest.mark.parametrize("rule", housecheck.RULES, ids=lambda rule: rule.id)
def test_a_rule_has_a_reason_and_examples(rule: Rule) -> None:
    assert len(rule.why.split()) > 5
    assert rule.good
    assert rule.bad


def test_ids_of_rules_are_unique() -> None:
    ids = [rule.id for rule in housecheck.RULES]
    assert len(set(ids)) == len(ids)


def test_a_finding_names_file_line_and_rule() -> None:
    bad = example(ACTS, "", "def act():", "    import json")
    (finding,) = run(housecheck.RULES, [bad])
    assert str(finding).startswith(f"{ACTS}:3: import inside act()")
    assert str(finding).endswith("[import_in_function]")


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("raise Refused('too_late', 'at', day=1)", []),
        ("raise NotFound()", ["no sentence refused.not_found: say what happened and what to do"]),
        ("raise Refused('too_late', 'at', days=1)", ["refused.too_late has places ['day'] that this refusal does not"]),
        ("raise Refused('too_late', **facts)", []),
        ("raise Refused(code)", []),
        ("raise errors.Refused('odd')", ["no sentence refused.odd: say what happened and what to do"]),
    ],
)
def test_a_refusal_has_a_sentence_and_fills_it(line: str, found: list[str]) -> None:
    rule = rules_words.refusal_rule({"refused.too_late": frozenset({"day", "field"})})
    said = [finding.says for finding in rule.check(example(ACTS, line))]
    assert len(said) == len(found)
    assert all(one.startswith(start) for one, start in zip(said, found, strict=True))


def _district(folder: Path, files: Mapping[str, str]) -> Path:
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_names_of_a_district_are_read_from_its_own_files(tmp_path: Path) -> None:
    seed = _district(
        tmp_path / "lakeside",
        {
            "areas.csv": "code,name_zh,name_en\n1,柳荫巷街道,Liuyin Lane\n2,某镇,\n",
            "organisations.toml": '[[organisation]]\nname_zh = "示例水务局"\n',
            "stations.csv": "code,name\nS1,不在此列\n",
        },
    )
    names = rules_words.district_names(seed)
    assert names == {"lakeside", "柳荫巷街道", "柳荫巷", "Liuyin Lane", "示例水务局"}
    rule = rules_words.names_rule(names)
    said = [f.says for f in rule.check(example("src/zhihai/site/pages.html", "<p>", "LAKESIDE", "在柳荫巷"))]
    assert [one.split(" ")[0] for one in said] == ["'lakeside'", "'柳荫巷'"]
    assert [f.line for f in rule.check(example("src/zhihai/site/pages.html", "<p>", "在柳荫巷街道柳荫巷"))] == [2, 2]
    assert not list(rule.check(example("src/zhihai/site/seeds/lakeside/areas.csv", "lakeside")))
    assert not list(rule.check(example("docs/tutorial/lakeside.md", "lakeside")))


def test_without_a_district_no_name_is_found() -> None:
    assert not list(rules_words.names_rule(()).check(example("src/zhihai/site/x.py", "anything")))


def _module(path: str, lines: int) -> Source:
    return example(path, *["x = 1"] * lines)


@pytest.mark.parametrize(
    ("files", "over"),
    [
        ([_module(f"{PACK}/kinds.py", budgets()["pack"]["declarative"])], None),
        ([_module(f"{PACK}/kinds.py", budgets()["pack"]["declarative"] + 1)], PACK),
        ([_module(f"{PACK}/kinds.py", 400), _module(f"{PACK}/rules.py", 400)], None),
        ([_module(f"{PACK}/kinds.py", 400), _module(f"{PACK}/rules.py", 401)], PACK),
        ([_module(f"{PACK}/kinds.py", 400), _module(f"{PACK}/model/a.py", 1100)], None),
        ([_module(f"{PACK}/kinds.py", 400), _module(f"{PACK}/model/a.py", 1101)], PACK),
        ([_module(f"{rules_size.KIT}/kinds.py", 300), _module(f"{rules_size.KIT}/acts.py", 300)], None),
        ([_module(f"{rules_size.KIT}/kinds.py", 300), _module(f"{rules_size.KIT}/acts.py", 301)], rules_size.KIT),
        ([_module(f"src/zhihai/kernel/cases/{n}.py", ROOM // 10) for n in range(10)], None),
        ([_module(f"src/zhihai/kernel/cases/{n}.py", ROOM // 10 + 1) for n in range(10)], "src/zhihai/kernel/cases"),
        (
            [_module("src/zhihai/kernel/migrations/sql/0001_cases.sql", 1)]
            + [_module(f"src/zhihai/kernel/cases/{n}.py", ROOM // 10) for n in range(10)],
            "src/zhihai/kernel/cases",
        ),
    ],
)
def test_budgets_of_rooms_packs_and_kit(files: list[Source], over: str | None) -> None:
    assert [finding.path for finding in rules_size.totals(files)] == ([over] if over else [])
