"""The officials of a simulated district: a staff list of any length, clerks of windows, and two who can sign in."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from zhihai.ground.actors import SYSTEM
from zhihai.ground.named import Named
from zhihai.ground.refusal import NotFound
from zhihai.kernel.identity import acts as identity
from zhihai.kernel.identity import reads as identities
from zhihai.kernel.identity.acts import StaffInput
from zhihai.kernel.places import reads as where
from zhihai.site.invented import read_parts
from zhihai.site.simulated.district import CODE, INSTANT, WORKING, Official, make_account, street_code
from zhihai.site.simulated.pasts import zipf

CLERK = "zhihai.window_clerk"
CLERKS = 3
"""Of each street; besides, one of the whole district and one of a street can sign in."""
BATCH = "simulated staff"
SHARES = (0.15, 0.60, 0.25)
"""Of those who dispatch, handle and inspect."""


def settle_staff(seed: int, count: int) -> tuple[Official, ...]:
    """Bring in so many officials, by a staff list, unless they are there; returns those who were made to sign in."""
    made = tuple(_signing_in())
    if not count:
        return made
    identity.apply_staff(SYSTEM, _list(seed, count), BATCH, at=INSTANT)
    streets = [one for one in where.areas("street") if one.valid_to is None]
    offices = {one.code: one.id for one in identities.organisations()}
    for place, street in enumerate(streets):
        for number in range(CLERKS):
            _let_search(_username((place * CLERKS + number) % count), offices[street.code], street.id, INSTANT)
    return made


def _signing_in() -> list[Official]:
    """Make the clerk of the whole district and that of the first street, where they are not there."""
    offices = {one.code: one.id for one in identities.organisations()}
    areas = {one.code: one.id for one in where.areas()}
    made = []
    for sort, place in (("window", CODE), ("window_street", street_code(1))):
        try:
            identities.account_named(f"sim-{sort.replace('_', '-')}")
        except NotFound:
            account, official = make_account(sort)
            identity.grant_role(SYSTEM, account, CLERK, offices[place], areas[place], at=INSTANT)
            made.append(official)
    return made


def _let_search(username: str, office: int, area: int, at: datetime) -> None:
    account = identities.account_named(username).id
    if not any(one.role == CLERK for one in identities.held_by(account, at=at)):
        identity.grant_role(SYSTEM, account, CLERK, office, area, at=at)


def _username(n: int) -> str:
    return f"sim-o{n:05}"


def _list(seed: int, count: int) -> list[StaffInput]:
    """Draw the posts of officials: in the sections, over the area of the section's own office."""
    draw, parts = np.random.default_rng((seed, 1)), read_parts()
    signs = [*parts["stems"], *parts["branches"]]
    sections = [one for one in identities.organisations() if one.lo == one.hi and one.area is not None]
    posts = draw.choice(len(sections), count, p=zipf(len(sections), 0.3))
    roles = draw.choice(len(WORKING), count, p=SHARES)
    names = draw.choice(signs, (count, 2))
    found = []
    for n in range(count):
        section = sections[int(posts[n])]
        name = f"{parts['families'][n % len(parts['families'])]}{names[n][0]}{names[n][1]}"
        post = (f"zhihai.{WORKING[int(roles[n])]}", section.id, int(section.area or 0))
        found.append(StaffInput(username=_username(n), name=Named(name, name), email="", posts=(post,), line=n + 2))
    return found
