"""One district's sign-in used by another: what we provide and what we ask of a provider fit each other.

Both are this platform; what one asks the other is handed over in the test instead of by a line.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client
from tests.faces.provider.conftest import System, answering
from tests.faces.staging import RESIDENT, actor

from zhihai.faces.hall import openid
from zhihai.ground.named import Named
from zhihai.kernel import records as store
from zhihai.kernel.identity.account import Account

BACK = "/sign-in/elsewhere/back"


@pytest.fixture
def other(system: Callable[..., System], monkeypatch: pytest.MonkeyPatch) -> System:
    """This platform, registered with itself as another district would be."""
    ours = system(redirects=(f"{settings.ZHIHAI_ORIGIN}{BACK}",), logouts=(), scopes=("openid", "profile"))
    there = SimpleNamespace(
        issuer=settings.ZHIHAI_ORIGIN, client=ours.id, secret=ours.secret, name=Named("邻区", "Next district"),
        scope="openid profile", number_claim="no_such_claim", officials=False,
    )  # fmt: skip
    monkeypatch.setattr(settings, "ZHIHAI_ELSEWHERE", there)

    def asked(method: str, address: str, **given: Any) -> tuple[int, bytes]:
        headers = dict(given["headers"])
        if "auth" in given:
            headers["Authorization"] = f"Basic {base64.b64encode(':'.join(given['auth']).encode()).decode()}"
        line = Client(SERVER_NAME="127.0.0.1")
        path = urlsplit(address).path
        answer = line.get(path, headers=headers) if method == "GET" else line.post(path, given["data"], headers=headers)
        return answer.status_code, answer.content

    monkeypatch.setattr(openid, "_asked", asked)
    return ours


def test_a_resident_of_one_district_signs_in_to_another(
    other: System, signed_in: Callable[..., Client], reader: Callable[..., Client]
) -> None:
    at_home, abroad = signed_in(), reader()
    led = urlsplit(abroad.post("/sign-in/elsewhere", {"next": "/my/acting/"}).headers["Location"])
    agreed = urlsplit(answering(at_home, f"{led.path}?{led.query}", "profile").headers["Location"])
    assert agreed.path == BACK
    assert abroad.get(f"{agreed.path}?{agreed.query}").headers["Location"] == "/my/acting/"
    made = Account.objects.get(pk=abroad.session["_auth_user_id"])
    assert made.pk != actor("resident").account
    ((subject,),) = store.rows("SELECT subject FROM sign_in_elsewhere WHERE account_id = %s", (made.pk,))
    ((known,),) = store.rows("SELECT subject FROM oidc_subject WHERE account_id = %s", (actor("resident").account,))
    assert subject == known  # the name made for this host alone, and nothing else
    assert RESIDENT not in (made.name_zh, made.username, made.email)
