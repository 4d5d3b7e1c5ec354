"""The pulse of a district: what must happen when time has gone on and things have come in."""

from __future__ import annotations

from datetime import datetime

from zhihai.kernel.cases import acts as cases
from zhihai.kernel.indicators import acts as indicators
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.rules import acts as rules
from zhihai.kernel.wiring import LISTENERS


def pulse(at: datetime, at_machine: datetime) -> int:
    """Bring the district up to ``at``: events heard, silence judged, clocks reckoned and told, figures computed.

    Cases that recur are opened when their period has begun. Returns how many things were done; 0 when nothing was left
    to do. Everything in it is safe to run twice, and two at once: each part holds its own lock or cursor.
    """
    done = journal.hear(LISTENERS, at_machine=at_machine)
    done += rules.judge_hour(at=at)
    done += cases.open_recurring(at=at)
    done += cases.reckon(at=at)
    done += cases.tick(at=at)
    if done:
        done += journal.hear(LISTENERS, at_machine=at_machine)
    return done + indicators.compute(at=at, at_machine=at_machine)


def tick(at: datetime) -> int:
    """Do what time alone brings about by ``at``, clocks warned and breached; who hears of it does at the next pulse."""
    return cases.tick(at=at)
