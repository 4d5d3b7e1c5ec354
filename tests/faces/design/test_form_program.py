"""The program of a form finds the same in a real browser as on the server, whatever the form and the answers."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser
from tests.ground.forms.making import CITIZENS, CREDITS, TODAY, filled

import zhihai
from zhihai.ground.forms import fields as f
from zhihai.ground.forms.codec import encode
from zhihai.ground.forms.program import Program
from zhihai.ground.forms.values import read_answer
from zhihai.ground.forms.wire import wired

SCRIPT = Path(zhihai.__file__).parent / "faces/design/static/zhihai/js/program.mjs"
CHECK = """([form, answers]) => {
    const found = new program.Program(form).check(answers);
    return { ...found, asked: [...found.asked].sort() };
}"""
READ = "([field, written]) => program.readAnswer(field, written) ?? null"
SLOW = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def run(browser: Browser) -> Iterator[Callable[[str, Any], Any]]:
    page = browser.new_page()
    page.goto("about:blank")
    encoded = base64.b64encode(SCRIPT.read_bytes()).decode()
    page.evaluate(f"async () => {{ window.program = await import('data:text/javascript;base64,{encoded}'); }}")
    yield page.evaluate
    page.close()


def as_told(found: Any) -> Any:
    return json.loads(
        json.dumps(
            {
                "answers": found.answers,
                "faults": [
                    {"field": one.field, "code": one.code, "row": one.row, "facts": dict(one.facts)}
                    for one in found.faults
                ],
                "asked": sorted(found.asked),
                "rows": {id_: [sorted(row) for row in rows] for id_, rows in found.rows.items()},
            }
        )
    )


@SLOW
@given(filled())
def test_browser_and_server_find_the_same(run: Callable[[str, Any], Any], made: Any) -> None:
    sections, checks, answers = made
    program = Program(sections, checks)
    there = run(CHECK, [wired(program, TODAY), answers])
    there["rows"] = {id_: [sorted(row) for row in rows] for id_, rows in there["rows"].items()}
    assert there == as_told(program.check(answers, TODAY))


FIELDS = (
    f.Text(id="tt"), f.Text(id="tt", long=True), f.Number(id="nn"), f.Number(id="nn", places=3), f.Money(id="mm"),
    f.DayField(id="dd"), f.Choice(id="cc", options=("one",)), f.Choices(id="cc", options=("one", "two")),
    f.YesNo(id="yy"), f.Declaration(id="dd"), f.CitizenNumber(id="cc"), f.CreditCode(id="cc"), f.Phone(id="pp"),
    f.Email(id="ee"), f.Address(id="aa"), f.Files(id="ff"),
)  # fmt: skip
WRITTEN = st.one_of(
    st.sampled_from((*CITIZENS, *CREDITS, "yes", "no", "1", "one", "two", "１２．５", "1,234", "-0", "0.10", " a  b ")),
    st.sampled_from(("a\r\nb", "+86 138-0000 0000", "（010）88487030", "=1+1", "1e5", "99999999999999", "2014-02-30")),
    st.sampled_from(("9007199254740991", "-9007199254740.991", "9007199254740.992")),
    st.text("ab 0123.,-海１\n", max_size=12),
)


@SLOW
@given(st.sampled_from(FIELDS), st.lists(WRITTEN, max_size=3))
def test_browser_and_server_read_the_same(run: Callable[[str, Any], Any], asked: f.Field, written: list[str]) -> None:
    assert run(READ, [encode(asked, whole=True), written]) == read_answer(asked, written)
