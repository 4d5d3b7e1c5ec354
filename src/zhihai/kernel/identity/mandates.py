"""Who acts for whom, read: for whom this account may act now and for what, and every tie of a person, dated."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal

from zhihai.ground.actors import Actor
from zhihai.ground.refusal import NotPermitted, Refused
from zhihai.kernel import house, records
from zhihai.kernel.identity.kinds import PersonSort, ServiceKind, TieKind
from zhihai.kernel.identity.searching import PersonLine, found_here
from zhihai.kernel.identity.wall import of_own, of_person
from zhihai.kernel.wall import PLATFORM, asking, seeing

State = Literal["waiting", "to_come", "in_force", "over", "ended"]
"""Of a tie at an instant: not accepted yet, not begun, in force, its term run out, ended before."""


@dataclass(frozen=True, slots=True)
class Party:
    """One side of a tie (当事人): ``ended`` is the day somebody died or a firm was struck off."""

    id: int
    sort: PersonSort
    name: str = field(repr=False)
    ended: date | None
    representative: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Tie:
    """Somebody acts for somebody (代办关系). ``services`` is ``None`` for all there are.

    Instants are district time, UTC; ``first_day`` and ``last_day`` are local days, the latter the one on which it ran
    out or was ended, ``None`` where no end is set. ``state`` is that at the instant asked about.
    """

    id: int
    kind: str
    principal: Party
    acting: Party
    services: tuple[str, ...] | None
    valid_from: datetime
    valid_to: datetime | None
    ground: str
    evidence: str = field(repr=False)
    accepted: bool
    ended_why: str | None
    first_day: date
    last_day: date | None
    state: State

    def allows(self, service: str) -> bool:
        """Say whether a service is within the scope."""
        return self.services is None or service in self.services


def known_kind(name: str) -> TieKind:
    """Return a kind of tie by its full name. Raises ``Refused`` for one that no pack declares."""
    try:
        return house.registry().get(TieKind, name)
    except KeyError:
        raise Refused("no_tie_kind", "kind") from None


def services_known() -> tuple[str, ...]:
    """Return the full names of all services, in order of declaration."""
    return tuple(name for name, _ in house.registry().all(ServiceKind))


def longest_days(name: str) -> int | None:
    """Return how many days a tie of this kind may last here: as the district set it, else as its kind says."""
    declared = known_kind(name).days
    found = records.value("SELECT days FROM tie_term WHERE kind = %s", (name,))
    return declared if found is None else int(found)


def refuse_terms(
    kind: str, services: Collection[str] | None, begins: datetime, ends: datetime | None, at: datetime
) -> None:
    """Raise ``Refused`` for services that are none, and a term without its end, the wrong way round or too long."""
    if services is not None and (not services or set(services) - set(services_known())):
        raise Refused("no_service", "services")
    longest = longest_days(kind)
    if ends is None:
        if longest is not None:
            raise Refused("tie_endless", "valid_to", days=longest)
        return
    if ends <= max(begins, at):
        raise Refused("tie_order", "valid_to")
    if longest is not None and ends - begins > timedelta(days=longest):
        raise Refused("tie_long", "valid_to", days=longest)


LONGEST_TERM = 36_525
"""Days: nobody acts for another longer than a century."""


@dataclass(frozen=True, slots=True)
class TieTerm:
    """How long a tie of a kind may last here, in days (代办期限).

    ``usual`` is what its kind says, ``None`` without an end; ``days``, ``source`` and ``since`` (district time) are
    what this district set, ``None`` where it set nothing.
    """

    kind: str
    usual: int | None
    days: int | None
    source: str | None
    since: datetime | None


def tie_terms() -> tuple[TieTerm, ...]:
    """Return the longest terms of all kinds of ties, in order of declaration."""
    set_here = {row[0]: row[1:] for row in records.rows("SELECT kind, days, source, at FROM tie_term")}
    return tuple(
        TieTerm(name, kind.days, *set_here.get(name, (None, None, None)))
        for name, kind in house.registry().all(TieKind)
    )


TIE = """SELECT t.id, t.kind, t.principal_id, t.acting_id, t.services, t.valid_from, t.valid_to, t.ground, t.evidence,
    t.accepted_at, t.ended_at, t.ended_why, (t.valid_from AT TIME ZONE d.zone)::date,
    (least(t.ended_at, t.valid_to - interval '1 microsecond') AT TIME ZONE d.zone)::date
    FROM tie t CROSS JOIN (SELECT coalesce((SELECT zone FROM district), 'UTC') AS zone) d"""
_AGREED = """t.valid_from <= %s AND t.accepted_at IS NOT NULL
    AND coalesce(least(t.valid_to, t.ended_at), 'infinity') > %s ORDER BY t.id"""
_PROVED = "SELECT person_id FROM account_person WHERE account_id = %s AND level = 3"


def proved_person(actor: Actor) -> int | None:
    """Return whose account this is, shown in person; asked where the wall shows one's own. ``None`` below level 3."""
    if actor.sort != "resident" or actor.narrowed:
        return None
    found = records.value(_PROVED, (actor.account,))
    return None if found is None else int(found)


def parties(ids: Iterable[int]) -> dict[int, Party]:
    """Return people as sides of ties, by number; asked where the wall shows them."""
    found = records.rows(
        """SELECT p.id, p.sort, p.name, max(f.value) FILTER (WHERE f.field = 'ended'),
               max(f.value) FILTER (WHERE f.field = 'representative')
           FROM person p LEFT JOIN person_fact f ON f.person_id = p.id AND f.until IS NULL
               AND f.field IN ('ended', 'representative')
           WHERE p.id = ANY(%s) GROUP BY p.id""",
        (sorted(set(ids)),),
    )
    return {row[0]: Party(row[0], row[1], row[2], date.fromisoformat(row[3]) if row[3] else None, row[4])
            for row in found}  # fmt: skip


def _state(row: records.Row, at: datetime) -> State:
    begins, ends, accepted, ended = row[5], row[6], row[9], row[10]
    if ended is not None and ended <= at:
        return "ended"
    if ends is not None and ends <= at:
        return "over"
    if accepted is None:
        return "waiting"
    return "to_come" if begins > at else "in_force"


def ties_here(found: Collection[records.Row], at: datetime) -> tuple[Tie, ...]:
    """Make ties of rows of :data:`TIE`, with the names of both sides; asked where the wall is said."""
    if not found:
        return ()
    with asking(PLATFORM):  # each side reads the name of the other
        known = parties(id_ for row in found for id_ in row[2:4])
    return tuple(_tie(row, known, at) for row in found)


def _tie(row: records.Row, known: Mapping[int, Party], at: datetime) -> Tie:
    services = None if row[4] is None else tuple(row[4])
    return Tie(
        row[0], row[1], known[row[2]], known[row[3]], services, row[5], row[6], row[7], row[8], row[9] is not None,
        row[11], row[12], row[13], _state(row, at),
    )  # fmt: skip


def unusable(tie: Tie) -> str | None:
    """Return why a tie that is in force can not be used: ``tie_person_ended``, ``tie_not_named``; ``None`` if it can.

    A mandate ends with either side (Civil Code, articles 173 and 175); a firm is represented by whom the base names.
    """
    if tie.principal.ended or tie.acting.ended:
        return "tie_person_ended"
    kind = known_kind(tie.kind)
    named = kind.named_by != "representative" or tie.principal.representative == tie.acting.name
    return None if named else "tie_not_named"


def my_ties(actor: Actor, *, at: datetime) -> tuple[int | None, tuple[Tie, ...]]:
    """Return one's own person, and every tie of it and of the firms one represents, the latest first.

    Nobody and nothing for an account below level 3, or one that is no resident's.
    """
    with seeing(of_own(actor)):
        own = proved_person(actor)
        if own is None:
            return None, ()
        found = records.rows(f"{TIE} WHERE t.acting_id = %s OR t.principal_id = %s ORDER BY t.id DESC", (own, own))
        ties = list(ties_here(found, at))
        for firm in {tie.principal.id for tie in ties if tie.acting.id == own and gives(tie)}:
            with asking(of_person(firm)):
                rows = records.rows(f"{TIE} WHERE t.principal_id = %s AND t.acting_id <> %s", (firm, own))
                ties.extend(ties_here(rows, at))
    return own, tuple(sorted(ties, key=lambda tie: -tie.id))


def gives(tie: Tie) -> tuple[str, ...]:
    """Return full names of the kinds that who acts may give to others in the principal's name, while it is in force."""
    if tie.state != "in_force" or unusable(tie) is not None:
        return ()
    pack = tie.kind.partition(".")[0]
    return tuple(f"{pack}.{id_}" for id_ in known_kind(tie.kind).gives)


def mandates(actor: Actor, *, at: datetime) -> tuple[Tie, ...]:
    """Return for whom an account may act at ``at``, and for what; one question by an index, one for the names."""
    with seeing(of_own(actor)):
        own = proved_person(actor)
        if own is None:
            return ()
        found = records.rows(f"{TIE} WHERE t.acting_id = %s AND {_AGREED}", (own, at, at))
        return tuple(tie for tie in ties_here(found, at) if unusable(tie) is None)


def mandate(actor: Actor, tie: int, *, at: datetime) -> Tie:
    """Return the tie by which an account acts at ``at``.

    Raises ``NotPermitted`` for a tie by which this account never acted; ``Refused`` naming the day where it has not
    begun, has run out or was ended, where it was not accepted, and where either side is no more.
    """
    with seeing(of_own(actor)):
        own = proved_person(actor)
        row = None if own is None else records.one(f"{TIE} WHERE t.id = %s AND t.acting_id = %s", (tie, own))
        if row is None:
            raise NotPermitted("no_tie")
        (held,) = ties_here([row], at)
    refuse_unusable(held)
    return held


def mandate_for(actor: Actor, tie: int, service: str, *, at: datetime) -> Tie:
    """Return the tie by which an account acts at ``at``, where it allows a service.

    Raises ``Refused`` (``tie_scope``) where it does not, and as :func:`mandate` does.
    """
    held = mandate(actor, tie, at=at)
    if not held.allows(service):
        raise Refused("tie_scope", "tie", status=403)
    return held


def ties_told(person: int, service: str, *, at: datetime) -> tuple[Tie, ...]:
    """Return by which ties others act for a person now in a service: for a room above that has asked who may know."""
    with seeing(PLATFORM):
        found = records.rows(f"{TIE} WHERE t.principal_id = %s AND {_AGREED}", (person, at, at))
        ties = ties_here(found, at)
    return tuple(tie for tie in ties if tie.allows(service) and unusable(tie) is None)


def tie_told(tie: int, service: str | None, *, at: datetime) -> Tie:
    """Return a tie that holds now and allows a service, if one is named: for a room above that has asked who uses it.

    Raises ``NotPermitted`` for none, and as :func:`mandate_for` does.
    """
    with seeing(PLATFORM):
        row = records.one(f"{TIE} WHERE t.id = %s", (tie,))
        if row is None:
            raise NotPermitted("no_tie")
        (held,) = ties_here([row], at)
    refuse_unusable(held)
    if service is not None and not held.allows(service):
        raise Refused("tie_scope", "tie", status=403)
    return held


def refuse_unusable(tie: Tie) -> None:
    """Raise ``Refused`` unless a tie can be acted by at the instant it was asked about."""
    if tie.state == "in_force":
        why = unusable(tie)
        if why is not None:
            raise Refused(why, "tie", status=403, day=str(tie.principal.ended or tie.acting.ended or ""))
        return
    day = tie.first_day if tie.state == "to_come" else tie.last_day
    raise Refused(f"tie_{tie.state}", "tie", status=403, day=str(day or ""))


def ties_of(actor: Actor, person: int, *, at: datetime) -> tuple[PersonLine, tuple[Tie, ...]]:
    """Return a person whom an official may see, and every tie of theirs, the latest first.

    Raises ``NotPermitted`` for nobody.
    """
    with seeing(of_person(person)):
        lines = found_here(actor, "p.id = %s", (person,))
        if not lines:
            raise NotPermitted("no_person")
        found = records.rows(
            f"{TIE} WHERE t.principal_id = %s OR t.acting_id = %s ORDER BY t.id DESC", (person, person)
        )
        return lines[0], ties_here(found, at)
