"""Acts on ties (代办关系): granting, recording at a window, accepting, renewing, ending; looking for the principal."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from zhihai.ground.actors import Actor
from zhihai.ground.forms.values import years_between
from zhihai.ground.identifiers.citizen import read_citizen_id
from zhihai.ground.named import Named
from zhihai.ground.refusal import NotPermitted, Refused
from zhihai.kernel import records
from zhihai.kernel.identity import sealing
from zhihai.kernel.identity.events import TieChanged
from zhihai.kernel.identity.kinds import FIELDS, MANDATE, SET_DISTRICT, SET_PEOPLE, TieKind
from zhihai.kernel.identity.looking import file_here
from zhihai.kernel.identity.mandates import (
    LONGEST_TERM,
    TIE,
    Party,
    Tie,
    gives,
    known_kind,
    mandate,
    parties,
    proved_person,
    refuse_terms,
    refuse_unusable,
    ties_here,
)
from zhihai.kernel.identity.searching import looks_here
from zhihai.kernel.identity.verifying import MyData, named, named_by_resident
from zhihai.kernel.identity.wall import condition, of_areas, of_own, of_person
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.wall import PLATFORM, asking, seeing

WRITTEN = (2, 200)
"""Characters of what a tie rests on, and of why it was ended."""
OWN_DATA, LOOKS = "zhihai.own_data", "zhihai.looks"
GRANTED = "own_grant"
"""The ground of a tie that the principal granted by his own account."""

_Written = Literal["granted", "recorded", "consented", "renewed"]
_ACTS: Mapping[_Written, str] = {
    "granted": "identity.grant_tie", "recorded": "identity.record_tie", "renewed": "identity.renew_tie",
    "consented": "identity.record_tie",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class TieInput:
    """A tie as it is asked for: ``name`` and ``number`` are those of who is to act, as on the document.

    ``services`` are full names, ``None`` is all. ``valid_to`` is the instant from which it holds no more; a beginning
    before the instant of the act is taken for that instant.
    """

    kind: str
    principal: int
    name: str = field(repr=False)
    number: str = field(repr=False)
    services: Collection[str] | None = None
    valid_from: datetime
    valid_to: datetime | None
    ground: str = GRANTED
    evidence: str = field(default="", repr=False)


def record_tie(actor: Actor, given: TieInput, *, at: datetime, acting: int | None = None) -> int:
    """Record at a window that somebody acts for somebody, both having agreed before the official; returns its number.

    ``acting`` is who acts by a paper that came without the principal, who is then told by all means. Raises
    ``NotPermitted`` for nobody or without the power ``person.set`` over the principal's area; ``Refused`` where
    nobody has that name and number, and as :func:`grant_tie` does; besides without a ground or its evidence.
    """
    kind, evidence = known_kind(given.kind), _written(given.evidence, "evidence")
    if given.ground not in kind.grounds:
        raise Refused("tie_ground", "ground")
    with seeing(of_areas(actor, SET_PEOPLE)):
        held = records.one(
            f"SELECT 1 FROM person WHERE id = %s AND {condition(actor, SET_PEOPLE)} FOR UPDATE", (given.principal,)
        )
        if not held:
            raise NotPermitted("no_person")
        named_ = acting or named(given.name, given.number)
        if named_ is None:
            raise Refused("tie_nobody", "number")
        return _write(actor, "consented" if acting else "recorded", given, named_, evidence, at)


def grant_tie(actor: Actor, given: TieInput, *, at: datetime, at_machine: datetime) -> int:
    """Let somebody act for oneself, or for a firm one represents; it holds once it is accepted. Returns its number.

    Raises ``NotPermitted`` for whoever is not the principal, shown in person; ``Refused`` for a kind that only a window
    makes, where nobody has that name and number (counted as :func:`claim_person` counts), for oneself, for who is no
    adult, for a side that died or was struck off, for a term without end, the wrong way round or too long, for a tie
    that there is already; and for whoever acts for the principal and may not pass that on.
    """
    kind = known_kind(given.kind)
    with seeing(of_own(actor)):
        _refuse_strangers(actor, given.principal, given.kind, at)
    if not kind.parties:
        raise Refused("tie_window", "kind")
    acting = named_by_resident(actor, given.name, given.number, at_machine=at_machine)
    if acting is None:
        raise Refused("tie_nobody", "number")
    with seeing(of_own(actor)):
        _refuse_strangers(actor, given.principal, given.kind, at)
        with asking(PLATFORM):
            records.one("SELECT 1 FROM person WHERE id = %s FOR UPDATE", (given.principal,))
        return _write(actor, "granted", given, acting, "", at)


def _refuse_strangers(actor: Actor, principal: int, kind: str, at: datetime) -> None:
    """Refuse whoever may not give ties of a kind in the name of a principal; asked where the wall shows one's own."""
    own = proved_person(actor)
    if own is not None and own == principal:
        return
    rows = [] if own is None else records.rows(
        f"{TIE} WHERE t.acting_id = %s AND t.principal_id = %s ORDER BY t.id DESC", (own, principal)
    )  # fmt: skip
    held = ties_here(rows, at)
    if not held:
        raise NotPermitted("no_tie")
    if any(kind in gives(tie) for tie in held):
        return
    for tie in held[:1]:
        refuse_unusable(tie)
    raise Refused("tie_chain", "kind", status=403)


def _written(text: str, name: str) -> str:
    kept = " ".join(text.split())
    if not WRITTEN[0] <= len(kept) <= WRITTEN[1]:
        raise Refused("tie_written", name, least=WRITTEN[0], most=WRITTEN[1])
    return kept


def _write(
    actor: Actor, what: _Written, given: TieInput, acting: int, evidence: str, at: datetime, *,
    renews: int | None = None,
) -> int:  # fmt: skip
    """Check what holds for every tie, and write it; asked within a wall, the principal's row being held."""
    kind, begins = known_kind(given.kind), max(given.valid_from, at)
    services = None if given.services is None else sorted(set(given.services))
    refuse_terms(given.kind, services, begins, given.valid_to, at)
    with asking(PLATFORM):
        _refuse_sides(kind, given.principal, acting, at)
        _refuse_twice(given, acting, begins)
        id_ = records.value(
            """INSERT INTO tie (kind, principal_id, acting_id, services, valid_from, valid_to, ground, evidence,
                   renews_id, at, actor, accepted_at)
               VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id""",
            (
                given.kind, given.principal, acting, services, begins, given.valid_to, given.ground, evidence, renews,
                at, actor.account, None if what == "granted" else at,
            ),
        )  # fmt: skip
    data = {
        "kind": given.kind, "principal": given.principal, "acting": acting, "services": services, "renews": renews,
        "ground": given.ground, "evidence": sealing.keyed_digest(evidence),
    }  # fmt: skip
    journal.record(actor, _ACTS[what], "tie", id_, data, at=at)
    journal.emit(TieChanged(tie=id_, what=what, by=actor.account), at=at)
    return int(id_)


def _refuse_sides(kind: TieKind, principal: int, acting: int, at: datetime) -> None:
    if principal == acting:
        raise Refused("tie_self", "number")
    sides = parties((principal, acting))
    for_, by = sides[principal], sides[acting]
    if for_.sort != kind.principal:
        raise Refused("tie_principal", "kind")
    _refuse_gone(for_, by, "number")
    if kind.named_by == "representative" and for_.representative != by.name:
        raise Refused("tie_not_named", "name")
    born, today = _birth(acting), _local_day(at)
    if born is None or years_between(born, today) < kind.least_age:
        raise Refused("tie_minor", "number", least=kind.least_age)


def _refuse_gone(for_: Party, by: Party, field_: str) -> None:
    if for_.ended or by.ended:
        raise Refused("tie_person_ended", field_, day=str(for_.ended or by.ended))


def _birth(person: int) -> date | None:
    """Return when somebody was born, as the base says, else as the number does."""
    written = records.value(
        "SELECT value FROM person_fact WHERE person_id = %s AND field = 'birth' AND until IS NULL", (person,)
    )
    if written:
        return date.fromisoformat(written)
    row = records.one("SELECT number_key, number FROM person WHERE id = %s", (person,))
    assert row is not None
    return read_citizen_id(sealing.unseal(person, sealing.Sealed(row[0], bytes(row[1]))), "number").birth


def _local_day(at: datetime) -> date:
    day: date = records.value(
        "SELECT (%s::timestamptz AT TIME ZONE coalesce((SELECT zone FROM district), 'UTC'))::date", (at,)
    )
    return day


def _refuse_twice(given: TieInput, acting: int, begins: datetime) -> None:
    """Refuse a tie of the same kind between the same two for some of the same time."""
    day = records.value(
        """SELECT (t.valid_from AT TIME ZONE coalesce((SELECT zone FROM district), 'UTC'))::date FROM tie t
           WHERE t.kind = %s AND t.principal_id = %s AND t.acting_id = %s
               AND t.valid_from < coalesce(%s, 'infinity'::timestamptz)
               AND coalesce(least(t.valid_to, t.ended_at), 'infinity') > %s LIMIT 1""",
        (given.kind, given.principal, acting, given.valid_to, begins),
    )
    if day is not None:
        raise Refused("tie_twice", "number", status=409, day=str(day))


def _held(actor: Actor, tie: int, at: datetime) -> tuple[Tie, int]:
    """Return a tie that ties one's own person, or a firm one represents, and who one is; its row is held."""
    with asking(PLATFORM):
        row = records.one(f"{TIE} WHERE t.id = %s FOR UPDATE OF t", (tie,))
        held = ties_here([row], at)[0] if row else None
    own = proved_person(actor)
    if held is None or own is None:
        raise NotPermitted("no_tie")
    if own not in (held.principal.id, held.acting.id):
        _refuse_strangers(actor, held.principal.id, held.kind, at)
    return held, own


def _refuse_done(tie: Tie) -> None:
    if tie.state in ("over", "ended"):
        raise Refused(f"tie_{tie.state}", "tie", status=409, day=str(tie.last_day))


def accept_tie(actor: Actor, tie: int, *, at: datetime) -> None:
    """Agree to act (接受委托). Raises ``NotPermitted`` for anybody else; ``Refused`` when it is over or accepted."""
    with seeing(of_own(actor)):
        held, own = _held(actor, tie, at)
        if held.acting.id != own:
            raise NotPermitted("no_tie")
        _refuse_done(held)
        if held.accepted:
            raise Refused("tie_accepted", "tie", status=409)
        _refuse_gone(held.principal, held.acting, "tie")
        records.execute("UPDATE tie SET accepted_at = %s WHERE id = %s", (at, tie))
        journal.record(actor, "identity.accept_tie", "tie", tie, {}, at=at)
        journal.emit(TieChanged(tie=tie, what="accepted", by=actor.account), at=at)


def end_tie(actor: Actor, tie: int, why: str, *, at: datetime) -> None:
    """End a tie as one of those it ties, or as who represents the firm; it stays readable, with the reason.

    Raises ``NotPermitted`` for anybody else; ``Refused`` without a reason, when it is over or ended, and for a kind
    that only a window ends.
    """
    said = _written(why, "why")
    with seeing(of_own(actor)):
        held, _ = _held(actor, tie, at)
        if not known_kind(held.kind).parties:
            raise Refused("tie_window", "tie")
        _end(actor, "identity.end_tie", held, said, at)


def withdraw_tie(actor: Actor, tie: int, why: str, *, at: datetime) -> None:
    """End a tie at a window, for somebody who stands there or by what a document says.

    Raises ``NotPermitted`` without the power ``person.set`` over the principal's area; ``Refused`` as :func:`end_tie`.
    """
    said = _written(why, "why")
    with seeing(PLATFORM):
        row = records.one(f"{TIE} WHERE t.id = %s FOR UPDATE OF t", (tie,))
        lies = records.value("SELECT area_lo FROM person WHERE id = %s", (row[2],)) if row else None
        if row is None or not actor.may_over(SET_PEOPLE, None, lies):
            raise NotPermitted("no_tie")
        (held,) = ties_here([row], at)
        _end(actor, "identity.withdraw_tie", held, said, at)


def _end(actor: Actor, act: str, tie: Tie, why: str, at: datetime) -> None:
    _refuse_done(tie)
    with asking(PLATFORM):
        records.execute(
            "UPDATE tie SET ended_at = %s, ended_by = %s, ended_why = %s WHERE id = %s",
            (at, actor.account, why, tie.id),
        )
    journal.record(actor, act, "tie", tie.id, {"why": sealing.keyed_digest(why)}, at=at)
    journal.emit(TieChanged(tie=tie.id, what="ended", by=actor.account), at=at)


def renew_tie(actor: Actor, tie: int, valid_to: datetime, *, at: datetime) -> int:
    """Let a tie go on after its end, between the same two and for the same: a new one that begins where it ends.

    Only whoever may grant it renews it; who acts agreed once and may end it any time. Returns the number of the new
    one. Raises as :func:`grant_tie` does, and ``Refused`` for a tie that was ended or never accepted.
    """
    with seeing(of_own(actor)):
        held, own = _held(actor, tie, at)
        if own != held.principal.id:
            _refuse_strangers(actor, held.principal.id, held.kind, at)
        if not known_kind(held.kind).parties:
            raise Refused("tie_window", "tie")
        if held.state in ("ended", "waiting"):
            raise Refused(f"tie_{held.state}", "tie", status=409, day=str(held.last_day))
        assert held.valid_to is not None  # kinds without an end are a window's
        given = TieInput(
            kind=held.kind, principal=held.principal.id, name="", number="", services=held.services,
            valid_from=held.valid_to, valid_to=valid_to,
        )  # fmt: skip
        return _write(actor, "renewed", given, held.acting.id, "", at, renews=tie)


def set_tie_term(actor: Actor, kind: str, days: int, source: str, *, at: datetime) -> None:
    """Set how many days a tie of a kind may last at most in this district, and where that is from.

    Raises ``NotPermitted`` without the power ``district.set`` over the whole district; ``Refused`` for an unknown kind,
    less than a day or more than a century, or no source. Ties there are stay as they are.
    """
    actor.need(SET_DISTRICT)
    known_kind(kind)
    if not 1 <= days <= LONGEST_TERM:
        raise Refused("tie_days", "days", most=LONGEST_TERM)
    with records.atomic():
        records.execute(
            """INSERT INTO tie_term VALUES (%s, %s, %s, %s) ON CONFLICT (kind) DO UPDATE
               SET days = EXCLUDED.days, source = EXCLUDED.source, at = EXCLUDED.at""",
            (kind, days, _written(source, "source"), at),
        )
        journal.record(actor, "identity.set_tie_term", "tie_term", None, {"kind": kind, "days": days}, at=at)


def look_for(
    actor: Actor, tie: int, *, at: datetime, at_machine: datetime, before: int | None = None, limit: int = 20
) -> MyData:
    """See what is known of whom one acts for, as far as the scope goes; the look is kept, and the principal reads it.

    The number is masked. Raises as :func:`zhihai.kernel.identity.mandates.mandate` does, and ``Refused``
    (``tie_scope``) where neither the data nor the looks are within the scope.
    """
    with records.atomic():
        held = mandate(actor, tie, at=at)
        data, looks = held.allows(OWN_DATA), held.allows(LOOKS)
        if not (data or looks):
            raise Refused("tie_scope", "tie", status=403)
        person = held.principal.id
        with seeing(of_person(person)):
            row = records.one(
                """SELECT p.id, p.sort, p.provenance, p.number_key, p.number, a.name_zh, a.name_en
                   FROM person p LEFT JOIN area a ON a.id = p.area_id WHERE p.id = %s""",
                (person,),
            )
            assert row is not None
            fields = [one for one in FIELDS[row[1]] if data and one != "number"] or ["name"]
            file = file_here(row[:5], fields)
            seen = [fact.name for fact in file.facts if fact.name in fields]
            found = looks_here(person, before, limit) if looks else ()
            records.execute(
                """INSERT INTO look (person_id, fields, ground, reference, account_id, role, at, recorded_at, tie_id)
                   VALUES (%s, %s, %s, %s, %s, '', %s, %s, %s)""",
                (person, seen + (["looks"] if looks else []), MANDATE, held.kind, actor.account, at, at_machine, tie),
            )
            journal.record(actor, "identity.look_for", "person", person, {"tie": tie, "fields": seen}, at=at)
    return MyData(3, file, Named(*row[5:]) if row[5] else None, found)
