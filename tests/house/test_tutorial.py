"""The tutorials of packs work as they are printed."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.house.following import SERVICE, Checkout, begun, follow, matches

from zhihai.site.packs import House


def followed(checkout: Checkout, capsys: pytest.CaptureFixture[str]) -> House:
    """Follow a tutorial to its end, hold every output against what is printed, and return the house with its pack."""
    commands = []
    for command, expected, printed in follow(checkout, capsys):
        assert matches(expected, printed), f"{command}\n{printed}"
        commands.append(command)
    assert len(commands) == 5
    house = checkout.house()
    assert house.faults == ()
    return house


def test_the_tutorial_of_a_sensor_works_as_it_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with begun(tmp_path) as checkout:
        house = followed(checkout, capsys)
        assert {path.name for path in (checkout.packs / "noise").iterdir() if path.is_file()} == {
            "__init__.py", "pack.toml", "words.toml", "kinds.py", "adapters.py", "rules.py", "README.md",
        }  # fmt: skip
        assert house.words.say("noise.case.visit.name", "zh") == "施工噪声检查"


def test_the_tutorial_of_a_service_works_as_it_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with begun(tmp_path, SERVICE, "rooms") as checkout:
        house = followed(checkout, capsys)
        assert house.words.say("rooms.matter.use.name", "zh") == "社区活动室使用申请"
