"""Random histories of grants, in which everybody tries everything, against a reference that walks up the trees."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from tests.kernel.acting import DISTRICT, EAST, WEST, area, office

from zhihai.ground.actors import SYSTEM
from zhihai.ground.named import Named
from zhihai.ground.refusal import Refused
from zhihai.kernel.identity import acts, reads

pytestmark = pytest.mark.usefixtures("district")
AT = datetime(2014, 2, 17, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
PLACES = (DISTRICT, EAST, WEST)
ABOVE = {DISTRICT: (DISTRICT,), EAST: (EAST, DISTRICT), WEST: (WEST, DISTRICT)}
GIVES = {"zhihai.administrator"}
CONFIRMS = {"zhihai.administrator", "zhihai.supervisor"}
GUARDED = {"zhihai.administrator", "zhihai.supervisor", "zhihai.window_clerk"}
ROLES = (*sorted(GUARDED), "zhihai.inspector", "zhihai.reader")
WAITS = 14 * 24
PEOPLE = 6
MOVES = 120

Post = tuple[str, str, str]
"""A role, and the codes of an organisation and an area."""


@dataclass
class Reference:
    """What is held and what waits, in lists; ``day`` counts hours."""

    held: dict[int, tuple[int, Post]] = field(default_factory=dict)
    waiting: dict[int, tuple[int, Post, int, int]] = field(default_factory=dict)

    def may(self, who: int, roles: set[str], post: Post) -> bool:
        return any(
            account == who and role in roles and org in ABOVE[post[1]] and place in ABOVE[post[2]]
            for account, (role, org, place) in self.held.values()
        )

    def gives(self, who: int, to: int, post: Post) -> bool:
        return who != to and self.may(who, GIVES, post) and post[0] not in GUARDED

    def proposes(self, who: int, to: int, post: Post, hour: int) -> bool:
        waits = any((a, p) == (to, post) and hour < until for a, p, _, until in self.waiting.values())
        return who != to and self.may(who, GIVES, post) and not waits and (to, post) not in self.held.values()

    def confirms(self, who: int, proposal: int, hour: int) -> bool:
        if proposal not in self.waiting:
            return False
        to, post, by, until = self.waiting[proposal]
        return who not in (to, by) and self.may(who, CONFIRMS, post) and self.may(by, GIVES, post) and hour < until

    def ends(self, who: int, membership: int) -> bool:
        return membership in self.held and self.may(who, GIVES, self.held[membership][1])


def done(call: Callable[[], int | None]) -> tuple[bool, int]:
    """Say whether an act was done, and the number it gave."""
    try:
        return True, call() or 0
    except Refused:
        return False, 0


class History:
    """Plays random moves on the platform and on the reference, and compares after each."""

    def __init__(self, draw: random.Random) -> None:
        self.draw, self.reference = draw, Reference()
        self.people = [acts.create_account(SYSTEM, f"p{n}", Named("甲", "A"), at=AT) for n in range(PEOPLE)]
        self.ids = {code: (office(code), area(code)) for code in PLACES}
        self.tried = {True: 0, False: 0}
        self.found(0)

    def found(self, hour: int) -> None:
        """Let the system give four of the people the roles of the whole district."""
        for who, role in zip(self.people, ("zhihai.administrator", "zhihai.supervisor") * 2, strict=False):
            post = (role, DISTRICT, DISTRICT)
            if (who, post) not in self.reference.held.values():
                given = acts.grant_role(SYSTEM, who, role, *self.at(post), at=AT + hour * HOUR)
                self.reference.held[given] = (who, post)

    def at(self, post: Post) -> tuple[int, int]:
        return self.ids[post[1]][0], self.ids[post[2]][1]

    def move(self, hour: int) -> None:
        at, held = AT + hour * HOUR, self.reference.held
        who = self.draw.choice([*self.people, *(account for account, post in held.values() if post[0] in CONFIRMS)])
        to = self.draw.choice(self.people)
        post = (self.draw.choice(ROLES), self.draw.choice(PLACES), self.draw.choice(PLACES))
        actor = reads.actor_of(who, at=at)
        sort = self.draw.choice(("give", "propose", "propose", "propose", "confirm", "confirm", "confirm", "end"))
        if sort == "give":
            allowed = self.reference.gives(who, to, post)
            ok, id_ = done(lambda: acts.grant_role(actor, to, post[0], *self.at(post), at=at, ground="order"))
            if ok:
                held[id_] = (to, post)
        elif sort == "propose":
            allowed = self.reference.proposes(who, to, post, hour)
            place = self.at(post)
            given = acts.GrantInput(account=to, role=post[0], organisation=place[0], area=place[1], ground="order")
            ok, id_ = done(lambda: acts.propose_grant(actor, given, at=at))
            if ok:
                self.reference.waiting[id_] = (to, post, who, hour + WAITS)
        elif sort == "confirm":
            proposal = self.draw.choice([*self.reference.waiting, 10**6])
            allowed = self.reference.confirms(who, proposal, hour)
            ok, id_ = done(lambda: acts.confirm_grant(actor, proposal, at=at))
            if ok:
                held[id_] = self.reference.waiting.pop(proposal)[:2]
        else:
            membership = self.draw.choice([*held, 10**6])
            allowed = self.reference.ends(who, membership)
            ok, _ = done(lambda: acts.revoke_role(actor, membership, at=at, ground="order"))
            if ok:
                del held[membership]
        self.tried[ok] += 1
        assert ok == allowed, (sort, who, to, post, hour)

    def agree(self, hour: int) -> None:
        for who in self.people:
            found = {grant.membership for grant in reads.actor_of(who, at=AT + hour * HOUR).scope.grants}
            assert found == {id_ for id_, (account, _) in self.reference.held.items() if account == who}


@pytest.mark.parametrize("seed", range(3))
def test_every_move_is_done_or_refused_as_the_reference_says(seed: int) -> None:
    history = History(random.Random(seed))
    for number in range(MOVES):
        hour = number * 5  # proposals expire on the way
        if number % 10 == 0:
            history.found(hour)
        history.move(hour)
        history.agree(hour)
    assert min(history.tried.values()) > MOVES // 10
