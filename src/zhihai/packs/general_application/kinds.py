"""The general application (通用申请): what any service item is applied for by until it has a process of its own."""

from __future__ import annotations

from zhihai.ground.powers import SEE_CASES, WORK_CASES
from zhihai.kit.forms import (
    Address,
    Answer,
    Check,
    Choice,
    CitizenNumber,
    Compare,
    CreditCode,
    DayField,
    Declaration,
    Email,
    Files,
    FormKind,
    Is,
    Phone,
    Section,
    Text,
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
    RoleKind,
    Step,
    WarnAt,
)
from zhihai.kit.measures import content, in_time

PERSON, FIRM = Is("capacity", "person"), Is("capacity", "firm")

GENERAL = FormKind(
    id="application",
    sections=(
        Section(
            id="matter",
            fields=(
                Text(id="purpose", least=4, most=100, grade="internal"),
                Text(id="facts", least=10, most=3000, long=True),
                DayField(id="since", required=False, most=0),
                DayField(id="until", required=False, most=0),
                Text(id="wish", least=4, most=1000, long=True),
            ),
        ),
        Section(
            id="applicant",
            fields=(
                Choice(id="capacity", options=("person", "firm"), grade="internal"),
                Text(id="person_name", asked=PERSON, least=2, most=100, known="identity.person.name"),
                CitizenNumber(id="person_number", asked=PERSON, known="identity.person.number"),
                Text(id="firm_name", asked=FIRM, least=2, most=200, grade="public", known="identity.firm.name"),
                CreditCode(id="firm_code", asked=FIRM, grade="public", known="identity.firm.number"),
            ),
        ),
        Section(
            id="contact",
            fields=(
                Choice(id="reach", options=("phone", "email", "post"), grade="internal"),
                Phone(id="phone", asked=Is("reach", "phone"), known="identity.person.phone"),
                Email(id="email", asked=Is("reach", "email")),
                Address(id="address", asked=Is("reach", "post"), known="identity.person.address"),
            ),
        ),
        Section(id="papers", fields=(Files(id="files", required=False, most=10),)),
        Section(id="statement", fields=(Declaration(id="truthful"),)),
    ),
    checks=(Check(id="order", holds=Compare(Answer("since"), "<=", Answer("until")), at="until"),),
)

WITHDRAWN = Outcome(id="withdrawn", closes="withdrawn")
DEEMED = Outcome(id="deemed", opens=("decide",), paper="deemed")
ACCEPTED = Outcome(id="accepted", opens=("decide",), paper="accepted")
DECLINED = Outcome(id="declined", closes="not_accepted", evidence=True, told=True, paper="declined")

COURSE = CaseKind(
    id="general",
    prefix="SQ",
    about="application",
    receipt="receipt",
    steps=(
        Step(
            id="accept",
            role="window_clerk",
            outcomes=(
                ACCEPTED,
                Outcome(id="incomplete", opens=("supplement",), evidence=True, told=True, paper="incomplete"),
                DECLINED,
                DEEMED,
                WITHDRAWN,
            ),
        ),
        Step(
            id="supplement",
            role="window_clerk",
            outcomes=(
                Outcome(id="supplemented", opens=("accept_supplemented",), paper="supplemented"),
                Outcome(id="abandoned", closes="not_accepted", evidence=True, told=True, paper="declined"),
                WITHDRAWN,
            ),
        ),
        Step(id="accept_supplemented", role="window_clerk", outcomes=(ACCEPTED, DECLINED, DEEMED, WITHDRAWN)),
        Step(
            id="decide",
            role="reviewer",
            outcomes=(
                Outcome(id="granted", opens=("serve",), evidence=True, told=True, paper="granted"),
                Outcome(id="refused", opens=("serve_refusal",), evidence=True, told=True, paper="refused"),
                WITHDRAWN,
            ),
        ),
        Step(id="serve", role="window_clerk", outcomes=(Outcome(id="served", closes="granted", paper="served"),)),
        Step(
            id="serve_refusal", role="window_clerk", outcomes=(Outcome(id="served", closes="refused", paper="served"),)
        ),
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

POOR_RATING = CaseKind(
    id="poor_rating",
    prefix="CP",
    about="rating",
    steps=(
        Step(
            id="look_into",
            role="rating_officer",
            outcomes=(
                Outcome(id="put_right", closes="put_right", evidence=True, told=True),
                Outcome(id="unfounded", closes="unfounded", evidence=True, told=True),
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

RATING_OFFICER = RoleKind(id="rating_officer", powers=frozenset({SEE_CASES, WORK_CASES}))
REVIEWER = RoleKind(id="reviewer", powers=frozenset({SEE_CASES, WORK_CASES}), deputies="organisation")

APPLYING = MatterKind(id="application", form="application", case="general", item="required")

INDICATORS = (
    *(
        IndicatorKind(
            id=id_, source=OfClocks(id=case, clock=clock), period="month", measure=in_time, unit="%", digits=1,
            clause="A6.5",
        )
        for id_, case, clock in (
            ("on_time_acceptances", "general", "acceptance"),
            ("on_time_decisions", "general", "decision"),
            ("promises_kept", "general", "promised"),
            ("poor_ratings_answered", "poor_rating", "answer"),
        )
    ),
    IndicatorKind(
        id="content", source=OfRatings(id="application"), period="month", measure=content, unit="%", digits=1,
        clause="A6.5",
    ),
)  # fmt: skip
"""By which everybody sees how applications are handled (办理公示)."""

KINDS: tuple[Kind, ...] = (GENERAL, COURSE, APPLYING, POOR_RATING, REVIEWER, RATING_OFFICER, *INDICATORS)
