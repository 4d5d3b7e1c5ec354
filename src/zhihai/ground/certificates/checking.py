"""Whether a seal holds (验章): who sealed, when, whether the document is what was sealed, and what became of the seal.

What time proves. The time in a signature is what its signer wrote, so with the key in a stranger's hands it proves
nothing. ``recorded_at`` is when the platform itself noted the sealing, in its journal: whoever keeps anchors of the
journal can tell that it was not written later. It is no time stamp of a third party (RFC 3161).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.verification import ExtensionPolicy, PolicyBuilder, Store, VerificationError

from zhihai.ground.certificates.cms import WRONG, Signature, read_signature
from zhihai.ground.certificates.lists import REACHING_BACK, Revocation
from zhihai.ground.certificates.making import FITS_TO_SEAL

Verdict = Literal[
    "good", "good_then", "unreadable", "weak", "swapped", "stranger", "broken", "altered", "unfit", "not_valid_then",
    "revoked",
]  # fmt: skip
"""What was found (验章结论). Words: ``trust.verdict.<verdict>``.

``good``: all holds. ``good_then``: it held when it was sealed; its certificate has ended since. The others are no seal.
"""
HOLDS: frozenset[Verdict] = frozenset({"good", "good_then"})
Revoked = Callable[[x509.Certificate], Revocation | None]
"""How a certificate, a holder's or what issued it, was revoked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found of a seal. ``signer`` is ``None`` where nothing could be read.

    ``sealed_at`` is when it was sealed: as the platform noted it (``noted``), else as the signature says.
    """

    verdict: Verdict
    signer: x509.Certificate | None = None
    sealed_at: datetime | None = None
    noted: bool = False
    revoked: Revocation | None = None

    @property
    def holds(self) -> bool:
        """Say whether the seal may be relied on."""
        return self.verdict in HOLDS


def check_seal(
    digest: bytes, signature: bytes, roots: Sequence[x509.Certificate], revoked: Revoked, *, at: datetime,
    recorded_at: datetime | None = None,
) -> Finding:  # fmt: skip
    """Check a signature over a document, by the document's SHA-256, against the district's roots.

    ``at`` is now, by the machine. A certificate that was revoked because its key was lost proves nothing, unless the
    platform noted the sealing before the key was; with any other reason what was sealed before stays sealed.
    """
    read = read_signature(signature)
    if not isinstance(read, Signature):
        return Finding(verdict=read)
    issuer = _issuer(read, roots)
    sealed_at = recorded_at or read.said_at
    noted = recorded_at is not None
    ended = [found for one in (read.signer, issuer) if issuer and one and (found := revoked(one))]
    verdict = _verdict(digest, read, issuer, roots, sealed_at)
    if verdict == "good" and not noted and sealed_at > at:
        verdict = "not_valid_then"
    elif verdict == "good" and not all(_before(one, sealed_at, noted=noted) for one in ended):
        verdict = "revoked"
    elif verdict == "good" and (ended or at > read.signer.not_valid_after_utc):
        verdict = "good_then"
    worst = min(ended, key=lambda one: (_before(one, sealed_at, noted=noted), one.at), default=None)
    return Finding(verdict=verdict, signer=read.signer, sealed_at=sealed_at, noted=noted, revoked=worst)


def _verdict(
    digest: bytes, read: Signature, issuer: x509.Certificate | None, roots: Sequence[x509.Certificate], at: datetime
) -> Verdict:
    if issuer is None:
        return "stranger"
    if not _signed(read):
        return "broken"
    if read.digest != digest:
        return "altered"
    if not _fits(read.signer):
        return "unfit"
    if not read.signer.not_valid_before_utc <= at <= read.signer.not_valid_after_utc:
        return "not_valid_then"
    return "good" if _chain(read, roots, at) is not None else "not_valid_then"


def _issuer(read: Signature, roots: Sequence[x509.Certificate]) -> x509.Certificate | None:
    """Return what issued the signer's certificate, where a root stood behind it when it was issued."""
    chain = _chain(read, roots, read.signer.not_valid_before_utc)
    return None if chain is None else chain[1]


def _chain(read: Signature, roots: Sequence[x509.Certificate], at: datetime) -> list[x509.Certificate] | None:
    """Return the signer's certificate, what issued it and the root; ``None`` where they do not hold together."""
    if not roots:
        return None
    policy = PolicyBuilder().store(Store(list(roots))).time(at).max_chain_depth(1)
    policy = policy.extension_policies(
        ca_policy=ExtensionPolicy.webpki_defaults_ca(), ee_policy=ExtensionPolicy.permit_all()
    )
    try:
        chain = policy.build_client_verifier().verify(read.signer, list(read.others)).chain
    except (VerificationError, *WRONG):
        return None
    return chain if len(chain) == 3 else None


def _signed(read: Signature) -> bool:
    public = read.signer.public_key()
    if not isinstance(public, EllipticCurvePublicKey):
        return False
    try:
        public.verify(read.value, read.signed, ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def _fits(signer: x509.Certificate) -> bool:
    """Say whether a certificate is one for seals: who holds one for something else can not seal by it."""
    extensions = signer.extensions
    try:
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
        uses = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        issues = extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False
    return usage.content_commitment and not issues and set(uses) >= FITS_TO_SEAL


def _before(ended: Revocation, sealed_at: datetime, *, noted: bool) -> bool:
    """Say whether what was sealed then was sealed before the certificate ended, as far as that can be known."""
    if ended.reason in REACHING_BACK:
        return noted and ended.since is not None and sealed_at < ended.since
    return sealed_at < min(ended.at, ended.since or ended.at)
