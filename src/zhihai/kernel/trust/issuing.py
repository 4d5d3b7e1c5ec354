"""The platform's part of the district's certificate authority (区级证书认证机构): the key that issues, and its root.

The root's key is never here: the platform asks (``request_issuing``), whoever keeps the root signs on a machine of its
own, and the platform takes in what came back (``take_in``). Machine time throughout.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from zhihai.ground.actors import Actor
from zhihai.ground.certificates.cms import WRONG
from zhihai.ground.certificates.lists import RevokedList, read_list
from zhihai.ground.certificates.making import ISSUING_DEPTH, Addresses, ask_issuing, new_issuing_key, signed_by
from zhihai.ground.refusal import NotFound, Refused
from zhihai.kernel import records
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.identity.kinds import SET_CERTIFICATES
from zhihai.kernel.journal import acts as journal

LARGEST = 65_536
"""Bytes of what the root hands over; one certificate has about a thousand."""
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('zhihai certificates'))"
"""Those who write what issues go one after another."""
AddressesOf = Callable[[int], Addresses]
"""Where what an issuing key has to say is fetched, by the key's number; 0 is the root that signs it."""


@dataclass(frozen=True, slots=True)
class Root:
    """A root that is trusted here, with what it has revoked."""

    id: int
    certificate: x509.Certificate
    revoked: RevokedList

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, as people compare it."""
        return fingerprint_of(self.certificate)


@dataclass(frozen=True, slots=True)
class IssuingKey:
    """A key that issues: asked for, in use, or past. ``certificate`` is ``None`` until the root has signed."""

    id: int
    requested_at: datetime
    certificate: x509.Certificate | None
    root: int | None
    list_at: datetime | None
    list_until: datetime | None
    list_number: int
    sealed: str | None = field(repr=False)

    @property
    def private(self) -> EllipticCurvePrivateKey:
        """The private key. Raises ``Refused`` for one that was destroyed."""
        if self.sealed is None:
            raise Refused("issuing_key_gone", status=503)
        return opened(self.sealed, place_of_issuing(self.id))


def fingerprint_of(certificate: x509.Certificate) -> str:
    """Return the SHA-256 of a certificate in hexadecimal, four digits and a blank in turn."""
    text = certificate.fingerprint(SHA256()).hex()
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def place_of_issuing(id_: int) -> str:
    """Return what an issuing key is bound to."""
    return f"issuing key {id_}"


@lru_cache(maxsize=64)
def opened(sealed: str, place: str) -> EllipticCurvePrivateKey:
    """Open a private key; a process keeps those it opened last. Raises ``Refused`` as ``open_secret`` does."""
    key = load_pem_private_key(identity.open_secret(sealed, place).encode(), None)
    if not isinstance(key, EllipticCurvePrivateKey):
        raise TypeError(place)
    return key


def sealed_key(key: EllipticCurvePrivateKey, place: str) -> str:
    """Return a private key as it is kept."""
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return identity.seal_secret(pem, place)


_ISSUING = "SELECT id, requested_at, certificate, root_id, list_at, list_until, list_number, sealed FROM issuing_key"


def _read(row: records.Row) -> IssuingKey:
    der = None if row[2] is None else x509.load_der_x509_certificate(bytes(row[2]))
    return IssuingKey(row[0], row[1], der, *row[3:])


def issuing_keys() -> tuple[IssuingKey, ...]:
    """Return all keys that issue or did, the newest first (one every few years)."""
    return tuple(_read(row) for row in records.rows(f"{_ISSUING} ORDER BY id DESC"))


def issuing_key(id_: int) -> IssuingKey:
    """Return one that the root has signed. Raises ``NotFound``."""
    row = records.one(f"{_ISSUING} WHERE id = %s AND certificate IS NOT NULL", (id_,))
    if row is None:
        raise NotFound("no_issuing_key")
    return _read(row)


def roots() -> tuple[Root, ...]:
    """Return the roots that are trusted here, the newest first."""
    found = records.rows("SELECT id, certificate, list FROM trusted_root ORDER BY id DESC")
    certificates = ((id_, x509.load_der_x509_certificate(bytes(der)), bytes(list_)) for id_, der, list_ in found)
    return tuple(Root(id_, certificate, read_list(list_, certificate)) for id_, certificate, list_ in certificates)


def issues_now(*, at_machine: datetime) -> IssuingKey:
    """Return the key that issues: the newest that is valid and was not revoked. Raises ``Refused`` for none."""
    revoked = {root.id: root.revoked for root in roots()}
    for one in issuing_keys():
        if one.certificate is None or one.sealed is None or one.root is None:
            continue
        valid = one.certificate.not_valid_before_utc <= at_machine < one.certificate.not_valid_after_utc
        if valid and revoked[one.root].of(one.certificate.serial_number) is None:
            return one
    raise Refused("nothing_issues", status=409)


def request_issuing(
    actor: Actor, name: str, addresses: AddressesOf, *, at: datetime, at_machine: datetime
) -> tuple[int, bytes]:
    """Make a key that is to issue, and return its number and the request (PEM) that the root is to sign.

    One that waits already is asked for once more. Raises ``NotPermitted`` without ``certificate.set`` over the whole
    district, ``Refused`` for a name of the district that is too long.
    """
    actor.need(SET_CERTIFICATES)
    with records.atomic():
        records.execute(ONE_AT_A_TIME)
        waiting = records.one("SELECT id, request FROM issuing_key WHERE certificate IS NULL ORDER BY id DESC LIMIT 1")
        if waiting is not None:
            return waiting[0], _pem(bytes(waiting[1]))
        id_ = int(records.value("SELECT nextval(pg_get_serial_sequence('issuing_key', 'id'))"))
        key = new_issuing_key()
        request = ask_issuing(name, id_, key, addresses(0)).public_bytes(Encoding.DER)
        records.execute(
            """INSERT INTO issuing_key (id, request, sealed, requested_at) OVERRIDING SYSTEM VALUE
               VALUES (%s, %s, %s, %s)""",
            (id_, request, sealed_key(key, place_of_issuing(id_)), at_machine),
        )
        journal.record(actor, "trust.request_issuing", "issuing_key", id_, {}, at=at)
    return id_, _pem(request)


def _pem(request: bytes) -> bytes:
    return x509.load_der_x509_csr(request).public_bytes(Encoding.PEM)


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What was new in what the root handed over: a key that issues from now on, a root, a list of its revocations."""

    issuing: int | None
    root: bool
    list_number: int


def take_in(
    actor: Actor, handed: bytes, fingerprint: str | None = None, *, at: datetime, at_machine: datetime
) -> TakenIn:
    """Take in what the root signed: a certificate for the key that waits, the root's own, the list of what it revoked.

    A root that is not trusted here yet comes with the ``fingerprint`` that was read to whoever takes it in. Raises
    ``NotPermitted`` without ``certificate.set`` over the whole district; ``Refused`` for what is incomplete, not signed
    by this root, not asked for, not valid now, and for a list older than the one there is.
    """
    actor.need(SET_CERTIFICATES)
    root, issued, list_ = _parts(handed)
    read = read_list(list_, root)
    if read.until <= at_machine:
        raise Refused("list_old", "list")
    with records.atomic():
        records.execute(ONE_AT_A_TIME)
        root_id, fresh = _trust(root, list_, read, fingerprint, at_machine)
        taken = None if issued is None else _put_to_use(issued, root, root_id, read, at_machine)
        told = {"root": fingerprint_of(root).replace(" ", ""), "list": read.number, "issuing": taken}
        journal.record(actor, "trust.take_in", "issuing_key", taken, told, at=at)
    return TakenIn(taken, fresh, read.number)


def _parts(handed: bytes) -> tuple[x509.Certificate, x509.Certificate | None, bytes]:
    """Return the root, the certificate it issued if one is there, and its list."""
    try:
        if len(handed) > LARGEST:
            raise ValueError
        certificates = x509.load_pem_x509_certificates(handed)
        start = handed.index(b"-----BEGIN X509 CRL-----")
        list_ = x509.load_pem_x509_crl(handed[start:]).public_bytes(Encoding.DER)
        (root,) = [one for one in certificates if signed_by(one, one)]
        (*issued,) = [one for one in certificates if one != root]
        if len(issued) > 1:
            raise ValueError
    except WRONG:
        raise Refused("handed_over", "file") from None
    return root, issued[0] if issued else None, list_


def _trust(
    root: x509.Certificate, list_: bytes, read: RevokedList, fingerprint: str | None, at_machine: datetime
) -> tuple[int, bool]:
    der = root.public_bytes(Encoding.DER)
    known = records.one("SELECT id, list_number FROM trusted_root WHERE certificate = %s", (der,))
    if known is not None:
        if read.number < known[1]:
            raise Refused("list_old", "list")
        records.execute(
            "UPDATE trusted_root SET list = %s, list_number = %s, list_until = %s WHERE id = %s",
            (list_, read.number, read.until, known[0]),
        )
        return known[0], False
    if fingerprint is None or "".join(fingerprint.lower().replace(":", "").split()) != root.fingerprint(SHA256()).hex():
        raise Refused("root_unknown", "fingerprint", found=fingerprint_of(root))
    added = records.value(
        """INSERT INTO trusted_root (certificate, list, list_number, list_until, taken_at) VALUES (%s, %s, %s, %s, %s)
           RETURNING id""",
        (der, list_, read.number, read.until, at_machine),
    )
    return int(added), True


def _put_to_use(
    issued: x509.Certificate, root: x509.Certificate, root_id: int, revoked: RevokedList, at_machine: datetime
) -> int:
    asked = records.one("SELECT id, request FROM issuing_key WHERE certificate IS NULL ORDER BY id DESC LIMIT 1")
    request = None if asked is None else x509.load_der_x509_csr(bytes(asked[1]))
    if asked is None or request is None or issued.public_key() != request.public_key():
        raise Refused("not_asked_for", "file")
    basic = issued.extensions.get_extension_for_class(x509.BasicConstraints).value
    valid = issued.not_valid_before_utc <= at_machine < issued.not_valid_after_utc <= root.not_valid_after_utc
    if (
        not signed_by(issued, root) or issued.subject != request.subject or not basic.ca
        or basic.path_length != ISSUING_DEPTH or not valid or revoked.of(issued.serial_number) is not None
    ):  # fmt: skip
        raise Refused("issued_wrong", "file")
    records.execute(
        "UPDATE issuing_key SET certificate = %s, root_id = %s, valid_to = %s, taken_at = %s WHERE id = %s",
        (issued.public_bytes(Encoding.DER), root_id, issued.not_valid_after_utc, at_machine, asked[0]),
    )
    return int(asked[0])
