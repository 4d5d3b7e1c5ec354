"""Telling people what was done about them: who is to act for whom, powers proposed and decided, ways to sign in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from zhihai.ground.kind import word
from zhihai.ground.named import Named
from zhihai.kernel import house
from zhihai.kernel.channels.former import tell_former
from zhihai.kernel.channels.telling import Telling, tell
from zhihai.kernel.channels.wording import Said
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.identity.events import GrantDecided, GrantProposed, TieChanged, WayInChanged
from zhihai.kernel.identity.kinds import RoleKind
from zhihai.kernel.journal.acts import Heard
from zhihai.kernel.trust.events import ElsewhereChanged

ACTING, POWERS, WAYS_IN = "/my/acting/", "/desk/powers/", "/account/"
REMINDED = timedelta(days=14)
"""So long before its term ends both sides of a tie are reminded."""


def announce(heard: Sequence[Heard]) -> None:
    """Listener: tell those whom a tie or a grant concerns, but not whoever did it.

    Who is to act hears that somebody asks, whoever granted it that the other agreed, both what was recorded or ended.
    Whoever is acted for by a paper that came without them hears of it even without an account.
    Holders of the roles that may confirm a grant hear that it waits, and who proposed it how it was decided; who was
    given a role hears of it then. Whose way to sign in was changed hears of it, whoever did it; an address that was
    replaced is told besides. No notice names a
    person: names are on the page that it leads to.
    """
    ties = [(one.at, one.event) for one in heard if isinstance(one.event, TieChanged)]
    concerned = identity.concerned_by_ties({event.tie for _, event in ties})
    told = [one for at, event in ties for one in _of_tie(event, concerned[event.tie], at)]
    tell([*told, *_of_grants(heard), *_of_ways_in(heard)])
    for one in heard:
        if isinstance(one.event, WayInChanged) and _leaves_address(one.event):
            tell_former(one.event.account, "email", one.event.former, {}, WAYS_IN, f"way-in:{one.id}", at=one.at)


def remind(*, at: datetime) -> int:
    """Tell both sides of a tie once, fourteen days before its term ends; returns how many notices were told now.

    The platform's own work, to be called every now and then.
    """
    ending = identity.ties_ending(after=at, by=at + REMINDED)
    concerned = identity.concerned_by_ties(ending)
    return tell(
        [
            Telling(
                (*one.principals, *one.acting), "zhihai.tie_ending",
                {"kind": Said(word(one.kind, "tie", "name"), {}), "until": ending[tie]}, ACTING,
                f"tie:{tie}:ending", at,
            )
            for tie, one in concerned.items()
        ]
    )  # fmt: skip


def _of_tie(event: TieChanged, concerned: identity.TieConcerns, at: datetime) -> Iterator[Telling]:
    sides = {
        "granted": concerned.acting, "renewed": concerned.acting, "accepted": concerned.principals,
    }.get(event.what, (*concerned.principals, *concerned.acting))  # fmt: skip
    accounts = [one for one in sides if one != event.by]
    people = [concerned.principal] if event.what == "consented" else []
    if accounts or people:
        facts = {"kind": Said(word(concerned.kind, "tie", "name"), {})}
        once = f"tie:{event.tie}:{event.what}"
        yield Telling(accounts, f"zhihai.tie_{event.what}", facts, ACTING, once, at, people)


def _of_grants(heard: Sequence[Heard]) -> Iterator[Telling]:
    found = [(one.at, one.event) for one in heard if isinstance(one.event, GrantProposed | GrantDecided)]
    concerned = identity.concerned_by_grants({event.proposal for _, event in found})
    waiting = {
        event.proposal: _confirming(concerned[event.proposal], at)
        for at, event in found
        if isinstance(event, GrantProposed)
    }
    holders = identity.holders({post for posts in waiting.values() for post in posts})
    for at, event in found:
        grant = concerned[event.proposal]
        if isinstance(event, GrantProposed):
            may = {account for post in waiting[event.proposal] for account in holders[post]}
            yield _of_grant(grant, "proposed", event.proposal, sorted(may - {grant.account, grant.proposed_by}), at)
            continue
        yield _of_grant(grant, event.state, event.proposal, [grant.proposed_by], at)
        if event.state == "confirmed":
            yield _of_grant(grant, "given", event.proposal, [grant.account], at)


def _of_ways_in(heard: Sequence[Heard]) -> Iterator[Telling]:
    for one in heard:
        event = one.event
        if isinstance(event, WayInChanged | ElsewhereChanged) and not _leaves_address(event):
            name = event.name if isinstance(event, WayInChanged) else Named(event.name_zh, event.name_en)
            once = f"way-in:{one.id}"
            yield Telling([event.account], f"zhihai.{event.what}", {"name": name}, WAYS_IN, once, one.at)


def _leaves_address(event: object) -> bool:
    return isinstance(event, WayInChanged) and event.what == "email_replaced"


def _confirming(grant: identity.GrantConcerns, at: datetime) -> tuple[identity.Post, ...]:
    try:
        roles = house.registry().get(RoleKind, grant.role).confirmed_by
    except KeyError:  # its pack was taken away meanwhile
        return ()
    return tuple(identity.Post(role, grant.lo, grant.area_lo, at) for role in roles)


def _of_grant(
    grant: identity.GrantConcerns, what: str, proposal: int, accounts: Sequence[int], at: datetime
) -> Telling:
    facts: Mapping[str, object] = {
        "role": Said(word(grant.role, "role", "name"), {}), "organisation": grant.organisation,
    }  # fmt: skip
    link = {"given": "", "proposed": POWERS}.get(what, f"{POWERS}{grant.account}")
    return Telling(accounts, f"zhihai.grant_{what}", facts, link, f"grant:{proposal}:{what}", at)
