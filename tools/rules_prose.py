"""Rules on every text of the checkout: what has no place in it, whoever wrote it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from tools.lint import Rule, Source, Spot, example

# Letters in brackets keep this file from finding itself.
UNFINISHED = re.compile(r"\b(?:TO[D]O|FIX[M]E|X[X]X|HA[C]K|WI[P])\b|\b[Ff]or[ ]now\b(?! in\b)")
PRIVATE = re.compile(r"(?<![\w.])/(?:ro[o]t|ho[m]e|Us[e]rs|wo[r]k|m[n]t)/\w")
REGISTRY = re.compile(
    r"files\.pythonh[o]sted|registry\.n[p]m|pypi\.o[r]g|/sim[p]le/|--index-u[r]l|--extra-in[d]ex", re.I
)
AUTHORSHIP = re.compile(
    r"\bA\.?[I]\b|\bL[L]Ms?\b|\blanguage mod[e]l|\bco-au[t]hored|(?<!user)(?<!user.)\bage[n]ts?\b"
    r"|\bcha[t]bot|\bpro[m]pt(?:ed|s)? by\b|\bgenerated w[i]th\b|[人]工智能",
    re.I,
)
SILENCED = re.compile(r"#\s*type:\s*ignore(?!\[)|#\s*noqa(?!:\s*[A-Z]+\d)|#\s*pragma:\s*no")


def _lines(pattern: re.Pattern[str], why: str) -> Callable[[Source], Iterator[Spot]]:
    def find(source: Source) -> Iterator[Spot]:
        for number, line in enumerate(source.text.splitlines(), 1):
            if found := pattern.search(line):
                yield number, f"{found.group()!r}: {why}"

    return find


def _anywhere(source: Source) -> bool:
    return source.name != "LICENSE"


DOC = "docs/why/rooms.md"
CODE = "src/zhihai/kernel/cases/acts.py"

RULES = (
    Rule(
        id="unfinished",
        why="what is not done is an issue, not a remark",
        find=_lines(UNFINISHED, "finish it, or file it"),
        applies=_anywhere,
        good=(example(DOC, "It is hacked by nobody; a method. The rule stands for the nowcast."),),
        bad=(example(CODE, "# TO" + "DO: later"), example(DOC, "This is enough for" + " now.")),
    ),
    Rule(
        id="private_place",
        why="a path of one machine is wrong on every other",
        find=_lines(PRIVATE, "a path of somebody's machine"),
        applies=lambda source: _anywhere(source) and not source.under("tests"),
        good=(example(DOC, "See ./home/ and /health, https://example.org/root/page."),),
        bad=(example(DOC, "Run it in /ho" + "me/li/zhihai"), example(CODE, 'path = "/ro' + 'ot/data"')),
    ),
    Rule(
        id="registry_address",
        why="locks hold hashes, never addresses: every site has its own mirror",
        find=_lines(REGISTRY, "an address of a package registry"),
        applies=lambda source: _anywhere(source) and not source.under("tests"),
        good=(example("requirements/run.txt", "click==8.4.0 --hash=sha256:00"),),
        bad=(example("requirements/run.txt", "--index-u" + "rl https://example.org"),),
    ),
    Rule(
        id="authorship",
        why="the text speaks of its subject, not of who or what typed it",
        find=_lines(AUTHORSHIP, "say what the thing is"),
        applies=_anywhere,
        good=(example(CODE, '"User-Age' + 'nt", "user age' + 'nt", "Aid", "agenda", "help"'),),
        bad=(example(DOC, "Written with A" + "I."), example(CODE, "# found by an L" + "LM")),
    ),
    Rule(
        id="silenced",
        why="a checker is silenced for one named reason, so that the rest still speaks",
        find=_lines(SILENCED, "name the rule that is silenced"),
        applies=lambda source: source.path.endswith(".py") and not source.under("tools"),
        good=(example(CODE, "x = 1  # type: ignore[arg-type]", "y = 2  # noqa: E501"),),
        bad=(example(CODE, "x = 1  # type: ignore"), example(CODE, "y = 2  # noqa")),
    ),
)
