"""The JSON Schema of a form's answers, for other systems: open to all, as the form itself is."""

from __future__ import annotations

import msgspec
from django.http import HttpResponse
from django.urls import reverse

from zhihai.faces.request import Asked
from zhihai.ground.forms.schema import schema_of
from zhihai.kernel.forms import reads as forms


def schema(request: Asked, form: str) -> HttpResponse:
    """Return the schema of the version in force (draft 2020-12)."""
    found = forms.form_in_force(form, at=request.clock.instant)
    address = request.build_absolute_uri(reverse("form-schema", args=(form,)))
    made = schema_of(found.kind.sections, address, found.say("name", request.language))
    return HttpResponse(msgspec.json.encode(made), content_type="application/schema+json")
