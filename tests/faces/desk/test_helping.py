"""A community worker helps by a paper that a colleague keeps: nobody attests what they help by."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.faces.hall.test_complaints import said
from tests.faces.staging import ITEM
from tests.kernel.forms.applying import a_png
from tests.kernel.identity.peopled import number, registered, somebody

from zhihai.ground.actors import SYSTEM
from zhihai.kernel import records
from zhihai.kernel.identity import acts
from zhihai.kernel.identity.acts import TieInput
from zhihai.kernel.journal import reads as clock

Reader = Callable[..., Client]
ELDER = "示老人"


@pytest.fixture
def tie(worked: str) -> tuple[int, int]:
    """Somebody old, and the tie by which a worker of the community acts for them."""
    elder, _ = registered(somebody(70, ELDER), somebody(71, "示代办"))
    records.execute("UPDATE service_item SET who = 'both' WHERE code = %s", (ITEM,))
    now = clock.now()
    given = TieInput(
        kind="zhihai.helper", principal=elder, name="示代办", number=number(71), valid_from=now,
        valid_to=now + timedelta(days=90), ground="written", evidence="委托书", services=("zhihai.applications",),
    )  # fmt: skip
    return elder, acts.record_tie(SYSTEM, given, at=now)


def keep(client: Client, elder: int, tie: int, helper: str) -> object:
    scan = SimpleUploadedFile("委托书.png", a_png(), "image/png")
    return client.post(f"/desk/people/{elder}/ties/{tie}/paper/keep", {"scan": scan, "helper": helper}, follow=True)


def test_a_paper_is_kept_by_one_and_helped_by_another(tie: tuple[int, int], reader: Reader) -> None:
    window, there = reader("window"), f"/desk/people/{tie[0]}/ties/{tie[1]}/paper"
    assert "委托书扫描件" in said(window.get(f"/desk/people/{tie[0]}/ties"))
    assert "凭它代办的工作人员" in said(window.get(there))
    for nobody in ("window", "no-such-account", "resident"):
        refused = keep(window, *tie, nobody)
        assert "要由另一位工作人员登记" in said(refused), nobody
    assert window.post(f"{there}/keep", {"helper": "helper"}).status_code == 422
    assert "委托书已存入" in said(keep(window, *tie, "helper"))
    assert window.get(f"{there}/file").content == a_png()
    assert "已经存有扫描件" in said(keep(window, *tie, "helper"))
    for other in ("helper", "resident", "leader"):
        assert reader(other).get(there).status_code == 403, other
        assert reader(other).get(f"{there}/file").status_code == 403, other


def test_who_is_named_in_it_helps_until_the_tie_ends(tie: tuple[int, int], reader: Reader) -> None:
    keep(reader("window"), *tie, "helper")
    helper = reader("helper")
    assert ELDER in said(helper.get("/desk/serving/"))
    assert ELDER not in said(reader("window").get("/desk/serving/"))
    served = helper.post("/desk/serving/help", {"tie": tie[1]})["Location"]
    there = helper.post(f"{served}/begin", {"item": ITEM})["Location"]
    assert f"正在凭委托书代{ELDER}填写" in said(helper.get(there))
    assert reader("window-east").post("/desk/serving/help", {"tie": tie[1]}).status_code == 403
    acts.withdraw_tie(SYSTEM, tie[1], "本人收回", at=clock.now())
    assert helper.get(there).status_code == 403
    assert helper.post("/desk/serving/help", {"tie": tie[1]}).status_code == 403
