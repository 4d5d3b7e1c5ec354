"""Pages of the certificate authority: issue and revoke by forms, and what an administrator is told to see to."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from django.test import Client
from tests.faces.staging import EAST, staged_seal
from tests.kernel.acting import OFFICE, office
from tests.kernel.trust.ceremony import asked, list_of_root, now, request_of

from zhihai.ground.actors import SYSTEM
from zhihai.ground.certificates.making import new_sealing_key
from zhihai.kernel import records as store
from zhihai.kernel.identity import acts as identity_acts
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.journal import reads as clock
from zhihai.kernel.trust import acts, reads

DAY = timedelta(days=1)


@pytest.fixture
def administrator(worked: str, reader: Callable[..., Client]) -> Client:
    return reader("administrator", "en")


def issue(client: Client, **given: Any) -> Any:
    form = {"organisation": office(OFFICE), "account": "", "days": "365", "ground": "document 7", **given}
    return client.post("/desk/certificates/issue", form, follow=True)


def test_certificates_are_issued_to_offices_and_officials(administrator: Client) -> None:
    said = issue(administrator).content.decode()
    assert "The certificate was issued." in said
    assert "document 7" in said
    own = issue(administrator, organisation=office(EAST), account="street-east").content.decode()
    assert "Signature of an official" in own
    newest = reads.certificates(SYSTEM)[0]
    assert (newest.sort, newest.ground, newest.valid_to - newest.valid_from) == ("official", "document 7", 365 * DAY)
    pem = administrator.get(f"/desk/certificates/{newest.id}.pem").content
    assert x509.load_pem_x509_certificate(pem) == newest.certificate


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"account": "nobody"}, "no such account"), ({"account": "street-west"}, "holds no post in that organisation"),
        ({"days": "x"}, "valid for 1 to 1096 days"), ({"ground": ""}, "Say what it rests on"),
        ({"organisation": "x"}, "no such organisation"),
    ],
)  # fmt: skip
def test_what_was_written_stays_when_something_is_wrong(
    administrator: Client, wrong: dict[str, str], said: str
) -> None:
    answer = issue(administrator, **wrong)
    assert answer.status_code in (404, 422)
    assert said in answer.content.decode()
    assert len(reads.certificates(SYSTEM)) == 2


def test_a_certificate_is_revoked_for_good(administrator: Client) -> None:
    address = f"/desk/certificates/{staged_seal()}"
    wrong = administrator.post(f"{address}/revoke", {"reason": "", "ground": "document 8"})
    assert (wrong.status_code, "There is no such reason" in wrong.content.decode()) == (422, True)
    day = {"reason": "key_compromise", "ground": "document 8", "since": f"{now() + 30 * DAY:%Y-%m-%d}"}
    assert administrator.post(f"{address}/revoke", day).status_code == 422
    done = administrator.post(f"{address}/revoke", {**day, "since": ""}, follow=True).content.decode()
    assert "its key destroyed" in done
    assert "another&#39;s" in done
    assert '<form method="post" class="form"' not in done
    again = administrator.post(f"{address}/revoke", {**day, "since": ""})
    assert again.status_code == 409
    assert "revoked" in administrator.get("/desk/certificates/").content.decode()


def warnings(client: Client) -> str:
    return client.get("/desk/certificates/").content.decode()


def test_the_page_tells_what_is_to_be_seen_to(administrator: Client) -> None:
    assert "notice warn" not in warnings(administrator)
    handed = list_of_root(2, days=30)
    acts.take_in(SYSTEM, handed, at=reads.certificates(SYSTEM)[0].at, at_machine=now())
    assert "The root&#39;s list ends soon" in warnings(administrator)
    store.execute("UPDATE issuing_key SET list_until = %s", (now() - DAY,))
    assert "has expired" in warnings(administrator)
    asked()
    assert "waits for the root" in warnings(administrator)


def test_before_it_began_the_page_tells_how(administrator: Client) -> None:
    store.execute("TRUNCATE sealed_document, certificate, issuing_key, trusted_root")
    said = warnings(administrator)
    assert "zhihai trust request" in said
    assert "/desk/certificates/issue" not in said


def test_where_there_are_many_they_are_paged_and_found(administrator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zhihai.faces.desk.certificates.SHOWN", 1)
    first = administrator.get("/desk/certificates/").content.decode()
    assert "East Shore official A" in first
    assert f"/desk/certificates/{staged_seal()}" not in first
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older is not None
    assert f"/desk/certificates/{staged_seal()}" in administrator.get(older[1].replace("&amp;", "&")).content.decode()
    found = administrator.get("/desk/certificates/?sought=Environment").content.decode()
    assert f"/desk/certificates/{staged_seal()}" in found
    assert "There is no such certificate" in administrator.get("/desk/certificates/?sought=x").content.decode()


def test_a_certificate_whose_holder_left_is_marked(administrator: Client) -> None:
    for grant in identity.actor_of(identity.account_named("street-east").id, at=clock.now()).scope.grants:
        identity_acts.revoke_role(SYSTEM, grant.membership, at=clock.now())
    assert "to be revoked" in warnings(administrator)
    own = reads.certificates(SYSTEM)[0].id
    assert "so that others know too" in administrator.get(f"/desk/certificates/{own}").content.decode()


class TestDevices:
    def ask(self, client: Client, **given: Any) -> Any:
        form = {"device": "east-air", "request": request_of(new_sealing_key()), "device_days": "365",
                "device_ground": "document 9", **given}  # fmt: skip
        return client.post("/desk/certificates/device", form, follow=True)

    def test_a_request_goes_in_and_a_certificate_comes_out(self, administrator: Client) -> None:
        key = new_sealing_key()
        said = self.ask(administrator, request=f"\r\n{request_of(key)}\r\n").content.decode()
        for term in ("Issued. Fetch the certificate", "Certificate of a device", "east-air", "document 9"):
            assert term in said
        newest = reads.certificates(SYSTEM)[0]
        pem = administrator.get(f"/desk/certificates/{newest.id}.pem").content
        assert x509.load_pem_x509_certificate(pem).public_key() == key.public_key()
        found = administrator.get("/desk/certificates/?sought=east-a").content.decode()
        assert f"/desk/certificates/{newest.id}" in found
        assert b"PRIVATE" not in pem

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"device": "nothing-there"}, "There is no such device"), ({"device": ""}, "There is no such device"),
            ({"request": "x"}, "The request can not be read"), ({"device_days": "x"}, "valid for 1 to 1096 days"),
            ({"device_ground": ""}, "Say what it rests on"),
        ],
    )  # fmt: skip
    def test_what_was_written_stays_when_something_is_wrong(
        self, administrator: Client, wrong: dict[str, str], said: str
    ) -> None:
        answer = self.ask(administrator, **wrong)
        page = answer.content.decode()
        assert answer.status_code == 422
        assert said in page
        assert ("document 9" in page) == ("device_ground" not in wrong)
        assert store.value("SELECT count(*) FROM certificate WHERE sort = 'device'") == 0

    def test_a_neighbours_device_gets_none(self, administrator: Client) -> None:
        store.execute("UPDATE device SET belongs = 'received' WHERE code = 'east-air'")
        assert "a neighbour" in self.ask(administrator).content.decode()
