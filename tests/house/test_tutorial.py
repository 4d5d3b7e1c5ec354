"""The tutorial works as it is printed."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.house.following import begun, follow, matches


def test_the_tutorial_works_as_it_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with begun(tmp_path) as checkout:
        commands = []
        for command, expected, printed in follow(checkout, capsys):
            assert matches(expected, printed), f"{command}\n{printed}"
            commands.append(command)
        assert len(commands) == 5
        house = checkout.house()
        assert house.faults == ()
        assert {path.name for path in (checkout.packs / "noise").iterdir() if path.is_file()} == {
            "__init__.py", "pack.toml", "words.toml", "kinds.py", "adapters.py", "rules.py", "README.md",
        }  # fmt: skip
        assert house.words.say("noise.case.visit.name", "zh") == "施工噪声检查"
