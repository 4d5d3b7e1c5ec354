"""Rows of seals: documents sealed through the act, and checked as the public page checks them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from zhihai.faces.certificates.places import addresses_of
from zhihai.ground.actors import SYSTEM
from zhihai.ground.certificates.lists import make_list
from zhihai.ground.certificates.making import make_root, new_issuing_key, sign_issuing
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.journal import reads as journal
from zhihai.kernel.trust import acts, reads
from zhihai.kernel.trust.acts import CertificateInput, DocumentInput
from zhihai.site.bench.crowd import timed
from zhihai.site.bench.figures import Row, rounds_of

DOCUMENT_BYTES = 1 << 20
YEAR = timedelta(days=365)


def seals(count: int, rounds: int) -> tuple[Row, ...]:
    """Measure ``count`` documents of 1 MB a round sealed one after another, and the check of as many."""
    certificate = _begin()
    documents = [os.urandom(DOCUMENT_BYTES) for _ in range(min(count, 16))]
    sealed: list[tuple[bytes, bytes]] = []

    def given() -> Iterator[bytes]:
        return (documents[place % len(documents)] for place in range(count))

    def seal() -> None:
        sealed.clear()
        for content in given():
            asked = DocumentInput(digest=hashlib.sha256(content).digest(), size=len(content), title="Benchmark")
            made = acts.seal_document(SYSTEM, certificate, asked, at=journal.now(), at_machine=datetime.now(UTC))
            sealed.append((content, made.signature))

    def check() -> None:
        for content, signature in sealed:
            digest = hashlib.sha256(content).digest()
            assert reads.check_document(digest, signature, at_machine=datetime.now(UTC)).finding.holds

    sealing = rounds_of(rounds, lambda: count / timed(seal))
    checking = rounds_of(rounds, lambda: count / timed(check))
    return (
        Row(name="seal", unit="documents/s", rounds=sealing, n=count, least=10.0),
        Row(name="seal_check", unit="documents/s", rounds=checking, n=count, least=10.0),
    )


def _begin() -> int:
    """Let an authority begin whose root lasts as long as this run; return the number of a seal."""
    at, now, root = journal.now(), datetime.now(UTC), new_issuing_key()
    top = make_root("Benchmark", root, at=now, until=now + 10 * YEAR)
    _, request = acts.request_issuing(SYSTEM, "Benchmark", addresses_of, at=at, at_machine=now)
    issued = sign_issuing(x509.load_pem_x509_csr(request), root, top, at=now, until=now + 5 * YEAR)
    revoked = x509.load_der_x509_crl(make_list(top, root, (), 1, at=now, until=now + YEAR))
    handed = b"".join(one.public_bytes(Encoding.PEM) for one in (issued, top, revoked))
    acts.take_in(SYSTEM, handed, top.fingerprint(SHA256()).hex(), at=at, at_machine=datetime.now(UTC))
    given = CertificateInput(organisation=identity.organisations()[0].id, ground="Benchmark")
    return acts.issue_certificate(SYSTEM, given, addresses_of, at=at, at_machine=datetime.now(UTC))
