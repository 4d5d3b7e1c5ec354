"""Check the house: every rule over every file of the checkout, and the budgets over rooms, packs and kit.

Run ``python -m tools.housecheck``; it prints what is wrong, one line each, and ends with 1 when anything is.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from tools import rules_code, rules_pack, rules_pages, rules_prose, rules_size, rules_words
from tools.lint import ROOT, Finding, Rule, Source, run, sources
from zhihai.site.packs import build_house
from zhihai.site.wording import floor_words

RULES: tuple[Rule, ...] = (
    *rules_code.RULES,
    *rules_size.RULES,
    *rules_words.RULES,
    *rules_pages.RULES,
    *rules_prose.RULES,
)
SEEDS = Path("src/zhihai/site/seeds")


def words_places() -> dict[str, frozenset[str]]:
    """Return the places of every sentence of the house, by the key under which it knows it."""
    words = build_house(floor_words()).words
    return {key: rules_words.places(phrase.zh) for key, phrase in words.items()}


def all_rules(files: Sequence[Source], root: Path = ROOT) -> tuple[Rule, ...]:
    """Return the fixed rules and those made from what the checkout itself says: its words and its seeds."""
    seeds = sorted(path for path in (root / SEEDS).glob("*") if path.is_dir() and not path.name.startswith("_"))
    names = frozenset[str]().union(*(rules_words.district_names(seed) for seed in seeds))
    packs = {source.parts[3] for source in files if source.name == "pack.toml" and rules_pack.pack_of(source)}
    return (
        *RULES,
        rules_words.refusal_rule(words_places()),
        rules_words.names_rule(names),
        rules_pack.names_of_packs_rule(packs),
    )


def check(root: Path = ROOT) -> list[Finding]:
    """Return everything that is wrong in the checkout at ``root``."""
    files = tuple(sources(root))
    return sorted((*run(all_rules(files, root), files), *rules_size.totals(files)))


def main() -> int:
    """Print the findings; return the exit code."""
    findings = check()
    for finding in findings:
        print(finding)
    print(f"{len(findings)} findings" if findings else "the house is in order")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
