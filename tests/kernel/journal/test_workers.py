"""What is known of the workers: their leases, how far behind they are, and what fails."""

from __future__ import annotations

from zhihai.kernel import records as store
from zhihai.kernel.journal import reads


def test_workers_are_told_by_name_with_their_leases(records: str) -> None:
    assert reads.workers() == ()
    store.execute(
        """INSERT INTO worker (name, holder, lease_until, behind, failures, failure) VALUES
           ('seal', 'a', clock_timestamp() + interval '1 minute', 0.5, 3, 'OperationalError'),
           ('mail', 'b', clock_timestamp() - interval '1 minute', 0, 0, NULL)"""
    )
    mail, seal = reads.workers()
    assert (mail.name, mail.running, mail.failure, mail.ran_at) == ("mail", False, None, None)
    assert (seal.name, seal.running, seal.failure, seal.failures, seal.behind) == (
        "seal",
        True,
        "OperationalError",
        3,
        0.5,
    )
