"""What ends soon and is not replaced yet (即将到期): certificates, the key that issues, the list of the root."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from zhihai.ground.certificates.making import Sort
from zhihai.ground.named import Named
from zhihai.ground.refusal import Refused
from zhihai.kernel import records
from zhihai.kernel.trust.certificates import USUAL_DAYS
from zhihai.kernel.trust.issuing import issues_now, issuing_keys, roots

CERTIFICATE_SOON = timedelta(days=30)
"""So long before a certificate ends whoever seals by it, and who issues the next one, are told."""
ISSUING_SOON = timedelta(days=USUAL_DAYS)
"""So long before its end the key that issues can issue no certificate of the usual term any more."""
ROOT_LIST_SOON = timedelta(days=60)
"""So long before the root's list ends: somebody has to fetch the medium."""


@dataclass(frozen=True, slots=True)
class EndingCertificate:
    """A certificate that ends; ``account`` is the official's, ``lo`` the place of its organisation in the tree."""

    id: int
    sort: Sort
    until: datetime
    owner: Named
    account: int | None
    lo: int


def ending_certificates(*, at_machine: datetime) -> tuple[EndingCertificate, ...]:
    """Return certificates in force that end soon and after which their holder has none, in order of their end."""
    found = records.rows(
        """SELECT c.id, c.sort, c.valid_to, o.name_zh, o.name_en, c.account_id, o.lo
           FROM certificate c JOIN organisation o ON o.id = c.organisation_id AND o.valid_to IS NULL
           LEFT JOIN account a ON a.id = c.account_id
           WHERE c.revoked_at IS NULL AND c.valid_to > %s AND c.valid_to <= %s AND coalesce(a.is_active, true)
               AND NOT EXISTS (SELECT FROM certificate n WHERE n.organisation_id = c.organisation_id
                   AND n.sort = c.sort AND n.account_id IS NOT DISTINCT FROM c.account_id
                   AND n.device IS NOT DISTINCT FROM c.device AND n.revoked_at IS NULL AND n.valid_to > c.valid_to)
           ORDER BY c.valid_to, c.id""",
        (at_machine, at_machine + CERTIFICATE_SOON),
    )
    return tuple(EndingCertificate(row[0], row[1], row[2], Named(row[3], row[4]), row[5], row[6]) for row in found)


@dataclass(frozen=True, slots=True)
class Ending:
    """A key that issues, or the root's list, that is to be renewed, by its number; ``until`` is its end."""

    number: int
    until: datetime


def ending_issuing(*, at_machine: datetime) -> Ending | None:
    """Return the key that issues where it ends too soon and none waits for the root; ``None`` elsewhere."""
    if any(one.certificate is None for one in issuing_keys()):
        return None
    try:
        newest = issues_now(at_machine=at_machine)
    except Refused:
        return None
    assert newest.certificate is not None
    until = newest.certificate.not_valid_after_utc
    return Ending(newest.id, until) if until < at_machine + ISSUING_SOON else None


def ending_root_list(*, at_machine: datetime) -> Ending | None:
    """Return the newest root's list where it ends soon, or has; ``None`` elsewhere."""
    newest = next(iter(roots()), None)
    if newest is None or newest.revoked.until >= at_machine + ROOT_LIST_SOON:
        return None
    return Ending(newest.revoked.number, newest.revoked.until)
