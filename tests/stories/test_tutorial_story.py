"""The tutorial's pack on the screen: two loud hours, and an inspector finds a visit in the inbox."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.test import Client, override_settings
from tests.house.following import PAGE, begun, follow

from zhihai.ground.actors import SYSTEM
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.identity.acts import issue_token
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
