"""Writes of the room identity: people, organisations, accounts, roles, tokens."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from zhihai.ground.actors import Actor, ActorSort
from zhihai.ground.identifiers.sound import sound_of_title
from zhihai.ground.named import Named
from zhihai.ground.refusal import NotFound, NotPermitted, Refused
from zhihai.ground.trees import Node, preorder
from zhihai.kernel import records
from zhihai.kernel.identity.account import Account
from zhihai.kernel.identity.bringing import AccountInput, PastLook, bring_in_accounts
from zhihai.kernel.identity.complaints import object_to_look
from zhihai.kernel.identity.corrections import ask_correction
from zhihai.kernel.identity.delegating import delegate, end_delegation
from zhihai.kernel.identity.events import WayInChanged
from zhihai.kernel.identity.granting import (
    GrantInput,
    confirm_grant,
    grant_role,
    propose_grant,
    refuse_grant,
    revoke_role,
    withdraw_grant,
)
from zhihai.kernel.identity.kinds import GRANT_ROLES, POWERS, SET_DISTRICT
from zhihai.kernel.identity.looking import look, look_received
from zhihai.kernel.identity.passkeys import PasskeyInput, add_passkey, remove_passkey, rename_passkey, use_passkey
from zhihai.kernel.identity.people import PersonInput, correct_person, register_at_window, register_people, reseal
from zhihai.kernel.identity.reads import digest
from zhihai.kernel.identity.reviewing import review_role
from zhihai.kernel.identity.second_factor import drop_second_factor, enrol_second_factor
from zhihai.kernel.identity.sharing import forget, forget_all, prolong, remember, sweep_claims, sweep_shared
from zhihai.kernel.identity.sign_ins import (
    carry_sign_in,
    end_other_sign_ins,
    end_sign_in,
    end_sign_ins,
    note_sign_in,
    see_sign_in,
    sweep_sessions,
)
from zhihai.kernel.identity.staff import StaffInput
from zhihai.kernel.identity.staffing import apply_staff, join_staff, leave_staff
from zhihai.kernel.identity.succession import Posts, keep_names, plant, succeed
from zhihai.kernel.identity.ties import (
    TieInput,
    accept_tie,
    end_tie,
    grant_tie,
    look_for,
    record_tie,
    renew_tie,
    set_tie_term,
    withdraw_tie,
)
from zhihai.kernel.identity.verifying import claim_person, confirm_person, prove_contact, sign_up
from zhihai.kernel.journal import acts as journal

__all__ = [
    "AccountInput", "GrantInput", "OrganisationInput", "PasskeyInput", "PastLook", "PersonInput", "Posts", "StaffInput",
    "TieInput", "accept_tie", "add_passkey", "apply_staff", "ask_correction", "bring_in_accounts", "carry_sign_in",
    "claim_person", "confirm_grant", "confirm_person", "correct_person", "create_account", "delegate",
    "drop_second_factor", "end_delegation", "end_other_sign_ins", "end_sign_in", "end_tie", "enrol_second_factor",
    "forget", "forget_all", "grant_role", "grant_tie", "issue_token", "join_staff", "leave_staff", "load_organisations",
    "look", "look_for", "look_received", "note_sign_in", "object_to_look", "prolong", "propose_grant", "prove_contact",
    "record_tie", "refuse_grant", "register_at_window", "register_people", "remember", "remove_passkey",
    "rename_passkey", "renew_tie", "reseal", "review_role", "revoke_role", "revoke_token", "see_sign_in",
    "set_password", "set_tie_term", "sign_up", "succeed", "sweep_claims", "sweep_sessions", "sweep_shared",
    "use_passkey", "withdraw_grant", "withdraw_tie",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationInput:
    """An organisation as a district's folder names it; ``area`` is an area's code."""

    code: str
    sort: str
    name: Named
    parent: str | None
    area: str | None = None
    valid_from: date | None = None
    provenance: str = "real"


def load_organisations(actor: Actor, inputs: Sequence[OrganisationInput], *, at: datetime) -> int:
    """Load or renew the tree of organisations; rows keep their numbers, only names and places in the tree change.

    A name that changes is kept with the instant until which it held. What has ended stays below its successor, whatever
    is given of it, and its successor stands for it as a parent.

    Raises ``NotPermitted`` without the power ``district.set`` over the whole district, ``Refused`` for a parent or an
    area that is not there, a circle, or an organisation that exists and is left out: its place in the tree would then
    be another's. Returns how many organisations there are.
    """
    actor.need(SET_DISTRICT)
    with records.atomic():
        records.execute("LOCK TABLE organisation IN SHARE ROW EXCLUSIVE MODE")
        heirs = {row[0]: row[1] for row in records.rows(_HEIRS)}
        given = [
            replace(one, parent=heirs.get(one.parent or "", one.parent)) for one in inputs if one.code not in heirs
        ]
        nodes = [*(Node(one.code, one.parent) for one in given), *(Node(*pair) for pair in heirs.items())]
        order = preorder(nodes, field="organisations.parent")
        _refuse_strangers(given)
        keep_names([(one.code, one.name) for one in given], at)
        for one in given:
            records.execute(
                """INSERT INTO organisation (code, sort, name_zh, name_en, lo, hi, area_id, valid_from, provenance)
                   VALUES (%s, %s, %s, %s, %s, %s, (SELECT id FROM area WHERE code = %s), %s, %s)
                   ON CONFLICT (code) DO UPDATE SET sort = EXCLUDED.sort, name_zh = EXCLUDED.name_zh,
                       name_en = EXCLUDED.name_en, area_id = EXCLUDED.area_id""",
                (
                    one.code, one.sort, one.name.zh, one.name.en, *order[one.code], one.area, one.valid_from,
                    one.provenance,
                ),
            )  # fmt: skip
        plant(nodes, order)
        journal.record(actor, "identity.load_organisations", "organisation", None, {"n": len(given)}, at=at)
    return len(given)


_HEIRS = "SELECT o.code, h.code FROM organisation o JOIN organisation h ON h.id = o.successor_id ORDER BY o.lo"
"""What has ended, and what took over from it."""


def _refuse_strangers(inputs: Sequence[OrganisationInput]) -> None:
    """Refuse a tree that leaves out an organisation there is, or that names an area there is not."""
    left_out = records.value(
        "SELECT code FROM organisation WHERE code <> ALL(%s) AND successor_id IS NULL ORDER BY code LIMIT 1",
        ([one.code for one in inputs],),
    )
    if left_out is not None:
        raise Refused("tree_left_out", "organisations", code=left_out)
    row = records.one(
        """SELECT t.code, t.area FROM unnest(%s::text[], %s::text[]) AS t(code, area)
           WHERE t.area IS NOT NULL AND NOT EXISTS (SELECT 1 FROM area a WHERE a.code = t.area) LIMIT 1""",
        ([one.code for one in inputs], [one.area for one in inputs]),
    )
    if row is not None:
        raise Refused("organisation_area", f"organisations.{row[0]}.area", area=row[1])


def create_account(
    actor: Actor, username: str, name: Named, *, at: datetime, password: str | None = None, language: str = "zh",
    sort: ActorSort = "person", email: str = "",
) -> int:  # fmt: skip
    """Make an account and return its number; without a password nobody can sign in with it.

    Raises ``NotPermitted`` without the power ``role.grant``, ``Refused`` when the name of sign-in is taken. Nobody is
    made the system itself (``ValueError``): it has no account.
    """
    if sort == "system":
        raise ValueError("the system has no account")
    if not actor.may(GRANT_ROLES):
        raise NotPermitted
    with records.atomic():
        if records.one("SELECT 1 FROM account WHERE username = %s", (username,)):
            raise Refused("account_taken", "username")
        account = Account.objects.create_user(
            username,
            password,
            name_zh=name.zh,
            name_en=name.en,
            language=language,
            sort=sort,
            email=email,
            sound=sound_of_title(name.zh),
        )
        journal.record(actor, "identity.create_account", "account", account.pk, {"sort": sort}, at=at)
    return int(account.pk)


def set_password(actor: Actor, account: int, password: str, *, at: datetime, keep: str | None = None) -> None:
    """Give an account a new password; every session signed in with the old one ends, but ``keep``: who set it there.

    Its owner is told. Raises ``NotPermitted`` for anybody but the account itself and the system, ``NotFound`` for no
    account.
    """
    _need_own(actor, account)
    with records.atomic():
        held = Account.objects.select_for_update().get(pk=account)
        held.set_password(password)
        held.save(update_fields=["password"])
        end_sign_ins(account, keep)
        journal.record(actor, "identity.set_password", "account", account, {}, at=at)
        journal.emit(WayInChanged(account=account, what="password_changed"), at=at)


def _need_own(actor: Actor, account: int) -> None:
    """Raise unless there is such an account, and it is the actor's own and held whole, or the actor is the system."""
    if actor.sort != "system" and (actor.narrowed or actor.account != account):
        raise NotPermitted
    if records.one("SELECT 1 FROM account WHERE id = %s", (account,)) is None:
        raise NotFound("no_account", "account")


def issue_token(
    actor: Actor, account: int, *, at: datetime, at_machine: datetime, powers: Iterable[str] | None = None,
    days: int = 90,
) -> str:  # fmt: skip
    """Make an API token for an account and return it: the only time it is seen; its SHA-256 is kept.

    ``powers`` narrows what the token may do, ``None`` is all that the account may. Expiry is machine time. Raises
    ``NotPermitted`` for anybody but the account itself and the system, and for one who comes with a narrowed token
    (it would make itself a wider one); ``NotFound`` for no account, ``Refused`` for an unknown power or a validity that
    is not 1 to 3660 days.
    """
    _need_own(actor, account)
    kept = None if powers is None else sorted(powers)
    unknown = set(kept or ()) - POWERS
    if unknown:
        raise Refused("no_power", "powers", powers=", ".join(sorted(unknown)))
    if not 1 <= days <= 3660:
        raise Refused("token_days", "days")
    token = f"zh_{secrets.token_urlsafe(32)}"
    with records.atomic():
        id_ = records.value(
            """INSERT INTO api_token (account_id, digest, powers, created_at, expires_at)
               VALUES (%s, %s, %s, %s, %s) RETURNING id""",
            (account, digest(token), kept, at_machine, at_machine + timedelta(days=days)),
        )
        journal.record(actor, "identity.issue_token", "account", account, {"token": id_, "days": days}, at=at)
    return token


def revoke_token(actor: Actor, token: int, *, at: datetime, at_machine: datetime) -> None:
    """Revoke an API token at once.

    Raises ``NotPermitted`` for anybody but its owner and the system, ``Refused`` when it is unknown or revoked already.
    """
    owner = records.value("SELECT account_id FROM api_token WHERE id = %s AND revoked_at IS NULL", (token,))
    if owner is None:
        raise Refused("no_token", "token")
    _need_own(actor, owner)
    with records.atomic():
        ended = records.execute(
            "UPDATE api_token SET revoked_at = %s WHERE id = %s AND revoked_at IS NULL", (at_machine, token)
        )
        if not ended:  # somebody else was first
            raise Refused("no_token", "token")
        journal.record(actor, "identity.revoke_token", "token", token, {}, at=at)
