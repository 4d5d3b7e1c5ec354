"""What a batch of cases is brought in by: places, duties, limits and calendar, asked once for all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from zhihai.ground.refusal import NotFound, Refused
from zhihai.kernel import house, records
from zhihai.kernel.cases.clocks import Terms, terms_of
from zhihai.kernel.cases.dossier import local_day, role_name
from zhihai.kernel.cases.footing import HELD, Footing, Setting
from zhihai.kernel.cases.histories import CaseHistory
from zhihai.kernel.cases.kinds import CaseKind, ClockKind


@dataclass(slots=True)
class Groundwork:
    """What holds for the cases of one batch (立案依据), by number or full name; it remembers what it has answered."""

    footing: Footing
    _terms: dict[tuple[str, int, str, Setting | None], Terms] = field(default_factory=dict)
    _roles: dict[tuple[str, str], str] = field(default_factory=dict)

    def kind(self, name: str, opened_at: datetime) -> tuple[CaseKind, date]:
        """Return the version of a kind that was in force on the local day a case was opened, and the day."""
        day = local_day(opened_at, self.footing.calendar)
        return house.registry().in_force(CaseKind, name, day), day

    def office(self, name: str, kind: CaseKind, history: CaseHistory) -> int:
        """Return the leading organisation of a case: the one given, or whose duty the first step is.

        Raises ``NotFound`` for an area or organisation that is not there, ``Refused`` when nobody has the duty.
        """
        if history.area not in self.footing.areas:
            raise NotFound("no_area", "area")
        given = history.organisation
        if given is not None and given not in self.footing.offices:
            raise NotFound("no_organisation", "organisation")
        found = self.footing.duty(name, kind.steps[0].role, history.area) if given is None else given
        if found is None:
            raise Refused("no_duty", "organisation", kind=name, role=kind.steps[0].role)
        return found

    def role(self, name: str, role: str) -> str:
        """Return the full name of a step's role."""
        found = self._roles.get((name, role))
        if found is None:
            found = self._roles[name, role] = role_name(name, role)
        return found

    def terms(self, name: str, kind: CaseKind, declared: ClockKind, day: date) -> Terms:
        """Return the terms of a clock for a case opened on a local day."""
        setting = self.footing.setting(name, declared.id, day)
        key = (name, kind.version, declared.id, setting)
        found = self._terms.get(key)
        if found is None:
            found = self._terms[key] = terms_of(declared, setting)
        return found

    def places(self, histories: Sequence[CaseHistory]) -> Iterator[tuple[int, int, int]]:
        """Yield each place that the cases touch, once: organisation and area in their trees, number of the kind.

        Raises as :meth:`office` does, naming the case.
        """
        seen = set()
        for number, history in enumerate(histories):
            try:
                office = self.office(history.kind, self.kind(history.kind, history.opened_at)[0], history)
            except Refused as refused:
                place = f"cases.{number}.{refused.field}"
                raise Refused(refused.code, place, status=refused.status, **refused.facts) from refused
            seen.add((self.footing.offices[office], self.footing.areas[history.area], self.footing.types[history.kind]))
        yield from sorted(seen)


def survey(histories: Sequence[CaseHistory]) -> Groundwork:
    """Return all that bringing these cases in needs, asked anew only where something has changed.

    Raises ``Refused`` for a kind that no pack declares.
    """
    names = sorted({one.kind for one in histories})
    known = dict(house.registry().all(CaseKind))
    for name in names:
        if name not in known:
            number = next(place for place, one in enumerate(histories) if one.kind == name)
            raise Refused("no_case_kind", f"cases.{number}.kind", kind=name)
    records.execute("INSERT INTO case_type (name) SELECT unnest(%s::text[]) ON CONFLICT DO NOTHING", (names,))
    return Groundwork(HELD.now())
