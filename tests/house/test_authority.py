"""Every act of every room says whom it serves: a new one without a line in the table of authority is found here."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from zhihai import kernel
from zhihai.ground.powers import POWERS
from zhihai.kernel.authority import AUTHORITY, Authority
from zhihai.kit.kinds import RoleKind
from zhihai.site.packs import build_house
from zhihai.site.wording import floor_words

Act = Callable[..., Any]


def acts() -> Iterator[tuple[str, Act]]:
    """Every public function of every door ``acts``: those it names, or those it defines where it names none."""
    for door in sorted(Path(kernel.__path__[0]).glob("*/acts.py")):
        room = door.parent.name
        module = import_module(f"zhihai.kernel.{room}.acts")
        own = [name for name, one in vars(module).items() if getattr(one, "__module__", "") == module.__name__]
        for name in getattr(module, "__all__", own):
            one = getattr(module, name)
            if inspect.isfunction(one) and not name.startswith("_"):
                yield f"{room}.{name}", one


ACTS = dict(acts())


def test_the_table_has_every_act_once_and_no_other() -> None:
    named = [one.act for one in AUTHORITY]
    assert len(named) == len(set(named))
    assert set(named) == set(ACTS)


@pytest.mark.parametrize("one", AUTHORITY, ids=lambda one: one.act)
def test_what_an_act_asks_fits_its_form(one: Authority) -> None:
    given = inspect.signature(ACTS[one.act]).parameters
    if one.over == "platform":
        assert "actor" not in given
        assert one.power is None
    elif one.over != "caller":
        assert next(iter(given)) == "actor"
    if one.over in ("district", "place", "area", "organisation", "anywhere"):
        assert one.power in POWERS


def test_every_power_is_given_by_some_role() -> None:
    """Of the standard, or of a pack of ours."""
    registry = build_house(floor_words()).registry
    given = {power for _, kind in registry.all(RoleKind) for power in kind.powers}
    assert given == POWERS
