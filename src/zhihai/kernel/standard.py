"""The kinds that the kernel itself declares, under the name ``zhihai``: roles and notices every district has."""

from __future__ import annotations

from zhihai.ground.kind import Kind
from zhihai.ground.powers import SET_FORMS
from zhihai.ground.worktime.limits import Limit, WarnAt
from zhihai.kernel.cases.kinds import CaseKind, ClockKind, Outcome, Step
from zhihai.kernel.catalogue.kinds import DatasetKind, Field
from zhihai.kernel.channels.kinds import NoticeKind
from zhihai.kernel.identity.kinds import (
    ANSWER_CALLS,
    CONFIRM_ROLES,
    DIRECT_CASES,
    GRANT_ROLES,
    OPEN_CASES,
    PUBLISH_SERVICES,
    RELEASE_READINGS,
    REVIEW_ROLES,
    RUN_CLOCK,
    RUN_OPERATION,
    SEE_CASES,
    SEE_DEVICES,
    SEE_LOOKS,
    SEE_NUMBERS,
    SEE_OPERATION,
    SEE_PEOPLE,
    SEE_QUARANTINE,
    SEND_READINGS,
    SET_CASES,
    SET_CERTIFICATES,
    SET_CLIENTS,
    SET_DATA,
    SET_DEVICES,
    SET_DISTRICT,
    SET_PEOPLE,
    SET_RULES,
    SET_SERVICES,
    TAKE_MATTERS,
    TRY_RULES,
    USE_SEALS,
    VERIFY_JOURNAL,
    WORK_CASES,
    RoleKind,
    ServiceKind,
    TieKind,
)

PACK = "zhihai"

_OFFICE = frozenset({SEE_CASES, WORK_CASES, SEE_DEVICES})

KINDS: tuple[Kind, ...] = (
    RoleKind(
        id="operator",
        powers=frozenset(
            {
                SEE_DEVICES,
                SET_DEVICES,
                SEND_READINGS,
                SEE_QUARANTINE,
                RELEASE_READINGS,
                TRY_RULES,
                SET_RULES,
                SET_CASES,
                SET_DATA,
                SET_DISTRICT,
                SET_SERVICES,
                PUBLISH_SERVICES,
                SET_FORMS,
                SEE_OPERATION,
                RUN_OPERATION,
                RUN_CLOCK,
                VERIFY_JOURNAL,
            }
        ),
    ),
    RoleKind(
        id="administrator",
        powers=frozenset({GRANT_ROLES, CONFIRM_ROLES, SEE_OPERATION, SET_CLIENTS, SET_CERTIFICATES, SET_FORMS}),
    ),
    RoleKind(id="dispatcher", powers=_OFFICE | {OPEN_CASES, DIRECT_CASES}, deputies="organisation"),
    RoleKind(id="street_official", powers=_OFFICE, deputies="organisation"),
    RoleKind(id="inspector", powers=_OFFICE, deputies="organisation"),
    RoleKind(
        id="window_clerk", powers=frozenset({SEE_CASES, WORK_CASES, SEE_PEOPLE, SEE_NUMBERS, SET_PEOPLE, TAKE_MATTERS})
    ),
    RoleKind(id="community_worker", powers=frozenset({TAKE_MATTERS})),
    RoleKind(id="hotline_operator", powers=frozenset({SEE_CASES, WORK_CASES, ANSWER_CALLS})),
    RoleKind(
        id="supervisor",
        powers=frozenset({SEE_CASES, SEE_DEVICES, VERIFY_JOURNAL, TRY_RULES, SEE_LOOKS, CONFIRM_ROLES}),
    ),
    RoleKind(id="protection_officer", powers=frozenset({SEE_CASES, WORK_CASES, SEE_LOOKS})),
    RoleKind(id="leader", powers=_OFFICE | {REVIEW_ROLES}, deputies="district"),
    RoleKind(id="seal_keeper", powers=frozenset({USE_SEALS})),
    RoleKind(id="service_keeper", powers=frozenset({SET_SERVICES, PUBLISH_SERVICES})),
    RoleKind(id="reader", powers=frozenset({SEE_DEVICES})),
    RoleKind(id="device", powers=frozenset({SEND_READINGS})),
    ServiceKind(id="own_data"),
    ServiceKind(id="looks"),
    ServiceKind(id="complaint"),
    ServiceKind(id="applications"),
    TieKind(
        id="representative",
        principal="legal",
        grounds=("licence",),
        days=None,
        named_by="representative",
        gives=("firm_proxy",),
    ),
    TieKind(id="firm_proxy", principal="legal", grounds=("appointment",), days=1096, parties=True, confirmed=False),
    TieKind(
        id="guardian", principal="natural", grounds=("kinship", "court", "designation"), days=1827, confirmed=False
    ),
    TieKind(id="helper", principal="natural", grounds=("written", "spoken"), days=366, parties=True, confirmed=False),
    CaseKind(
        id="powers_review",
        prefix="QX",
        recurs="quarter",
        steps=(Step(id="review", role="leader", outcomes=(Outcome(id="done", closes="reviewed", evidence=True),)),),
        clocks=(
            ClockKind(
                id="whole",
                sort="promised",
                limit=Limit(10, "working_day"),
                warning=WarnAt(percent=80),
                confirmed=False,
            ),
        ),
    ),
    NoticeKind(id="task_opened"),
    NoticeKind(id="clock_warned", urgency="near"),
    NoticeKind(id="clock_breached", urgency="late"),
    NoticeKind(id="calendar_missing", urgency="late"),
    NoticeKind(id="tie_granted"),
    NoticeKind(id="tie_recorded"),
    NoticeKind(id="tie_accepted"),
    NoticeKind(id="tie_renewed"),
    NoticeKind(id="tie_ending", urgency="near"),
    NoticeKind(id="tie_ended"),
    NoticeKind(id="grant_proposed"),
    NoticeKind(id="grant_confirmed"),
    NoticeKind(id="grant_refused"),
    NoticeKind(id="grant_given"),
    NoticeKind(id="complaint_answered"),
    NoticeKind(id="correction_answered"),
    NoticeKind(id="certificate_ending", urgency="near"),
    NoticeKind(id="issuing_key_ending", urgency="near"),
    NoticeKind(id="root_list_ending", urgency="near"),
    NoticeKind(id="password_changed"),
    NoticeKind(id="matter_moved"),
    NoticeKind(id="matter_asks", urgency="near"),
    NoticeKind(id="matter_closed"),
    NoticeKind(id="draft_ending", urgency="near"),
    NoticeKind(id="rating_answered"),
    NoticeKind(id="authenticator_added"),
    NoticeKind(id="authenticator_removed"),
    NoticeKind(id="passkey_added"),
    NoticeKind(id="passkey_removed"),
    NoticeKind(id="passkey_went_back", urgency="late"),
    NoticeKind(id="elsewhere_tied"),
    NoticeKind(id="elsewhere_untied"),
    DatasetKind(
        id="targets",
        owner="informatization",
        grade="open",
        fields=(
            Field(id="id", sort="code"),
            Field(id="clause_id", sort="code"),
            Field(id="name", sort="text"),
            Field(id="unit", sort="text"),
            Field(id="baseline", sort="number"),
            Field(id="target", sort="number"),
            Field(id="target_year", sort="text"),
            Field(id="comparison", sort="text"),
        ),
    ),
)
