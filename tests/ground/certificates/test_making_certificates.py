"""What certificates say of themselves, and what no root signs."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID
from tests.ground.certificates.authority import ADDRESSES, DAY, NOW, Chain, made_chain, the_chain

from zhihai.ground.certificates.making import (
    DOCUMENT_SIGNING,
    SORTS,
    Holder,
    ask_issuing,
    issue,
    make_root,
    new_issuing_key,
    new_sealing_key,
    sign_issuing,
    signed_by,
)
from zhihai.ground.refusal import Refused


@pytest.fixture
def chain() -> Chain:
    return the_chain()


def value(certificate: x509.Certificate, sort: type) -> object:
    return certificate.extensions.get_extension_for_class(sort).value


def test_each_certificate_may_do_just_what_it_is_for(chain: Chain) -> None:
    root, issuing = chain.root.certificate, chain.issuing.certificate
    assert value(root, x509.BasicConstraints) == x509.BasicConstraints(ca=True, path_length=1)
    assert value(issuing, x509.BasicConstraints) == x509.BasicConstraints(ca=True, path_length=0)
    seal, device = (chain.seal(sort).certificate for sort in ("organisation", "device"))
    assert [value(one, x509.BasicConstraints).ca for one in (seal, device)] == [False, False]
    assert [value(one, x509.KeyUsage).content_commitment for one in (root, issuing, seal, device)] == [
        False, False, True, False,
    ]  # fmt: skip
    assert [value(one, x509.KeyUsage).key_cert_sign for one in (root, issuing, seal, device)] == [
        True, True, False, False,
    ]  # fmt: skip
    assert DOCUMENT_SIGNING in value(seal, x509.ExtendedKeyUsage)
    assert list(value(device, x509.ExtendedKeyUsage)) == [ExtendedKeyUsageOID.CLIENT_AUTH]


def test_certificates_say_where_their_issuer_and_what_it_revoked_are_found(chain: Chain) -> None:
    for one in (chain.issuing.certificate, chain.seal().certificate):
        (place,) = value(one, x509.CRLDistributionPoints)
        assert place.full_name[0].value == ADDRESSES.revoked
        known = {
            access.access_method: access.access_location.value for access in value(one, x509.AuthorityInformationAccess)
        }
        assert known[AuthorityInformationAccessOID.CA_ISSUERS] == ADDRESSES.issuer
        assert known[AuthorityInformationAccessOID.OCSP] == ADDRESSES.answers


def test_serial_numbers_are_random(chain: Chain) -> None:
    numbers = {chain.seal(sort).certificate.serial_number for sort in SORTS for _ in range(10)}
    assert len(numbers) == 30
    assert all(number.bit_length() > 100 for number in numbers)


def test_a_root_of_the_same_name_signed_nothing_of_ours(chain: Chain) -> None:
    other = made_chain()
    assert other.root.certificate.subject == chain.root.certificate.subject
    assert signed_by(chain.issuing.certificate, chain.root.certificate)
    assert not signed_by(chain.issuing.certificate, other.root.certificate)
    assert not signed_by(chain.seal().certificate, chain.root.certificate)


def test_nothing_outlives_what_issued_it(chain: Chain) -> None:
    with pytest.raises(Refused, match="outlives_issuer"):
        chain.seal(days=1826)
    asked = ask_issuing("湖滨区", 2, new_issuing_key(), ADDRESSES)
    with pytest.raises(Refused, match="outlives_issuer"):
        sign_issuing(asked, chain.root.key, chain.root.certificate, at=NOW, until=NOW + 7301 * DAY)


def test_the_root_signs_no_request_but_a_platforms(chain: Chain) -> None:
    root = chain.root
    csr = x509.CertificateSigningRequestBuilder
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "somebody")])
    weak = csr().subject_name(name).sign(generate_private_key(SECP256R1()), SHA256())
    bare = csr().subject_name(name).sign(new_issuing_key(), SHA256())
    itself = csr().subject_name(root.certificate.subject).sign(new_issuing_key(), SHA256())
    good = ask_issuing("湖滨区", 3, new_issuing_key(), ADDRESSES)
    der = bytearray(good.public_bytes(Encoding.DER))
    der[-1] ^= 1
    for wrong in (weak, bare, itself, x509.load_der_x509_csr(bytes(der))):
        with pytest.raises(Refused, match="request_wrong"):
            sign_issuing(wrong, root.key, root.certificate, at=NOW, until=NOW + DAY)


@pytest.mark.parametrize("name", ["", "区" * 60])
def test_a_name_must_fit_into_a_certificate(name: str, chain: Chain) -> None:
    with pytest.raises(Refused, match="certificate_name"):
        make_root(name, new_issuing_key(), at=NOW, until=NOW + DAY)
    holder = Holder(sort="official", name=name * 2, organisation="湖滨区", number="1")
    with pytest.raises(Refused, match="certificate_name"):
        issue(
            holder, new_sealing_key().public_key(), chain.issuing.key, chain.issuing.certificate, at=NOW,
            until=NOW + DAY, addresses=ADDRESSES,
        )  # fmt: skip
