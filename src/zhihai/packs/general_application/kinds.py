"""The general application (通用申请): a form by which anybody may ask for anything that has no form of its own."""

from __future__ import annotations

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
from zhihai.kit.kinds import Kind

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

KINDS: tuple[Kind, ...] = (GENERAL,)
