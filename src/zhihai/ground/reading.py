"""Reading: one value that one device measured, as an adapter hands it on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntFlag


class Flag(IntFlag):
    """What is known about the quality of a value (质量标志): a set of bits, kept beside it for good.

    ``INVALID``: set aside by the device or by a person, kept and shown but counted nowhere. ``INCOMPLETE``: computed
    from fewer inputs than it should have; what it says may be too little. ``RETROACTIVE``: computed by a norm that was
    not yet in force on its day. ``DOUBTFUL``: counted, but a person should look. ``RELEASED``: was held back on arrival
    and let in by a person who answers for it; no sender may set it.
    """

    INVALID = 1
    INCOMPLETE = 2
    RETROACTIVE = 4
    DOUBTFUL = 8
    RELEASED = 16


@dataclass(frozen=True, slots=True)
class Reading:
    """One value as a device reports it (读数).

    ``device`` is the name the device goes by, ``quantity`` the id of a quantity within the pack (``pm25``), ``at`` the
    begin of the interval the value stands for, in UTC (an hourly mean of 15:00–16:00 stands at 15:00), ``value`` in
    the quantity's own unit and finite, ``flags`` a set of :class:`Flag`. ``unit`` is the UCUM code the sender named,
    empty where it named none: intake compares it and converts nothing. A missing value is no reading.
    """

    device: str
    quantity: str
    at: datetime
    value: float
    flags: int = 0
    unit: str = ""
