"""Ambient air: stations, indices, the rules for heavy pollution and doubtful stations, inspections, three figures."""

from __future__ import annotations

from datetime import timedelta

from zhihai.kit.kinds import (
    CaseKind,
    ClockKind,
    Derivation,
    DeviceKind,
    IndicatorKind,
    Kind,
    Limit,
    ObservationDatasetKind,
    OfClocks,
    OfObservations,
    Outcome,
    QuantityKind,
    RuleKind,
    Step,
    WarnAt,
)
from zhihai.kit.measures import in_time
from zhihai.packs.air import adapters, measures, rules
from zhihai.packs.air.model import derivations
from zhihai.packs.air.model.norms import POLLUTANTS

# Above these a national station's instruments do not measure (HJ 653, HJ 654: measuring ranges).
RANGES = {"pm25": 1000, "pm10": 1000, "so2": 1430, "no2": 1030, "co": 62_500, "o3": 1070}

QUANTITIES = (
    *(QuantityKind(id=id_, unit="ug/m3", low=0, high=high) for id_, high in RANGES.items()),
    QuantityKind(
        id="aqi_hour",
        unit="1",
        low=0,
        high=500,
        derivation=Derivation(
            of=POLLUTANTS, window=derivations.DAY_WINDOW, every="hour", compute=derivations.index_of_hour
        ),
    ),
    QuantityKind(
        id="aqi_24h",
        unit="1",
        low=0,
        high=500,
        derivation=Derivation(
            of=POLLUTANTS, window=derivations.DAY_WINDOW, every="hour", compute=derivations.index_of_24_hours
        ),
    ),
    QuantityKind(
        id="aqi_day",
        unit="1",
        low=0,
        high=500,
        every=timedelta(days=1),
        stale_after=timedelta(days=2),
        derivation=Derivation(
            of=POLLUTANTS, window=derivations.LOCAL_DAY_WINDOW, every="day", compute=derivations.index_of_day
        ),
    ),
    QuantityKind(
        id="pm25_24h",
        unit="ug/m3",
        low=0,
        high=1000,
        derivation=Derivation(
            of=("pm25",), window=derivations.DAY_WINDOW, every="hour", compute=derivations.pm25_24_hours
        ),
    ),
)

STATION = DeviceKind(
    id="station",
    quantities=tuple(quantity.id for quantity in QUANTITIES),
    adapter=adapters.station,
    archive=adapters.table,
    headline="aqi_hour",
    bands=(50, 100, 150, 200, 300),
)

INSPECTION = CaseKind(
    id="inspection",
    prefix="KQ",
    steps=(
        Step(
            id="dispatch",
            role="dispatcher",
            outcomes=(
                Outcome(id="send", opens=("inspect",)),
                Outcome(id="dismiss", closes="unfounded", evidence=True),
            ),
        ),
        Step(
            id="inspect",
            role="inspector",
            outcomes=(
                Outcome(id="clean", opens=("report",)),
                Outcome(id="violations", opens=("rectify", "order"), evidence=True),
            ),
        ),
        Step(id="rectify", role="street_official", outcomes=(Outcome(id="done", evidence=True),)),
        Step(id="order", role="inspector", outcomes=(Outcome(id="served", evidence=True),)),
        Step(
            id="verify",
            role="inspector",
            joins=("rectify", "order"),
            outcomes=(
                Outcome(id="solved", opens=("report",)),
                Outcome(id="unsolved", opens=("rectify",), evidence=True),
            ),
        ),
        Step(id="report", role="inspector", outcomes=(Outcome(id="file", closes="handled", evidence=True),)),
    ),
    clocks=(
        ClockKind(
            id="whole",
            sort="promised",
            limit=Limit(5, "working_day"),
            warning=WarnAt(before=1),
            confirmed=False,
        ),
        ClockKind(
            id="on_site",
            sort="step",
            limit=Limit(4, "calendar_hour"),
            warning=WarnAt(percent=75),
            starts="inspect",
            stops="inspect",
            times="inspect",
            confirmed=False,
        ),
        ClockKind(
            id="rectification",
            sort="step",
            limit=Limit(2, "working_day"),
            warning=WarnAt(percent=75),
            starts="rectify",
            stops="rectify",
            times="rectify",
            confirmed=False,
        ),
        ClockKind(
            id="report",
            sort="step",
            limit=Limit(8, "working_hour"),
            warning=WarnAt(percent=75),
            starts="report",
            stops="report",
            times="report",
            confirmed=False,
        ),
    ),
)

STATION_CHECK = CaseKind(
    id="station_check",
    prefix="ZD",
    steps=(
        Step(
            id="check",
            role="inspector",
            outcomes=(
                Outcome(id="repaired", closes="repaired", evidence=True),
                Outcome(id="sound", closes="unfounded", evidence=True),
            ),
        ),
    ),
    clocks=(
        ClockKind(
            id="respond",
            sort="promised",
            limit=Limit(8, "working_hour"),
            warning=WarnAt(percent=75),
            stops="check",
            confirmed=False,
        ),
    ),
)

RULES = (
    RuleKind(
        id="heavy_pollution",
        device="station",
        watches=("aqi_24h",),
        window=rules.HEAVY_POLLUTION_WINDOW,
        test=rules.heavy_pollution,
        limits=rules.HEAVY_POLLUTION_LIMITS,
        opens="inspection",
    ),
    RuleKind(
        id="silent_station",
        device="station",
        watches=POLLUTANTS,
        window=rules.SILENT_WINDOW,
        test=rules.silent_station,
        limits=rules.SILENT_LIMITS,
        on="hour",
        opens="station_check",
        again_after=timedelta(hours=24),
    ),
    RuleKind(
        id="implausible_reading",
        device="station",
        watches=POLLUTANTS,
        window=rules.IMPLAUSIBLE_WINDOW,
        test=rules.implausible_reading,
        limits=rules.IMPLAUSIBLE_LIMITS,
        opens="station_check",
        again_after=timedelta(hours=48),
    ),
    RuleKind(
        id="stuck_reading",
        device="station",
        watches=("pm25", "pm10", "no2", "o3"),
        window=rules.STUCK_WINDOW,
        test=rules.stuck_reading,
        limits=rules.STUCK_LIMITS,
        live=False,
    ),
)

INDICATORS = (
    IndicatorKind(
        id="good_days",
        source=OfObservations(id="station", quantities=("aqi_day",)),
        period="year",
        measure=measures.good_days,
        unit="%",
        digits=1,
        clause="C3.2",
    ),
    IndicatorKind(
        id="data_completeness",
        source=OfObservations(id="station", quantities=POLLUTANTS),
        period="month",
        measure=measures.data_completeness,
        unit="%",
        digits=1,
        clause="C3.2",
    ),
    IndicatorKind(
        id="on_time_inspections",
        source=OfClocks(id="inspection", clock="on_site"),
        period="month",
        measure=in_time,
        unit="%",
        digits=1,
        clause="C3.2",
    ),
)

HOURLY = ObservationDatasetKind(
    id="hourly",
    owner="environment",
    grade="open",
    device="station",
    quantities=(*POLLUTANTS, "aqi_hour"),
    licence="CC BY 4.0",
)

KINDS: tuple[Kind, ...] = (*QUANTITIES, STATION, INSPECTION, STATION_CHECK, *RULES, *INDICATORS, HOURLY)
