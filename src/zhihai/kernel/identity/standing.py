"""What is known of an account itself: for who vouches for it to others (账号身份)."""

from __future__ import annotations

from dataclasses import dataclass

from zhihai.ground.actors import Actor, ActorSort
from zhihai.ground.named import Named
from zhihai.ground.words import Language
from zhihai.kernel import records
from zhihai.kernel.identity.wall import of_own
from zhihai.kernel.wall import seeing


@dataclass(frozen=True, slots=True)
class Standing:
    """An account in use: ``proved`` says that its e-mail address was, ``level`` how far its person was verified.

    ``real_name`` is the name of the person it is tied to; ``None`` below level 2.
    """

    sort: ActorSort
    name: Named
    language: Language
    email: str
    proved: bool
    level: int
    real_name: str | None


def standing_of(account: int) -> Standing | None:
    """Return what is known of an account; ``None`` for one that there is not, or that is switched off."""
    own = Actor(account=account, name="", sort="resident")
    with seeing(of_own(own)):
        row = records.one(_KNOWN, (account,))
    if row is None:
        return None
    return Standing(row[0], Named(row[1], row[2]), row[3], row[4], row[5], row[6] or 1, row[7])


_KNOWN = """SELECT a.sort, a.name_zh, a.name_en, a.language, a.email,
    EXISTS (SELECT FROM account_emailaddress e
        WHERE e.user_id = a.id AND e.verified AND lower(e.email) = lower(a.email)), t.level, p.name
    FROM account a LEFT JOIN account_person t ON t.account_id = a.id LEFT JOIN person p ON p.id = t.person_id
    WHERE a.id = %s AND a.is_active"""
"""A resident's address is written to the account only once it is proved."""
