"""What the tests of places share: a district of four square streets, loaded through the door."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from zhihai.ground.actors import SYSTEM
from zhihai.ground.named import Named
from zhihai.kernel.places import acts

AT = datetime(2014, 2, 20, tzinfo=UTC)
WEST, SOUTH, SIDE = 116.30, 39.96, 0.01


def square(column: float, row: float, width: float = 1.0) -> dict[str, Any]:
    """A square of GeoJSON, counted in streets from the south-west; each is about 850 m by 1,110 m."""
    west, south = WEST + column * SIDE, SOUTH + row * SIDE
    east, north = west + width * SIDE, south + width * SIDE
    return {
        "type": "Polygon",
        "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]],
    }


def area(code: str, level: str, parent: str | None, shape: dict[str, Any] | None = None) -> acts.AreaInput:
    return acts.AreaInput(
        code=code, level=level, parent=parent, name=Named(f"示例{code}", f"Example {code}"), shape=shape
    )


def tree() -> list[acts.AreaInput]:
    """A district with two rows of two streets: …001 and …002 in the south, …003 and …004 in the north."""
    return [
        area("110199", "district", None),
        *(
            area(f"11019900{1 + column + 2 * row}", "street", "110199", square(column, row))
            for row in (0, 1)
            for column in (0, 1)
        ),
    ]


Loading = Callable[..., tuple[str, ...]]


@pytest.fixture
def load(records: str) -> Loading:
    """Loads areas into an empty database; without any, the four squares."""
    return lambda *areas: acts.load_areas(SYSTEM, areas or tree(), at=AT)
