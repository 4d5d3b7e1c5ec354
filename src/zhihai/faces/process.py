"""The process of a case kind as a graph laid out for drawing: on a case's page, and as the diagram of its BPMN."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from zhihai.kernel.cases.kinds import CaseKind, Outcome, Step

NodeSort = Literal["start", "task", "choice", "fork", "join", "end"]
Mark = Literal["", "done", "now", "late"]
Point = tuple[int, int]

BETWEEN, ROW, MARGIN = 34, 92, 24
LANE = ROW // 2 - 4
"""How far below the middle of a row arrows run past its nodes."""
LEGIBLE = 1400
"""A wider drawing is not scaled down to a page of some 1100 pixels, but moved sideways in its frame."""
SIZES: Mapping[NodeSort, tuple[int, int]] = {
    "start": (30, 30),
    "task": (116, 52),
    "choice": (38, 38),
    "fork": (38, 38),
    "join": (38, 38),
    "end": (30, 30),
}


@dataclass(frozen=True, slots=True)
class Node:
    """A node of the graph: ``x`` and ``y`` are its upper left corner; ``label`` is the tail of a key of the words."""

    id: str
    sort: NodeSort
    step: str | None
    label: str | None
    x: int = 0
    y: int = 0
    mark: Mark = ""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return SIZES[self.sort]

    @property
    def middle(self) -> Point:
        """The node's centre."""
        return self.x + self.size[0] // 2, self.y + self.size[1] // 2


@dataclass(frozen=True, slots=True)
class Edge:
    """An arrow: ``label`` is the tail of a key of the words, ``back`` says that it returns to an earlier step."""

    id: str
    source: str
    target: str
    label: str | None
    back: bool
    points: tuple[Point, ...] = ()


@dataclass(frozen=True, slots=True)
class Drawing:
    """The whole graph with its size."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    width: int
    height: int

    @property
    def long(self) -> bool:
        """Whether its words could not be read if it were scaled down to the width of a page."""
        return self.width > LEGIBLE


@lru_cache(maxsize=256)
def draw(kind: CaseKind) -> Drawing:
    """Lay out a case kind: columns by the longest way from the start, rows so that branches stand apart."""
    nodes, edges = _graph(kind)
    columns = _columns(nodes, edges)
    rows = _rows(nodes, edges, columns)
    begins, widths = _columns_across(nodes, columns)
    placed = {
        id_: replace(
            node,
            x=begins[columns[id_]] + (widths[columns[id_]] - node.size[0]) // 2,
            y=MARGIN + rows[id_] * ROW + (SIZES["task"][1] - node.size[1]) // 2,
        )
        for id_, node in nodes.items()
    }
    bottom = MARGIN + (max(rows.values()) + 1) * ROW
    gaps = [begin + width + BETWEEN // 2 for begin, width in zip(begins, widths, strict=True)]
    backs = 0
    routed = []
    for edge in edges:
        backs += edge.back
        ways = _Ways(placed, columns, gaps, bottom + 16 * backs)
        routed.append(replace(edge, points=_route(edge, ways)))
    width = begins[-1] + widths[-1] + MARGIN
    return Drawing(tuple(placed.values()), tuple(routed), width, bottom + 16 * backs + MARGIN // 2)


def marked(drawing: Drawing, marks: Mapping[str, Mark]) -> Drawing:
    """Return the drawing with steps marked: done, now, late."""
    nodes = tuple(
        replace(node, mark=marks.get(node.step or "", "")) if node.sort == "task" else node for node in drawing.nodes
    )
    return replace(drawing, nodes=nodes)


def _graph(kind: CaseKind) -> tuple[dict[str, Node], list[Edge]]:
    nodes = {"start": Node("start", "start", None, None)}
    edges = [Edge("begin", "start", f"task.{kind.steps[0].id}", None, False)]
    order = {step.id: number for number, step in enumerate(kind.steps)}
    for step in kind.steps:
        nodes |= _nodes_of(step)
        task = f"task.{step.id}"
        if step.joins:
            edges.append(Edge(f"joined.{step.id}", f"join.{step.id}", task, None, False))
        source = task
        if len(step.outcomes) > 1:
            source = f"choice.{step.id}"
            edges.append(Edge(f"chosen.{step.id}", task, source, None, False))
        for outcome in step.outcomes:
            edges.extend(_edges_of(kind, step, outcome, source, order))
    return nodes, edges


def _nodes_of(step: Step) -> dict[str, Node]:
    found = []
    if step.joins:
        found.append(Node(f"join.{step.id}", "join", step.id, None))
    found.append(Node(f"task.{step.id}", "task", step.id, f"{step.id}.name"))
    if len(step.outcomes) > 1:
        found.append(Node(f"choice.{step.id}", "choice", step.id, None))
    for outcome in step.outcomes:
        if len(outcome.opens) > 1:
            found.append(Node(f"fork.{step.id}.{outcome.id}", "fork", step.id, None))
        if outcome.closes is not None:
            found.append(Node(f"end.{outcome.closes}", "end", None, f"closing.{outcome.closes}"))
    return {node.id: node for node in found}


def _edges_of(kind: CaseKind, step: Step, outcome: Outcome, source: str, order: Mapping[str, int]) -> Iterable[Edge]:
    id_, label = f"flow.{step.id}.{outcome.id}", f"{step.id}.{outcome.id}"
    if outcome.closes is not None:
        yield Edge(id_, source, f"end.{outcome.closes}", label, False)
    elif len(outcome.opens) == 1:
        opened = outcome.opens[0]
        yield Edge(id_, source, f"task.{opened}", label, order[opened] <= order[step.id])
    elif outcome.opens:
        fork = f"fork.{step.id}.{outcome.id}"
        yield Edge(id_, source, fork, label, False)
        yield from (
            Edge(f"{id_}.{opened}", fork, f"task.{opened}", None, order[opened] <= order[step.id])
            for opened in outcome.opens
        )
    else:
        joining = [other for other in kind.steps if step.id in other.joins]
        yield from (Edge(f"{id_}.{other.id}", source, f"join.{other.id}", label, False) for other in joining)


def _columns(nodes: Mapping[str, Node], edges: Iterable[Edge]) -> dict[str, int]:
    """Longest way from the start over the arrows that go forward: those are free of circles."""
    before: dict[str, list[str]] = {id_: [] for id_ in nodes}
    for edge in edges:
        if not edge.back:
            before[edge.target].append(edge.source)
    columns: dict[str, int] = {}

    def column(id_: str) -> int:
        if id_ not in columns:
            columns[id_] = 1 + max((column(other) for other in before[id_]), default=-1)
        return columns[id_]

    for id_ in nodes:
        column(id_)
    return columns


def _columns_across(nodes: Mapping[str, Node], columns: Mapping[str, int]) -> tuple[list[int], list[int]]:
    """Return where each column begins and how wide it is: as its widest node, ends with room for their words."""
    widths = [0] * (max(columns.values()) + 1)
    for id_, node in nodes.items():
        room = SIZES["task"][0] - 20 if node.sort == "end" else node.size[0]
        widths[columns[id_]] = max(widths[columns[id_]], room)
    begins = [MARGIN]
    for width in widths[:-1]:
        begins.append(begins[-1] + width + BETWEEN)
    return begins, widths


def _rows(nodes: Mapping[str, Node], edges: Iterable[Edge], columns: Mapping[str, int]) -> dict[str, int]:
    """Each node as near to the first that leads to it as is free; the n-th branch of a node n rows below."""
    wanted: dict[str, int] = {"start": 0}
    branches: dict[str, int] = {}
    by_source: dict[str, list[str]] = {}
    for edge in edges:
        if not edge.back:
            by_source.setdefault(edge.source, []).append(edge.target)
    rows: dict[str, int] = {}
    taken: set[Point] = set()
    for id_ in sorted(nodes, key=lambda one: columns[one]):
        row = wanted.get(id_, 0)
        while (columns[id_], row) in taken:
            row += 1
        rows[id_] = row
        taken.add((columns[id_], row))
        for target in dict.fromkeys(by_source.get(id_, ())):  # outcomes that lead to the same end share its row
            wanted.setdefault(target, row + branches.get(id_, 0))
            branches[id_] = branches.get(id_, 0) + 1
    return rows


@dataclass(frozen=True, slots=True)
class _Ways:
    """Where arrows may run: ``gaps[n]`` is the middle of the gap to the right of column n, ``below`` lies below all."""

    nodes: Mapping[str, Node]
    columns: Mapping[str, int]
    gaps: list[int]
    below: int

    def drop(self, node: Node) -> tuple[Point, ...]:
        """Lead from a node's lower side down to ``below``, through the gap beside it where another stands beneath."""
        (x, y), column = node.middle, self.columns[node.id]
        foot = (x, node.y + node.size[1])
        if not any(self.columns[other.id] == column and other.y > node.y for other in self.nodes.values()):
            return foot, (x, self.below)
        return foot, (x, y + LANE), (self.gaps[column], y + LANE), (self.gaps[column], self.below)


def _route(edge: Edge, ways: _Ways) -> tuple[Point, ...]:
    """Lead an arrow through the gaps between columns and rows, where no node stands; a return runs below everything."""
    source, target = ways.nodes[edge.source], ways.nodes[edge.target]
    (_, sy), (_, ty) = source.middle, target.middle
    if edge.back:
        return (*ways.drop(source), *reversed(ways.drop(target)))
    begin, end = (source.x + source.size[0], sy), (target.x, ty)
    leave, arrive = ways.gaps[ways.columns[source.id]], ways.gaps[ways.columns[target.id] - 1]
    if leave != arrive:  # round the nodes between, under the lower of the two rows
        lane = max(sy, ty) + LANE
        return begin, (leave, sy), (leave, lane), (arrive, lane), (arrive, ty), end
    return (begin, end) if sy == ty else (begin, (arrive, sy), (arrive, ty), end)
