"""What is the caller's own: who it is and what it may, and what it has been told."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from zhihai.faces.api.access import Called, now
from zhihai.faces.api.language import language_of
from zhihai.faces.api.pages import Id, Limit, Name, name, page
from zhihai.faces.naming import account_names
from zhihai.kernel.channels import acts as channel_acts
from zhihai.kernel.channels import reads as channels


class Me(BaseModel):
    """Who calls: the account, and the powers it holds somewhere (a token may hold fewer than its account)."""

    account: int
    name: Name | None
    sort: str
    powers: list[str]


class NoticeOut(BaseModel):
    """A notice to the caller; ``link`` is a path of this site, ``read_at`` is ``null`` until it is read."""

    id: int
    kind: str
    subject: str
    text: str
    urgency: str
    link: str
    at: datetime
    mode: str
    read_at: datetime | None


class NoticePage(BaseModel):
    """A page of notices, newest first; ``next`` goes into ``after`` for the page that follows."""

    rows: list[NoticeOut]
    next: str | None


class Read(BaseModel):
    """A notice that is read now."""

    id: int


def get_me(request: Called) -> Me:
    """Say who calls, and what it may do."""
    actor = request.auth
    powers = {power for grant in actor.scope.grants for power in grant.powers}
    named = account_names([actor.account]).get(actor.account)
    return Me(account=actor.account, name=name(named), sort=actor.sort, powers=sorted(powers))


def list_notices(request: Called, after: Id | None = None, limit: Limit = 50) -> NoticePage:
    """List what the caller has been told, newest first."""
    shown, cursor = page(channels.notices(request.auth.account, after, limit + 1), limit, lambda one: str(one.id))
    return NoticePage(rows=[_out(one, *one.say(language_of(request))) for one in shown], next=cursor)


def read_notice(request: Called, notice: Id) -> Read:
    """Mark a notice as read."""
    channel_acts.read_notice(request.auth, notice, at=now(request))
    return Read(id=notice)


def _out(one: channels.Notice, subject: str, text: str) -> NoticeOut:
    return NoticeOut(
        id=one.id, kind=one.kind, subject=subject, text=text, urgency=one.urgency, link=one.link, at=one.at,
        mode=one.mode, read_at=one.read_at,
    )  # fmt: skip
