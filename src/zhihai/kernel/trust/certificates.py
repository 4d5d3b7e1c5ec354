"""Certificates of departments and officials (数字证书): issued on a ground, used by who may, revoked with a reason.

The private key of a seal stays with the platform, sealed and bound to its row; it is destroyed when the certificate is
revoked or has expired. That of a device is the device's own. Validity and revocation go by machine time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NoReturn

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from zhihai.ground.actors import ANY_TYPE, Actor
from zhihai.ground.certificates.lists import REASONS
from zhihai.ground.certificates.making import Holder, Sort, issue, new_sealing_key
from zhihai.ground.named import Named
from zhihai.ground.refusal import Conflict, NotFound, NotPermitted, Refused
from zhihai.kernel import records
from zhihai.kernel.identity.kinds import SET_CERTIFICATES, USE_SEALS
from zhihai.kernel.identity.reads import predicate
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.trust.issuing import ONE_AT_A_TIME, AddressesOf, issues_now, opened, sealed_key
from zhihai.kernel.trust.revoking import publish_list

DAYS = (1, 1096)
"""How long a certificate may be valid, in days, at least and at most."""
USUAL_DAYS = 730
GROUND = (2, 200)
"""Characters of what an issue or a revocation rests on."""
MOST = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateInput:
    """A certificate as it is asked for: an organisation's seal, or with ``account`` an official's signature."""

    organisation: int
    account: int | None = None
    days: int = USUAL_DAYS
    ground: str


@dataclass(frozen=True, slots=True)
class Held:
    """A certificate with whom it names (证书). ``holder`` is the organisation, or the official within it."""

    id: int
    serial: str
    issuer: int
    sort: Sort
    organisation: int
    owner: Named
    account: int | None
    person: Named | None
    valid_from: datetime
    valid_to: datetime
    ground: str
    at: datetime
    actor: int
    revoked_at: datetime | None
    reason: str | None
    invalid_since: datetime | None
    revoked_ground: str | None
    revoked_by: int | None
    lo: int
    certificate: x509.Certificate = field(repr=False)
    sealed: str | None = field(repr=False)
    device: str | None

    @property
    def holder(self) -> Named:
        """Whose it is: a device is named by its code."""
        if self.device is not None:
            return Named(self.device, self.device)
        return self.owner if self.person is None else self.person

    @property
    def private(self) -> EllipticCurvePrivateKey:
        """The private key. Raises ``Refused`` for one that is not here (any more)."""
        if self.sealed is None:
            raise Refused("certificate_key_gone", "certificate", status=409)
        return opened(self.sealed, place_of(self.serial))


def place_of(serial: str) -> str:
    """Return what the private key of a certificate is bound to."""
    return f"certificate key {serial}"


def serial_of(certificate: x509.Certificate) -> str:
    """Return a serial number as it is kept."""
    return f"{certificate.serial_number:x}"


HELD = """SELECT c.id, c.serial, c.issuer_id, c.sort, c.organisation_id, o.name_zh, o.name_en, c.account_id, a.name_zh,
    a.name_en, c.valid_from, c.valid_to, c.ground, c.at, c.actor, c.revoked_at, c.reason, c.invalid_since,
    c.revoked_ground, c.revoked_by, o.lo, c.certificate, c.sealed, c.device
    FROM certificate c JOIN organisation o ON o.id = c.organisation_id LEFT JOIN account a ON a.id = c.account_id"""


def read_held(row: records.Row) -> Held:
    """Return a row of ``HELD``."""
    person = None if row[7] is None else Named(row[8], row[9])
    der = x509.load_der_x509_certificate(bytes(row[21]))
    return Held(*(*row[:5], Named(row[5], row[6]), row[7], person, *row[10:21], der, *row[22:]))


def certificates(actor: Actor, *, sought: str = "", before: int | None = None, limit: int = MOST) -> tuple[Held, ...]:
    """Return certificates, the newest first: all, or those whose holder's name or serial number begins so.

    Raises ``NotPermitted`` without the power ``certificate.set`` over the whole district.
    """
    actor.need(SET_CERTIFICATES)
    begins = sought.strip()
    found = records.rows(
        f"""{HELD} WHERE (%s::bigint IS NULL OR c.id < %s) AND (%s = '' OR starts_with(o.name_zh, %s)
            OR starts_with(o.name_en, %s) OR starts_with(a.name_zh, %s) OR starts_with(a.name_en, %s)
            OR starts_with(c.device, %s) OR starts_with(c.serial, %s)) ORDER BY c.id DESC LIMIT {limit:d}""",
        (before, before, begins, begins, begins, begins, begins, begins, begins.lower()),
    )
    return tuple(map(read_held, found))


_POST = """EXISTS (SELECT FROM membership m WHERE m.account_id = {account} AND m.organisation_id = {organisation}
    AND m.delegated_from IS NULL AND m.valid_from <= %s AND (m.valid_to IS NULL OR m.valid_to > %s))"""
"""Somebody holds a post in an organisation, at a district instant that stands in it twice."""


def without_holder(ids: Sequence[int], *, at: datetime) -> frozenset[int]:
    """Return which of these certificates name an organisation that has ended, or an official who has left it.

    Nothing is sealed by them any more; an administrator revokes them. ``at`` is the district's instant.
    """
    post = _POST.format(account="c.account_id", organisation="c.organisation_id")
    found = records.rows(
        f"""SELECT c.id FROM certificate c JOIN organisation o ON o.id = c.organisation_id
            LEFT JOIN account a ON a.id = c.account_id WHERE c.id = ANY(%s) AND c.revoked_at IS NULL
            AND (o.valid_to IS NOT NULL OR (a.id IS NOT NULL AND (NOT a.is_active OR NOT {post})))""",
        (list(ids), at, at),
    )
    return frozenset(id_ for (id_,) in found)


def certificate(actor: Actor, id_: int) -> Held:
    """Return one certificate. Raises ``NotPermitted`` without the power ``certificate.set``, ``NotFound``."""
    actor.need(SET_CERTIFICATES)
    return _one(id_)


def _one(id_: int, *, lock: bool = False) -> Held:
    row = records.one(f"{HELD} WHERE c.id = %s{' FOR UPDATE OF c' if lock else ''}", (id_,))
    if row is None:
        raise NotFound("no_certificate")
    return read_held(row)


def seals_of(actor: Actor, *, at_machine: datetime) -> tuple[Held, ...]:
    """Return the seals that somebody may use now: their own, and those of organisations they keep the seal of."""
    sight = predicate(actor, USE_SEALS, org="o.lo", area=None, type_=str(ANY_TYPE))
    found = records.rows(
        f"""{HELD} WHERE c.revoked_at IS NULL AND c.sealed IS NOT NULL AND c.valid_from <= %s AND c.valid_to > %s
            AND ((c.sort = 'official' AND c.account_id = %s) OR (c.sort = 'organisation' AND {sight}))
            ORDER BY c.sort DESC, o.lo, c.id DESC LIMIT {MOST}""",
        (at_machine, at_machine, actor.account),
    )
    return tuple(map(read_held, found))


def usable(actor: Actor, id_: int, sort: Sort, *, at: datetime, at_machine: datetime) -> Held:
    """Return a certificate that the actor may seal by now, and hold its row, so that it is not revoked meanwhile.

    Raises ``NotFound`` for none of this sort, ``NotPermitted`` as :func:`need_seal` does, ``Refused`` for one that was
    revoked, is not valid now, or whose holder is gone.
    """
    row = records.one(f"{HELD} WHERE c.id = %s AND c.sort = %s FOR SHARE OF c", (id_, sort))
    if row is None:
        raise NotFound("no_certificate")
    held = read_held(row)
    need_seal(actor, held)
    if held.revoked_at is not None:
        raise Refused("certificate_revoked", "certificate", status=409)
    if not held.valid_from <= at_machine < held.valid_to:
        raise Refused("certificate_expired", "certificate", status=409)
    if without_holder([id_], at=at):
        raise Refused("certificate_without_holder", "certificate", status=409)
    return held


def need_seal(actor: Actor, held: Held) -> None:
    """Raise ``NotPermitted`` unless the actor may use a seal: their own, or one of an organisation they keep."""
    if actor.sort == "system":
        return
    if held.sort == "official":
        if actor.narrowed or actor.account != held.account:
            raise NotPermitted
        return
    actor.need(USE_SEALS, held.lo, None)


def issue_certificate(
    actor: Actor, given: CertificateInput, addresses: AddressesOf, *, at: datetime, at_machine: datetime
) -> int:
    """Issue a certificate with a new key, which the platform keeps; returns its number.

    Raises ``NotPermitted`` without ``certificate.set`` over the whole district; ``Refused`` where nothing issues or it
    ends sooner, for a term, a ground, an organisation that has ended, and an official without a post there.
    """
    actor.need(SET_CERTIFICATES)
    key = new_sealing_key()
    asked = Issue(
        holder=_holder(given, at), organisation=given.organisation, account=given.account, days=given.days,
        ground=given.ground, public=key.public_key(), private=key,
    )  # fmt: skip
    return write_certificate(actor, asked, addresses, at=at, at_machine=at_machine)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """What a certificate is made of; ``private`` is ``None`` where the holder keeps the key."""

    holder: Holder
    organisation: int
    account: int | None = None
    device: str | None = None
    days: int
    ground: str
    public: EllipticCurvePublicKey
    private: EllipticCurvePrivateKey | None = None


def write_certificate(actor: Actor, given: Issue, addresses: AddressesOf, *, at: datetime, at_machine: datetime) -> int:
    """Issue what was checked, and keep it; returns its number. Raises as :func:`issue_certificate` does."""
    actor.need(SET_CERTIFICATES)
    ground = written(given.ground)
    if not DAYS[0] <= given.days <= DAYS[1]:
        raise Refused("certificate_days", "days", least=DAYS[0], most=DAYS[1])
    with records.atomic():
        records.execute(ONE_AT_A_TIME)
        issuer = issues_now(at_machine=at_machine)
        assert issuer.certificate is not None
        made = issue(
            given.holder, given.public, issuer.private, issuer.certificate, at=at_machine,
            until=at_machine + timedelta(days=given.days), addresses=addresses(issuer.id),
        )  # fmt: skip
        serial, private = serial_of(made), given.private
        id_ = records.value(
            """INSERT INTO certificate (serial, issuer_id, sort, organisation_id, account_id, device, certificate,
                   sealed, key_digest, valid_from, valid_to, ground, at, actor)
               VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id""",
            (
                serial, issuer.id, given.holder.sort, given.organisation, given.account, given.device,
                made.public_bytes(Encoding.DER), None if private is None else sealed_key(private, place_of(serial)),
                key_digest(given.public) if private is None else None, made.not_valid_before_utc,
                made.not_valid_after_utc, ground, at, actor.account,
            ),
        )  # fmt: skip
        told = {"serial": serial, "issuer": issuer.id, "organisation": given.organisation, "account": given.account}
        told |= {"device": given.device} if given.device else {}
        journal.record(actor, "trust.issue_certificate", "certificate", id_, told, at=at)
    return int(id_)


def key_digest(public: EllipticCurvePublicKey) -> bytes:
    """Return the SHA-256 of a public key, by which one that was certified before is known again."""
    return sha256(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()


def _holder(given: CertificateInput, at: datetime) -> Holder:
    """Return whom a certificate names. Raises ``Refused`` for an organisation that has ended, and no official of it."""
    row = records.one(
        """SELECT o.code, o.name_zh, (SELECT d.name_zh FROM organisation d WHERE d.lo = 1) FROM organisation o
           WHERE o.id = %s AND o.valid_to IS NULL""",
        (given.organisation,),
    )
    if row is None:
        raise Refused("no_organisation", "organisation")
    code, office, district = row
    if given.account is None:
        return Holder(sort="organisation", name=office, organisation=district, number=code)
    name = records.value(
        f"""SELECT a.name_zh FROM account a, organisation o WHERE a.id = %s AND o.id = %s AND a.is_active
            AND a.sort = 'person' AND {_POST.format(account="a.id", organisation="o.id")}""",
        (given.account, given.organisation, at, at),
    )
    if name is None:
        raise Refused("no_official_there", "account")
    return Holder(sort="official", name=name, organisation=office, number=f"{code}-{given.account}")


def written(text: str) -> str:
    """Return a ground as it is kept. Raises ``Refused`` for one that says nothing or too much."""
    kept = " ".join(text.split())
    if not GROUND[0] <= len(kept) <= GROUND[1]:
        raise Refused("certificate_ground", "ground", least=GROUND[0], most=GROUND[1])
    return kept


def revoke_certificate(
    actor: Actor, id_: int, reason: str, ground: str, *, since: datetime | None = None, at: datetime,
    at_machine: datetime,
) -> None:  # fmt: skip
    """Revoke a certificate at once and for good, destroy its key, and publish the list that says so.

    ``since`` is from when on its key may have been another's. Raises as :func:`certificate` does, ``Refused`` for a
    reason there is none of, a ground, an instant outside the certificate's life, ``Conflict`` where it is revoked.
    """
    actor.need(SET_CERTIFICATES)
    said = written(ground)
    if reason not in REASONS:
        raise Refused("no_reason", "reason")
    with records.atomic():
        records.execute(ONE_AT_A_TIME)
        held = _one(id_, lock=True)
        if held.revoked_at is not None:
            _refuse_twice()
        if since is not None and not held.valid_from <= since <= at_machine:
            raise Refused("invalid_since", "since")
        records.execute(
            """UPDATE certificate SET revoked_at = %s, reason = %s, invalid_since = %s, revoked_ground = %s,
                   revoked_by = %s, sealed = NULL WHERE id = %s""",
            (at_machine, reason, since, said, actor.account, id_),
        )
        publish_list(held.issuer, at_machine=at_machine)
        told = {"serial": held.serial, "reason": reason, "since": None if since is None else since.isoformat()}
        journal.record(actor, "trust.revoke_certificate", "certificate", id_, told, at=at)


def _refuse_twice() -> NoReturn:
    raise Conflict("certificate_revoked", "certificate")
