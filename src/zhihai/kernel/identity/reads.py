"""Who is this, whose is it, and what may they: questions about accounts, organisations and grants."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from zhihai.ground.actors import SYSTEM, Actor, ActorSort, Grant, Scope
from zhihai.ground.named import FormerNames, Named, former_names, name_then
from zhihai.ground.refusal import NotFound, NotPermitted
from zhihai.kernel import house, records
from zhihai.kernel.identity.applicants import Applicant, applicant, applicant_received, people_named
from zhihai.kernel.identity.complaints import Complaint, look_told, my_complaints, my_look, took_look
from zhihai.kernel.identity.concerned import (
    GrantConcerns,
    TieConcerns,
    complainants,
    concerned_by_grants,
    concerned_by_ties,
    correcting,
    ties_ending,
)
from zhihai.kernel.identity.corrections import CORRECTABLE, Correction, correction_told
from zhihai.kernel.identity.holding import (
    HeldRole,
    Office,
    Official,
    Proposal,
    colleagues,
    due_for_review,
    held,
    held_by,
    lent_by,
    offices_of_officials,
    official,
    officials,
    proposals,
)
from zhihai.kernel.identity.kinds import RoleKind
from zhihai.kernel.identity.looking import Fact, PersonFile, grant_over
from zhihai.kernel.identity.mandates import (
    LONGEST_TERM,
    Party,
    Tie,
    TieTerm,
    gives,
    longest_days,
    mandate,
    mandate_for,
    mandates,
    my_ties,
    proved_person,
    refuse_terms,
    services_known,
    tie_terms,
    tie_told,
    ties_of,
    ties_told,
    unusable,
)
from zhihai.kernel.identity.passkeys import Passkey, passkey_of, passkeys
from zhihai.kernel.identity.sealing import (
    Sealed,
    former_keys,
    keyed_digest,
    open_file,
    open_secret,
    seal_file,
    seal_secret,
    subject_digest,
)
from zhihai.kernel.identity.searching import LookRow, PersonLine, by_name, by_number, by_sound, looks_in
from zhihai.kernel.identity.sharing import recalled
from zhihai.kernel.identity.sign_ins import Session, SignIn, session_kept, sign_ins
from zhihai.kernel.identity.staff import StaffDifference, compare_staff
from zhihai.kernel.identity.standing import Standing, standing_of
from zhihai.kernel.identity.verifying import Claim, MyData, PersonPage, found_by, my_data, person_named, person_page
from zhihai.kernel.identity.wall import of_own, of_person
from zhihai.kernel.predicate import predicate
from zhihai.kernel.wall import PLATFORM, asking, seeing

__all__ = [
    "CORRECTABLE", "LONGEST_TERM", "PLATFORM", "AccountRow", "Applicant", "Claim", "Complaint", "Correction", "Fact",
    "GrantConcerns", "HeldRole", "LookRow", "MyData", "Office", "Official", "Organisation", "Party", "Passkey",
    "PersonFile", "PersonLine", "PersonPage", "Proposal", "Sealed", "Session", "SignIn", "SignedIn", "StaffDifference",
    "Standing", "Tie", "TieConcerns", "TieTerm", "account_named", "account_names", "accounts", "actor_of",
    "actor_of_token", "applicant", "applicant_received", "asking", "behind_login", "by_name", "by_number", "by_sound",
    "colleagues", "compare_staff", "complainants", "concerned_by_grants", "concerned_by_ties", "correcting",
    "correction_told", "due_for_review", "former_keys", "found_by", "gives", "grant_over", "held_by", "holders",
    "keyed_digest", "lent_by", "longest_days", "look_told", "looks_in", "mandate", "mandate_for", "mandates",
    "my_complaints", "my_data", "my_look", "my_ties", "of_own", "of_person", "offices_of_officials", "official",
    "officials", "open_file", "open_secret", "organisation", "organisation_by_code", "organisations", "passkey_of",
    "passkeys", "people_named", "person_named", "person_page", "predicate", "proposals", "proved_person", "recalled",
    "refuse_terms", "seal_file", "seal_secret", "seeing", "services_known",
    "session_kept", "sign_ins", "signed_in", "standing_of", "subject_digest", "tie_terms", "tie_told", "ties_ending",
    "ties_of", "ties_told", "took_look", "unusable",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organ in the tree: ``lo`` to ``hi`` are the preorder numbers of its subtree."""

    id: int
    code: str
    sort: str
    name: Named
    parent: int | None
    lo: int
    hi: int
    area: int | None
    provenance: str
    ended: date | None
    former: FormerNames

    def named(self, at: datetime | None) -> Named:
        """Return the name it had at ``at`` (district time); ``None`` is now."""
        return name_then(self.name, self.former, at)


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account as an administrator sees it."""

    id: int
    username: str
    name: Named
    sort: ActorSort
    email: str
    language: str
    active: bool


@dataclass(frozen=True, slots=True)
class SignedIn:
    """An account as signing in needs it: its row by column, and the actor with the grants in force now (登录账号)."""

    row: Mapping[str, object]
    actor: Actor


_GRANTS = """
SELECT a.name_zh, a.sort, m.role, o.lo, o.hi, p.lo, p.hi, m.id, s.account_id,
    CASE WHEN m.types IS NOT NULL THEN ARRAY(SELECT t.no FROM case_type t WHERE t.name = ANY(m.types)) END{more}
FROM account a
LEFT JOIN membership m ON m.account_id = a.id AND {held}
LEFT JOIN membership s ON s.id = m.delegated_from
LEFT JOIN organisation o ON o.id = m.organisation_id
LEFT JOIN area p ON p.id = m.area_id
WHERE a.id = %s AND a.is_active ORDER BY m.id
"""
_ROW = ("id", "password", "last_login", "username", "name_zh", "name_en", "email", "language", "sort", "is_active",
        "grants_version", "second_factor")  # fmt: skip
_GRANTS_AT = _GRANTS.format(held=held("m", "%s"), more="")
_SIGNED_IN = _GRANTS.format(held=held("m", "zh_now()"), more=", " + ", ".join(f"a.{column}" for column in _ROW))


def actor_of(account: int, *, at: datetime) -> Actor:
    """Return the actor of an account with all grants in force at ``at`` (district time), in one query.

    Raises ``NotFound`` for an account that does not exist or is switched off.
    """
    if account == SYSTEM.account:
        return SYSTEM
    found = records.rows(_GRANTS_AT, (at, at, at, at, account))
    if not found:
        raise NotFound("no_account")
    return _actor(account, found)


def signed_in(account: int) -> SignedIn | None:
    """Return an account that may sign in, with its grants at the district's now; one question for every page.

    ``None`` for an account that does not exist or is switched off.
    """
    found = records.rows(_SIGNED_IN, (account,))
    return SignedIn(dict(zip(_ROW, found[0][10:], strict=True)), _actor(account, found)) if found else None


def behind_login(written: str) -> Mapping[str, object] | None:
    """Return the row of the account that is signed in to so: by a proved address, its name, or an address.

    In this order, and whatever the size of the letters. ``None`` for nobody, switched off or not, and for an address
    that is nobody's alone. One question, whether there is one or not.
    """
    found = records.rows(_BEHIND_LOGIN, (written, written, written))
    if not found or len({row[1] for row in found if row[0] == found[0][0]}) > 1:
        return None
    return dict(zip(_ROW, found[0][1:], strict=True))


_BEHIND_LOGIN = f"""SELECT f.rank, {", ".join(f"a.{column}" for column in _ROW)} FROM (
        SELECT e.user_id AS id, CASE WHEN e.verified THEN 0 ELSE 2 END AS rank FROM account_emailaddress e
            WHERE e.email = lower(%s)
        UNION SELECT id, 1 FROM account WHERE lower(username) = lower(%s)
        UNION SELECT id, 2 FROM account WHERE email = lower(%s) AND email <> ''
    ) f JOIN account a ON a.id = f.id ORDER BY f.rank, a.id LIMIT 8"""


def _actor(account: int, found: list[records.Row]) -> Actor:
    grants = tuple(_grant(row) for row in found if row[2] is not None)
    return Actor(account=account, name=found[0][0], sort=found[0][1], scope=Scope(grants=grants))


def _grant(row: records.Row) -> Grant:
    _, _, role, org_lo, org_hi, area_lo, area_hi, membership, behalf, types = row[:10]
    return Grant(
        role=role,
        org_lo=org_lo,
        org_hi=org_hi,
        area_lo=area_lo,
        area_hi=area_hi,
        types=None if types is None else frozenset(types),
        powers=_powers(role),
        membership=membership,
        behalf=behalf,
    )


def _powers(role: str) -> frozenset[str]:
    try:
        return house.registry().get(RoleKind, role).powers
    except KeyError:  # a role whose pack was taken away gives nothing
        return frozenset()


def digest(token: str) -> bytes:
    """Return what is kept of a token: its SHA-256. A token has 256 random bits, so no slow hash is needed."""
    return hashlib.sha256(token.encode()).digest()


def actor_of_token(token: str, *, at: datetime, at_machine: datetime) -> Actor:
    """Return the actor of an API token; ``NotPermitted`` (401 for the caller) when unknown, expired or revoked."""
    row = records.one(
        "SELECT account_id, powers FROM api_token WHERE digest = %s AND revoked_at IS NULL AND expires_at > %s",
        (digest(token), at_machine),
    )
    if row is None:
        raise NotPermitted("token_unknown")
    actor = actor_of(row[0], at=at)
    if row[1] is None:
        return actor
    kept = frozenset(row[1])
    grants = tuple(replace(grant, powers=grant.powers & kept) for grant in actor.scope.grants)
    return replace(actor, scope=Scope(grants=grants), narrowed=True)


_ORGANISATION = """SELECT id, code, sort, name_zh, name_en, parent_id, lo, hi, area_id, provenance, valid_to,
    (SELECT json_agg(json_build_array(n.until, n.name_zh, n.name_en) ORDER BY n.until)
     FROM organisation_name n WHERE n.organisation_id = organisation.id) FROM organisation"""


def _organisation(row: records.Row) -> Organisation:
    id_, code, sort, name_zh, name_en, parent, lo, hi, area, provenance, ended, former = row
    names = former_names(records.json_list(former or "[]"))
    return Organisation(id_, code, sort, Named(name_zh, name_en), parent, lo, hi, area, provenance, ended, names)


def organisations(*, above: str | None = None) -> tuple[Organisation, ...]:
    """Return the tree in preorder, without the organisations of one sort where ``above`` names it (some hundreds)."""
    found = records.rows(f"{_ORGANISATION} WHERE sort IS DISTINCT FROM %s ORDER BY lo", (above,))
    return tuple(_organisation(row) for row in found)


def organisation(id_: int) -> Organisation:
    """Return one organisation; raises ``NotFound``."""
    row = records.one(f"{_ORGANISATION} WHERE id = %s", (id_,))
    if row is None:
        raise NotFound("no_organisation")
    return _organisation(row)


def organisation_by_code(code: str) -> Organisation:
    """Return the organisation with this code; raises ``NotFound``."""
    row = records.one(f"{_ORGANISATION} WHERE code = %s", (code,))
    if row is None:
        raise NotFound("no_organisation", code=code)
    return _organisation(row)


@dataclass(frozen=True, slots=True)
class Post:
    """A role at a place of both trees (岗位), at an instant.

    ``area_lo`` ``None`` is any area. ``kind`` is the full name of the case kind it is about; who holds the role for
    other kinds only does not count.
    """

    role: str
    org_lo: int
    area_lo: int | None
    at: datetime
    kind: str | None = None


def holders(posts: Iterable[Post]) -> dict[Post, tuple[int, ...]]:
    """Return the accounts that hold each of these roles: whom a notice for a task goes to. One question for all."""
    asked = sorted(set(posts), key=lambda post: (post.role, post.org_lo, post.area_lo or 0, post.at, post.kind or ""))
    found: dict[Post, list[int]] = {post: [] for post in asked}
    if not asked:
        return {}
    rows = records.rows(
        f"""SELECT DISTINCT q.n, m.account_id
           FROM unnest(%s::text[], %s::int[], %s::int[], %s::timestamptz[], %s::text[])
               WITH ORDINALITY AS q(role, org_lo, area_lo, at, kind, n)
           JOIN membership m ON m.role = q.role AND {held("m", "q.at")}
               AND (q.kind IS NULL OR m.types IS NULL OR q.kind = ANY(m.types))
           JOIN organisation o ON o.id = m.organisation_id AND q.org_lo BETWEEN o.lo AND o.hi
           JOIN area p ON p.id = m.area_id AND (q.area_lo IS NULL OR q.area_lo BETWEEN p.lo AND p.hi)
           JOIN account a ON a.id = m.account_id AND a.is_active ORDER BY q.n, m.account_id""",
        [list(column) for column in zip(*((p.role, p.org_lo, p.area_lo, p.at, p.kind) for p in asked), strict=True)],
    )
    for number, account in rows:
        found[asked[number - 1]].append(account)
    return {post: tuple(accounts) for post, accounts in found.items()}


_ACCOUNT = "SELECT id, username, name_zh, name_en, sort, email, language, is_active FROM account"


def _account(row: records.Row) -> AccountRow:
    return AccountRow(row[0], row[1], Named(row[2], row[3]), row[4], row[5], row[6], row[7])


def accounts() -> tuple[AccountRow, ...]:
    """Return all accounts but those of residents, by name of sign-in (some thousands)."""
    return tuple(_account(row) for row in records.rows(f"{_ACCOUNT} WHERE sort <> 'resident' ORDER BY username"))


def account_names(ids: Iterable[int]) -> dict[int, Named]:
    """Return the names of accounts by number; a number without an account is left out."""
    found = records.rows("SELECT id, name_zh, name_en FROM account WHERE id = ANY(%s)", (sorted(set(ids)),))
    return {row[0]: Named(row[1], row[2]) for row in found}


def account_named(username: str) -> AccountRow:
    """Return the account with this name of sign-in; raises ``NotFound``."""
    row = records.one(f"{_ACCOUNT} WHERE username = %s", (username,))
    if row is None:
        raise NotFound("no_account")
    return _account(row)
