"""Weather: rain, wind and heat at stations; flood-point patrols and dust inspections they call for."""

from __future__ import annotations

from datetime import timedelta

from zhihai.kit.kinds import (
    CaseKind,
    ClockKind,
    DeviceKind,
    IndicatorKind,
    Kind,
    Limit,
    ObservationDatasetKind,
    OfClocks,
    Outcome,
    QuantityKind,
    RuleKind,
    Step,
    WarnAt,
)
from zhihai.kit.measures import in_time
from zhihai.packs.weather import adapters, rules

QUANTITIES = (
    QuantityKind(id="temperature", unit="Cel", low=-45, high=50, digits=1),
    QuantityKind(id="dew_point", unit="Cel", low=-60, high=40, digits=1),
    QuantityKind(id="pressure", unit="hPa", low=850, high=1100, digits=1),
    QuantityKind(id="rain", unit="mm", low=0, high=200, digits=1),
    QuantityKind(id="wind_speed", unit="m/s", low=0, high=75, digits=1),
    QuantityKind(id="wind_from", unit="deg", low=0, high=360, digits=0),
)

STATION = DeviceKind(
    id="station",
    quantities=tuple(quantity.id for quantity in QUANTITIES),
    adapter=adapters.station,
    archive=adapters.table,
    headline="temperature",
)

FLOOD_PATROL = CaseKind(
    id="flood_patrol",
    prefix="FX",
    steps=(
        Step(
            id="patrol",
            role="street_official",
            outcomes=(
                Outcome(id="dry", closes="unfounded", evidence=True),
                Outcome(id="flooded", opens=("drain",), evidence=True),
            ),
        ),
        Step(id="drain", role="inspector", outcomes=(Outcome(id="drained", opens=("confirm",), evidence=True),)),
        Step(
            id="confirm",
            role="street_official",
            outcomes=(
                Outcome(id="solved", closes="handled"),
                Outcome(id="again", opens=("drain",), evidence=True),
            ),
        ),
    ),
    clocks=(
        ClockKind(
            id="arrive",
            sort="step",
            limit=Limit(2, "calendar_hour"),
            warning=WarnAt(percent=75),
            starts="patrol",
            stops="patrol",
            times="patrol",
            confirmed=False,
        ),
        ClockKind(
            id="drain",
            sort="step",
            limit=Limit(6, "calendar_hour"),
            warning=WarnAt(percent=75),
            starts="drain",
            stops="drain",
            times="drain",
            confirmed=False,
        ),
        ClockKind(
            id="whole",
            sort="promised",
            limit=Limit(24, "calendar_hour"),
            warning=WarnAt(percent=90),
            confirmed=False,
        ),
    ),
)

DUST_CHECK = CaseKind(
    id="dust_check",
    prefix="YC",
    steps=(
        Step(
            id="inspect",
            role="inspector",
            outcomes=(
                Outcome(id="covered", closes="handled", evidence=True),
                Outcome(id="uncovered", opens=("cover",), evidence=True),
            ),
        ),
        Step(id="cover", role="street_official", outcomes=(Outcome(id="covered", opens=("recheck",), evidence=True),)),
        Step(
            id="recheck",
            role="inspector",
            outcomes=(
                Outcome(id="solved", closes="handled"),
                Outcome(id="unsolved", opens=("cover",), evidence=True),
            ),
        ),
    ),
    clocks=(
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
            id="whole",
            sort="promised",
            limit=Limit(2, "working_day"),
            warning=WarnAt(percent=75),
            confirmed=False,
        ),
    ),
)

RULES = (
    RuleKind(
        id="heavy_rain",
        device="station",
        watches=("rain",),
        window=rules.HEAVY_RAIN_WINDOW,
        test=rules.heavy_rain,
        limits=rules.HEAVY_RAIN_LIMITS,
        opens="flood_patrol",
    ),
    RuleKind(
        id="strong_wind",
        device="station",
        watches=("wind_speed",),
        window=rules.STRONG_WIND_WINDOW,
        test=rules.strong_wind,
        limits=rules.STRONG_WIND_LIMITS,
        opens="dust_check",
        again_after=timedelta(hours=24),
    ),
    RuleKind(
        id="heat",
        device="station",
        watches=("temperature",),
        window=rules.HEAT_WINDOW,
        test=rules.heat,
        limits=rules.HEAT_LIMITS,
    ),
)

INDICATORS = (
    IndicatorKind(
        id="patrols_in_time",
        source=OfClocks(id="flood_patrol", clock="arrive"),
        period="month",
        measure=in_time,
        unit="%",
        digits=1,
        clause="C2.1",
    ),
)

HOURLY = ObservationDatasetKind(
    id="hourly",
    owner="environment",
    grade="open",
    device="station",
    quantities=("temperature", "rain", "wind_speed", "wind_from", "pressure", "dew_point"),
    licence="CC BY 4.0",
)

KINDS: tuple[Kind, ...] = (*QUANTITIES, STATION, FLOOD_PATROL, DUST_CHECK, *RULES, *INDICATORS, HOURLY)
