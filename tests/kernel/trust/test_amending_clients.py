"""What is registered of a system is changed: its tokens end, its host and its sort stay."""

from __future__ import annotations

import pytest
from tests.kernel.identity.peopled import AT, MACHINE
from tests.kernel.trust.systems import BACK, given, registered

from zhihai.ground.actors import SYSTEM
from zhihai.ground.named import Named
from zhihai.ground.refusal import NotFound, Refused
from zhihai.kernel import records as store
from zhihai.kernel.identity import acts as identity_acts
from zhihai.kernel.trust import acts, reads
from zhihai.kernel.trust.reads import Granted


@pytest.fixture
def client(district: str) -> str:
    return registered()[0]


def test_what_is_registered_is_changed_and_its_tokens_end(client: str) -> None:
    resident = identity_acts.sign_up("a password of a test", Named("居民账号", "Resident"), "zh", at=AT)
    acts.keep_code(Granted(resident, client, ("openid", "profile"), 0, ("pwd",), BACK), "code", at_machine=MACHINE)
    name = acts.subject_of(client, resident)
    more = {"redirects": (BACK, f"{BACK}/2"), "logouts": (f"{BACK}/out",), "scopes": ("openid", "email")}
    acts.amend_client(SYSTEM, client, given(name=Named("新馆", "New library"), **more), at=AT)
    one = reads.client(SYSTEM, client)
    assert (one.name.en, one.redirects, one.logouts, one.scopes) == (
        "New library", more["redirects"], more["logouts"], more["scopes"]
    )  # fmt: skip
    assert store.value("SELECT count(*) FROM allauth_idp_oidc_token") == 0
    assert acts.subject_of(client, resident) == name, "it knows people by the same names"
    assert store.value("SELECT name FROM allauth_idp_oidc_client WHERE id = %s", (client,)) == "新馆"


def test_a_system_stays_on_its_host_and_of_its_sort(client: str) -> None:
    """Another host would be told by which names this one knows people."""
    local, _ = registered(redirects=("http://localhost:9000/cb",))
    acts.amend_client(SYSTEM, local, given(redirects=("http://127.0.0.1:9001/cb",)), at=AT)
    for id_, wrong, code in (
        (client, {"redirects": ("https://other.example/cb",)}, "client_host_kept"),
        (client, {"redirects": ("http://localhost/cb",)}, "client_host_kept"),
        (local, {}, "client_host_kept"),
        (client, {"public": True}, "client_sort"),
        (client, {"redirects": ("http://library.example/cb",)}, "client_address"),
        (client, {"scopes": ("profile",)}, "client_scopes"),
    ):
        with pytest.raises(Refused, match=code):
            acts.amend_client(SYSTEM, id_, given(**wrong), at=AT)
    acts.switch_client(SYSTEM, client, on=False, at=AT)
    with pytest.raises(Refused, match="client_ended"):
        acts.amend_client(SYSTEM, client, given(), at=AT)
    with pytest.raises(NotFound):
        acts.amend_client(SYSTEM, "nobody", given(), at=AT)
