"""The tutorial's pack on the screen: two loud hours, and an inspector finds a visit in the inbox."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.test import Client, override_settings
from tests.house.following import begun, follow

from zhihai.ground.actors import SYSTEM
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.identity.acts import issue_token
from zhihai.kernel.journal import acts as journal
from zhihai.site.folder import read_folder
from zhihai.site.loading import load_district
from zhihai.site.pulse import pulse

HOUR = timedelta(hours=1)
MACHINE = datetime(2026, 11, 2, 8, tzinfo=UTC)


def send(token: str, level: float, begin: datetime) -> None:
    """Post one message of the meter by the door that devices use, and let follow what follows from it."""
    at = journal.advance(begin + HOUR)
    message = {"station": "east-noise", "at": begin.isoformat(), "values": {"laeq": level}}
    answer = Client(SERVER_NAME="127.0.0.1").post(
        "/api/devices/east-noise/message", json.dumps(message).encode(), content_type="application/octet-stream",
        headers={"authorization": f"Bearer {token}"},
    )  # fmt: skip
    assert (answer.status_code, answer.json()["accepted"]) == (201, 1)
    pulse(at, MACHINE)


def signed_in(username: str) -> Client:
    """A browser of somebody of the district, in Chinese."""
    client = Client(SERVER_NAME="127.0.0.1", headers={"accept-language": "zh-CN"})
    client.force_login(get_user_model().objects.get(username=username))
    return client


def test_the_pack_of_the_tutorial_appears_on_the_screen(
    records: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with begun(tmp_path) as checkout:
        for _ in follow(checkout, capsys):
            pass
        house = checkout.house()
        with override_settings(ZHIHAI_REGISTRY=house.registry, ZHIHAI_WORDS=house.words):
            folder = tmp_path / "lakeside"
            load_district(folder, at_machine=MACHINE, live=False, demonstration=True, say=lambda *_: None)
            replay = read_folder(folder).replay
            assert replay is not None
            token = issue_token(SYSTEM, identity.account_named("stations").id, at=replay.from_, at_machine=MACHINE)
            for number, level in enumerate((62.0, 74.5, 81.0)):
                send(token, level, replay.from_.astimezone(UTC) + (8 + number) * HOUR)
            inbox = signed_in("inspector").get("/desk/").content.decode()
            device = signed_in("operator").get("/desk/devices/east-noise").content.decode()
    assert "施工噪声超标，现场检查" in inbox
    assert "东岸工地噪声监测点" in device
    assert "81.0" in device
