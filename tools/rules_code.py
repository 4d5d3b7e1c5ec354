"""Rules on code: how it may be imported, what it may not touch, what it may be called."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from tools.lint import Rule, Source, Spot, example, product, python

DYNAMIC = frozenset({"import_module", "__import__", "get_model", "import_string", "eval", "exec"})
METHODS = frozenset({"eval", "exec"})
LOADER = "src/zhihai/site/packs.py"
ENGINE = "src/zhihai/site/engine/base.py"  # Django looks for an engine under this name and no other
SIGNALS = re.compile(r"django\.dispatch|.*\.signals")
NAMES = frozenset({"utils", "util", "helpers", "helper", "manager", "managers", "misc", "base", "common", "service"})
CLOCKS = {
    "now": ("datetime", "timezone"),
    "utcnow": ("datetime",),
    "today": ("datetime", "date"),
    **dict.fromkeys(("time", "time_ns", "monotonic", "monotonic_ns", "localtime", "gmtime"), ("time",)),
}
CLOCK_MODULES = ("time", "django.utils.timezone")
IMPURE = frozenset(
    {
        "os", "sys", "io", "random", "secrets", "uuid", "socket", "ssl", "subprocess", "threading", "multiprocessing",
        "asyncio", "logging", "tempfile", "shutil", "glob", "urllib.request", "http", "ftplib", "smtplib", "sqlite3",
        "django", "ninja", "psycopg", "requests", "httpx",
    }
)  # fmt: skip
STORE = frozenset(
    {
        "django.db.connection", "django.db.connections", "django.db.transaction", "django.db.models", "psycopg",
        "zhihai.kernel.records", *(f"zhihai.kernel.records.{name}" for name in ("rows", "one", "value", "execute")),
    }
)  # fmt: skip
WORLDLY = frozenset({"open", "print", "input"})


def imports(source: Source) -> Iterator[tuple[int, str]]:
    """Yield (line, dotted name) of everything that a source imports, wherever it does."""
    for node in source.nodes:
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def last(node: ast.expr) -> str:
    """Return the last segment of a dotted name, or nothing."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def within(name: str, modules: Iterable[str]) -> bool:
    """Say whether a dotted name is one of ``modules`` or lies in one."""
    return any(name == module or name.startswith(f"{module}.") for module in modules)


def _import_in_function(source: Source) -> Iterator[Spot]:
    for function in source.nodes:
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in ast.walk(function):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    yield node.lineno, f"import inside {function.name}(): put it at the top, or mend the layers"


def _called(source: Source) -> Iterator[tuple[int, str]]:
    for node in source.nodes:
        if isinstance(node, ast.Call) and not (isinstance(node.func, ast.Attribute) and node.func.attr in METHODS):
            yield node.lineno, last(node.func)


def _dynamic_import(source: Source) -> Iterator[Spot]:
    for line, name in (*imports(source), *_called(source)):
        if (named := name.rpartition(".")[2]) in DYNAMIC:
            yield line, f"{named} crosses walls unseen: import what you need by name"


def _signals(source: Source) -> Iterator[Spot]:
    for line, name in imports(source):
        if SIGNALS.fullmatch(name.rpartition(".")[0]) or SIGNALS.fullmatch(name):
            yield line, f"{name}: signals hide who calls whom; append an event and list its listener"
    for node in source.nodes:
        if isinstance(node, ast.FunctionDef) and node.name == "ready":
            yield node.lineno, "ready() works at import time: wire it in kernel.wiring or in site"


def _import_effect(source: Source) -> Iterator[Spot]:
    for node in source.tree.body:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call | ast.Await):
            yield node.lineno, "importing this module does something: put it into a function that site calls"


def _module_name(source: Source) -> Iterator[Spot]:
    for part in source.parts[1:]:
        if part.removesuffix(".py") in NAMES:
            yield 0, f"{part!r} says nothing: name it after what it is about"


def _judgement(source: Source) -> bool:
    doors = source.under("src/zhihai/kernel") and source.name in ("acts.py", "kinds.py", "events.py")
    pure = source.under("src/zhihai/ground", "src/zhihai/packs", "src/zhihai/kit", "src/zhihai/kernel/rules")
    return python(source) and (doors or pure)


def _wall_clock(source: Source) -> Iterator[Spot]:
    for node in source.nodes:
        if isinstance(node, ast.Attribute) and last(node.value) in CLOCKS.get(node.attr, ()):
            yield node.lineno, f"{last(node.value)}.{node.attr} reads the wall: take the instant as an argument"
    for line, name in imports(source):
        module, _, what = name.rpartition(".")
        if module in CLOCK_MODULES and what in CLOCKS:
            yield line, f"{name} reads the wall: take the instant as an argument"


def _pack_code(source: Source) -> bool:
    return python(source) and source.under("src/zhihai/packs")


def _impure(source: Source) -> Iterator[Spot]:
    for line, name in imports(source):
        if within(name, IMPURE):
            yield line, f"{name}: a pack judges the values it is given; the world comes from below"
    for node in source.nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in WORLDLY:
            yield node.lineno, f"{node.func.id}(): a pack judges the values it is given"


def _store_in_face(source: Source) -> Iterator[Spot]:
    for line, name in imports(source):
        if name in STORE:
            yield line, f"{name}: a face asks reads and calls acts; the store is the rooms'"


IN_PACK = "src/zhihai/packs/air/rules.py"
IN_ROOM = "src/zhihai/kernel/cases/acts.py"

RULES = (
    Rule(
        id="import_in_function",
        why="an import inside a function hides an upward or circular dependency from the contracts",
        find=_import_in_function,
        applies=product,
        good=(example(IN_ROOM, "from zhihai.kernel.places import reads", "def act(): return reads"),),
        bad=(
            example(IN_ROOM, "def act():", "    from zhihai.kernel.rules import reads", "    return reads"),
            example(IN_ROOM, "class A:", "    async def act(self):", "        import json"),
        ),
    ),
    Rule(
        id="dynamic_import",
        why="names in strings make no edge in the import graph, so no contract sees them",
        find=_dynamic_import,
        applies=lambda source: product(source) and source.path != LOADER,
        good=(
            example(IN_ROOM, "from zhihai.kernel.models import Account"),
            example(IN_ROOM, "value = table.eval(row)"),
            example(LOADER, "from importlib import import_module"),
        ),
        bad=(
            example(IN_ROOM, "Case = apps.get_model('zh.Case')"),
            example(IN_ROOM, "from importlib import import_module"),
            example(IN_ROOM, "import importlib", "importlib.import_module('zhihai.packs.air')"),
            example(IN_ROOM, "eval('1 + 1')"),
        ),
    ),
    Rule(
        id="signals",
        why="with signals the flow of control is found only by searching; upward is a typed event after commit",
        find=_signals,
        applies=product,
        good=(example(IN_ROOM, "from signal import SIGTERM", "def opened(): ..."),),
        bad=(
            example(IN_ROOM, "from django.db.models.signals import post_save"),
            example(IN_ROOM, "from django.dispatch import receiver"),
            example(IN_ROOM, "from allauth.account.signals import user_logged_in"),
            example(IN_ROOM, "class Zh:", "    def ready(self): ..."),
        ),
    ),
    Rule(
        id="import_effect",
        why="what happens on import happens in an order nobody chose",
        find=_import_effect,
        applies=lambda source: product(source) and not source.under("src/zhihai/site"),
        good=(example(IN_ROOM, '"""Doc."""', "LIMIT = max(1, 2)", "def act(): register(1)"),),
        bad=(example(IN_ROOM, "register('air')"),),
    ),
    Rule(
        id="module_name",
        why="a name that fits anything becomes the place where everything goes",
        find=_module_name,
        applies=lambda source: python(source) and source.under("src", "tools", "tests") and source.path != ENGINE,
        good=(
            example("src/zhihai/kernel/cases/reads.py", ""),
            example("src/zhihai/ground/baseline.py", ""),
            example(ENGINE, ""),
        ),
        bad=(example("src/zhihai/kernel/cases/utils.py", ""), example("src/zhihai/ground/common/text.py", "")),
    ),
    Rule(
        id="wall_clock",
        why="now is asked of the district's clock and passed in; else a replay judges by today",
        find=_wall_clock,
        applies=_judgement,
        good=(
            example(IN_ROOM, "def open_case(actor, at): return at.date()"),
            example("src/zhihai/kernel/journal/sealer.py", "import time", "started = time.monotonic()"),
        ),
        bad=(
            example(IN_ROOM, "from datetime import datetime", "at = datetime.now(UTC)"),
            example(IN_PACK, "import datetime", "day = datetime.date.today()"),
            example(IN_PACK, "import time", "at = time.time()"),
            example(IN_PACK, "from time import time"),
            example(IN_ROOM, "from django.utils import timezone", "field(default_factory=timezone.now)"),
            example("src/zhihai/kernel/rules/window.py", "from django.utils.timezone import now"),
        ),
    ),
    Rule(
        id="impure_pack",
        why="rules, adapters and measures take values and return values: so they replay, and their tests are fast",
        find=_impure,
        applies=_pack_code,
        good=(example(IN_PACK, "import math", "from zhihai.kit import kinds", "from zhihai.ground.units import x"),),
        bad=(
            example(IN_PACK, "import random"),
            example(IN_PACK, "from django.db import connection"),
            example(IN_PACK, "from urllib.request import urlopen"),
            example(IN_PACK, "text = open('limits.csv').read()"),
        ),
    ),
    Rule(
        id="store_in_face",
        why="a page that asks the store itself walks past the predicate of who may see what",
        find=_store_in_face,
        applies=lambda source: python(source) and source.under("src/zhihai/faces", "src/zhihai/kit"),
        good=(
            example("src/zhihai/faces/desk/cases.py", "from django.db import OperationalError"),
            example("src/zhihai/faces/desk/cases.py", "from zhihai.kernel.cases import reads"),
            example(IN_ROOM, "from zhihai.kernel import records"),
        ),
        bad=(
            example("src/zhihai/faces/desk/cases.py", "from django.db import connection"),
            example("src/zhihai/faces/desk/cases.py", "from zhihai.kernel import records"),
            example("src/zhihai/faces/desk/cases.py", "from zhihai.kernel.records import rows"),
        ),
    ),
)
