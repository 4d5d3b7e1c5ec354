"""Whom something concerns (当事账号): the accounts to be told of a tie, a grant or a complaint."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from zhihai.ground.named import Named
from zhihai.kernel import records
from zhihai.kernel.wall import PLATFORM, seeing


@dataclass(frozen=True, slots=True)
class TieConcerns:
    """The accounts of both sides of a tie, as far as they were shown in person; ``kind`` is its full name.

    On the principal's side stands also the resident who granted it, in a firm's name for one.
    """

    principal: int
    kind: str
    principals: tuple[int, ...]
    acting: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class GrantConcerns:
    """A grant that was proposed: for whom, by whom, decided by whom (``None`` yet), and where it would be held."""

    account: int
    role: str
    organisation: Named
    lo: int
    area_lo: int
    proposed_by: int
    decided_by: int | None


def concerned_by_ties(ties: Collection[int]) -> Mapping[int, TieConcerns]:
    """Return whom these ties concern, in one question."""
    if not ties:
        return {}
    of = "ARRAY(SELECT account_id FROM account_person WHERE person_id = {0} AND level = 3 ORDER BY account_id)"
    with seeing(PLATFORM):
        found = records.rows(
            f"""SELECT t.id, t.principal_id, t.kind, {of.format("t.principal_id")}, {of.format("t.acting_id")},
                    (SELECT a.id FROM account a WHERE a.id = t.actor AND a.sort = 'resident')
                FROM tie t WHERE t.id = ANY(%s)""",
            (sorted(ties),),
        )
    concerns = {}
    for id_, person, kind, principals, acting, granter in found:
        own = {*principals, granter} - {None, *acting}
        concerns[id_] = TieConcerns(person, kind, tuple(sorted(own)), tuple(acting))
    return concerns


def ties_ending(*, after: datetime, by: datetime) -> Mapping[int, datetime]:
    """Return the ties in force whose term ends in ``(after, by]`` and that no other goes on from, with that end."""
    with seeing(PLATFORM):
        found = records.rows(
            """SELECT t.id, t.valid_to FROM tie t WHERE t.valid_to > %s AND t.valid_to <= %s AND t.valid_from <= %s
                   AND t.ended_at IS NULL AND t.accepted_at IS NOT NULL
                   AND NOT EXISTS (SELECT FROM tie n WHERE n.renews_id = t.id AND n.ended_at IS NULL) ORDER BY t.id""",
            (after, by, after),
        )
    return {row[0]: row[1] for row in found}


def concerned_by_grants(proposals: Collection[int]) -> Mapping[int, GrantConcerns]:
    """Return whom these proposals concern, in one question."""
    if not proposals:
        return {}
    found = records.rows(
        """SELECT p.id, p.account_id, p.role, o.name_zh, o.name_en, o.lo, a.lo, p.proposed_by, p.decided_by
           FROM grant_proposal p JOIN organisation o ON o.id = p.organisation_id JOIN area a ON a.id = p.area_id
           WHERE p.id = ANY(%s)""",
        (sorted(proposals),),
    )
    return {row[0]: GrantConcerns(row[1], row[2], Named(row[3], row[4]), *row[5:]) for row in found}


def complainants(looks: Collection[int]) -> Mapping[int, int]:
    """Return the account that complained about each of these looks."""
    return _accounts("SELECT look_id, account_id FROM look_complaint WHERE look_id = ANY(%s)", looks)


def correcting(corrections: Collection[int]) -> Mapping[int, int]:
    """Return the account that asked for each of these corrections."""
    return _accounts("SELECT id, account_id FROM correction WHERE id = ANY(%s)", corrections)


def _accounts(sql: str, ids: Collection[int]) -> Mapping[int, int]:
    if not ids:
        return {}
    with seeing(PLATFORM):
        return {row[0]: row[1] for row in records.rows(sql, (sorted(ids),))}
