"""A case kind as BPMN 2.0 with its diagram, so that any editor of the standard opens it."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree import ElementTree as ET

from zhihai.faces.process import Drawing, Edge, Node, draw
from zhihai.ground.kind import word
from zhihai.ground.words import Language, Words
from zhihai.kernel.cases.kinds import CaseKind

MODEL = "http://www.omg.org/spec/BPMN/20100524/MODEL"
DI = "http://www.omg.org/spec/BPMN/20100524/DI"
DC = "http://www.omg.org/spec/DD/20100524/DC"
DD = "http://www.omg.org/spec/DD/20100524/DI"
ELEMENTS = {
    "start": "startEvent", "task": "userTask", "choice": "exclusiveGateway", "fork": "parallelGateway",
    "join": "parallelGateway", "end": "endEvent",
}  # fmt: skip

Label = Callable[[str | None], str]


def bpmn(name: str, kind: CaseKind, words: Words, language: Language) -> bytes:
    """Return the process of the case kind with full name ``name`` as a BPMN 2.0 document in UTF-8 (OMG 2011-01-03).

    Steps are user tasks with their role as potential owner; the choice between outcomes is an exclusive gateway,
    branches and their join are parallel gateways. It is an exchange format: our own engine runs the kind, not this.
    """

    def label(tail: str | None) -> str:
        return "" if tail is None else words.say(word(name, "case", tail), language)

    for prefix, namespace in (("bpmn", MODEL), ("bpmndi", DI), ("dc", DC), ("di", DD)):
        ET.register_namespace(prefix, namespace)
    root = ET.Element(
        f"{{{MODEL}}}definitions", {"id": f"definitions.{kind.id}", "targetNamespace": "urn:zhihai:case-kinds"}
    )
    drawing = draw(kind)
    process = ET.SubElement(
        root,
        f"{{{MODEL}}}process",
        {"id": f"process.{kind.id}.{kind.version}", "name": label("name"), "isExecutable": "false"},
    )
    for node in drawing.nodes:
        _element(process, node, drawing, kind, label)
    for edge in drawing.edges:
        attributes = {"id": edge.id, "sourceRef": edge.source, "targetRef": edge.target}
        if edge.label:
            attributes["name"] = label(edge.label)
        ET.SubElement(process, f"{{{MODEL}}}sequenceFlow", attributes)
    _diagram(root, process.attrib["id"], drawing)
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="UTF-8", xml_declaration=True))


def _element(process: ET.Element, node: Node, drawing: Drawing, kind: CaseKind, label: Label) -> None:
    attributes = {"id": node.id}
    if node.label:
        attributes["name"] = label(node.label)
    element = ET.SubElement(process, f"{{{MODEL}}}{ELEMENTS[node.sort]}", attributes)
    for edge in drawing.edges:
        if edge.target == node.id:
            ET.SubElement(element, f"{{{MODEL}}}incoming").text = edge.id
    for edge in drawing.edges:
        if edge.source == node.id:
            ET.SubElement(element, f"{{{MODEL}}}outgoing").text = edge.id
    if node.sort == "task" and node.step is not None:
        owner = ET.SubElement(element, f"{{{MODEL}}}potentialOwner", {"id": f"owner.{node.step}"})
        expression = ET.SubElement(owner, f"{{{MODEL}}}resourceAssignmentExpression")
        ET.SubElement(expression, f"{{{MODEL}}}formalExpression").text = kind.step(node.step).role


def _diagram(root: ET.Element, process: str, drawing: Drawing) -> None:
    diagram = ET.SubElement(root, f"{{{DI}}}BPMNDiagram", {"id": "diagram"})
    plane = ET.SubElement(diagram, f"{{{DI}}}BPMNPlane", {"id": "plane", "bpmnElement": process})
    for node in drawing.nodes:
        shape = ET.SubElement(plane, f"{{{DI}}}BPMNShape", {"id": f"shape.{node.id}", "bpmnElement": node.id})
        if node.sort == "choice":
            shape.set("isMarkerVisible", "true")
        width, height = node.size
        ET.SubElement(
            shape, f"{{{DC}}}Bounds", {"x": str(node.x), "y": str(node.y), "width": str(width), "height": str(height)}
        )
    for edge in drawing.edges:
        _drawn_edge(plane, edge)


def _drawn_edge(plane: ET.Element, edge: Edge) -> None:
    drawn = ET.SubElement(plane, f"{{{DI}}}BPMNEdge", {"id": f"edge.{edge.id}", "bpmnElement": edge.id})
    for x, y in edge.points:
        ET.SubElement(drawn, f"{{{DD}}}waypoint", {"x": str(x), "y": str(y)})
