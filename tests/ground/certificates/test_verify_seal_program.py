"""The one file of the how-to and the program ``openssl`` find what our check finds, of good seals and of bad ones."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.ground.certificates.authority import DAY, DIGEST, DOCUMENT, Chain, Keyed, made_chain

from zhihai.ground.certificates.checking import check_seal
from zhihai.ground.certificates.lists import Revocation, make_list, read_list

PROGRAM = Path(__file__).resolve().parents[3] / "docs" / "howto" / "verify_seal.py"
BEGAN = datetime.now(UTC).replace(microsecond=0) - 20 * DAY
"""The programs judge by the machine's own time."""
CHAIN = made_chain(at=BEGAN)


def signed(seal: Keyed, day: int = 2, digest: bytes = DIGEST) -> bytes:
    return CHAIN.signed(seal, digest, at=BEGAN + day * DAY)


def sealed(**more: object) -> tuple[Keyed, bytes]:
    seal = CHAIN.seal(at=BEGAN, **more)
    return seal, signed(seal)


def other() -> bytes:
    chain = made_chain(at=BEGAN)
    return chain.signed(chain.seal(at=BEGAN), at=BEGAN + DAY)


def broken() -> bytes:
    signature = bytearray(sealed()[1])
    signature[-1] ^= 1
    return bytes(signature)


def crossed() -> bytes:
    chain = Chain(CHAIN.root, made_chain(at=BEGAN).issuing)
    return chain.signed(chain.seal(at=BEGAN), at=BEGAN + DAY)


CASES: dict[str, tuple[Callable[[], bytes], str]] = {
    "good": (lambda: sealed()[1], "good"),
    "an official's": (lambda: sealed(sort="official")[1], "good"),
    "altered": (lambda: signed(CHAIN.seal(at=BEGAN), digest=hashlib.sha256(b"other").digest()), "altered"),
    "signature altered": (broken, "broken"),
    "another root of the name": (other, "stranger"),
    "another issuer of the name": (crossed, "stranger"),
    "a device's": (lambda: sealed(sort="device")[1], "unfit"),
    "before it was valid": (lambda: signed(CHAIN.seal(at=BEGAN + 5 * DAY)), "not_valid_then"),
    "after it had expired": (lambda: signed(CHAIN.seal(at=BEGAN, days=1)), "not_valid_then"),
    "garbage": (lambda: b"garbage", "unreadable"),
    "nothing": (lambda: b"", "unreadable"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "document").write_bytes(DOCUMENT)
    for name, keyed in (("root", CHAIN.root), ("issuing", CHAIN.issuing)):
        (tmp_path / f"{name}.cer").write_bytes(keyed.certificate.public_bytes(Encoding.DER))
        (tmp_path / f"{name}.pem").write_bytes(keyed.certificate.public_bytes(Encoding.PEM))
    publish(tmp_path)
    return tmp_path


def publish(folder: Path, *revoked: Revocation) -> None:
    """Publish what was revoked."""
    until, at = datetime.now(UTC) + DAY, datetime.now(UTC)
    for name, keyed, gone in (("root", CHAIN.root, ()), ("issuing", CHAIN.issuing, revoked)):
        der = make_list(keyed.certificate, keyed.key, gone, 1, at=at, until=until)
        (folder / f"{name}.crl").write_bytes(der)
        (folder / f"{name}-list.pem").write_bytes(x509.load_der_x509_crl(der).public_bytes(Encoding.PEM))


def ours(folder: Path, signature: bytes) -> str:
    list_ = read_list((folder / "issuing.crl").read_bytes(), CHAIN.issuing.certificate)
    found = check_seal(
        DIGEST, signature, [CHAIN.root.certificate], lambda one: list_.of(one.serial_number), at=datetime.now(UTC)
    )
    return found.verdict


def by_the_file(folder: Path, signature: bytes, *lists: str) -> subprocess.CompletedProcess[str]:
    (folder / "seal.p7s").write_bytes(signature)
    given = ["document", "seal.p7s", "root.cer", *(lists or ("root.crl", "issuing.crl"))]
    return subprocess.run(
        [sys.executable, str(PROGRAM), *given], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("name", CASES)
def test_the_file_finds_what_we_find(folder: Path, name: str) -> None:
    make, verdict = CASES[name]
    signature = make()
    assert ours(folder, signature) == verdict
    said = by_the_file(folder, signature)
    assert "Traceback" not in said.stderr
    assert (said.returncode == 0) == (verdict == "good"), said.stdout


@pytest.mark.parametrize(
    ("reason", "day", "holds"),
    [("superseded", 5, True), ("superseded", 2, False), ("key_compromise", 5, False), ("unspecified", 5, False)],
)
def test_the_file_judges_a_revocation_as_we_do(folder: Path, reason: str, day: int, holds: bool) -> None:
    seal, signature = sealed()
    publish(folder, Revocation(serial=seal.certificate.serial_number, at=BEGAN + day * DAY, reason=reason))
    said = by_the_file(folder, signature)
    assert (said.returncode == 0, ours(folder, signature) == "good_then") == (holds, holds)
    assert "revoked" in said.stdout
    assert "NOT KNOWN" not in said.stdout


def test_the_file_says_what_it_can_not_know(folder: Path) -> None:
    said = by_the_file(folder, sealed()[1], "root.crl")
    assert said.returncode == 0
    assert said.stdout.count("NOT KNOWN") == 1
    assert by_the_file(folder, sealed()[1], "document").returncode == 1
    alone = subprocess.run([sys.executable, str(PROGRAM), "x"], capture_output=True, text=True, check=False)
    assert "python verify_seal.py DOCUMENT" in alone.stderr


def test_the_file_is_short_enough_to_be_read() -> None:
    lines = PROGRAM.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 101
    assert not any("zhihai" in line for line in lines), "it needs nothing of ours"


@pytest.fixture
def openssl(folder: Path) -> Callable[[str], subprocess.CompletedProcess[str]]:
    """Run the program ``openssl`` in the folder."""
    if shutil.which("openssl") is None:
        pytest.skip("not run: there is no program openssl here")

    def run(arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["openssl", *arguments.split()], cwd=folder, capture_output=True, text=True, check=False)

    return run


VERIFY = "cms -verify -cades -binary -inform DER -in seal.p7s -content document -CAfile trusted.pem -crl_check_all"


@pytest.mark.parametrize("name", [name for name in CASES if CASES[name][1] != "not_valid_then"])
def test_openssl_finds_what_we_find(
    folder: Path, openssl: Callable[[str], subprocess.CompletedProcess[str]], name: str
) -> None:
    """It judges the time by now, so that what was sealed out of time is left to us."""
    make, verdict = CASES[name]
    (folder / "seal.p7s").write_bytes(make())
    parts = ("root.pem", "root-list.pem", "issuing-list.pem")
    (folder / "trusted.pem").write_bytes(b"".join((folder / part).read_bytes() for part in parts))
    said = openssl(f"{VERIFY} -out verified")
    assert (said.returncode == 0) == (verdict == "good"), said.stderr


def test_a_seal_that_openssl_made_with_sha_1_or_without_its_certificates_digest_is_none(
    folder: Path, openssl: Callable[[str], subprocess.CompletedProcess[str]]
) -> None:
    seal, _ = sealed()
    (folder / "seal.pem").write_bytes(seal.certificate.public_bytes(Encoding.PEM))
    (folder / "seal.key").write_bytes(seal.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    sign = (
        "cms -sign -binary -in document -signer seal.pem -inkey seal.key -certfile issuing.pem -outform DER -out made"
    )
    for more, verdict in MADE_BY_OPENSSL.items():
        assert openssl(f"{sign} {more}").returncode == 0
        made = (folder / "made").read_bytes()
        found = check_seal(DIGEST, made, [CHAIN.root.certificate], lambda _: None, at=datetime.now(UTC))
        assert found.verdict == verdict, more
        if "nodetach" not in more:
            assert (by_the_file(folder, made).returncode == 0) == (verdict == "good"), more


MADE_BY_OPENSSL = {
    "-md sha256 -cades": "good", "-md sha256": "unreadable", "-md sha1": "weak", "-md sha512 -cades": "unreadable",
    "-md sha256 -cades -nodetach": "unreadable",
}  # fmt: skip


def test_a_certificate_signed_with_sha_1_vouches_for_nothing(
    folder: Path, openssl: Callable[[str], subprocess.CompletedProcess[str]]
) -> None:
    seal = CHAIN.seal(at=BEGAN)
    (folder / "issuing.key").write_bytes(
        CHAIN.issuing.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    (folder / "seal.key").write_bytes(seal.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    assert openssl("req -new -key seal.key -subj /CN=weak -out asked.pem").returncode == 0
    made = openssl(
        "x509 -req -in asked.pem -CA issuing.pem -CAkey issuing.key -sha1 -days 30 -set_serial 4242 -out weak.pem"
    )
    assert made.returncode == 0, made.stderr
    weak = Keyed(x509.load_pem_x509_certificate((folder / "weak.pem").read_bytes()), seal.key)
    assert weak.certificate.signature_hash_algorithm.name == "sha1"
    signature = CHAIN.signed(weak, at=datetime.now(UTC))
    assert ours(folder, signature) == "stranger"
    assert by_the_file(folder, signature).returncode == 1
