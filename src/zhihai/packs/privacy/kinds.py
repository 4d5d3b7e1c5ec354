"""What people may ask about their own data: that a look be examined, that what is wrong be put right."""

from __future__ import annotations

from zhihai.kit.kinds import CaseKind, ClockKind, Kind, Limit, Outcome, Step, WarnAt

ANSWER = ClockKind(id="answer", sort="promised", limit=Limit(720, "calendar_hour"), warning=WarnAt(percent=75))
"""Thirty days for whatever people ask about their data: GB/T 35273-2020, 8.7."""

LOOK_COMPLAINT = CaseKind(
    id="look_complaint",
    prefix="GX",
    about="look",
    steps=(
        Step(
            id="examine",
            role="protection_officer",
            outcomes=(
                Outcome(id="lawful", closes="lawful", evidence=True, told=True),
                Outcome(id="upheld", opens=("remedy",), evidence=True),
            ),
        ),
        Step(
            id="remedy",
            role="protection_officer",
            outcomes=(Outcome(id="answered", closes="upheld", evidence=True, told=True),),
        ),
    ),
    clocks=(
        ANSWER,
        ClockKind(
            id="district",
            sort="promised",
            limit=Limit(10, "working_day"),
            warning=WarnAt(before=2),
            confirmed=False,
        ),
        ClockKind(
            id="examine",
            sort="step",
            limit=Limit(5, "working_day"),
            warning=WarnAt(before=1),
            starts="examine",
            stops="examine",
            times="examine",
            confirmed=False,
        ),
    ),
)

CORRECTION = CaseKind(
    id="correction",
    prefix="GZ",
    about="correction",
    steps=(
        Step(
            id="verify",
            role="window_clerk",
            outcomes=(
                Outcome(id="put_right", closes="put_right", evidence=True, told=True),
                Outcome(id="kept", closes="kept", evidence=True, told=True),
            ),
        ),
    ),
    clocks=(
        ANSWER,
        ClockKind(
            id="verify",
            sort="step",
            limit=Limit(5, "working_day"),
            warning=WarnAt(before=1),
            starts="verify",
            stops="verify",
            times="verify",
            confirmed=False,
        ),
    ),
)

KINDS: tuple[Kind, ...] = (LOOK_COMPLAINT, CORRECTION)
