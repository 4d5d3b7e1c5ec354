"""What the tests of notices by every way share: people with and without an account, and what became of a notice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from tests.kernel.identity.peopled import number, registered, somebody

from zhihai.kernel import records as store
from zhihai.kernel.channels import acts

AT = datetime(2014, 2, 20, 7, 30, tzinfo=UTC)
DUTY, FREE = "zhihai.matter_closed", "zhihai.rating_answered"
"""A kind of notice that must be told, and one that can be stopped."""
HOME = {"address": "东岸街1号", "phone": "138-0000-0000"}


def person(n: int, **facts: str) -> int:
    """Register somebody of whom these facts are known besides."""
    own = number(n % 1000, f"99010{1 + n // 1000}")
    return registered(somebody(n, f"曾示例{n}", facts=facts, number=own))[0]


def tell(
    *, accounts: Sequence[int] = (), people: Sequence[int] = (), kind: str = DUTY, once: str = "once",
    about: tuple[str, int] | None = None,
) -> int:  # fmt: skip
    """Tell them that a matter is closed."""
    facts = {"number": "LS-2014-000001"}
    return acts.tell([acts.Telling(accounts, kind, facts, "/my/", once, AT, people=people, about=about)])


def ways() -> Counter[tuple[str, str]]:
    """Count deliveries by way and state."""
    return Counter((way, state) for way, state in store.rows("SELECT channel, state FROM delivery"))
