"""Pages of the certificate authority: what issues and until when, certificates, their issue and revocation."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding
from django.http import HttpResponse

from zhihai.faces.certificates.places import addresses_of
from zhihai.faces.days import begin_of
from zhihai.faces.desk.frame import page, posted
from zhihai.faces.naming import account_names
from zhihai.faces.once import done, said_once
from zhihai.faces.request import Asked, whole
from zhihai.ground.certificates.lists import REASONS
from zhihai.ground.refusal import NotFound, Refused
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.identity.kinds import SET_CERTIFICATES
from zhihai.kernel.sensing import reads as sensing
from zhihai.kernel.trust import acts as trust_acts
from zhihai.kernel.trust import reads as trust
from zhihai.kernel.trust.acts import CertificateInput, DeviceCertificateInput

SHOWN = 50


@page("desk/certificates.jinja", SET_CERTIFICATES)
def certificates(request: Asked) -> dict[str, Any]:
    """What issues, all certificates, and the form to issue one."""
    return _certificates(request, None)


def _certificates(request: Asked, wrong: Refused | None) -> dict[str, Any]:
    now, roots = datetime.now(UTC), trust.roots()
    sought, after = request.GET.get("sought", "")[:64], request.GET.get("after", "")
    rows = trust.certificates(request.actor, sought=sought, before=whole(after), limit=SHOWN + 1)
    keys = [(one, _state(one, roots, now)) for one in trust.issuing_keys()]
    return {
        "rows": rows[:SHOWN], "roots": roots, "keys": keys, "now": now, "sought": sought, "paged": bool(after),
        "older": str(rows[SHOWN - 1].id) if len(rows) > SHOWN else "",
        "gone": trust.without_holder([one.id for one in rows], at=request.clock.instant),
        "warnings": _warnings(keys, roots, now), "usual": trust.USUAL_DAYS, "most": trust.DAYS[1],
        "issues": any(state == "issues" for _, state in keys),
        "owners": [one for one in identity.organisations(above="community") if one.ended is None],
        "written": request.POST, "wrong": wrong, "done": said_once(request),
    }  # fmt: skip


def _state(key: trust.IssuingKey, roots: tuple[trust.Root, ...], now: datetime) -> str:
    """Say how an issuing key stands: words ``desk.certificate.key.<state>``."""
    if key.certificate is None:
        return "waits"
    revoked = next((one.revoked for one in roots if one.id == key.root), None)
    if revoked is not None and revoked.of(key.certificate.serial_number) is not None:
        return "revoked"
    return "issues" if now < key.certificate.not_valid_after_utc else "past"


def _warnings(keys: list[tuple[trust.IssuingKey, str]], roots: tuple[trust.Root, ...], now: datetime) -> list[str]:
    """Return what somebody must see to: words ``desk.certificate.warn.<warning>``."""
    found = []
    newest = next((key for key, state in keys if state == "issues"), None)
    waits = any(state == "waits" for _, state in keys)
    end = newest.certificate.not_valid_after_utc if newest is not None and newest.certificate is not None else None
    if end is not None and end < now + trust.ISSUING_SOON and not waits:
        found.append("renew")
    if newest is not None and (newest.list_until is None or newest.list_until <= now):
        found.append("list")
    if roots and roots[0].revoked.until < now + trust.ROOT_LIST_SOON:
        found.append("root_list")
    return found


@posted("desk/certificates.jinja", SET_CERTIFICATES, back="desk-certificates")
def issue(request: Asked) -> dict[str, Any] | HttpResponse:
    """Issue a certificate to a department, or to an official by the name of sign-in."""
    given, username = request.POST, request.POST.get("account", "").strip()[:150]
    try:
        asked = CertificateInput(
            organisation=whole(given.get("organisation")) or 0,
            account=identity.account_named(username).id if username else None,
            days=whole(given.get("days"), 6) or 0,
            ground=given.get("ground", "")[:1000],
        )
        made = trust_acts.issue_certificate(
            request.actor, asked, addresses_of, at=request.clock.instant, at_machine=datetime.now(UTC)
        )
    except Refused as refused:
        return _certificates(request, refused)
    return done(request, "desk.certificate.issued", "desk-certificate", made)


@posted("desk/certificates.jinja", SET_CERTIFICATES, back="desk-certificates")
def certify(request: Asked) -> dict[str, Any] | HttpResponse:
    """Issue a certificate to a device that made its own key; the certificate is fetched on its page."""
    given = request.POST
    try:
        device = _own_device(given.get("device", "").strip()[:64])
        asked = DeviceCertificateInput(
            device=device.code,
            name=device.name.zh,
            organisation=device.org_id,
            request=given.get("request", ""),
            days=whole(given.get("device_days"), 6) or 0,
            ground=given.get("device_ground", "")[:1000],
        )
        made = trust_acts.certify_device(
            request.actor, asked, addresses_of, at=request.clock.instant, at_machine=datetime.now(UTC)
        )
    except Refused as refused:
        return _certificates(request, refused)
    return done(request, "desk.certificate.certified", "desk-certificate", made)


def _own_device(code: str) -> sensing.Device:
    """Return a device of the district. Raises ``Refused``: it is a field of the form that is wrong, and no address."""
    try:
        device = sensing.device(code)
    except NotFound as none:
        raise Refused(none.code, "device") from None
    if device.belongs != "own":
        raise Refused("device_not_own", "device")
    return device


@page("desk/certificate.jinja", SET_CERTIFICATES)
def certificate(request: Asked, certificate: int) -> dict[str, Any]:
    """One certificate: whose it is, on what it rests, and the form to revoke it."""
    return _certificate(request, certificate)


def _certificate(request: Asked, id_: int, wrong: Refused | None = None) -> dict[str, Any]:
    one = trust.certificate(request.actor, id_)
    gone = trust.without_holder([id_], at=request.clock.instant)
    return {
        "one": one, "gone": bool(gone),
        "names": account_names({number for number in (one.actor, one.revoked_by) if number}),
        "now": datetime.now(UTC), "reasons": REASONS, "written": request.POST, "wrong": wrong,
        "fingerprint": trust.fingerprint_of(one.certificate), "done": said_once(request),
    }  # fmt: skip


@posted("desk/certificate.jinja", SET_CERTIFICATES, back="desk-certificate")
def revoke(request: Asked, certificate: int) -> dict[str, Any] | HttpResponse:
    """Revoke a certificate for good."""
    given, day = request.POST, request.POST.get("since", "").strip()
    try:
        trust_acts.revoke_certificate(
            request.actor, certificate, given.get("reason", ""), given.get("ground", "")[:1000],
            since=begin_of(day, "since", request.zone) if day else None, at=request.clock.instant,
            at_machine=datetime.now(UTC),
        )  # fmt: skip
    except Refused as refused:
        return _certificate(request, certificate, refused)
    return done(request, "desk.certificate.revoked", "desk-certificate", certificate)


@page("desk/certificate.jinja", SET_CERTIFICATES)
def certificate_file(request: Asked, certificate: int) -> HttpResponse:
    """The certificate itself (PEM)."""
    one = trust.certificate(request.actor, certificate)
    answer = HttpResponse(one.certificate.public_bytes(Encoding.PEM), content_type="application/x-pem-file")
    answer.headers["Content-Disposition"] = f'attachment; filename="{one.serial}.pem"'
    return answer
