"""An authority that issues, for tests: the root is the one of the tests of ground, the rest is done by acts."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from tests.ground.certificates.authority import Keyed, the_chain
from tests.kernel.acting import AT, OFFICE, office

from zhihai.faces.certificates.places import addresses_of
from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.certificates.lists import Revocation, make_list
from zhihai.ground.certificates.making import sign_issuing
from zhihai.kernel.trust import acts
from zhihai.kernel.trust.acts import CertificateInput, DeviceCertificateInput, DocumentInput
from zhihai.kernel.trust.reads import Sealing

DAY = timedelta(days=1)
DOCUMENT = "关于湖滨路施工的批复".encode()
DIGEST = hashlib.sha256(DOCUMENT).digest()
GROUND = "湖滨办发〔2026〕7 号"


def now() -> datetime:
    """The machine's time: what the journal notes goes by it."""
    return datetime.now(UTC)


def root() -> Keyed:
    return the_chain().root


def fingerprint() -> str:
    return root().certificate.fingerprint(SHA256()).hex()


def signed_by_root(request: bytes, *, by: Keyed | None = None, days: int = 1825, at: datetime | None = None) -> bytes:
    """What the root hands over for a request, but its list."""
    keyed, begin = by or root(), at or now()
    asked = x509.load_pem_x509_csr(request)
    issued = sign_issuing(asked, keyed.key, keyed.certificate, at=begin, until=begin + days * DAY)
    return issued.public_bytes(Encoding.PEM)


def list_of_root(
    number: int, *revoked: Revocation, by: Keyed | None = None, at: datetime | None = None, days: int = 400
) -> bytes:
    """The root with its list."""
    keyed, begin = by or root(), at or now()
    der = make_list(keyed.certificate, keyed.key, revoked, number, at=begin, until=begin + days * DAY)
    pem = x509.load_der_x509_crl(der).public_bytes(Encoding.PEM)
    return keyed.certificate.public_bytes(Encoding.PEM) + pem


def asked() -> bytes:
    return acts.request_issuing(SYSTEM, "湖滨区", addresses_of, at=AT, at_machine=now())[1]


def begin_authority(number: int = 1) -> int:
    """Ask the root, let it sign, take it in and publish the first list; returns the number of the issuing key."""
    handed = signed_by_root(asked()) + list_of_root(number)
    taken = acts.take_in(SYSTEM, handed, fingerprint(), at=AT, at_machine=now())
    acts.keep_certificates(at_machine=now())
    assert taken.issuing is not None
    return taken.issuing


def issued(code: str = OFFICE, *, account: int | None = None, days: int = 730) -> int:
    """A certificate for an organisation, or for an official of it."""
    given = CertificateInput(organisation=office(code), account=account, days=days, ground=GROUND)
    return acts.issue_certificate(SYSTEM, given, addresses_of, at=AT, at_machine=now())


def request_of(key: PrivateKeyTypes, name: str = "whatever the device says") -> str:
    """What a device asks with: its key, and a name that counts for nothing."""
    asks = x509.CertificateSigningRequestBuilder().subject_name(
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    )
    return asks.sign(key, SHA256()).public_bytes(Encoding.PEM).decode()  # type: ignore[arg-type]


def device_asks(key: PrivateKeyTypes, device: str = "east-air", **more: Any) -> DeviceCertificateInput:
    given: dict[str, Any] = {
        "device": device, "name": "东岸空气站", "organisation": office(OFFICE), "request": request_of(key),
        "days": 365, "ground": GROUND,
    }  # fmt: skip
    return DeviceCertificateInput(**{**given, **more})


def document(content: bytes = DOCUMENT, title: str = "施工批复.pdf") -> DocumentInput:
    return DocumentInput(digest=hashlib.sha256(content).digest(), size=len(content), title=title)


def sealed(certificate: int, content: bytes = DOCUMENT, *, by: Actor = SYSTEM) -> Sealing:
    return acts.seal_document(by, certificate, document(content), at=AT, at_machine=now())


def revoke(certificate: int, reason: str = "superseded", **more: datetime) -> None:
    acts.revoke_certificate(SYSTEM, certificate, reason, GROUND, at=AT, at_machine=now(), **more)
