"""Events: what a room tells the rooms above, after commit (领域事件). Declared in a room's ``events.py``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, TypeVar

import msgspec

E = TypeVar("E", bound="Event")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that has happened; subclasses are frozen, slotted dataclasses of plain values.

    ``topic`` is its name in the outbox, ``<room>.<ClassName>``. A field added later needs a default, since events
    written before are still to be read; a name, once used, keeps its meaning.
    """

    topic: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        cls.topic = ".".join([*cls.__module__.split(".")[-2:-1], cls.__name__])


def encode(event: Event) -> str:
    """Return the JSON text of an event: equal events are equal text; instants are RFC 3339."""
    return msgspec.json.encode(event, order="deterministic").decode()


def decode(cls: type[E], body: str) -> E:
    """Read an event of type ``cls`` from its JSON text; unknown members are left aside.

    Raises ``ValueError`` naming the member when one is missing or of another type.
    """
    return msgspec.json.decode(body, type=cls)
