"""What somebody says against a look is kept once, however often it is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.kernel.identity.peopled import AT, GROUND, MACHINE, registered, resident_of, somebody

from zhihai.ground.actors import SYSTEM
from zhihai.kernel.identity import acts, reads


def test_what_is_sent_several_times_at_once_is_kept_once(district: str, together: Callable[..., list[Any]]) -> None:
    (person,) = registered(somebody(1, "曾示例1"))
    mine = resident_of(person, "曾示例1", 1)
    acts.look(SYSTEM, person, ("name",), *GROUND, at=AT, at_machine=MACHINE)
    (look,) = reads.my_data(mine).looks
    said = [lambda n=n: acts.object_to_look(mine, look.id, f"没有依据 {n}", at=AT) for n in range(3)]
    results = together(*said)
    assert sorted(type(one).__name__ for one in results) == ["Complaint", "Refused", "Refused"]
    (kept,) = reads.my_complaints(mine)
    assert kept.said.startswith("没有依据")
