"""Pages of powers: who holds which role and by whom; proposing, confirming and ending; handing over while away."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse

from zhihai.faces.days import begin_of, end_of
from zhihai.faces.desk.frame import page, posted
from zhihai.faces.naming import account_names, telling
from zhihai.faces.once import done, said_once
from zhihai.faces.request import Asked, whole
from zhihai.ground.actors import ANY_TYPE
from zhihai.ground.named import Named
from zhihai.ground.refusal import Refused
from zhihai.kernel import house
from zhihai.kernel.identity import acts
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.identity.kinds import CONFIRM_ROLES, GRANT_ROLES, RoleKind
from zhihai.kernel.places import reads as places

MOST = 50


@page("desk/powers.jinja", CONFIRM_ROLES)
def powers(request: Asked) -> dict[str, Any]:
    """The queue of grants that wait for a second pair of eyes, and the search for an official."""
    return _powers(request, None)


def _powers(request: Asked, wrong: Refused | None) -> dict[str, Any]:
    at, sought = request.clock.instant, request.GET.get("sought", "")[:64]
    found = identity.officials(sought, at=at, limit=MOST + 1) if sought.strip() else ()
    waiting = identity.proposals(request.actor, at=at)
    return {
        "sought": sought, "found": found[:MOST], "more": len(found) > MOST, "searched": bool(sought.strip()),
        "waiting": waiting, "names": names_of(waiting),
        "may_decide": [one.id for one in waiting if _decides(request, one)],
        "mine": [one.id for one in waiting if one.proposed_by == request.actor.account], "wrong": wrong,
        "done": said_once(request), "written": request.POST, "may_bring": request.actor.may_over(GRANT_ROLES),
    }  # fmt: skip


def _decides(request: Asked, one: identity.Proposal) -> bool:
    """Say whether the reader may confirm or refuse it, as far as its own buttons go; the act asks again."""
    mine = request.actor.account in (one.proposed_by, one.account)
    return not mine and request.actor.may_over(CONFIRM_ROLES, one.lo, one.area_lo)


def names_of(rows: Iterable[identity.Proposal | identity.HeldRole]) -> dict[int, Named]:
    """Return the names of all accounts that these rows name, in one question."""
    wanted: set[int] = set()
    for row in rows:
        wanted.add(row.account)
        if isinstance(row, identity.Proposal):
            wanted.add(row.proposed_by)
        else:
            wanted.update(
                id_ for id_ in (row.granted_by, row.confirmed_by, row.behalf, row.ended_by, row.kept_by) if id_
            )
    return account_names(wanted) if wanted else {}


@posted("desk/powers.jinja", CONFIRM_ROLES, back="desk-powers")
def decide(request: Asked) -> dict[str, Any] | HttpResponse:
    """Confirm, refuse or take back what was proposed."""
    proposal, what = whole(request.POST.get("proposal")) or 0, request.POST.get("what", "")
    at = request.clock.instant
    try:
        if what == "confirm":
            acts.confirm_grant(request.actor, proposal, at=at)
        elif what == "withdraw":
            acts.withdraw_grant(request.actor, proposal, at=at)
        else:
            what = "refuse"
            acts.refuse_grant(request.actor, proposal, request.POST.get("reason", "")[:1000], at=at)
    except Refused as refused:
        return _powers(request, refused)
    return done(request, f"desk.powers.done_{what}", "desk-powers")


@page("desk/official.jinja", CONFIRM_ROLES)
def official(request: Asked, account: int) -> dict[str, Any]:
    """One official: what they hold, since when, by whom and on what ground; and the form to give them more."""
    return _official(request, account)


def _official(request: Asked, account: int, wrong: Refused | None = None) -> dict[str, Any]:
    at, actor = request.clock.instant, request.actor
    one = identity.official(account, at=at)
    rows, waiting = identity.held_by(account, at=at), identity.proposals(actor, at=at, account=account)
    gives = actor.may(GRANT_ROLES) and actor.account != account
    roles = house.registry().all(RoleKind) if gives else ()
    tell = telling(request.language)
    return {
        "one": one, "rows": [row for row in rows if row.lasts], "past": [row for row in rows if not row.lasts],
        "waiting": waiting, "names": names_of((*rows, *waiting)), "wrong": wrong, "written": request.POST,
        "roles": tuple((name, tell.kind(name, "role")) for name, kind in roles if _gives(request, kind)),
        "guarded": [name for name, kind in roles if kind.guarded], "offices": _offices(request) if gives else (),
        "areas": _areas(request) if gives else (), "may_end": _may_end(request, rows), "gives": gives,
        "done": said_once(request),
    }  # fmt: skip


def _gives(request: Asked, kind: RoleKind) -> bool:
    """Say whether some role of the reader's may give this one."""
    return any(GRANT_ROLES in grant.powers and grant.role in kind.given_by for grant in request.actor.scope.grants)


def _may_end(request: Asked, rows: Iterable[identity.HeldRole]) -> list[int]:
    return [
        row.id for row in rows
        if row.lasts and request.actor.may_over(GRANT_ROLES, row.lo, row.area_lo, ANY_TYPE)
    ]  # fmt: skip


def _offices(request: Asked) -> tuple[tuple[int, str], ...]:
    return tuple(
        (one.id, one.name.say(request.language)) for one in identity.organisations(above="community")
        if one.ended is None and request.actor.may_over(GRANT_ROLES, one.lo, None)
    )  # fmt: skip


def _areas(request: Asked) -> tuple[tuple[int, str], ...]:
    return tuple(
        (one.id, one.name.say(request.language)) for one in places.areas(above="community")
        if one.valid_to is None and request.actor.may_over(GRANT_ROLES, None, one.lo)
    )  # fmt: skip


@posted("desk/official.jinja", GRANT_ROLES, back="desk-official")
def give(request: Asked, account: int) -> dict[str, Any] | HttpResponse:
    """Give a role, or propose it where it takes two."""
    post, at = request.POST, request.clock.instant
    try:
        ends = end_of(post["until"], "until", request.zone) if post.get("until") else None
        given = acts.GrantInput(
            account=account, role=post.get("role", "")[:100], organisation=whole(post.get("organisation"), 9) or 0,
            area=whole(post.get("area"), 9) or 0, until=ends,
            ground=post.get("ground", "")[:1000],
        )  # fmt: skip
        kinds = dict(house.registry().all(RoleKind))
        if given.role in kinds and kinds[given.role].guarded:
            acts.propose_grant(request.actor, given, at=at)
            return done(request, "desk.powers.proposed", "desk-official", account)
        acts.grant_role(
            request.actor, account, given.role, given.organisation, given.area, at=at, until=given.until,
            ground=given.ground,
        )  # fmt: skip
    except Refused as refused:
        return _official(request, account, refused)
    return done(request, "desk.powers.given", "desk-official", account)


@posted("desk/official.jinja", GRANT_ROLES, back="desk-official")
def end(request: Asked, account: int) -> dict[str, Any] | HttpResponse:
    """End a role that somebody holds."""
    membership = whole(request.POST.get("membership")) or 0
    try:
        ground = request.POST.get("ground", "")[:1000]
        acts.revoke_role(request.actor, membership, at=request.clock.instant, ground=ground)
    except Refused as refused:
        return _official(request, account, refused)
    return done(request, "desk.powers.ended", "desk-official", account)


@page("desk/away.jinja")
def away(request: Asked) -> dict[str, Any]:
    """What one hands to colleagues while away, and what one holds in theirs."""
    return _away(request)


def _away(request: Asked, wrong: Refused | None = None) -> dict[str, Any]:
    at, me = request.clock.instant, request.actor.account
    rows = [row for row in identity.held_by(me, at=at) if row.lasts]
    given = identity.lent_by(me, at=at)
    kinds = dict(house.registry().all(RoleKind))
    own = [
        row for row in rows
        if row.behalf is None and row.since <= at and row.role in kinds and kinds[row.role].deputies != "none"
    ]  # fmt: skip
    mates = identity.colleagues(me, at=at) if own else ()
    return {
        "own": [(row, [(id_, name) for role, id_, name in mates if role == row.id]) for row in own],
        "borrowed": [row for row in rows if row.behalf is not None], "given": given, "names": names_of((*rows, *given)),
        "today": at.astimezone(request.zone).date(), "wrong": wrong, "written": request.POST,
        "done": said_once(request),
    }  # fmt: skip


@posted("desk/away.jinja", back="desk-away")
def hand_over(request: Asked) -> dict[str, Any] | HttpResponse:
    """Hand one of one's roles to a colleague."""
    post, at = request.POST, request.clock.instant
    membership, _, deputy = post.get("deputy", "").partition("-")
    try:
        begins = begin_of(post["from"], "from", request.zone) if post.get("from") else at
        until = end_of(post["until"], "until", request.zone) if post.get("until") else at
        acts.delegate(
            request.actor, whole(membership) or 0, whole(deputy) or 0, begins, until, post.get("ground", "")[:1000],
            at=at,
        )  # fmt: skip
    except Refused as refused:
        return _away(request, refused)
    return done(request, "desk.away.handed", "desk-away")


@posted("desk/away.jinja", back="desk-away")
def take_back(request: Asked) -> dict[str, Any] | HttpResponse:
    """End a delegation before its time."""
    try:
        acts.end_delegation(request.actor, whole(request.POST.get("delegation")) or 0, at=request.clock.instant)
    except Refused as refused:
        return _away(request, refused)
    return done(request, "desk.away.ended", "desk-away")
