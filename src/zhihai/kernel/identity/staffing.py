"""Applying the staff list (人事名册): each change is an act with its entry, under the name of the list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from zhihai.ground.actors import Actor
from zhihai.ground.identifiers.sound import sound_of_title
from zhihai.ground.refusal import NotFound, Refused
from zhihai.kernel import records
from zhihai.kernel.identity.account import Account
from zhihai.kernel.identity.granting import (
    GrantInput,
    end_membership,
    grant_role,
    propose_grant,
    revoke_role,
    writing_powers,
)
from zhihai.kernel.identity.holding import LASTING
from zhihai.kernel.identity.kinds import GRANT_ROLES
from zhihai.kernel.identity.sign_ins import end_sign_ins
from zhihai.kernel.identity.staff import Gift, StaffDifference, StaffInput, compare_staff
from zhihai.kernel.identity.verifying import part_with_email
from zhihai.kernel.journal import acts as journal


def apply_staff(
    actor: Actor, people: Sequence[StaffInput], batch: str, *, at: datetime, most_leave: bool = False
) -> StaffDifference:
    """Make what a list says so, all or nothing: each change is an act with its entry, which names the batch.

    A second time changes nothing. What takes two to give is proposed. Who left is switched off at once, and everything
    they hold ends. Returns what was changed. Raises ``NotPermitted`` without the power ``role.grant`` over the whole
    district; ``Refused`` without a name for the batch, and where more than half of those listed before would leave,
    unless ``most_leave`` says that they do.
    """
    actor.need(GRANT_ROLES)
    name = " ".join(batch.split())
    if not 2 <= len(name) <= 80:
        raise Refused("staff_batch", "batch")
    with writing_powers():
        found = compare_staff(people, at=at)
        listed = records.value("SELECT count(*) FROM staff_member WHERE left_at IS NULL")
        if not most_leave and len(found.left) > max(2, listed // 2):
            raise Refused("staff_most_leave", "file", n=len(found.left), of=listed)
        for one in (*found.new, *found.back, *found.renamed):
            join_staff(actor, one, name, at=at)
        for _, membership, _ in found.ended:
            revoke_role(actor, membership, at=at, ground=name)
        ids = _ids(gift.username for gift in found.given)
        for gift in found.given:
            _give(actor, ids[gift.username], gift, name, at)
        for account in _ids(found.left).values():
            leave_staff(actor, account, name, at=at)
    return found


def _ids(usernames: Iterable[str]) -> dict[str, int]:
    return dict(records.rows("SELECT username, id FROM account WHERE username = ANY(%s)", (sorted(set(usernames)),)))


def _give(actor: Actor, account: int, gift: Gift, batch: str, at: datetime) -> None:
    role, organisation, area = gift.post
    if gift.guarded:
        given = GrantInput(
            account=account, role=role, organisation=organisation, area=area, ground=batch, batch=batch
        )  # fmt: skip
        propose_grant(actor, given, at=at)
    else:
        grant_role(actor, account, role, organisation, area, at=at, ground=batch, batch=batch)


def join_staff(actor: Actor, person: StaffInput, batch: str, *, at: datetime) -> int:
    """Make the account of somebody on the list, or renew what the list says of it; returns its number.

    Without a password nobody can sign in with it: one is set by its address, or by the operator. Raises
    ``NotPermitted`` without the power ``role.grant`` over the whole district.
    """
    actor.need(GRANT_ROLES)
    said = {"name_zh": person.name.zh, "name_en": person.name.en, "email": person.email, "is_active": True}
    with records.atomic():
        account = Account.objects.filter(username=person.username).first()
        if account is None:
            account = Account.objects.create_user(person.username, None, sound=sound_of_title(person.name.zh), **said)
        else:
            part_with_email(account.pk, person.email, at=at)
            Account.objects.filter(pk=account.pk).update(sound=sound_of_title(person.name.zh), **said)
        records.execute(
            """INSERT INTO staff_member (account_id, batch) VALUES (%s, %s)
               ON CONFLICT (account_id) DO UPDATE SET batch = excluded.batch, left_at = NULL""",
            (account.pk, batch),
        )
        journal.record(actor, "identity.join_staff", "account", account.pk, {"batch": batch}, at=at)
    return int(account.pk)


def leave_staff(actor: Actor, account: int, batch: str, *, at: datetime) -> None:
    """Let somebody of the list leave: the account is switched off, all it holds ends, what it lent too, at once.

    Raises ``NotPermitted`` without the power ``role.grant`` over the whole district, ``NotFound`` for an account that
    no list made or that has left.
    """
    actor.need(GRANT_ROLES)
    with writing_powers():
        left = records.execute(
            "UPDATE staff_member SET left_at = %s WHERE account_id = %s AND left_at IS NULL", (at, account)
        )
        if not left:
            raise NotFound("no_account", "account")
        held = records.rows(f"SELECT m.id FROM membership m WHERE m.account_id = %s AND {LASTING}", (account, at))
        for (membership,) in held:
            end_membership(membership, actor.account, batch, at)
        records.execute("UPDATE account SET is_active = false WHERE id = %s", (account,))
        end_sign_ins(account)
        data = {"batch": batch, "memberships": [row[0] for row in held]}
        journal.record(actor, "identity.leave_staff", "account", account, data, at=at)
