"""The list of what is published (主动公开目录), and requests for what is not (依申请公开): 政府信息公开条例 (2019)."""

from __future__ import annotations

from dataclasses import replace

from zhihai.ground.powers import DIRECT_CASES, RECORD_DISPUTES, SEE_CASES, WORK_CASES, WRITE_DISCLOSURE
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
    TariffKind,
    Tier,
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

FORMER = CaseKind(
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

ASK_THIRD = Outcome(id="ask_third", opens=("third_party_paid",), evidence=True, told=True)
UNPAID = Outcome(id="unpaid", closes="otherwise", evidence=True, told=True, paper="fee_unpaid")
RELEASED = Outcome(id="released", opens=("answer_clear",), evidence=True, told=True, apart=True)
PAID = Outcome(id="paid", opens=("answer_paid",), evidence=True, told=True, apart=True)


def _charging(step: Step) -> Step:
    """Return a step of answering that may ask for a fee, and says that none was paid only after one was asked for."""
    fee = {"answer_supplemented": "fee_supplemented"}.get(step.id, "fee")
    charge = Outcome(id="charge", opens=(fee,), evidence=True, told=True, paper="fee_notice", apart=True)
    return replace(step, outcomes=(*(one for one in step.outcomes if one.id != "unpaid"), charge))


def _fee(id_: str, back: str) -> Step:
    """Return a step of waiting for a fee: paid, taken back, or its time is over."""
    released = replace(RELEASED, opens=(back,))
    return Step(
        id=id_, role=OFFICER, outcomes=(PAID, released, Outcome(id="overdue", opens=("fee_overdue",)), WITHDRAWN)
    )


COURSE = replace(
    FORMER,
    version=2,
    steps=(
        *(_charging(one) if one.id.startswith("answer") else one for one in FORMER.steps),
        _fee("fee", "answer_clear"),
        _fee("fee_supplemented", "answer_supplemented"),
        Step(id="fee_overdue", role=OFFICER, outcomes=(PAID, UNPAID, RELEASED, WITHDRAWN)),
        Step(
            id="answer_paid", role=OFFICER,
            outcomes=(*(one for one in ANSWERS if one.id != "unpaid"), ASK_THIRD, WITHDRAWN),
        ),
        Step(
            id="third_party_paid", role=OFFICER,
            outcomes=(Outcome(id="heard", opens=("answer_paid",), evidence=True), WITHDRAWN),
        ),
    ),
    clocks=(
        FORMER.clock("clarity"),
        replace(FORMER.clock("answer"), stops=("supplement", "fee.paid", "fee_overdue.paid")),
        replace(FORMER.clock("answer_supplemented"), stops=("fee.paid", "fee_supplemented.paid", "fee_overdue.paid")),
        replace(FORMER.clock("answer_supplemented"), id="answer_paid", starts="answer_paid"),
        *(
            replace(FORMER.clock("third_party"), id=id_, starts=id_, stops=id_, times=id_)
            for id_ in ("third_party", "third_party_supplemented", "third_party_paid")
        ),
        FORMER.clock("supplement"),
        ClockKind(
            id="overdue", sort="step", limit=Limit(5, "working_day"), warning=WarnAt(before=2), starts="overdue",
            stops="overdue", times="overdue", confirmed=False,
        ),
        *(
            ClockKind(
                id=id_, sort="special", limit=Limit(20, "working_day"), warning=WarnAt(before=5), starts=id_, stops=id_,
                times=id_, lapses="overdue",
            )
            for id_ in ("fee", "fee_supplemented")
        ),
        ClockKind(
            id="fee_overdue", sort="special", limit=Limit(5, "working_day"), warning=WarnAt(before=2),
            starts="fee_overdue", stops="fee_overdue", times="fee_overdue", confirmed=False,
        ),
    ),
)  # fmt: skip
"""Since 国办函〔2020〕109号 can be followed: a fee is asked for, paid or not; and giving up has a day of its own."""

FEE = TariffKind(
    id="processing",
    items=(
        Tier(upto=10, cents=0), Tier(upto=30, cents=100_00), Tier(upto=None, cents=200_00, every=10, more=100_00),
    ),
    pages=(
        Tier(upto=30, cents=0), Tier(upto=100, cents=10_00), Tier(upto=200, cents=20_00), Tier(upto=None, cents=40_00),
    ),
)  # fmt: skip
"""政府信息公开信息处理费管理办法（国办函〔2020〕109号）第四条、第五条."""

KINDS: tuple[Kind, ...] = (
    *(PublicationKind(id=id_) for id_ in LIST),
    PublicationKind(id="request_summary", limit=None, shown="register", matter="request"),
    REQUEST,
    FORMER,
    COURSE,
    FEE,
    MatterKind(id="request", form="request", case="request", addressed=True),
    RegisterKind(
        id="request", matter="request", case="request", clocks=("answer", "answer_supplemented", "answer_paid"),
        rows=ROWS, tariff="processing",
    ),
    RoleKind(id=OFFICER, powers=frozenset({SEE_CASES, WORK_CASES}), deputies="organisation"),
    RoleKind(id="summary_writer", powers=frozenset({SEE_CASES, WRITE_DISCLOSURE})),
    RoleKind(id="legal_writer", powers=frozenset({SEE_CASES, RECORD_DISPUTES})),
    RoleKind(id="disclosure_head", powers=frozenset({SEE_CASES, DIRECT_CASES}), deputies="organisation"),
)  # fmt: skip
