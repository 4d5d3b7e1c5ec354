"""Certificates of devices: for a key that the device keeps, taken by TLS and OpenSSL, and no more once revoked."""

from __future__ import annotations

import re
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256K1, SECP384R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as rsa_key
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from tests.kernel.acting import AT
from tests.kernel.trust.ceremony import (
    DAY,
    begin_authority,
    device_asks,
    document,
    now,
    request_of,
    revoke,
    root,
)

from zhihai.faces.certificates.places import addresses_of
from zhihai.ground.actors import SYSTEM
from zhihai.ground.certificates.making import new_sealing_key
from zhihai.ground.refusal import NotFound, Refused
from zhihai.kernel import records as store
from zhihai.kernel.trust import acts, reads
from zhihai.kernel.trust.acts import DeviceCertificateInput

GUIDE = Path(__file__).parents[3] / "docs" / "howto" / "run-the-certificate-authority.md"
pytestmark = pytest.mark.usefixtures("district")


@pytest.fixture
def authority() -> int:
    return begin_authority()


def certify(given: DeviceCertificateInput) -> int:
    return acts.certify_device(SYSTEM, given, addresses_of, at=AT, at_machine=now())


def refused(given: DeviceCertificateInput) -> str:
    with pytest.raises(Refused) as caught:
        certify(given)
    return caught.value.code


def test_it_names_the_device_as_the_district_does_and_the_platform_has_no_key_of_it(authority: int) -> None:
    key = new_sealing_key()
    held = reads.certificate(SYSTEM, certify(device_asks(key)))
    subject = {one.oid: one.value for one in held.certificate.subject}
    assert (subject[NameOID.COMMON_NAME], subject[NameOID.SERIAL_NUMBER]) == ("东岸空气站", "east-air")
    assert "whatever" not in str(subject)
    uses = held.certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(uses) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert held.certificate.public_key() == key.public_key()
    assert (held.sealed, held.device, held.holder.zh, held.sort) == (None, "east-air", "east-air", "device")
    assert held.valid_to - held.valid_from == 365 * DAY


def test_it_seals_nothing(authority: int) -> None:
    one = certify(device_asks(new_sealing_key()))
    with pytest.raises(NotFound):
        acts.seal_document(SYSTEM, one, document(), at=AT, at_machine=now())
    with pytest.raises(NotFound):
        acts.sign_document(SYSTEM, one, document(), at=AT, at_machine=now())
    assert reads.seals_of(SYSTEM, at_machine=now()) == ()


def altered(request: str) -> str:
    """A request whose signature is another's."""
    body = request.splitlines()
    body[-2] = "A" * (len(body[-2]) - 4) + body[-2][-4:]
    return "\n".join(body)


OTHERS: dict[str, Callable[[], PrivateKeyTypes]] = {
    "RSA": lambda: rsa_key(65537, 2048),
    "a curve of coins": lambda: generate_private_key(SECP256K1()),
}


@pytest.mark.parametrize("other", OTHERS)
def test_keys_of_other_sorts_are_refused(authority: int, other: str) -> None:
    assert refused(device_asks(OTHERS[other]())) == "device_key"


def test_a_larger_curve_is_taken(authority: int) -> None:
    assert certify(device_asks(generate_private_key(SECP384R1())))


@pytest.mark.parametrize(
    "request_",
    ["", "x", "请求", "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----", "A" * 20_000],
)
def test_what_is_no_request_is_refused(authority: int, request_: str) -> None:
    assert refused(device_asks(new_sealing_key(), request=request_)) == "device_request"


def test_a_request_that_its_own_key_did_not_sign_is_refused(authority: int) -> None:
    assert refused(device_asks(new_sealing_key(), request=altered(request_of(new_sealing_key())))) == "device_request"


def test_a_key_that_signs_otherwise_is_refused(authority: int) -> None:
    key = Ed25519PrivateKey.generate()
    asks = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, None)
    pem = asks.public_bytes(Encoding.PEM).decode()
    assert refused(device_asks(new_sealing_key(), request=pem)) == "device_key"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"days": 0}, "certificate_days"),
        ({"days": 1097}, "certificate_days"),
        ({"ground": ""}, "certificate_ground"),
        ({"organisation": 0}, "no_organisation"),
        ({"name": "长" * 65}, "certificate_name"),
    ],
)
def test_what_is_wrong_besides_is_refused_and_nothing_is_kept(
    authority: int, more: dict[str, object], code: str
) -> None:
    assert refused(device_asks(new_sealing_key(), **more)) == code
    assert store.value("SELECT count(*) FROM certificate") == 0


def test_where_nothing_issues_nothing_is_issued() -> None:
    assert refused(device_asks(new_sealing_key())) == "nothing_issues"


def test_a_key_is_one_devices_and_once_revoked_nobodys(authority: int) -> None:
    key = new_sealing_key()
    first = certify(device_asks(key))
    assert refused(device_asks(key, "west-air")) == "device_key_known"
    assert certify(device_asks(key)) != first, "it may be certified again before the end"
    revoke(first, "key_compromise")
    assert refused(device_asks(key)) == "device_key_known"
    assert certify(device_asks(new_sealing_key()))


def connects(folder: Path, key: PrivateKeyTypes, pem: bytes, lists: bytes = b"") -> bool:
    """Whether a server that asks for certificates of this district lets a client in, by TLS and in memory."""
    served = new_sealing_key()
    own = x509.CertificateBuilder().subject_name(root().certificate.subject).issuer_name(root().certificate.subject)
    made = (
        own.public_key(served.public_key())
        .serial_number(1)
        .not_valid_before(now() - DAY)
        .not_valid_after(now() + DAY)
        .sign(root().key, root().certificate.signature_hash_algorithm)
    )
    (folder / "server.pem").write_bytes(_private(served) + made.public_bytes(Encoding.PEM))
    (folder / "device.pem").write_bytes(_private(key) + pem)
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    server.load_cert_chain(folder / "server.pem")
    server.verify_mode = ssl.CERT_REQUIRED
    server.load_verify_locations(cadata=_chain().decode())
    if lists:
        (folder / "lists.pem").write_bytes(lists)
        server.load_verify_locations(cafile=str(folder / "lists.pem"))
        server.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    client.load_cert_chain(folder / "device.pem")
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (client.wrap_bio(back, there, server_side=False), server.wrap_bio(there, back, server_side=True))
    for _ in range(6):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLCertVerificationError:
                return False
    return ends[1].getpeercert() is not None


def _private(key: PrivateKeyTypes) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _chain() -> bytes:
    issuing = reads.issuer_certificate(1).public_bytes(Encoding.PEM)
    return issuing + root().certificate.public_bytes(Encoding.PEM)


def _list() -> bytes:
    return x509.load_der_x509_crl(reads.revoked_list(1)[0]).public_bytes(Encoding.PEM)


def test_a_server_lets_the_device_in_until_it_is_revoked(authority: int, tmp_path: Path) -> None:
    key = new_sealing_key()
    one = certify(device_asks(key))
    pem = reads.certificate(SYSTEM, one).certificate.public_bytes(Encoding.PEM)
    assert connects(tmp_path, key, pem)
    assert connects(tmp_path, key, pem, _list())
    revoke(one, "key_compromise")
    assert not connects(tmp_path, key, pem, _list())


def test_what_the_guide_tells_to_type_leads_to_a_client_of_tls_and_no_seal(authority: int, tmp_path: Path) -> None:
    """The lines of docs/howto/run-the-certificate-authority.md, letter by letter."""
    makes_key, asks, checks = re.findall(r"^openssl .*$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE)
    for line in (makes_key, asks):
        subprocess.run(line.split(), cwd=tmp_path, check=True, capture_output=True)
    request = (tmp_path / "device.csr").read_text()
    one = certify(device_asks(new_sealing_key(), request=request))
    (tmp_path / "device.pem").write_bytes(reads.certificate(SYSTEM, one).certificate.public_bytes(Encoding.PEM))
    (tmp_path / "root.pem").write_bytes(root().certificate.public_bytes(Encoding.PEM))
    (tmp_path / "issuing.pem").write_bytes(reads.issuer_certificate(1).public_bytes(Encoding.PEM))

    def fits(purpose: str) -> bool:
        line = checks.replace("sslclient", purpose).split()
        return subprocess.run(line, cwd=tmp_path, capture_output=True, check=False).returncode == 0

    assert fits("sslclient")
    assert not fits("sslserver")
    assert not fits("smimesign")
