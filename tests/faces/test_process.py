"""The drawing of a case's process and its BPMN: every kind of the house, and one made to break them."""

from __future__ import annotations

from itertools import combinations
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from tests.kernel.cases.conftest import PERMIT, REGISTRY

from zhihai.faces.bpmn import bpmn
from zhihai.faces.process import Drawing, Node, draw, marked
from zhihai.ground.words import Phrase, Words
from zhihai.kernel.cases.kinds import CaseKind, Outcome, Step

MODEL = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
DC = "{http://www.omg.org/spec/DD/20100524/DC}"
DD = "{http://www.omg.org/spec/DD/20100524/DI}"


# Names that would collide if ids were joined by what ids may hold.
def tricky(id_: str, **outcomes: str) -> Step:
    """A step with outcomes that open the step named, or close where it is ``end``."""
    made = (
        Outcome(id=name, closes="end") if to == "end" else Outcome(id=name, opens=(to,))
        for name, to in outcomes.items()
    )
    return Step(id=id_, role="inspector", outcomes=tuple(made))


TRICKY = CaseKind(
    id="tricky",
    steps=(
        tricky("start", go_on="go", stop="end"),
        tricky("go", on="go_on", start="start"),
        tricky("go_on", join="end", fork="go"),
    ),
)
KINDS = [
    *(pytest.param(name, kind, id=name) for name, kind in REGISTRY.all(CaseKind)),
    pytest.param("probe.tricky", TRICKY),
]


def box(node: Node, margin: int = 0) -> tuple[int, int, int, int]:
    width, height = node.size
    return node.x - margin, node.y - margin, node.x + width + margin, node.y + height + margin


def meet(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


@pytest.mark.parametrize(("name", "kind"), KINDS)
class TestDrawing:
    def draw(self, kind: CaseKind) -> Drawing:
        return draw(kind)

    def test_no_two_nodes_touch_and_all_lie_on_the_sheet(self, name: str, kind: CaseKind) -> None:
        drawing = self.draw(kind)
        for one, other in combinations(drawing.nodes, 2):
            assert not meet(box(one, 4), box(other, 4)), (one.id, other.id)
        for node in drawing.nodes:
            left, top, right, bottom = box(node)
            assert 0 <= left < right <= drawing.width
            assert 0 <= top < bottom <= drawing.height

    def test_every_arrow_leads_from_its_source_to_its_target(self, name: str, kind: CaseKind) -> None:
        drawing = self.draw(kind)
        nodes = {node.id: node for node in drawing.nodes}
        assert len(nodes) == len(drawing.nodes)
        assert len({edge.id for edge in drawing.edges} | nodes.keys()) == len(drawing.edges) + len(nodes)
        for edge in drawing.edges:
            assert len(edge.points) >= 2
            assert on_border(edge.points[0], nodes[edge.source]), edge.id
            assert on_border(edge.points[-1], nodes[edge.target]), edge.id
            assert all(0 <= x <= drawing.width and 0 <= y <= drawing.height for x, y in edge.points)

    def test_arrows_run_straight_and_through_no_task(self, name: str, kind: CaseKind) -> None:
        drawing = self.draw(kind)
        for edge in drawing.edges:
            for (ax, ay), (bx, by) in zip(edge.points, edge.points[1:], strict=False):
                assert ax == bx or ay == by, edge.id
                line = min(ax, bx), min(ay, by), max(ax, bx) + 1, max(ay, by) + 1
                crossed = [
                    n.id for n in drawing.nodes if n.id not in (edge.source, edge.target) and meet(line, box(n, -1))
                ]
                assert crossed == [], edge.id

    def test_marks_stand_on_the_steps_they_are_of(self, name: str, kind: CaseKind) -> None:
        first = kind.steps[0].id
        shown = marked(self.draw(kind), {first: "now"})
        assert {node.step for node in shown.nodes if node.mark == "now"} == {first}
        assert all(node.mark == "" for node in draw(kind).nodes)


def on_border(point: tuple[int, int], node: Node) -> bool:
    left, top, right, bottom = box(node)
    x, y = point
    within = left <= x <= right and top <= y <= bottom
    return within and (x in (left, right) or y in (top, bottom))


class Anything(Words):
    """Says its own key, so that kinds without words can be drawn."""

    def __getitem__(self, key: str) -> Phrase:
        return Phrase(key, key)

    def say(self, key: str, language: Any, /, **facts: object) -> str:
        return key


def document(name: str, kind: CaseKind) -> bytes:
    return bpmn(name, kind, Anything({}), "zh")


@pytest.mark.parametrize(("name", "kind"), KINDS)
class TestBpmn:
    def test_every_reference_leads_to_an_element(self, name: str, kind: CaseKind) -> None:
        root = ET.fromstring(document(name, kind))
        ids = [element.attrib["id"] for element in root.iter() if "id" in element.attrib]
        assert len(ids) == len(set(ids))
        flows = {flow.attrib["id"]: flow.attrib for flow in root.iter(f"{MODEL}sequenceFlow")}
        for element in root.iter():
            for attribute in ("sourceRef", "targetRef", "bpmnElement"):
                assert element.attrib.get(attribute, ids[0]) in ids
            for tag, end in (("incoming", "targetRef"), ("outgoing", "sourceRef")):
                for told in element.findall(f"{MODEL}{tag}"):
                    assert flows[told.text or ""][end] == element.attrib["id"]

    def test_every_flow_is_told_by_both_its_ends(self, name: str, kind: CaseKind) -> None:
        root = ET.fromstring(document(name, kind))
        told = {tag: [one.text for one in root.iter(f"{MODEL}{tag}")] for tag in ("incoming", "outgoing")}
        flows = [flow.attrib["id"] for flow in root.iter(f"{MODEL}sequenceFlow")]
        assert sorted(told["incoming"]) == sorted(told["outgoing"]) == sorted(flows)

    def test_every_element_has_its_place_in_the_diagram(self, name: str, kind: CaseKind) -> None:
        root = ET.fromstring(document(name, kind))
        (process,) = root.findall(f"{MODEL}process")
        elements = {one.attrib["id"] for one in process if one.tag != f"{MODEL}sequenceFlow"}
        flows = {one.attrib["id"] for one in process} - elements
        shapes = {one.attrib["bpmnElement"]: one for one in root.iter(f"{DI}BPMNShape")}
        edges = {one.attrib["bpmnElement"]: one for one in root.iter(f"{DI}BPMNEdge")}
        assert (shapes.keys(), edges.keys()) == (elements, flows)
        assert all(len(one.findall(f"{DC}Bounds")) == 1 for one in shapes.values())
        assert all(len(one.findall(f"{DD}waypoint")) >= 2 for one in edges.values())

    def test_it_has_one_task_a_step_with_its_role(self, name: str, kind: CaseKind) -> None:
        root = ET.fromstring(document(name, kind))
        tasks = root.findall(f"{MODEL}process/{MODEL}userTask")
        owner = f"{MODEL}potentialOwner/{MODEL}resourceAssignmentExpression/{MODEL}formalExpression"
        assert [task.findtext(owner) for task in tasks] == [step.role for step in kind.steps]
        assert root.findall(f"{MODEL}process/{MODEL}startEvent")
        assert root.findall(f"{MODEL}process/{MODEL}endEvent")


def test_a_join_is_a_parallel_gateway_with_as_many_ways_in_as_it_waits_for() -> None:
    root = ET.fromstring(document("probe.permit", PERMIT))
    gateways = {one.attrib["id"]: one for one in root.iter(f"{MODEL}parallelGateway")}
    assert len(gateways["join.decide"].findall(f"{MODEL}incoming")) == 2
    assert len(gateways["fork.review.split"].findall(f"{MODEL}outgoing")) == 2


def test_a_process_too_wide_to_be_read_when_scaled_down_is_moved_sideways_instead() -> None:
    def chain(steps: int) -> CaseKind:
        following = [f"s{n}" for n in range(1, steps)] + ["end"]
        return CaseKind(id="chain", steps=tuple(tricky(f"s{n}", go=to) for n, to in enumerate(following)))

    assert not draw(chain(4)).long
    assert draw(chain(12)).long
