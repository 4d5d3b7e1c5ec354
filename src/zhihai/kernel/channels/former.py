"""Telling the way that was left (原联系方式): an account is told where it was read before.

A number or an address that was replaced stands nowhere any more but beside this one message, encrypted, until it was
sent or given up.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from zhihai.kernel import records
from zhihai.kernel.channels.telling import Telling, tell
from zhihai.kernel.identity import reads as identity

KINDS = {"sms": "zhihai.number_replaced", "email": "zhihai.email_replaced"}
AT_ONCE = 500


def seal_former(address: str, account: int) -> str:
    """Encrypt a number or an address that was left; for another account it does not open."""
    return identity.seal_secret(address, f"former:{account}")


def open_former(sealed: str, account: int) -> str:
    """Return what :func:`seal_former` sealed. Raises ``Refused`` as :func:`unseal` does."""
    return identity.open_secret(sealed, f"former:{account}")


def tell_former(
    account: int, way: Literal["sms", "email"], sealed: str, facts: Mapping[str, object], link: str, once: str,
    *, at: datetime,
) -> None:  # fmt: skip
    """Tell an account that a number or an address of it was replaced, by its ways and once at the one that was left.

    ``sealed`` is that one, as :func:`seal_former` writes it. By the way it was of, the notice goes there and not to
    what took its place. A part of acts, and of a listener, in their transaction.
    """
    if not tell([Telling([account], KINDS[way], facts, link, once, at)]):
        return
    with identity.seeing(identity.PLATFORM):
        records.execute(
            """INSERT INTO delivery (notice_id, channel, urgent, former)
               SELECT n.id, %s, true, %s FROM notice n WHERE n.account_id = %s AND n.once = %s
               ON CONFLICT (notice_id, channel) DO UPDATE SET former = excluded.former""",
            (way, sealed, account, once),
        )


def reseal_former() -> int:
    """Seal anew what a former secret of the platform sealed and still waits to be told; returns how many."""
    former = identity.former_keys()
    if not former:
        return 0
    with identity.seeing(identity.PLATFORM):
        found = records.rows(
            """SELECT d.id, n.account_id, d.former FROM delivery d JOIN notice n ON n.id = d.notice_id
               WHERE d.former IS NOT NULL AND split_part(d.former, ':', 1) = ANY(%s)
               LIMIT %s FOR UPDATE OF d SKIP LOCKED""",
            (former, AT_ONCE),
        )
        for delivery, account, sealed in found:
            again = seal_former(open_former(sealed, account), account)
            records.execute("UPDATE delivery SET former = %s WHERE id = %s", (again, delivery))
    return len(found)
