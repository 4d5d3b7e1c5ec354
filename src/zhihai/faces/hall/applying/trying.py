"""A form as it would be asked, to be tried before anybody has to fill it in: nothing that is written is kept."""

from __future__ import annotations

from typing import Any

from zhihai.faces.hall.applying.drawing import MISSING, Drawn
from zhihai.faces.hall.applying.wiring import program_of
from zhihai.faces.request import Asked
from zhihai.kernel import house
from zhihai.kernel.forms import reads as forms
from zhihai.kernel.places import reads as places


def trial(form: forms.Form, request: Asked) -> dict[str, Any]:
    """Return what draws a form with no answers."""
    today = request.clock.instant.astimezone(request.zone).date()
    found = form.program.check({}, today)
    areas = [(one.code, one.name.say(request.language)) for one in places.areas("street")]
    drawn = Drawn(form, request.language, house.words(), {}, found, areas, {}, {}, (), (), False)
    return {"form": form, "sections": drawn.sections(), "program": program_of(form, today, request.language, MISSING)}
