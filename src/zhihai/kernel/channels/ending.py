"""Telling those responsible, once, that what the district vouches with ends soon: certificates and what issues them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from zhihai.kernel import house
from zhihai.kernel.channels.telling import Telling, tell
from zhihai.kernel.channels.wording import Said
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.identity.kinds import SET_CERTIFICATES, SET_DEVICES, USE_SEALS, RoleKind
from zhihai.kernel.trust import reads as trust

CERTIFICATES, SEALS = "/desk/certificates/", "/desk/seals/"
NEAR = {"organisation": USE_SEALS, "device": SET_DEVICES}
"""Which power those hold who use a certificate of an organisation's, by its sort."""
DISTRICT = 1
"""Where the trees of organisations and of areas begin."""


def warn_of_ends(*, at: datetime, at_machine: datetime) -> int:
    """Tell of each certificate thirty days before it ends, and of what issues while there is time to renew it.

    Who issues certificates hears of all; of an organisation's seal also who keeps it, of an official's signature the
    official, of a device's certificate who sets up devices there. No notice names a person. Returns how many notices
    were told now; ``at`` is the district's instant. The platform's own work, to be called every now and then.
    """
    ending = trust.ending_certificates(at_machine=at_machine)
    issuing, listed = trust.ending_issuing(at_machine=at_machine), trust.ending_root_list(at_machine=at_machine)
    if not ending and issuing is None and listed is None:
        return 0
    posts = {one.id: _posts(NEAR[one.sort], one.lo, None, at) if one.sort in NEAR else () for one in ending}
    setting = _posts(SET_CERTIFICATES, DISTRICT, DISTRICT, at)
    holders = identity.holders({*setting, *(post for some in posts.values() for post in some)})

    def held(some: Iterable[identity.Post]) -> list[int]:
        return sorted({account for post in some for account in holders[post]})

    setters = held(setting)
    told = [
        each
        for one in ending
        for each in _of_certificate(one, setters, held(posts[one.id]) if one.account is None else [one.account], at)
    ]
    if issuing is not None:
        told.append(_of_issuing(setters, "issuing_key", issuing.number, issuing.until, at))
    if listed is not None:
        told.append(_of_issuing(setters, "root_list", listed.number, listed.until, at))
    return tell(told)


def _posts(power: str, lo: int, area_lo: int | None, at: datetime) -> tuple[identity.Post, ...]:
    """Return the roles that hold a power, at a place of both trees."""
    roles = [name for name, kind in house.registry().all(RoleKind) if power in kind.powers]
    return tuple(identity.Post(role, lo, area_lo, at) for role in roles)


def _of_certificate(
    one: trust.EndingCertificate, setters: list[int], near: list[int], at: datetime
) -> Iterator[Telling]:
    """Tell who issues and who uses it; whoever does both is led to the page on which the next one is issued."""
    facts = {"owner": one.owner, "sort": Said(f"trust.sort.{one.sort}", {}), "until": one.until}
    kind, once = "zhihai.certificate_ending", f"certificate:{one.id}:ending"
    yield Telling(setters, kind, facts, f"{CERTIFICATES}{one.id}", once, at)
    yield Telling([each for each in near if each not in setters], kind, facts, SEALS, once, at)


def _of_issuing(setters: list[int], what: str, number: int, until: datetime, at: datetime) -> Telling:
    return Telling(setters, f"zhihai.{what}_ending", {"until": until}, CERTIFICATES, f"{what}:{number}:ending", at)
