"""The packs of the tutorials on the screen: two loud hours lead to a visit; a room is asked for, given and counted."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.test import Client, override_settings
from tests.faces.staging import sign_up, step
from tests.house.following import PAGE, SERVICE, begun, follow
from tests.kernel.hearing import heard
from tests.kernel.identity.peopled import number as number_of
from tests.kernel.identity.peopled import registered, somebody

from zhihai.ground.actors import SYSTEM
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.identity.acts import claim_person, issue_token
from zhihai.kernel.indicators import acts as indicators
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.journal import reads as clock
from zhihai.site.folder import read_folder
from zhihai.site.loading import load_district
from zhihai.site.pulse import pulse

HOUR = timedelta(hours=1)
SENT = re.compile(r"^curl .*--data '(?P<message>.*)' http://127\.0\.0\.1:8000(?P<path>\S+)$", re.M)
FORM = "application/x-www-form-urlencoded"
"""What curl says its data are."""


def send(token: str, message: str, path: str) -> None:
    """Post one message of the meter an hour after it was measured, and let follow what follows from it."""
    at = journal.advance(datetime.fromisoformat(json.loads(message)["at"]).astimezone(UTC) + HOUR)
    answer = Client(SERVER_NAME="127.0.0.1").post(
        path, message.encode(), content_type=FORM, headers={"authorization": f"Bearer {token}"}
    )
    assert (answer.status_code, answer.json()["accepted"]) == (201, 1)
    pulse(at, datetime.now(UTC))


def signed_in(username: str) -> Client:
    """A browser of somebody of the district, in Chinese."""
    client = Client(SERVER_NAME="127.0.0.1", headers={"accept-language": "zh-CN"})
    client.force_login(get_user_model().objects.get(username=username))
    return client


def visit(inspector: Client, inbox: str) -> tuple[str, int]:
    """Open the case of the inbox and press the button of its task; return its page and how the button was answered."""
    (address,) = set(re.findall(r'"(/desk/cases/[^"/]*ZS[^"/]*)"', inbox))
    page = inspector.get(address).content.decode()
    (button,) = set(re.findall(rf'action="({address}/tasks/\d+)"', page))
    answer = inspector.post(button, {"outcome": "quiet"})
    pulse(journal.advance(clock.now() + HOUR), datetime.now(UTC) + HOUR)
    return page, answer.status_code


def replayed(folder: Path) -> datetime:
    """Load the district of a folder and return the instant its replay begins at."""
    load_district(folder, at_machine=datetime.now(UTC), live=False, demonstration=True, say=lambda *_: None)
    replay = read_folder(folder).replay
    assert replay is not None
    return replay.from_


def test_the_pack_of_the_tutorial_appears_on_the_screen(
    records: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with begun(tmp_path) as checkout:
        for _ in follow(checkout, capsys):
            pass
        house = checkout.house()
        with override_settings(ZHIHAI_REGISTRY=house.registry, ZHIHAI_WORDS=house.words):
            begin = replayed(tmp_path / "lakeside")
            token = issue_token(SYSTEM, identity.account_named("stations").id, at=begin, at_machine=datetime.now(UTC))
            for sent in SENT.finditer(PAGE.read_text(encoding="utf-8")):
                send(token, sent["message"], sent["path"])
            inspector = signed_in("inspector")
            inbox = inspector.get("/desk/").content.decode()
            case, step = visit(inspector, inbox)
            device = signed_in("operator").get("/desk/devices/east-noise").content.decode()
            figures = signed_in("leader").get("/figures/").content.decode()
    assert "施工噪声超标，现场检查" in inbox
    assert "到场检查" in case
    assert step == 302
    assert "东岸工地噪声监测点" in device
    assert "81.0" in device
    assert "噪声检查按时到场率" in figures


def ask_for_a_room(resident: Client) -> tuple[str, str]:
    """Fill in the form and send it; return what was said of too many people at first, and the number given."""
    begun_ = resident.post("/hall/matters/rooms.use/start")
    assert begun_.status_code == 302, begun_.content.decode()
    there = begun_.headers["Location"]

    def shown(do: str, **answers: object) -> str:
        (revision,) = re.findall(r'name="revision" value="(\d+)"', resident.get(there).content.decode())
        given = {"purpose": "class", "day": str(clock.now().date() + timedelta(days=9)), "hours": 8, **answers}
        given |= {"applicant_name": "某人", "revision": revision, "do": do}
        return resident.post(f"{there}save", given, follow=True).content.decode()

    refused, review = shown("review", people=150), shown("review", people=20)
    fields = dict(re.findall(r'name="(form|revision)" value="([^"]+)"', review))
    return refused, resident.post(f"{there}send", fields).headers["Location"].rpartition("/")[2].partition("?")[0]


def test_the_service_of_the_tutorial_is_asked_for_and_counted(
    records: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with begun(tmp_path, SERVICE, "rooms") as checkout:
        for _ in follow(checkout, capsys):
            pass
        house = checkout.house()
        with override_settings(ZHIHAI_REGISTRY=house.registry, ZHIHAI_WORDS=house.words):
            replayed(tmp_path / "lakeside")
            registered(somebody(7, "某人"))
            claim_person(sign_up("resident"), "某人", number_of(7), at=clock.now(), at_machine=datetime.now(UTC))
            resident = signed_in("resident")
            hall = resident.get("/hall/").content.decode()
            refused, number = ask_for_a_room(resident)
            step("window", number, "free")
            step("rooms", number, "granted", note="同意使用二楼活动室")
            matter = resident.get(f"/my/matters/{number}").content.decode()
            resident.post(f"/my/matters/{number}/rate", {"level": 5})
            heard()
            while indicators.compute(at=clock.now(), at_machine=datetime(2100, 1, 1, tzinfo=UTC)):
                pass
            handling = Client(SERVER_NAME="127.0.0.1").get("/hall/handling/").content.decode()
            schema = resident.get("/forms/rooms.use.json").json()
    assert "社区活动室使用申请" in hall
    assert "不能超过 800" in refused
    assert "安全预案" in refused
    assert "同意使用二楼活动室" in matter
    assert "活动室承诺兑现率" in handling
    assert "活动室申请满意率" in handling
    assert "people" in json.dumps(schema)
