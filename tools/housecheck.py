"""Check the house: every rule over every file of the checkout, and the budgets over rooms, packs and kit.

Run ``python -m tools.housecheck``; it prints what is wrong, one line each, and ends with 1 when anything is.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path

from tools import rules_code, rules_pack, rules_pages, rules_prose, rules_size, rules_words
from tools.lint import ROOT, Finding, Rule, Source, run, sources

RULES: tuple[Rule, ...] = (
    *rules_code.RULES,
    *rules_size.RULES,
    *rules_words.RULES,
    *rules_pages.RULES,
    *rules_prose.RULES,
)
SEEDS = Path("src/zhihai/site/seeds")
KERNEL_WORDS = "src/zhihai/kernel/words.toml"


def words_places(files: Iterable[Source]) -> dict[str, frozenset[str]]:
    """Return the places of every sentence, by the key under which the house knows it."""
    found: dict[str, frozenset[str]] = {}
    for source in files:
        if source.name == "words.toml":
            for key, phrase in rules_words.phrases(tomllib.loads(source.text), _prefix(source)):
                found[key] = rules_words.places(str(phrase.get("zh", "")))
    return found


def _prefix(source: Source) -> str:
    """Return what a words file's keys stand under: a pack's id, the kernel's name for its own kinds, or nothing."""
    return "zhihai" if source.path == KERNEL_WORDS else rules_pack.pack_of(source)


def all_rules(files: Sequence[Source], root: Path = ROOT) -> tuple[Rule, ...]:
    """Return the fixed rules and those made from what the checkout itself says: its words and its seeds."""
    seeds = sorted(path for path in (root / SEEDS).glob("*") if path.is_dir() and not path.name.startswith("_"))
    names = frozenset[str]().union(*(rules_words.district_names(seed) for seed in seeds))
    packs = {source.parts[3] for source in files if source.name == "pack.toml" and rules_pack.pack_of(source)}
    return (
        *RULES,
        rules_words.refusal_rule(words_places(files)),
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
