"""Kinds of the room rules: what is out of bounds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from zhihai.ground.kind import Kind, Versioned
from zhihai.ground.window import Verdict, Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold(Kind):
    """One number a rule judges by (阈值): data that a district may set. Words: ``rule.<rule>.limit.<id>``.

    ``source`` is norm and clause; empty means a demonstration value, to be confirmed by the district. A source that is
    to be said in both languages has words: ``rule.<rule>.source.<id>``.
    """

    value: float
    unit: str
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleKind(Versioned):
    """A rule over the values of one device (规则): a pure function of a window.

    ``device`` is the id of a device kind of the same pack, ``watches`` ids of its quantities (derived ones may be
    among them), ``window`` how far back the function looks. ``on``: judged at every hour that brought a reading, or at
    every hour of the district clock (for silence). ``test(window, open, limits)`` returns a verdict. ``opens`` is the
    case kind of the same pack that a finding opens (only for the district's own devices), and ``again_after`` the time
    after the end of an episode within which a new one opens no second case. ``live`` says whether it runs from the
    start or waits to be set live after a dry run. An hour is judged by the version in force on the local day in which
    it begins; every version watches the same kind of device, at the same times. Words: ``rule.<id>.name``, ``.what``,
    ``.found`` (facts filled in).
    """

    device: str
    watches: tuple[str, ...]
    window: timedelta
    test: Callable[[Window, bool, Mapping[str, float]], Verdict]
    limits: tuple[Threshold, ...] = ()
    on: Literal["reading", "hour"] = "reading"
    opens: str | None = None
    again_after: timedelta = timedelta(0)
    live: bool = True
    facts: Mapping[str, str] = field(default_factory=dict)
