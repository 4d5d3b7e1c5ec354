"""The program of a form as the browser gets it: the form with all its defaults, and the order in which it is run."""

from __future__ import annotations

from datetime import date
from typing import Any

from zhihai.ground.forms.codec import encode
from zhihai.ground.forms.program import Program


def wired(program: Program, today: date) -> dict[str, Any]:
    """Return a program as JSON takes it; ``today`` is the local day in the district."""
    return {
        "today": today.isoformat(), "order": list(program.order),
        "sections": encode(program.sections, whole=True), "checks": encode(program.checks, whole=True),
        "rows": {id_: [inner.field.id for inner in node.rows] for id_, node in program.nodes.items() if node.rows},
    }  # fmt: skip
