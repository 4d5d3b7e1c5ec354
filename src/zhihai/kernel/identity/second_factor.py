"""The second factor (双因素): whether an account has one, and its secrets as they are kept."""

from __future__ import annotations

from datetime import datetime

from zhihai.ground.actors import Actor
from zhihai.ground.refusal import NotPermitted
from zhihai.kernel import records
from zhihai.kernel.identity import sealing
from zhihai.kernel.journal import acts as journal

SECRETS = ("secret", "seed")
"""Under which names allauth keeps what its codes are made from."""


def enrol_second_factor(actor: Actor, account: int, *, at: datetime) -> None:
    """Note that an account has a second factor from now on. Raises ``NotPermitted`` for anybody but the account."""
    if actor.narrowed or actor.account != account:
        raise NotPermitted
    _mark(actor, account, "identity.enrol_second_factor", at, has=True)


def drop_second_factor(actor: Actor, account: int, *, at: datetime) -> None:
    """Take an account's second factor away, with its recovery codes: it is asked to set up another.

    Raises ``NotPermitted`` for anybody but the account itself and the system: the operator, for whoever lost both.
    """
    if actor.sort != "system" and (actor.narrowed or actor.account != account):
        raise NotPermitted
    with records.atomic():
        records.execute("DELETE FROM mfa_authenticator WHERE user_id = %s", (account,))
        _mark(actor, account, "identity.drop_second_factor", at, has=False)


def _mark(actor: Actor, account: int, act: str, at: datetime, *, has: bool) -> None:
    with records.atomic():
        records.execute("UPDATE account SET second_factor = %s WHERE id = %s", (has, account))
        journal.record(actor, act, "account", account, {}, at=at)


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
