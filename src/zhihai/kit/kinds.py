"""Every kind a pack can declare, and the value types its pure functions take and return."""

from datetime import timedelta

from zhihai.ground.kind import Kind
from zhihai.ground.measure import Measured
from zhihai.ground.reading import Reading
from zhihai.ground.window import Sample, Verdict, Window
from zhihai.ground.worktime.limits import Limit, WarnAt
from zhihai.kernel.cases.kinds import CaseKind, ClockKind, Outcome, Step
from zhihai.kernel.catalogue.kinds import DatasetKind, Field
from zhihai.kernel.channels.kinds import NoticeKind
from zhihai.kernel.disclosure.kinds import PublicationKind, RegisterKind, ReportRow, TariffKind, Tier
from zhihai.kernel.forms.kinds import FormKind
from zhihai.kernel.identity.kinds import RoleKind, ServiceKind, TieKind
from zhihai.kernel.indicators.kinds import (
    CaseRow,
    ExpectedStream,
    IndicatorKind,
    ObservedRow,
    OfClocks,
    OfObservations,
    OfRatings,
    RatedRow,
    Span,
)
from zhihai.kernel.offers.kinds import OfferKind, Terms
from zhihai.kernel.rules.kinds import RuleKind, Threshold
from zhihai.kernel.sensing.kinds import Derivation, Derived, DeviceKind, ObservationDatasetKind, QuantityKind
from zhihai.kernel.services.kinds import MatterKind

__all__ = [
    "CaseKind",
    "CaseRow",
    "ClockKind",
    "DatasetKind",
    "Derivation",
    "Derived",
    "DeviceKind",
    "ExpectedStream",
    "Field",
    "FormKind",
    "IndicatorKind",
    "Kind",
    "Limit",
    "MatterKind",
    "Measured",
    "NoticeKind",
    "ObservationDatasetKind",
    "ObservedRow",
    "OfClocks",
    "OfObservations",
    "OfRatings",
    "OfferKind",
    "Outcome",
    "PublicationKind",
    "QuantityKind",
    "RatedRow",
    "Reading",
    "RegisterKind",
    "ReportRow",
    "RoleKind",
    "RuleKind",
    "Sample",
    "ServiceKind",
    "Span",
    "Step",
    "TariffKind",
    "Terms",
    "Threshold",
    "TieKind",
    "Tier",
    "Verdict",
    "WarnAt",
    "Window",
    "timedelta",
]
