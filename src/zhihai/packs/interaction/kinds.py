"""What people ask, and what they complain of: a form, a case with a clock, an answer in words."""

from __future__ import annotations

from zhihai.ground.powers import SEE_CASES, WORK_CASES, WRITE_DISCLOSURE
from zhihai.kit.forms import (
    Choice,
    Declaration,
    Email,
    Files,
    FormKind,
    Is,
    OneOf,
    Phone,
    Section,
    Text,
    YesNo,
)
from zhihai.kit.kinds import (
    CaseKind,
    ClockKind,
    IndicatorKind,
    Kind,
    Limit,
    MatterKind,
    OfClocks,
    OfRatings,
    Outcome,
    PublicationKind,
    RoleKind,
    Step,
    WarnAt,
)
from zhihai.kit.measures import content, in_time

REACH = (
    Choice(id="reach", options=("here", "phone", "email"), grade="internal"),
    Phone(id="phone", asked=Is("reach", "phone"), known="identity.person.phone"),
    Email(id="email", asked=Is("reach", "email")),
)

QUESTION = FormKind(
    id="question",
    sections=(
        Section(
            id="asking",
            fields=(
                Text(id="subject", least=4, most=100, grade="internal"),
                Text(id="question", least=10, most=2000, long=True),
            ),
        ),
        Section(id="answer", fields=REACH),
        Section(id="publishing", fields=(YesNo(id="publish", required=False, grade="internal"),)),
    ),
)

COMPLAINT = FormKind(
    id="complaint",
    sections=(
        Section(
            id="matter",
            fields=(
                Choice(id="about", options=("service", "conduct", "delay", "charge", "other"), grade="internal"),
                Text(id="subject", least=4, most=100, grade="internal"),
                Text(id="facts", least=10, most=3000, long=True),
                Text(id="office", asked=OneOf("about", ("service", "conduct", "delay", "charge")), least=2, most=100),
                Text(id="wish", least=4, most=1000, long=True),
                Files(id="files", required=False, most=5),
            ),
        ),
        Section(id="answer", fields=REACH),
        Section(id="statement", fields=(Declaration(id="truthful"),)),
    ),
)

WITHDRAWN = Outcome(id="withdrawn", closes="withdrawn")


CONSULTATION_CASE = CaseKind(
    id="consultation",
    prefix="ZX",
    about="application",
    steps=(
        Step(
            id="answer",
            role="window_clerk",
            outcomes=(
                Outcome(id="answered", closes="answered", evidence=True, told=True, paper="answer"),
                Outcome(id="elsewhere", closes="elsewhere", evidence=True, told=True, paper="answer"),
                WITHDRAWN,
            ),
        ),
    ),
    clocks=(
        ClockKind(
            id="answer",
            sort="promised",
            limit=Limit(5, "working_day"),
            warning=WarnAt(before=1),
            confirmed=False,
        ),
    ),
)

COMPLAINT_CASE = CaseKind(
    id="complaint",
    prefix="TS",
    about="application",
    receipt="receipt",
    steps=(
        Step(
            id="register",
            role="window_clerk",
            outcomes=(
                Outcome(id="taken", opens=("examine",), evidence=True, told=True, paper="taken"),
                Outcome(id="not_taken", closes="not_taken", evidence=True, told=True, paper="not_taken"),
                WITHDRAWN,
            ),
        ),
        Step(
            id="examine",
            role="complaint_officer",
            outcomes=(
                Outcome(id="upheld", closes="upheld", evidence=True, told=True, paper="answer"),
                Outcome(id="partly", closes="upheld", evidence=True, told=True, paper="answer"),
                Outcome(id="unfounded", closes="unfounded", evidence=True, told=True, paper="answer"),
                WITHDRAWN,
            ),
        ),
    ),
    clocks=(
        ClockKind(
            id="acceptance",
            sort="statutory",
            limit=Limit(360, "calendar_hour"),
            warning=WarnAt(before=72),
            starts="register",
            stops="register",
        ),
        ClockKind(
            id="handling",
            sort="statutory",
            limit=Limit(1440, "calendar_hour"),
            warning=WarnAt(percent=75),
            starts="examine",
            stops="examine",
        ),
        ClockKind(
            id="promised",
            sort="promised",
            limit=Limit(15, "working_day"),
            warning=WarnAt(percent=80),
            confirmed=False,
        ),
    ),
)

CALLS = ("call", "second_call", "third_call")
"""So often whoever called is tried to be reached."""

CALL_BACK_CASE = CaseKind(
    id="call_back",
    prefix="HF",
    about="call_back",
    steps=tuple(
        Step(
            id=step,
            role="hotline_operator",
            outcomes=(
                Outcome(id="content", closes="content"),
                Outcome(id="not_content", closes="not_content", evidence=True),
                Outcome(id="not_reached", opens=(then,)) if then else Outcome(id="not_reached", closes="not_reached"),
            ),
        )
        for step, then in zip(CALLS, (*CALLS[1:], ""), strict=True)
    ),
    clocks=tuple(
        ClockKind(
            id=step,
            sort="promised",
            limit=Limit(2, "working_day"),
            warning=WarnAt(percent=50),
            starts=step,
            stops=step,
            times=step,
            confirmed=False,
        )
        for step in CALLS
    ),
)

COMPLAINT_OFFICER = RoleKind(id="complaint_officer", powers=frozenset({SEE_CASES, WORK_CASES}), deputies="organisation")

ANSWER_WRITER = RoleKind(id="answer_writer", powers=frozenset({SEE_CASES, WRITE_DISCLOSURE}))

ASKING = MatterKind(
    id="consultation", form="question", case="consultation", item="optional", addressed=True, unnamed=True,
    published="publish",
)  # fmt: skip
ANSWERED = PublicationKind(id="answer", limit=None, shown="answers", matter="consultation")
"""What was asked and answered, rewritten without anybody in it, for whoever would ask the same."""
COMPLAINING = MatterKind(id="complaint", form="complaint", case="complaint", item="optional", unnamed=True)

INDICATORS = (
    *(
        IndicatorKind(
            id=id_, source=OfClocks(id=case, clock=clock), period="month", measure=in_time, unit="%", digits=1,
            clause="A6.5",
        )
        for id_, case, clock in (
            ("on_time_answers", "consultation", "answer"), ("on_time_complaints", "complaint", "handling")
        )
    ),
    IndicatorKind(
        id="content", source=OfRatings(id="consultation"), period="month", measure=content, unit="%", digits=1,
        clause="A6.5",
    ),
)  # fmt: skip

KINDS: tuple[Kind, ...] = (
    QUESTION,
    COMPLAINT,
    CONSULTATION_CASE,
    COMPLAINT_CASE,
    CALL_BACK_CASE,
    ASKING,
    COMPLAINING,
    ANSWERED,
    COMPLAINT_OFFICER,
    ANSWER_WRITER,
    *INDICATORS,
)
