"""Which listener hears which event: the whole map of what follows what, in one place, at most two hops deep."""

from __future__ import annotations

from zhihai.kernel.cases import acts as cases
from zhihai.kernel.cases.events import (
    CaseClosed,
    CaseOpened,
    ClockBreached,
    ClockExtended,
    ClockStopped,
    ClockWarned,
    StepTaken,
    TaskHandedOver,
)
from zhihai.kernel.channels import acts as channels
from zhihai.kernel.identity.events import GrantDecided, GrantProposed, TieChanged, WayInChanged
from zhihai.kernel.indicators import acts as indicators
from zhihai.kernel.journal.acts import Listener
from zhihai.kernel.offers import acts as offers
from zhihai.kernel.offers.events import AppointmentChanged
from zhihai.kernel.rules import acts as rules
from zhihai.kernel.sensing import acts as sensing
from zhihai.kernel.sensing.events import ReadingsRecorded
from zhihai.kernel.services import acts as services
from zhihai.kernel.services.events import MatterRated
from zhihai.kernel.trust import acts as trust_acts
from zhihai.kernel.trust.events import ElsewhereChanged

LISTENERS: tuple[Listener, ...] = (
    Listener("sensing.derive", (ReadingsRecorded,), sensing.derive),
    Listener("rules.judge", (ReadingsRecorded,), rules.judge, after=("sensing.derive",)),
    Listener(
        "channels.announce",
        (TieChanged, GrantProposed, GrantDecided, WayInChanged, ElsewhereChanged),
        channels.announce,
    ),
    Listener("offers.tell_holders", (AppointmentChanged,), offers.tell_holders),
    Listener("trust.part_expired", (WayInChanged,), trust_acts.part_expired),
    Listener(
        "cases.notify", (CaseOpened, StepTaken, TaskHandedOver, ClockWarned, ClockBreached, CaseClosed), cases.notify
    ),
    Listener("services.tell_applicants", (StepTaken, CaseClosed, ClockExtended), services.tell_applicants),
    Listener("services.open_call_backs", (CaseClosed,), services.open_call_backs),
    Listener("services.call_for_papers", (CaseOpened, StepTaken), services.call_for_papers),
    Listener("services.reckon_took", (CaseClosed,), services.reckon_took),
    Listener(
        "indicators.mark",
        (ReadingsRecorded, ClockStopped, ClockBreached, CaseClosed, MatterRated),
        indicators.mark,
        after=("sensing.derive",),
    ),
)
