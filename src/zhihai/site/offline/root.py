"""The root of the district's certificate authority (根证书), kept in a folder of its own, away from the platform.

The folder holds the key and its certificate (``root.p12``, encrypted by a passphrase), the certificate for everybody
(``root.pem``), and what the root has signed and revoked (``ledger.json``). No database and no network are needed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PrivateFormat, PublicFormat, pkcs12

from zhihai.ground.certificates.lists import ISSUER_REASONS, Revocation, make_list
from zhihai.ground.certificates.making import make_root, new_issuing_key, sign_issuing
from zhihai.ground.refusal import Conflict, NotFound, Refused

KEY, CERTIFICATE, LEDGER = "root.p12", "root.pem", "ledger.json"
SHORTEST = 16
"""Characters of the passphrase: whoever finds the medium may try as many as they like."""
ROUNDS = 600_000
"""Of PBKDF2 with SHA-256, what OWASP asks for since 2023."""
YEAR = timedelta(days=365)
LIST_DAYS = 400
"""How long a list of the root's holds: once a year somebody fetches the medium and makes the next one."""


@dataclass(frozen=True, slots=True)
class Root:
    """A root that was opened with its passphrase."""

    folder: Path
    certificate: x509.Certificate
    key: EllipticCurvePrivateKey = field(repr=False)


def make(folder: Path, name: str, passphrase: str, years: int, *, at: datetime) -> x509.Certificate:
    """Make a root in a folder that has none.

    Raises ``Conflict`` where one is, ``Refused`` for a passphrase that is too short and a folder that can not be
    written.
    """
    if len(passphrase) < SHORTEST:
        raise Refused("root_passphrase_short", "passphrase", least=SHORTEST)
    if (folder / KEY).exists() or (folder / CERTIFICATE).exists():
        raise Conflict("root_there", "folder", folder=str(folder))
    key = new_issuing_key()
    certificate = make_root(name, key, at=at, until=at + years * YEAR)
    encryption = (
        PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(ROUNDS)
        .key_cert_algorithm(pkcs12.PBES.PBESv2SHA256AndAES256CBC)
        .hmac_hash(SHA256())
        .build(passphrase.encode())
    )
    sealed = pkcs12.serialize_key_and_certificates(b"root", key, certificate, None, encryption)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(folder / KEY, sealed)
        _keep(folder, {"number": 0, "signed": [], "revoked": []})
        _write(folder / CERTIFICATE, certificate.public_bytes(Encoding.PEM))
    except OSError as wrong:
        raise Refused("root_folder", "folder", folder=str(folder), reason=wrong.strerror) from None
    return certificate


def open_root(folder: Path, passphrase: str) -> Root:
    """Open a root. Raises ``NotFound`` where there is none, ``Refused`` for a wrong passphrase."""
    try:
        sealed = (folder / KEY).read_bytes()
    except OSError:
        raise NotFound("root_missing", "folder", folder=str(folder)) from None
    try:
        key, certificate, _ = pkcs12.load_key_and_certificates(sealed, passphrase.encode())
    except ValueError:
        raise Refused("root_passphrase_wrong", "passphrase") from None
    if not isinstance(key, EllipticCurvePrivateKey) or certificate is None:
        raise Refused("root_passphrase_wrong", "passphrase")
    return Root(folder, certificate, key)


def read_request(text: bytes) -> x509.CertificateSigningRequest:
    """Read a platform's request (PEM). Raises ``Refused``."""
    try:
        return x509.load_pem_x509_csr(text)
    except ValueError:
        raise Refused("request_wrong", "request") from None


def sign(root: Root, request: x509.CertificateSigningRequest, years: int, *, at: datetime) -> bytes:
    """Sign what a platform asked for, and return what it is handed: certificate, root and list (PEM).

    Raises ``Refused`` as ``sign_issuing`` does, ``Conflict`` for a name that another key was signed under.
    """
    ledger = _ledger(root.folder)
    key = request.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint).hex()
    name = request.subject.rfc4514_string()
    if any(one["name"] == name and one["key"] != key for one in ledger["signed"]):
        raise Conflict("root_name_taken", "request", name=name)
    until = min(at + years * YEAR, root.certificate.not_valid_after_utc)
    issued = sign_issuing(request, root.key, root.certificate, at=at, until=until)
    line = {"serial": f"{issued.serial_number:x}", "name": name, "key": key, "at": at.isoformat()}
    ledger["signed"].append(line)
    return issued.public_bytes(Encoding.PEM) + new_list(root, ledger, at=at)


def revoke(root: Root, serial: str, reason: str, *, at: datetime) -> bytes:
    """Revoke a certificate that the root has signed, and return the root with its new list (PEM).

    Raises ``NotFound`` for one it has not signed, ``Conflict`` for one revoked before.
    """
    if reason not in ISSUER_REASONS:
        raise Refused("root_reason", "reason", reasons=", ".join(ISSUER_REASONS))
    ledger = _ledger(root.folder)
    plain = serial.lower().replace(":", "").lstrip("0")
    if all(one["serial"] != plain for one in ledger["signed"]):
        raise NotFound("root_not_signed", "serial", serial=serial)
    if any(one["serial"] == plain for one in ledger["revoked"]):
        raise Conflict("root_revoked", "serial", serial=serial)
    ledger["revoked"].append({"serial": plain, "at": at.isoformat(), "reason": reason})
    return new_list(root, ledger, at=at)


def new_list(root: Root, ledger: dict[str, Any] | None = None, *, at: datetime) -> bytes:
    """Make the next list of what the root has revoked, and return the root with it (PEM)."""
    kept = _ledger(root.folder) if ledger is None else ledger
    kept["number"] += 1
    revoked = [
        Revocation(serial=int(one["serial"], 16), at=datetime.fromisoformat(one["at"]), reason=one["reason"])
        for one in kept["revoked"]
    ]
    until = at + timedelta(days=LIST_DAYS)
    made = make_list(root.certificate, root.key, revoked, kept["number"], at=at, until=until)
    _keep(root.folder, kept)
    pem = x509.load_der_x509_crl(made).public_bytes(Encoding.PEM)
    return root.certificate.public_bytes(Encoding.PEM) + pem


def _ledger(folder: Path) -> dict[str, Any]:
    try:
        kept: dict[str, Any] = json.loads((folder / LEDGER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise NotFound("root_missing", "folder", folder=str(folder)) from None
    return kept


def _keep(folder: Path, ledger: Mapping[str, Any]) -> None:
    _write(folder / LEDGER, json.dumps(ledger, ensure_ascii=False, indent=1).encode())


def _write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, so that only its owner reads it."""
    draft = path.with_name(f".{path.name}.part")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    draft.replace(path)
