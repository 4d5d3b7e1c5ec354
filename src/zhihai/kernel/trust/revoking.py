"""What was revoked, as others ask for it: lists (CRL) and answers on the spot (OCSP), signed by the key that issued."""

from __future__ import annotations

from datetime import datetime, timedelta

from cryptography import x509

from zhihai.ground.certificates.answering import MALFORMED, UNAUTHORIZED, Question, answer, read_question, refused
from zhihai.ground.certificates.lists import Revocation, make_list
from zhihai.ground.refusal import NotFound
from zhihai.kernel import records
from zhihai.kernel.trust.issuing import ONE_AT_A_TIME, issuing_key, issuing_keys, roots

GOOD_FOR = timedelta(days=7)
"""So long a list says what is revoked: within that time whoever relies on it must ask for the next one."""
RENEWED_AFTER = timedelta(days=1)
"""A list is made anew each day, so that the platform may be down for six."""


def publish_list(issuer: int, *, at_machine: datetime) -> None:
    """Make the list of an issuing key anew, within the transaction of whoever revoked, or to renew it."""
    key = issuing_key(issuer)
    assert key.certificate is not None
    found = records.rows(
        """SELECT serial, revoked_at, reason, invalid_since FROM certificate
           WHERE issuer_id = %s AND revoked_at IS NOT NULL ORDER BY revoked_at, id""",
        (issuer,),
    )
    revoked = [Revocation(serial=int(row[0], 16), at=row[1], reason=row[2], since=row[3]) for row in found]
    number, until = key.list_number + 1, at_machine + GOOD_FOR
    made = make_list(key.certificate, key.private, revoked, number, at=at_machine, until=until)
    records.execute(
        "UPDATE issuing_key SET list = %s, list_number = %s, list_at = %s, list_until = %s WHERE id = %s",
        (made, number, at_machine, until, issuer),
    )


def keep_certificates(*, at_machine: datetime) -> int:
    """Make lists anew that are a day old, and destroy keys whose certificates have expired; returns how many.

    The platform's own work: it says nothing that was not said, so it leaves no entry.
    """
    with records.atomic():
        records.execute(ONE_AT_A_TIME)
        gone = records.execute(
            "UPDATE certificate SET sealed = NULL WHERE sealed IS NOT NULL AND valid_to <= %s", (at_machine,)
        )
        gone += records.execute(
            "UPDATE issuing_key SET sealed = NULL WHERE sealed IS NOT NULL AND valid_to <= %s", (at_machine,)
        )
        due = records.rows(
            """SELECT id FROM issuing_key WHERE certificate IS NOT NULL AND sealed IS NOT NULL
               AND (list_at IS NULL OR list_at <= %s)""",
            (at_machine - RENEWED_AFTER,),
        )
        for (issuer,) in due:
            publish_list(issuer, at_machine=at_machine)
    return gone + len(due)


def revoked_list(issuer: int) -> tuple[bytes, datetime]:
    """Return the newest list of an issuing key (DER) and until when it holds; 0 is the newest root's.

    Raises ``NotFound``.
    """
    row = records.one(
        "SELECT list, list_until FROM trusted_root ORDER BY id DESC LIMIT 1"
        if issuer == 0
        else "SELECT list, list_until FROM issuing_key WHERE list IS NOT NULL AND id = %s",
        () if issuer == 0 else (issuer,),
    )
    if row is None:
        raise NotFound("no_issuing_key")
    return bytes(row[0]), row[1]


def issuer_certificate(issuer: int) -> x509.Certificate:
    """Return the certificate of an issuing key; 0 is the newest root's. Raises ``NotFound``."""
    if issuer == 0:
        known = roots()
        if not known:
            raise NotFound("no_issuing_key")
        return known[0].certificate
    certificate = issuing_key(issuer).certificate
    assert certificate is not None
    return certificate


def answer_status(der: bytes, *, at_machine: datetime) -> bytes:
    """Answer a request about one certificate (RFC 6960, DER): malformed and not ours are answers too."""
    question = read_question(der)
    if question is None:
        return refused(MALFORMED)
    for key in issuing_keys():
        if key.certificate is not None and key.sealed is not None and question.asks_of(key.certificate):
            known, revoked = _status(key.id, question)
            return answer(question, key.certificate, key.private, known=known, revoked=revoked, at=at_machine)
    return refused(UNAUTHORIZED)


def _status(issuer: int, question: Question) -> tuple[bool, Revocation | None]:
    """Return whether the issuer knows the serial number, and how that certificate was revoked."""
    row = records.one(
        "SELECT revoked_at, reason, invalid_since FROM certificate WHERE issuer_id = %s AND serial = %s",
        (issuer, f"{question.serial:x}"),
    )
    if row is None or row[0] is None:
        return row is not None, None
    return True, Revocation(serial=question.serial, at=row[0], reason=row[1], since=row[2])
