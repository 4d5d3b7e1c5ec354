"""The plan as a page: what it names, and honestly how much of it works here."""

from __future__ import annotations

from typing import Any

from zhihai.faces.desk.frame import public
from zhihai.faces.request import Asked
from zhihai.site.plan import plan


@public("desk/plan.jinja")
def plan_page(request: Asked) -> dict[str, Any]:
    """Every system of the plan with its functions, *n of m*."""
    rows = plan().rows
    counted = [(row, sum(one.works for one in row.functions), len(row.functions)) for row in rows]
    return {"rows": counted, "works": sum(n for _, n, _ in counted), "total": sum(m for _, _, m in counted)}
