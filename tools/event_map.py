"""What follows what: which events a function may come to emit, read from the code of the kernel.

A function emits an event when it, or any function or class it names, builds one. Names are followed through imports;
what is reached through a value is not seen, so acts pass functions by name, as they do anyway.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from functools import cache

from tools.lint import ROOT, Source, sources
from tools.rules_code import imports
from zhihai.kernel.journal.acts import Listener
from zhihai.kernel.journal.events import Event

KERNEL = "src/zhihai/kernel"


class Code:
    """The functions and classes of the kernel by dotted name, and what each module calls by which name."""

    def __init__(self, files: Iterable[Source]) -> None:
        self.defined: dict[str, ast.AST] = {}
        self.known: dict[str, dict[str, str]] = {}
        for source in files:
            module = _module(source)
            names = {name.rpartition(".")[2]: name for _, name in imports(source)}
            names |= dict(_renamed(source))
            for node in source.tree.body:
                if isinstance(node, ast.FunctionDef | ast.ClassDef):
                    self.defined[f"{module}.{node.name}"] = node
                    names[node.name] = f"{module}.{node.name}"
            self.known[module] = names

    def home(self, name: str) -> str:
        """Follow a dotted name through re-exports to where it is defined; the name itself where it is not ours."""
        seen: set[str] = set()
        while name not in self.defined and name not in seen:
            seen.add(name)
            module, _, last = name.rpartition(".")
            name = self.known.get(module, {}).get(last, name)
        return name

    def named_in(self, name: str) -> Iterator[tuple[str, bool]]:
        """Yield (dotted name, whether it is called) of everything that a function or class names."""
        module, node = name.rpartition(".")[0], self.defined[name]
        called = {id(inner.func) for inner in ast.walk(node) if isinstance(inner, ast.Call)}
        for inner in ast.walk(node):
            if dotted := self._dotted(module, inner):
                yield self.home(dotted), id(inner) in called

    def _dotted(self, module: str, node: ast.AST) -> str:
        names = self.known[module]
        if isinstance(node, ast.Name):
            return names.get(node.id, "")
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in names:
            return f"{names[node.value.id]}.{node.attr}"
        return ""


def _module(source: Source) -> str:
    return ".".join(source.parts[1:]).removesuffix(".py").removesuffix(".__init__")


def _renamed(source: Source) -> Iterator[tuple[str, str]]:
    """Yield (name used here, dotted name) of what is imported under another name."""
    for node in source.nodes:
        if isinstance(node, ast.ImportFrom):
            yield from ((inner.asname, f"{node.module}.{inner.name}") for inner in node.names if inner.asname)


@cache
def code() -> Code:
    """Return the code of the kernel, read once."""
    return Code(source for source in sources(ROOT, (KERNEL,)) if source.path.endswith(".py") and source.under(KERNEL))


def emitted(act: Callable[..., object], by: Code | None = None) -> frozenset[str]:
    """Return the topics of the events that ``act`` may come to emit."""
    ours = by or code()
    topics = {f"{event.__module__}.{event.__qualname__}": event.topic for event in _all(Event)}
    found: set[str] = set()
    seen: set[str] = set()
    waiting = [ours.home(f"{act.__module__}.{act.__name__}")]
    while waiting:
        name = waiting.pop()
        if name in seen or name not in ours.defined:
            continue
        seen.add(name)
        for inner, called in ours.named_in(name):
            if inner in topics:
                found |= {topics[inner]} if called else set()
            else:
                waiting.append(inner)
    return frozenset(found)


def _all(sort: type[Event]) -> Iterator[type[Event]]:
    for below in sort.__subclasses__():
        yield below
        yield from _all(below)


def hops(topic: str, listeners: Iterable[Listener], above: tuple[str, ...] = ()) -> int:
    """Return how far an event may lead: 1 when listeners only work, 2 when what they emit is heard again, and so on.

    Raises ``ValueError`` naming the circle when an event may lead back to itself.
    """
    if topic in above:
        raise ValueError(f"a circle of events: {' → '.join((*above, topic))}")
    listeners = tuple(listeners)
    heard = [one for one in listeners if topic in {event.topic for event in one.hears}]
    further = (hops(next_, listeners, (*above, topic)) for one in heard for next_ in emitted(one.act))
    return 1 + max(further, default=0) if heard else 0
