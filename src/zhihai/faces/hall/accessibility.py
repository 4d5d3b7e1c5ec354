"""The statement on accessibility (无障碍声明): what pages are held to, how that is tried, what is lacking."""

from __future__ import annotations

from typing import Any

from zhihai.faces.hall.items.pages import hall
from zhihai.faces.request import Asked
from zhihai.kernel.services import reads as services


@hall("hall/accessibility.jinja")
def accessibility(request: Asked) -> dict[str, Any]:
    """What is promised, tested and lacking, and by which ways somebody who meets a barrier says so."""
    kinds = [(name, kind) for name, kind in services.matter_kinds() if kind.item == "optional"]  # questions, complaints
    return {"kinds": kinds, "contacts": services.catalogue().contacts}
