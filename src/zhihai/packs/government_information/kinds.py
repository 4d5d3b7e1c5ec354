"""The list of what is published (主动公开目录), and requests for what is not (依申请公开): 政府信息公开条例 (2019)."""

from __future__ import annotations

from zhihai.ground.powers import DIRECT_CASES, SEE_CASES, WORK_CASES, WRITE_DISCLOSURE
from zhihai.kit.forms import (
    Address,
    Choice,
    CitizenNumber,
    CreditCode,
    Email,
    Files,
    FormKind,
    Is,
    OneOf,
    Phone,
    Section,
    Text,
)
from zhihai.kit.kinds import (
    CaseKind,
    ClockKind,
    Kind,
    Limit,
    MatterKind,
    Outcome,
    PublicationKind,
    RegisterKind,
    ReportRow,
    RoleKind,
    Step,
    WarnAt,
)

LIST = (
    "guide", "norms", "offices", "plans", "statistics", "licensing", "penalties", "budget", "fees", "procurement",
    "projects", "welfare", "emergency", "supervision", "recruitment", "local", "annual_report", "other",
)  # fmt: skip

PERSON, FIRM = Is("capacity", "person"), Is("capacity", "firm")

REQUEST = FormKind(
    id="request",
    sections=(
        Section(
            id="wanted",
            fields=(
                Text(id="content", least=4, most=1000, long=True),
                Text(id="document", required=False, most=100),
                Files(id="files", required=False, most=5),
            ),
        ),
        Section(
            id="delivery",
            fields=(
                Choice(id="shape", options=("electronic", "paper", "reading"), grade="internal"),
                Choice(
                    id="way", options=("here", "email", "post"), grade="internal",
                    asked=OneOf("shape", ("electronic", "paper")),
                ),
                Email(id="email", asked=Is("way", "email")),
                Address(id="address", asked=Is("way", "post"), known="identity.person.address"),
                Phone(id="phone", known="identity.person.phone"),
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
    ),
)  # fmt: skip

ROWS = (
    ReportRow(id="disclosed", part="disclosed", outcomes=("disclosed", "already_public")),
    ReportRow(id="partly", part="partly", outcomes=("partly",)),
    *(
        ReportRow(id=id_, part="refused", outcomes=(id_,))
        for id_ in ("secret", "forbidden", "safety", "third_party", "internal", "process", "file", "query")
    ),
    *(ReportRow(id=id_, part="unable", outcomes=(id_,)) for id_ in ("not_held", "to_be_made", "unclear")),
    *(
        ReportRow(id=id_, part="unhandled", outcomes=(id_,))
        for id_ in ("petition", "repeated", "printed", "excessive", "confirmed")
    ),
    ReportRow(id="abandoned", part="otherwise", outcomes=("abandoned",)),
    ReportRow(id="unpaid", part="otherwise", outcomes=("unpaid",)),
    ReportRow(id="other", part="otherwise", outcomes=("other", "withdrawn")),
)
"""The report's rows as its form has them (国办公开办函〔2021〕30号); what was withdrawn counts under the last."""

WITHDRAWN = Outcome(id="withdrawn", closes="withdrawn")
ANSWERS = tuple(
    Outcome(id=outcome, closes=row.part, evidence=True, told=True)
    for row in ROWS
    for outcome in row.outcomes
    if outcome not in ("abandoned", "withdrawn", "unclear")
)
"""What article 36 knows as answers; each is told in words."""
OFFICER = "disclosure_officer"

COURSE = CaseKind(
    id="request",
    prefix="GK",
    about="application",
    steps=(
        Step(
            id="answer",
            role=OFFICER,
            outcomes=(
                *ANSWERS,
                Outcome(id="ask_third", opens=("third_party",), evidence=True, told=True),
                Outcome(id="incomplete", opens=("supplement",), evidence=True, told=True),
                Outcome(id="clear", opens=("answer_clear",)),
                Outcome(id="unasked", opens=("answer_clear",)),
                WITHDRAWN,
            ),
        ),
        Step(
            id="answer_clear",
            role=OFFICER,
            outcomes=(
                *ANSWERS,
                Outcome(id="ask_third", opens=("third_party",), evidence=True, told=True),
                WITHDRAWN,
            ),
        ),
        Step(
            id="third_party",
            role=OFFICER,
            outcomes=(Outcome(id="heard", opens=("answer_clear",), evidence=True), WITHDRAWN),
        ),
        Step(
            id="supplement",
            role=OFFICER,
            outcomes=(
                Outcome(id="supplemented", opens=("answer_supplemented",)),
                Outcome(id="overdue", opens=("overdue",)),
                WITHDRAWN,
            ),
        ),
        Step(
            id="overdue",
            role=OFFICER,
            outcomes=(
                Outcome(id="abandoned", closes="otherwise", evidence=True, told=True),
                Outcome(id="excused", opens=("supplement",), evidence=True, told=True),
                WITHDRAWN,
            ),
        ),
        Step(
            id="answer_supplemented",
            role=OFFICER,
            outcomes=(
                *ANSWERS,
                Outcome(id="unclear", closes="unable", evidence=True, told=True),
                Outcome(id="ask_third", opens=("third_party_supplemented",), evidence=True, told=True),
                WITHDRAWN,
            ),
        ),
        Step(
            id="third_party_supplemented",
            role=OFFICER,
            outcomes=(Outcome(id="heard", opens=("answer_supplemented",), evidence=True), WITHDRAWN),
        ),
    ),
    clocks=(
        ClockKind(
            id="clarity", sort="step", limit=Limit(7, "working_day"), warning=WarnAt(before=2), stops="answer",
            times="answer", lapses="unasked", extension=0,
        ),
        ClockKind(
            id="answer", sort="statutory", limit=Limit(20, "working_day"), warning=WarnAt(before=5), stops="supplement",
            extension=20,
        ),
        ClockKind(
            id="answer_supplemented", sort="statutory", limit=Limit(20, "working_day"), warning=WarnAt(before=5),
            starts="answer_supplemented", extension=20,
        ),
        *(
            ClockKind(
                id=id_, sort="special", limit=Limit(15, "working_day"), warning=WarnAt(before=3), starts=id_, stops=id_,
                times=id_,
            )
            for id_ in ("third_party", "third_party_supplemented")
        ),
        ClockKind(
            id="supplement", sort="special", limit=Limit(15, "working_day"), warning=WarnAt(before=3),
            starts="supplement", stops="supplement", times="supplement", lapses="overdue", confirmed=False,
        ),
    ),
)  # fmt: skip

KINDS: tuple[Kind, ...] = (
    *(PublicationKind(id=id_) for id_ in LIST),
    PublicationKind(id="request_summary", limit=None, shown="register", matter="request"),
    REQUEST,
    COURSE,
    MatterKind(id="request", form="request", case="request", addressed=True),
    RegisterKind(
        id="request", matter="request", case="request", clocks=("answer", "answer_supplemented"), rows=ROWS
    ),
    RoleKind(id=OFFICER, powers=frozenset({SEE_CASES, WORK_CASES}), deputies="organisation"),
    RoleKind(id="summary_writer", powers=frozenset({SEE_CASES, WRITE_DISCLOSURE})),
    RoleKind(id="disclosure_head", powers=frozenset({SEE_CASES, DIRECT_CASES}), deputies="organisation"),
)  # fmt: skip
