"""Rules on packs: what a pack must have, what it may see, and what may not know of it."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping

from tools.lint import Rule, Source, Spot, example, python
from tools.rules_code import imports, within
from zhihai.site.plan import Function

HOME = "src/zhihai/packs"
BELOW = ("src/zhihai/ground", "src/zhihai/kernel", "src/zhihai/faces", "src/zhihai/kit")
GRADES = ("bronze", "silver", "gold")
FILES = frozenset(
    {
        "__init__.py", "pack.toml", "words.toml", "kinds.py", "rules.py", "adapters.py", "measures.py", "README.md",
        "model", "seeds",
    }
)  # fmt: skip
REASONED = frozenset({"models.py", "acts.py", "pages.py"})
NEEDED = ("__init__.py", "pack.toml", "words.toml", "kinds.py", "README.md")
KEYS: Mapping[str, type] = {"id": str, "owner": str, "clauses": list, "grade": str}


def pack_of(source: Source) -> str:
    """Return the id of the pack a source lies in, empty for none."""
    return source.parts[3] if source.under(HOME) and len(source.parts) > 4 else ""


def manifest(source: Source) -> Mapping[str, object]:
    """Return what a ``pack.toml`` says, nothing where it is not TOML."""
    try:
        return tomllib.loads(source.text)
    except tomllib.TOMLDecodeError:
        return {}


def _manifest(source: Source) -> Iterator[Spot]:
    facts = manifest(source)
    for key, sort in KEYS.items():
        if not isinstance(facts.get(key), sort) or not facts[key]:
            yield 0, f"needs {key}, a {'list of ids of the plan' if sort is list else 'text'}"
    if facts.get("id") != pack_of(source):
        yield 0, f"id must be the folder's name {pack_of(source)!r}"
    if facts.get("grade") not in GRADES:
        yield 0, f"grade must be one of {', '.join(GRADES)}"
    for key in sorted(set(facts) - set(KEYS) - {"reason"}):
        yield 0, f"unknown key {key}: what can be derived is not declared"


def claims_rule(register: Mapping[str, Function]) -> Rule:
    """Make the rule that a pack claims what the plan has, and that the plan knows of the claim and its story."""

    def find(source: Source) -> Iterator[Spot]:
        claimed = manifest(source).get("clauses")
        for clause in claimed if isinstance(claimed, list) else ():
            function = register.get(clause)
            if function is None:
                yield 0, f"{clause!r} is no function of the plan: give a sub-id, or a row that has none"
            elif function.pack != pack_of(source):
                yield 0, f"clauses.toml does not name this pack at {clause}"
            elif not function.story:
                yield 0, f"clauses.toml names no story at {clause}: every clause that is claimed has one"

    return Rule(
        id="claims",
        why="a pack that serves no clause is not built, and a clause without a story is only said to work",
        find=find,
        applies=lambda source: source.name == "pack.toml" and source.under(HOME),
    )


def _kit_only(source: Source) -> Iterator[Spot]:
    own = f"zhihai.packs.{pack_of(source)}"
    for node in source.nodes:
        if isinstance(node, ast.ImportFrom) and node.level > len(source.parts) - len(HOME.split("/")) - 1:
            yield node.lineno, "a relative import out of the pack"
    for line, name in imports(source):
        if within(name, ["zhihai"]) and not within(name, ["zhihai.kit", "zhihai.ground", own]):
            yield line, f"{name}: a pack sees the kit and ground only"


def names_of_packs_rule(packs: Collection[str]) -> Rule:
    """Make the rule that no floor below speaks of a pack: neither its id nor a full name beginning with it."""
    pattern = (
        re.compile(rf"({'|'.join(map(re.escape, sorted(packs)))})(\.[a-z0-9_.]+)?") if packs else re.compile("(?!)")
    )

    def find(source: Source) -> Iterator[Spot]:
        for node in source.nodes:
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and pattern.fullmatch(node.value):
                yield node.lineno, f"{node.value!r} is a pack's: surfaces and rooms are drawn from kinds"

    return Rule(
        id="pack_named_below",
        why="the kernel that knows one pack can not lose it, and grows a branch for the next",
        find=find,
        applies=lambda source: python(source) and source.under(*BELOW),
    )


def listing(pack: str, names: Collection[str], reason: bool) -> Iterator[str]:
    """Yield what is missing from a pack's folder, and what has no place in it."""
    for name in NEEDED:
        if name not in names:
            yield f"{name} is missing"
    for name in sorted(set(names) - FILES):
        if name not in REASONED:
            yield f"{name} has no place in a pack: see docs/reference/pack-folder.md"
        elif not reason:
            yield f"{name} needs one sentence of reason in pack.toml"
    if not re.fullmatch(r"[a-z][a-z0-9_]{1,47}", pack):
        yield "the folder's name must be lower-case letters, digits and _"


def _toml(**facts: str) -> Source:
    given = {"id": '"air"', "owner": '"environment"', "clauses": '["C3.2"]', "grade": '"bronze"', **facts}
    return example(f"{HOME}/air/pack.toml", *(f"{key} = {value}" for key, value in given.items() if value))


IN_PACK = f"{HOME}/air/rules.py"

RULES = (
    Rule(
        id="manifest",
        why="four facts that can not be derived: who, whose, what for, how good",
        find=_manifest,
        applies=lambda source: source.name == "pack.toml" and source.under(HOME),
        good=(_toml(), _toml(reason='"Routes are computed on a graph of its own."')),
        bad=(
            _toml(id='"water"'),
            _toml(owner=""),
            _toml(clauses="[]"),
            _toml(clauses='"C3.2"'),
            _toml(grade='"best"'),
            _toml(uses='["weather"]'),
            example(f"{HOME}/air/pack.toml", "id ="),
        ),
    ),
    Rule(
        id="kit_only",
        why="what a pack can see is what we must keep stable: the kit and ground, nothing else",
        find=_kit_only,
        applies=lambda source: python(source) and bool(pack_of(source)),
        good=(
            example(
                IN_PACK,
                "from zhihai.kit.kinds import RuleKind",
                "from zhihai.ground.window import Window",
                "from zhihai.packs.air.model import aqi",
                "from . import adapters",
            ),
            example(f"{HOME}/air/model/aqi.py", "from .. import measures"),
        ),
        bad=(
            example(IN_PACK, "from zhihai.kernel.cases.kinds import CaseKind"),
            example(IN_PACK, "from zhihai.packs.weather.rules import rain"),
            example(IN_PACK, "import zhihai.site.plan"),
            example(IN_PACK, "from .. import weather"),
        ),
    ),
)
