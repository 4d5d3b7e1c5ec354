"""Acts on certificates and seals as the tests of powers try them: each is made ready, and then called by somebody."""

from __future__ import annotations

from tests.kernel.acting import AT, EAST, MACHINE, OFFICE, Try, account, office
from tests.kernel.trust.ceremony import (
    asked,
    begin_authority,
    device_asks,
    document,
    fingerprint,
    issued,
    list_of_root,
    now,
    signed_by_root,
)

from zhihai.faces.certificates.places import addresses_of
from zhihai.ground.actors import SYSTEM
from zhihai.ground.certificates.making import new_sealing_key
from zhihai.kernel.trust import acts


def request_issuing() -> Try:
    return lambda by: acts.request_issuing(by, "湖滨区", addresses_of, at=AT, at_machine=MACHINE)


def take_in() -> Try:
    handed = signed_by_root(asked()) + list_of_root(1)
    return lambda by: acts.take_in(by, handed, fingerprint(), at=AT, at_machine=now())


def issue_certificate() -> Try:
    begin_authority()
    given = acts.CertificateInput(organisation=office(OFFICE), ground="document 7")
    return lambda by: acts.issue_certificate(by, given, addresses_of, at=AT, at_machine=now())


def certify_device() -> Try:
    begin_authority()
    given = device_asks(new_sealing_key())
    return lambda by: acts.certify_device(by, given, addresses_of, at=AT, at_machine=now())


def revoke_certificate() -> Try:
    begin_authority()
    one = issued()
    return lambda by: acts.revoke_certificate(by, one, "superseded", "document 8", at=AT, at_machine=now())


def seal_document() -> Try:
    begin_authority()
    one = issued()
    return lambda by: acts.seal_document(by, one, document(), at=AT, at_machine=now())


def sign_document() -> Try:
    begin_authority()
    one = issued(EAST, account=account("street-east"))
    return lambda by: acts.sign_document(by, one, document(), at=AT, at_machine=now())


def appoint_seal() -> Try:
    begin_authority()
    one = issued()
    return lambda by: acts.appoint_seal(by, one, at=AT, at_machine=now())


def dismiss_seal() -> Try:
    begin_authority()
    one = issued()
    acts.appoint_seal(SYSTEM, one, at=AT, at_machine=now())
    return lambda by: acts.dismiss_seal(by, one, at=AT)


APPOINTING = {
    "trust.appoint_seal": (appoint_seal, OFFICE, EAST),
    "trust.dismiss_seal": (dismiss_seal, OFFICE, EAST),
}
