"""``python -m tools.faults.opening``: open one case in the records that the environment names, and print its number."""

from __future__ import annotations

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhihai.site.settings")
django.setup()

from zhihai.ground.actors import SYSTEM  # noqa: E402
from zhihai.kernel.cases import acts as cases  # noqa: E402
from zhihai.kernel.journal import reads as clock  # noqa: E402
from zhihai.kernel.places import reads as places  # noqa: E402

AREA = "990101001"

if __name__ == "__main__":
    facts, area = {"device": "east-air"}, places.area_by_code(AREA).id
    print(cases.open_case(SYSTEM, "air.inspection", at=clock.now(), area=area, facts=facts).number)
