"""The general application (通用申请): what any service item is applied for by until it has a process of its own."""

from __future__ import annotations

from zhihai.ground.powers import SEE_CASES, WORK_CASES
from zhihai.kit.kinds import CaseKind, ClockKind, Kind, Limit, Outcome, RoleKind, Step, WarnAt

WITHDRAWN = Outcome(id="withdrawn", closes="withdrawn")
DEEMED = Outcome(id="deemed", opens=("decide",))
ACCEPTED = Outcome(id="accepted", opens=("decide",))
DECLINED = Outcome(id="declined", closes="not_accepted", evidence=True, told=True)

GENERAL = CaseKind(
    id="general",
    prefix="SQ",
    about="application",
    steps=(
        Step(
            id="accept",
            role="window_clerk",
            outcomes=(
                ACCEPTED,
                Outcome(id="incomplete", opens=("supplement",), evidence=True, told=True),
                DECLINED,
                DEEMED,
                WITHDRAWN,
            ),
        ),
        Step(
            id="supplement",
            role="window_clerk",
            outcomes=(
                Outcome(id="supplemented", opens=("accept_supplemented",)),
                Outcome(id="abandoned", closes="not_accepted", evidence=True, told=True),
                WITHDRAWN,
            ),
        ),
        Step(id="accept_supplemented", role="window_clerk", outcomes=(ACCEPTED, DECLINED, DEEMED, WITHDRAWN)),
        Step(
            id="decide",
            role="reviewer",
            outcomes=(
                Outcome(id="granted", opens=("serve",), evidence=True, told=True),
                Outcome(id="refused", opens=("serve_refusal",), evidence=True, told=True),
                WITHDRAWN,
            ),
        ),
        Step(id="serve", role="window_clerk", outcomes=(Outcome(id="served", closes="granted"),)),
        Step(id="serve_refusal", role="window_clerk", outcomes=(Outcome(id="served", closes="refused"),)),
    ),
    clocks=(
        *(
            ClockKind(
                id=id_,
                sort="statutory",
                limit=Limit(5, "working_day"),
                warning=WarnAt(before=1),
                starts=step,
                stops=step,
                times=step,
                lapses="deemed",
            )
            for id_, step in (("acceptance", "accept"), ("acceptance_supplemented", "accept_supplemented"))
        ),
        ClockKind(
            id="supplement",
            sort="special",
            limit=Limit(720, "calendar_hour"),
            warning=WarnAt(before=120),
            starts="supplement",
            stops="supplement",
            times="supplement",
            confirmed=False,
        ),
        ClockKind(
            id="decision",
            sort="statutory",
            limit=Limit(20, "working_day"),
            warning=WarnAt(percent=80),
            starts="decide",
            stops="decide",
        ),
        ClockKind(
            id="promised",
            sort="promised",
            limit=Limit(10, "working_day"),
            warning=WarnAt(percent=80),
            starts="decide",
            stops="decide",
            confirmed=False,
        ),
        *(
            ClockKind(
                id=id_,
                sort="statutory",
                limit=Limit(10, "working_day"),
                warning=WarnAt(before=2),
                starts=step,
                stops=step,
                times=step,
            )
            for id_, step in (("service", "serve"), ("service_refusal", "serve_refusal"))
        ),
    ),
)

REVIEWER = RoleKind(id="reviewer", powers=frozenset({SEE_CASES, WORK_CASES}), deputies="organisation")

KINDS: tuple[Kind, ...] = (GENERAL, REVIEWER)
