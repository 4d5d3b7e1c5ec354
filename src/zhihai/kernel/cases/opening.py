"""What the opening of a case finds: the kind in force, whose duty its steps are, limits and calendar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from zhihai.ground.refusal import NotFound, Refused
from zhihai.kernel import house, records
from zhihai.kernel.cases.clocks import Terms, terms_of
from zhihai.kernel.cases.dossier import local_day
from zhihai.kernel.cases.footing import HELD, Footing, Setting
from zhihai.kernel.cases.kinds import CaseKind, ClockKind


@dataclass(frozen=True, slots=True)
class Opening:
    """What a case of a kind opens with at a place (立案依据).

    ``office`` is the organisation given, or the one whose duty the first step is, ``first`` whose that duty is;
    ``day`` is the local day. ``limits`` are those promised for this case alone, by clock.
    """

    footing: Footing
    name: str
    kind: CaseKind
    area: int
    office: int
    first: int
    day: date
    limits: Mapping[str, Setting] = field(default_factory=dict)

    @property
    def place(self) -> tuple[int, int, int]:
        """Return organisation and area in their trees, and the number of the kind: what a power is asked over."""
        return self.footing.offices[self.office], self.footing.areas[self.area], self.footing.types[self.name]

    @property
    def prefix(self) -> str:
        """Return what the case's number begins with."""
        return f"{self.footing.prefix}-{self.day.year}-{self.kind.prefix}-"

    def terms(self, declared: ClockKind) -> Terms:
        """Return the terms by which a clock starts."""
        own = self.limits.get(declared.id)
        return terms_of(declared, own or self.footing.setting(self.name, declared.id, self.day))


def find_opening(footing: Footing, name: str, at: datetime, area: int, organisation: int | None) -> Opening:
    """Return what a case of the kind ``name`` opens with at ``at``: the version in force on that local day.

    Raises ``Refused`` for a kind that no pack declares, and when nobody has the duty; ``NotFound`` for no area or
    organisation.
    """
    try:
        house.registry().get(CaseKind, name)
    except KeyError:
        raise Refused("no_case_kind", "kind", kind=name) from None
    if area not in footing.areas:
        raise NotFound("no_area", "area")
    if organisation is not None and organisation not in footing.offices:
        raise NotFound("no_organisation", "organisation")
    if name not in footing.types:
        records.execute("INSERT INTO case_type (name) VALUES (%s) ON CONFLICT DO NOTHING", (name,))
        footing = HELD.renewed()
    day = local_day(at, footing.calendar)
    kind = house.registry().in_force(CaseKind, name, day)
    duty = footing.duty(name, kind.steps[0].role, area)
    office = duty if organisation is None else organisation
    if office is None:
        raise Refused("no_duty", "organisation", kind=name, role=kind.steps[0].role)
    return Opening(footing, name, kind, area, office, office if duty is None else duty, day)
