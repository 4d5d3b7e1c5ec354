"""How matters are handled (办理公示): what everybody may see of how promptly and how well the district serves."""

from __future__ import annotations

from typing import Any

from zhihai.faces.desk.figures import cases_of_matters, public_figures, tile_of
from zhihai.faces.hall.items.pages import hall
from zhihai.faces.naming import telling
from zhihai.faces.request import Asked
from zhihai.kernel.cases import reads as cases
from zhihai.kernel.services import reads as services


@hall("hall/handling.jinja")
def handling(request: Asked) -> dict[str, Any]:
    """Figures of promises kept and of ratings, each open down to its rows; what is in hand and what is late."""
    tell, kinds = telling(request.language), cases_of_matters()
    return {
        "tiles": [tile_of(one, tell) for one in public_figures(of_matters=True)],
        "loads": [(one, tell.kind(one.kind, "case")) for one in cases.load() if one.kind in kinds],
        "contacts": services.catalogue().contacts,
    }
