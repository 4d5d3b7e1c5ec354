"""Sealing documents (用印) and checking what was sealed (验章). A document never stays here, only its SHA-256.

Each use is an act. Its entry in the journal is what tells when it was: the row beside it can be changed past the
platform, the entry can not without ``zhihai verify`` saying so.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from zhihai.ground.actors import ANY_TYPE, Actor
from zhihai.ground.certificates.checking import Finding, check_seal
from zhihai.ground.certificates.cms import write_signature
from zhihai.ground.certificates.lists import Revocation
from zhihai.ground.certificates.making import Sort, signed_by
from zhihai.ground.named import Named
from zhihai.ground.refusal import NotFound, NotPermitted, Refused
from zhihai.kernel import records
from zhihai.kernel.identity.kinds import USE_SEALS
from zhihai.kernel.identity.reads import predicate
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.journal import reads as journalled
from zhihai.kernel.trust.certificates import HELD, Held, need_seal, read_held, serial_of, usable
from zhihai.kernel.trust.issuing import issuing_key, roots

TITLE = (1, 120)
"""Characters of a document's title."""
CODE_BYTES = 10
"""80 random bits: nobody finds a document by trying codes."""
MOST_SHOWN = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentInput:
    """A document as it is sealed: its SHA-256 and size in bytes, and what it is called."""

    digest: bytes
    size: int
    title: str


@dataclass(frozen=True, slots=True)
class Sealing:
    """A document that was sealed (用印记录). ``code`` is what anybody finds it by; ``sealed_at`` is machine time."""

    id: int
    code: str
    certificate: int
    digest: bytes
    size: int
    title: str
    sealed_at: datetime
    at: datetime
    actor: int
    sort: Sort
    owner: Named
    person: Named | None
    signature: bytes = field(repr=False)

    @property
    def shown_code(self) -> str:
        """The code as it is read out: four characters at a time."""
        return shown_code(self.code)


_SEALING = """SELECT d.id, d.code, d.certificate_id, d.digest, d.size, d.title, d.sealed_at, d.at, d.actor, c.sort,
    o.name_zh, o.name_en, a.name_zh, a.name_en, d.signature
    FROM sealed_document d JOIN certificate c ON c.id = d.certificate_id JOIN organisation o ON o.id = c.organisation_id
    LEFT JOIN account a ON a.id = c.account_id"""


def _read(row: records.Row) -> Sealing:
    person = None if row[12] is None else Named(row[12], row[13])
    return Sealing(*(*row[:3], bytes(row[3]), *row[4:10], Named(row[10], row[11]), person, bytes(row[14])))


def new_code() -> str:
    """Return a code by which nobody finds a document yet: for what is to say the code of its own seal."""
    return base64.b32encode(secrets.token_bytes(CODE_BYTES)).decode()


def shown_code(code: str) -> str:
    """Return a code as it is read out: four characters at a time."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def seal_document(
    actor: Actor, certificate: int, given: DocumentInput, *, at: datetime, at_machine: datetime, code: str = ""
) -> Sealing:
    """Seal a document with an organisation's seal; returns what was noted, with the signature.

    ``code`` is one of :func:`new_code` that stands in the document already. Raises ``NotPermitted`` without the power
    ``seal.use`` over the organisation; ``NotFound``, ``Refused`` for a certificate that was revoked or has expired, for
    a document without a title or bytes.
    """
    return _seal(actor, "trust.seal_document", "organisation", certificate, given, at, at_machine, code)


def sign_document(
    actor: Actor, certificate: int, given: DocumentInput, *, at: datetime, at_machine: datetime
) -> Sealing:
    """Sign a document as an official, with a certificate of one's own. Raises as :func:`seal_document` does."""
    return _seal(actor, "trust.sign_document", "official", certificate, given, at, at_machine)


def _seal(
    actor: Actor, act: str, sort: Sort, certificate: int, given: DocumentInput, at: datetime, at_machine: datetime,
    code: str = "",
) -> Sealing:  # fmt: skip
    title = " ".join(given.title.split())
    if not TITLE[0] <= len(title) <= TITLE[1]:
        raise Refused("document_title", "title", least=TITLE[0], most=TITLE[1])
    if given.size < 1 or len(given.digest) != hashlib.sha256().digest_size:
        raise Refused("document_empty", "document")
    with records.atomic():
        held = usable(actor, certificate, sort, at=at, at_machine=at_machine)
        issuer = issuing_key(held.issuer).certificate
        assert issuer is not None
        signature = write_signature(given.digest, held.private, held.certificate, [issuer], at=at_machine)
        signed = hashlib.sha256(signature).digest()
        id_ = records.value(
            """INSERT INTO sealed_document (code, certificate_id, digest, size, title, signature, signature_digest,
                   sealed_at, at, actor) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id""",
            (
                code or new_code(), certificate, given.digest, given.size, title, signature, signed, at_machine, at,
                actor.account,
            ),
        )  # fmt: skip
        told = {
            "digest": given.digest.hex(), "size": given.size, "certificate": held.serial, "signature": signed.hex(),
        }  # fmt: skip
        journal.record(actor, act, "sealed_document", id_, told, at=at)
    return _one("d.id = %s", id_)


def _one(condition: str, value: object) -> Sealing:
    row = records.one(f"{_SEALING} WHERE {condition}", (value,))
    if row is None:
        raise NotFound("no_sealing")
    return _read(row)


def sealing(actor: Actor, code: str) -> Sealing:
    """Return one sealing for whoever did it or may use the seal. Raises ``NotFound``, ``NotPermitted``."""
    found = _one("d.code = %s", plain_code(code))
    if actor.account != found.actor:
        row = records.one(f"{HELD} WHERE c.id = %s", (found.certificate,))
        assert row is not None
        need_seal(actor, read_held(row))
    return found


def plain_code(text: str) -> str:
    """Return a code as it is kept, however somebody typed it."""
    return "".join(text.upper().split()).replace("-", "")


def sealings(actor: Actor, *, before: int | None = None, limit: int = MOST_SHOWN) -> tuple[Sealing, ...]:
    """Return what somebody sealed, and what was sealed with seals they keep; the newest first."""
    if actor.sort == "resident":
        raise NotPermitted
    sight = predicate(actor, USE_SEALS, org="o.lo", area=None, type_=str(ANY_TYPE))
    found = records.rows(
        f"""{_SEALING} WHERE (d.actor = %s OR (c.sort = 'organisation' AND {sight}))
            AND (%s::bigint IS NULL OR d.id < %s) ORDER BY d.id DESC LIMIT {limit:d}""",
        (actor.account, before, before),
    )
    return tuple(map(_read, found))


def sealed_as(code: str) -> Sealing:
    """Return what anybody may know who has the code of a sealing. Raises ``NotFound``."""
    return _one("d.code = %s", plain_code(code))


def sealings_of(digest: bytes) -> tuple[Sealing, ...]:
    """Return how a document was sealed, by its SHA-256: whoever has the document may know; the newest first."""
    found = records.rows(f"{_SEALING} WHERE d.digest = %s ORDER BY d.id DESC LIMIT {MOST_SHOWN}", (digest,))
    return tuple(map(_read, found))


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found of a seal: ``held`` is its certificate, ``noted`` the platform's own note of the sealing.

    ``entry`` is the number of the journal's entry of it, ``None`` where the platform noted nothing.
    """

    finding: Finding
    held: Held | None
    noted: Sealing | None
    entry: int | None


def check_document(digest: bytes, signature: bytes, *, at_machine: datetime) -> Checked:
    """Check a seal over a document by the document's SHA-256 (验章), for anybody.

    A certificate that bears our issuer's signature and that we never issued is a stranger's.
    """
    row = records.one(f"{_SEALING} WHERE d.signature_digest = %s", (hashlib.sha256(signature).digest(),))
    noted = None if row is None else _read(row)
    entry = None if noted is None else _entry(noted)
    finding = check_seal(
        digest, signature, [one.certificate for one in roots()], _revoked, at=at_machine,
        recorded_at=None if entry is None else entry.recorded_at,
    )  # fmt: skip
    held = None if finding.signer is None else _held(finding.signer)
    if held is None and finding.signer is not None:
        finding = Finding(verdict="stranger", signer=finding.signer, sealed_at=finding.sealed_at)
    return Checked(finding, held, noted if entry else None, entry.id if entry else None)


def _entry(noted: Sealing) -> journalled.Entry | None:
    """Return the journal's entry of a sealing: the first, and only where it tells of this signature."""
    found = journalled.entries("sealed_document", noted.id, limit=1)
    told = found[0].data.get("signature") if found else None
    return found[0] if told == hashlib.sha256(noted.signature).hexdigest() else None


def _held(certificate: x509.Certificate) -> Held | None:
    row = records.one(
        f"{HELD} WHERE c.serial = %s AND c.certificate = %s",
        (serial_of(certificate), certificate.public_bytes(Encoding.DER)),
    )
    return None if row is None else read_held(row)


def _revoked(certificate: x509.Certificate) -> Revocation | None:
    """Return how a certificate was revoked: a holder's by us, one that issues by the root."""
    held = _held(certificate)
    if held is not None:
        if held.revoked_at is None or held.reason is None:
            return None
        serial = certificate.serial_number
        return Revocation(serial=serial, at=held.revoked_at, reason=held.reason, since=held.invalid_since)
    issuers = (root for root in roots() if signed_by(certificate, root.certificate))
    return next((one for root in issuers if (one := root.revoked.of(certificate.serial_number))), None)
