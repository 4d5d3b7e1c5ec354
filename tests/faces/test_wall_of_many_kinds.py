"""A wall has room for some kinds of cases; the others are one line, and nothing of them is left out of it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from zhihai.faces.naming import telling
from zhihai.faces.wall import views
from zhihai.kernel.cases.reads import Load


def loads(count: int) -> tuple[Load, ...]:
    """Return what is open of so many kinds; the last one is due first."""
    return tuple(Load(f"a.kind_{n}", 1, n % 2, datetime(2026, 7, 1 + count - n, tzinfo=UTC)) for n in range(count))


@pytest.mark.parametrize("count", [0, 1, views.KINDS, views.KINDS + 1, views.KINDS + 9])
def test_kinds_without_room_are_one_line(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views.cases, "load", lambda: loads(count))
    shown = views._loads(telling("en"))
    assert len(shown) == min(count, views.KINDS + 1)
    assert sum(one.open for one, _ in shown) == count
    assert sum(one.late for one, _ in shown) == sum(one.late for one in loads(count))
    if count > views.KINDS:
        last, name = shown[-1]
        assert name == f"{count - views.KINDS} other kinds"
        assert last.earliest == min(one.earliest for one in loads(count) if one.earliest)
