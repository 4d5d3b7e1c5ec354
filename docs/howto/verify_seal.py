"""Verify a sealed document with nothing of ours: Python 3.11 or later, the package cryptography, this one file.

    python verify_seal.py DOCUMENT SIGNATURE.p7s ROOT.cer [LIST.crl ...]
ROOT is the district's root certificate: compare the fingerprint that is printed with the one that was published. LISTs
are what the root and the issuing key have revoked, as the certificates say where. Exit code 0: the document is as it
was sealed, and the seal held; 1: it is not to be relied on, and why. Meaning: docs/why/seals.md.
"""

import hashlib
import sys
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.verification import ExtensionPolicy, PolicyBuilder, Store, VerificationError

SHA_256, ECDSA_SHA_256 = bytes.fromhex("0609608648016503040201"), bytes.fromhex("06082a8648ce3d040302")
DIGEST, TIME = bytes.fromhex("06092a864886f70d010904"), bytes.fromhex("06092a864886f70d010905")
CERTIFICATE = bytes.fromhex("060b2a864886f70d010910022f")
NO_CERTIFICATE = (x509.ExtensionNotFound, x509.InvalidVersion)
SEALS = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")


def parts(der):
    found = []  # tag, whole and content of elements that stand one behind another (X.690)
    while der:
        length, at = der[1], 2
        if length & 128:
            at = 2 + (length & 127)
            length = int.from_bytes(der[2:at], "big")
        found.append((der[0], der[: at + length], der[at : at + length]))
        der = der[at + length :]
    return found


def read(signature):
    """Return who signed and with whom, the document's digest, when, what was signed, and the signature (RFC 5652)."""
    signed = parts(parts(parts(parts(signature)[0][2])[1][2])[0][2])
    certificates = {tag: rest for tag, _, rest in signed}[0xA0]
    beside = [x509.load_der_x509_certificate(one) for _, one, _ in parts(certificates)]
    ((_, _, info),) = parts(signed[-1][2])
    _, signer, digest, attributes, algorithm, value = parts(info)[:6]
    if parts(digest[2])[0][1] != SHA_256 or parts(algorithm[2])[0][1] != ECDSA_SHA_256:
        raise ValueError("not SHA-256 with ECDSA")
    told = {parts(one)[0][1]: parts(parts(one)[1][2])[0] for _, _, one in parts(attributes[2])}
    serial = int.from_bytes(parts(signer[2])[1][2], "big")
    (own,) = [one for one in beside if one.serial_number == serial]
    if parts(parts(parts(told[CERTIFICATE][2])[0][2])[0][2])[0][2] != own.fingerprint(SHA256()):
        raise ValueError("the certificate was exchanged")
    at = datetime.strptime(told[TIME][2].decode()[-13:], "%y%m%d%H%M%SZ").replace(tzinfo=UTC)
    return own, beside, told[DIGEST][2], at, b"\x31" + attributes[1][1:], value[2]


def chain(own, beside, root, at):
    policies = {"ca_policy": ExtensionPolicy.webpki_defaults_ca(), "ee_policy": ExtensionPolicy.permit_all()}
    policy = PolicyBuilder().store(Store([root])).time(at).max_chain_depth(1).extension_policies(**policies)
    return policy.build_client_verifier().verify(own, [one for one in beside if one != own]).chain


def revoked(chain, lists, at, say):
    for one, issuer in pairwise(chain):
        name = one.subject.rfc4514_string()
        theirs = [crl for crl in lists if crl.is_signature_valid(issuer.public_key())]
        if not any(crl.next_update_utc > datetime.now(UTC) for crl in theirs):
            print(f"NOT KNOWN whether it was revoked, for want of a current list: {name}")
        for found in filter(None, (crl.get_revoked_certificate_by_serial_number(one.serial_number) for crl in theirs)):
            reason = [told.value.reason.value for told in found.extensions if isinstance(told.value, x509.CRLReason)]
            print(f"revoked {found.revocation_date_utc}, {''.join(reason)}: {name}")
            if at >= found.revocation_date_utc or not reason or reason[0].endswith("Compromise"):
                say("the certificate was revoked, and nothing here proves that this was sealed before")


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    document, signature, root, *lists = (Path(file).read_bytes() for file in sys.argv[1:])
    root, faults = x509.load_der_x509_certificate(root), []
    print("root", root.fingerprint(SHA256()).hex())
    try:
        own, beside, digest, at, signed, value = read(signature)
        print(f"sealed by {own.subject.rfc4514_string()}\nat {at}, as the seal says")
        own.public_key().verify(value, signed, ECDSA(SHA256()))
        if SEALS not in own.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value:
            faults.append("the certificate is not one for seals")
        revoked(chain(own, beside, root, at), list(map(x509.load_der_x509_crl, lists)), at, faults.append)
        if hashlib.sha256(document).digest() != digest:
            faults.append("the document was altered")
    except InvalidSignature:
        faults.append("the signature was altered")
    except (VerificationError, LookupError, TypeError, ValueError, *NO_CERTIFICATE) as wrong:
        faults.append(f"it can not be read, this root did not issue it, or it was not valid then: {wrong}")
    print(*faults or ["the document is as it was sealed"], sep="\n")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
