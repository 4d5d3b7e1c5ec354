"""Trees numbered in preorder, so that a subtree is a range of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zhihai.ground.refusal import Refused


@dataclass(frozen=True, slots=True)
class Node:
    """A thing of a tree: its code and its parent's, ``None`` for the root."""

    code: str
    parent: str | None


def preorder(nodes: Sequence[Node], *, field: str) -> dict[str, tuple[int, int]]:
    """Number a tree: code → (lo, hi), the first and last number of its subtree, both included, from 1.

    Children keep the order in which they are given. Raises ``Refused`` naming ``field`` for a code given twice, a
    parent that is not there, or a circle.
    """
    children: dict[str | None, list[str]] = {}
    for node in nodes:
        children.setdefault(node.parent, []).append(node.code)
    codes = {node.code for node in nodes}
    if len(codes) != len(nodes):
        raise Refused("tree_twice", field)
    strangers = [parent for parent in children if parent is not None and parent not in codes]
    if strangers:
        raise Refused("tree_parent", field, code=strangers[0])
    numbers: dict[str, tuple[int, int]] = {}
    count = 0
    stack: list[tuple[str, bool]] = [(code, False) for code in reversed(children.get(None, []))]
    opened: dict[str, int] = {}
    while stack:
        code, done = stack.pop()
        if done:
            numbers[code] = (opened[code], count)
            continue
        count += 1
        opened[code] = count
        stack.append((code, True))
        stack.extend((child, False) for child in reversed(children.get(code, [])))
    if len(numbers) != len(nodes):
        raise Refused("tree_circle", field, code=min(codes - numbers.keys()))
    return numbers
