"""The process of every case kind leaves us as BPMN 2.0, and the editor that most modelling tools stand on opens it."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from playwright.sync_api import Page
from tests.fetched import fetched

from zhihai.faces.bpmn import bpmn
from zhihai.faces.process import draw
from zhihai.kernel import house
from zhihai.kernel.cases.kinds import CaseKind

TASK = "{http://www.omg.org/spec/BPMN/20100524/MODEL}userTask"
OPEN = """async (xml) => {
    const modeler = new BpmnJS({ container: '#canvas' });
    const { warnings } = await modeler.importXML(xml);
    const drawn = modeler.get('elementRegistry').filter((one) => one.type !== 'label').map((one) => one.id);
    const saved = await modeler.saveXML({ format: true });
    return JSON.stringify({ warnings: warnings.map(String), drawn, saved: saved.xml });
}"""


@pytest.fixture(scope="session")
def editor() -> Path:
    """bpmn.io's editor as one script."""
    return fetched("editor", "bpmn-js/dist/bpmn-modeler.production.min.js")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_case_kind_opens_without_a_warning_and_is_kept_whole(editor: Path, page: Page, language: str) -> None:
    page.set_content("<!doctype html><div id='canvas' style='height: 800px'></div>")
    page.add_script_tag(path=str(editor))
    opened = 0
    for name, kind in house.registry().all(CaseKind):
        document = bpmn(name, kind, house.words(), "zh" if language == "zh" else "en")
        told = json.loads(page.evaluate(OPEN, document.decode()))
        drawing = draw(kind)
        assert told["warnings"] == [], name
        assert {node.id for node in drawing.nodes} | {edge.id for edge in drawing.edges} <= set(told["drawn"])
        names = [task.attrib["name"] for task in ET.fromstring(told["saved"]).iter(TASK)]
        word = f"{name.partition('.')[0]}.case.{kind.id}"
        assert names == [house.words().say(f"{word}.{step.id}.name", language) for step in kind.steps]
        opened += 1
    assert opened >= 4
