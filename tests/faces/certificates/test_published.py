"""What the certificate authority publishes by HTTP, as relying parties and OpenSSL ask for it."""

from __future__ import annotations

import shutil
import subprocess
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from django.test import Client
from tests.faces.staging import staged_seal
from tests.kernel.acting import AT
from tests.kernel.trust.ceremony import now, revoke

from zhihai.faces.certificates.places import addresses_of
from zhihai.ground.actors import SYSTEM
from zhihai.ground.certificates.answering import LARGEST
from zhihai.kernel.trust import acts, reads

ASKS = "application/ocsp-request"


@pytest.fixture
def anybody(worked: str) -> Client:
    return Client(SERVER_NAME="127.0.0.1")


def question(certificate: x509.Certificate, algorithm: SHA1 | SHA256 | None = None) -> bytes:
    issuer = reads.issuer_certificate(1)
    builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, algorithm or SHA1())
    return builder.build().public_bytes(Encoding.DER)


def test_certificates_name_addresses_that_answer(anybody: Client) -> None:
    certificate = reads.certificate(SYSTEM, staged_seal()).certificate
    (place,) = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    known = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    origin = "http://127.0.0.1:8000"
    assert place.full_name[0].value == f"{origin}/trust/1.crl"
    assert [way.access_location.value for way in known] == [f"{origin}/trust/ocsp", f"{origin}/trust/1.cer"]
    for number, sort in ((0, "root"), (1, "issuing-1")):
        answer = anybody.get(f"/trust/{number}.cer")
        assert answer.headers["Content-Type"] == "application/pkix-cert"
        assert sort in answer.headers["Content-Disposition"]
        issuer = x509.load_der_x509_certificate(answer.content)
        list_ = anybody.get(f"/trust/{number}.crl")
        assert list_.headers["Content-Type"] == "application/pkix-crl"
        assert "max-age=3600" in list_.headers["Cache-Control"]
        crl = x509.load_der_x509_crl(list_.content)
        assert crl.is_signature_valid(issuer.public_key())
        assert crl.next_update_utc > now()


def test_what_was_revoked_is_in_the_list_at_once_and_answered_so(anybody: Client) -> None:
    id_ = staged_seal()
    certificate = reads.certificate(SYSTEM, id_).certificate
    before = x509.load_der_x509_crl(anybody.get("/trust/1.crl").content)
    assert before.get_revoked_certificate_by_serial_number(certificate.serial_number) is None
    revoke(id_, "privilege_withdrawn")
    after = x509.load_der_x509_crl(anybody.get("/trust/1.crl").content)
    line = after.get_revoked_certificate_by_serial_number(certificate.serial_number)
    assert line.extensions.get_extension_for_class(x509.CRLReason).value.reason == x509.ReasonFlags.privilege_withdrawn
    number = [one.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number for one in (before, after)]
    assert number[1] == number[0] + 1
    told = ocsp.load_der_ocsp_response(anybody.post("/trust/ocsp", question(certificate), content_type=ASKS).content)
    assert told.certificate_status == ocsp.OCSPCertStatus.REVOKED


def test_answers_come_by_post_and_by_address(anybody: Client) -> None:
    certificate = reads.certificate(SYSTEM, staged_seal()).certificate
    asked = question(certificate)
    posted = anybody.post("/trust/ocsp", asked, content_type=ASKS)
    assert posted.headers["Content-Type"] == "application/ocsp-response"
    got = anybody.get(f"/trust/ocsp/{quote(b64encode(asked).decode(), safe='')}")
    assert "max-age=1800" in got.headers["Cache-Control"]
    for answer in (posted, got):
        assert ocsp.load_der_ocsp_response(answer.content).certificate_status == ocsp.OCSPCertStatus.GOOD


@pytest.mark.parametrize("garbage", [b"", b"garbage", b"\x30" * LARGEST, b"\x30" * (LARGEST + 1), b"\x00" * 200_000])
def test_garbage_and_what_is_too_large_is_answered_as_malformed(anybody: Client, garbage: bytes) -> None:
    answer = anybody.post("/trust/ocsp", garbage, content_type=ASKS)
    assert answer.status_code == 200
    status = ocsp.load_der_ocsp_response(answer.content).response_status
    assert status == ocsp.OCSPResponseStatus.MALFORMED_REQUEST
    by_address = anybody.get(f"/trust/ocsp/{quote(garbage[:3000].decode('latin-1'), safe='')}x")
    assert ocsp.load_der_ocsp_response(by_address.content).response_status == status


def test_there_is_nothing_of_keys_that_are_not_there(anybody: Client) -> None:
    assert anybody.get("/trust/2.cer").status_code == 404
    assert anybody.get("/trust/2.crl").status_code == 404
    assert anybody.get("/trust/ocsp").status_code == 405
    assert anybody.post("/trust/1.crl").status_code == 405
    acts.request_issuing(SYSTEM, "湖滨区", addresses_of, at=AT, at_machine=now())
    assert anybody.get("/trust/2.cer").status_code == 404


def test_openssl_asks_and_believes_the_answer(
    anybody: Client, tmp_path: Path, openssl: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    held = reads.certificate(SYSTEM, staged_seal())
    for name, one in (("issuing", reads.issuer_certificate(1)), ("root", reads.issuer_certificate(0)),
                      ("seal", held.certificate)):  # fmt: skip
        (tmp_path / f"{name}.pem").write_bytes(one.public_bytes(Encoding.PEM))
    openssl("ocsp -no_nonce -issuer issuing.pem -cert seal.pem -reqout asked.der")
    for gone, said in ((False, "seal.pem: good"), (True, "seal.pem: revoked")):
        if gone:
            revoke(held.id)
        answer = anybody.post("/trust/ocsp", (tmp_path / "asked.der").read_bytes(), content_type=ASKS)
        (tmp_path / "answer.der").write_bytes(answer.content)
        told = openssl(
            "ocsp -no_nonce -issuer issuing.pem -cert seal.pem -respin answer.der -CAfile root.pem "
            "-verify_other issuing.pem"
        )
        assert "Response verify OK" in told.stderr
        assert said in told.stdout


@pytest.fixture
def openssl(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the program ``openssl`` in the test's folder."""
    if shutil.which("openssl") is None:
        pytest.skip("not run: there is no program openssl here")

    def run(arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["openssl", *arguments.split()], cwd=tmp_path, capture_output=True, text=True, check=False
        )

    return run
