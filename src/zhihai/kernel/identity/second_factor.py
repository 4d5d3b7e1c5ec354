"""The second factor (双因素): whether an account has one, and its secrets as they are kept."""

from __future__ import annotations

from datetime import datetime

from zhihai.ground.actors import Actor
from zhihai.ground.refusal import NotPermitted
from zhihai.kernel import records
from zhihai.kernel.identity import sealing
from zhihai.kernel.identity.events import WayInChanged
from zhihai.kernel.journal import acts as journal

SECRETS = ("secret", "seed")
"""Under which names allauth keeps what its codes are made from."""


def enrol_second_factor(actor: Actor, account: int, *, at: datetime) -> None:
    """Note that an account has a second factor from now on. Raises ``NotPermitted`` for anybody but the account."""
    if actor.narrowed or actor.account != account:
        raise NotPermitted
    with records.atomic():
        records.execute("UPDATE account SET second_factor = true WHERE id = %s", (account,))
        journal.record(actor, "identity.enrol_second_factor", "account", account, {}, at=at)
        journal.emit(WayInChanged(account=account, what="authenticator_added"), at=at)


def drop_second_factor(actor: Actor, account: int, *, at: datetime, passkeys: bool = True) -> None:
    """Take the codes of an account's authenticator away, and its passkeys where it says so.

    With the last of them recovery codes go too, and the account is asked to set up another. Raises ``NotPermitted``
    for anybody but the account itself and the system: the operator, for whoever lost everything.
    """
    if actor.sort != "system" and (actor.narrowed or actor.account != account):
        raise NotPermitted
    with records.atomic():
        hold_account(account)
        records.execute(
            "DELETE FROM mfa_authenticator WHERE user_id = %s AND (type = 'totp' OR %s)", (account, passkeys)
        )
        settle_second_factor(account)
        journal.record(actor, "identity.drop_second_factor", "account", account, {"passkeys": passkeys}, at=at)
        journal.emit(WayInChanged(account=account, what="authenticator_removed"), at=at)


def hold_account(account: int) -> None:
    """Hold an account until the transaction ends: who changes how it signs in takes turns."""
    records.one("SELECT id FROM account WHERE id = %s FOR UPDATE", (account,))


def settle_second_factor(account: int) -> None:
    """Note whether an account has a second step still; recovery codes alone are none, and go."""
    held = "EXISTS (SELECT FROM mfa_authenticator WHERE user_id = %s AND type IN ('totp', 'webauthn'))"
    records.execute(f"UPDATE account SET second_factor = {held} WHERE id = %s", (account, account))
    records.execute(f"DELETE FROM mfa_authenticator WHERE user_id = %s AND NOT {held}", (account, account))


def reseal_secrets(former: list[str], limit: int) -> int:
    """Seal secrets anew that a former key sealed, at most so many; returns how many it did."""
    done = 0
    for name in SECRETS:
        found = records.rows(
            f"""SELECT id, data->>'{name}' FROM mfa_authenticator
                WHERE split_part(data->>'{name}', ':', 1) = ANY(%s) ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED""",
            (former, limit),
        )
        for id_, text in found:
            records.execute(
                f"UPDATE mfa_authenticator SET data = jsonb_set(data, '{{{name}}}', to_jsonb(%s::text)) WHERE id = %s",
                (sealing.seal_secret(sealing.open_secret(text)), id_),
            )
        done += len(found)
    return done
