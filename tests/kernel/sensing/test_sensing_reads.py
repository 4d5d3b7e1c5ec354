"""Questions: devices, windows, series, gaps, resources."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from zhihai.ground.actors import SYSTEM
from zhihai.ground.instants import to_micros
from zhihai.ground.named import Named
from zhihai.ground.reading import Reading
from zhihai.ground.refusal import NotFound, Refused
from zhihai.kernel.catalogue import reads as catalogue
from zhihai.kernel.identity import reads as identities
from zhihai.kernel.places import reads as places
from zhihai.kernel.sensing import acts
from zhihai.kernel.sensing import reads as sensing

AT = datetime(2014, 2, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)


def dust(value: float, hours: float = -1, device: str = "west", quantity: str = "dust") -> Reading:
    return Reading(device, quantity, AT + hours * HOUR, value)


def stream(device: str = "west", quantity: str = "dust") -> int:
    found = sensing.device(device).stream(quantity)
    assert found is not None
    return found.id


class TestDevices:
    def test_a_device_knows_its_place_and_streams(self, place: str) -> None:
        west = sensing.device("west")
        street = places.area_by_code("110199001")
        assert (west.kind, west.area_id, west.area_lo, west.belongs) == ("probe.station", street.id, street.lo, "own")
        assert west.provenance == "synthetic"
        assert [(one.quantity, one.derived, one.every_s) for one in west.streams] == [
            ("probe.dust", False, 3600), ("probe.rain", False, 3600), ("probe.dust3", True, 3600),
            ("probe.rain_day", True, 86_400),
        ]  # fmt: skip
        assert sensing.device(west.id) == west
        assert sensing.devices_by_id([west.id, 999]) == (west,)

    def test_devices_are_found_by_kind_and_area(self, place: str) -> None:
        whole, eastern = places.area_by_code("110199"), places.area_by_code("110199002")
        assert [one.code for one in sensing.devices("probe.station", (whole.lo, whole.hi))] == ["west", "east"]
        assert [one.code for one in sensing.devices(area=(eastern.lo, eastern.hi))] == ["east"]
        assert sensing.devices("probe.other") == ()

    @pytest.mark.parametrize("which", ["nobody", "", "a\0b", 999])
    def test_no_such_device(self, place: str, which: str | int) -> None:
        with pytest.raises(NotFound):
            sensing.device(which)

    @pytest.mark.parametrize(
        ("code", "fault"),
        [
            ("no_device_kind", {"kind": "probe.lamp"}),
            ("device_code", {"code": ""}),
            ("device_code", {"code": "a\nb"}),
            ("device_belongs", {"belongs": "theirs"}),
            ("device_provenance", {"provenance": "true"}),
            ("device_accuracy", {"accuracy_m": -1.0}),
            ("device_span", {"since": date(2014, 2, 2), "until": date(2014, 2, 1)}),
            ("device_outside", {"lon": 117.5}),
        ],
    )
    def test_what_can_not_be_registered(self, place: str, code: str, fault: dict[str, Any]) -> None:
        with pytest.raises(Refused) as refusal:
            acts.register_device(SYSTEM, device_input(**fault), at=AT)
        assert refusal.value.code == code
        assert len(sensing.devices()) == 2

    def test_a_neighbours_device_stands_in_the_district_as_a_whole(self, place: str) -> None:
        acts.register_device(SYSTEM, device_input(lon=117.5, belongs="received"), at=AT)
        far = sensing.device("third")
        assert (far.area_id, far.cell) == (places.area_by_code("110199").id, None)

    def test_registering_again_renews(self, place: str) -> None:
        first = acts.register_device(SYSTEM, device_input(), at=AT)
        again = acts.register_device(SYSTEM, device_input(name=Named("新", "New"), lon=116.15), at=AT)
        renewed = sensing.device("third")
        assert (first, renewed.name.en, renewed.area_id) == (again, "New", places.area_by_code("110199002").id)
        assert len(renewed.streams) == 4


class TestWindows:
    def test_a_window_holds_what_lies_before_its_end(self, send: Any) -> None:
        send(*(dust(float(n), -n) for n in range(1, 6)), dust(0.5, -2, quantity="rain"))
        west = sensing.device("west").id
        course = sensing.courses({west: ["dust", "rain"]}, AT - 10 * HOUR, AT)[west]
        window = course.window(AT - HOUR, 3 * HOUR)
        assert window.at == AT - HOUR
        assert [(sample.at, sample.value) for sample in window.series["dust"]] == [
            (AT - n * HOUR, float(n)) for n in (4, 3, 2)
        ]
        assert window.values("rain", 3) == [None, None, 0.5]

    def test_courses_of_many_devices(self, send: Any) -> None:
        send(dust(1.0), dust(2.0, device="east"))
        west, east = sensing.device("west").id, sensing.device("east").id
        found = sensing.courses({west: ["dust"], east: ["dust", "noise"], 999: ["dust"]}, AT - HOUR, AT)
        assert [found[id_].window(AT, HOUR).values("dust", 1) for id_ in (west, east)] == [[1.0], [2.0]]
        assert found[999].window(AT, HOUR).series == {}

    def test_series_are_arrays_in_order(self, send: Any) -> None:
        send(dust(3.0, -3), dust(1.0, -1), dust(2.0, -2))
        found = sensing.series([stream(), stream("east")], AT - 3 * HOUR, AT)
        assert list(found) == [stream()]
        begin = to_micros(AT)
        assert found[stream()].at.tolist() == [begin - n * 3_600_000_000 for n in (3, 2, 1)]
        assert found[stream()].value.dtype == np.float64
        assert found[stream()].value.tolist() == [3.0, 2.0, 1.0]

    def test_observations_are_paged_by_instant(self, send: Any) -> None:
        send(*(dust(float(n), -n) for n in range(1, 8)))
        seen: list[float] = []
        after = None
        while page := sensing.observations(stream(), after=after, limit=3, start=AT - 6 * HOUR, end=AT - HOUR):
            seen += [row.value for row in page]
            after = page[-1].at
        assert seen == [6.0, 5.0, 4.0, 3.0, 2.0]


class TestGaps:
    def test_gaps_are_runs_of_missing_intervals(self, send: Any) -> None:
        send(dust(1.0, -10), dust(1.0, -9), dust(1.0, -5.5), dust(1.0, -1))
        assert sensing.gaps(stream(), AT - 12 * HOUR, AT) == (
            sensing.Gap(AT - 12 * HOUR, AT - 10 * HOUR, 2),
            sensing.Gap(AT - 8 * HOUR, AT - 6 * HOUR, 2),
            sensing.Gap(AT - 5 * HOUR, AT - HOUR, 4),
        )
        assert sensing.gaps(stream("east"), AT - HOUR, AT) == (sensing.Gap(AT - HOUR, AT, 1),)
        assert sensing.gaps(stream(), AT, AT) == ()

    def test_no_such_stream(self, place: str) -> None:
        with pytest.raises(NotFound):
            sensing.gaps(999, AT - HOUR, AT)


class TestResources:
    def test_rows_are_one_an_hour_and_device(self, send: Any) -> None:
        send(*(dust(n / 10, -n, device) for n in (1, 2, 900, 2000) for device in ("west", "east")))
        send(dust(0.5, -1, quantity="rain"))
        seen: list[tuple[float, str]] = []
        after = None
        while page := sensing.resource_rows("probe.hourly", after=after, limit=3):
            seen += [(row.values["dust"], row.device) for row in page]
            after = (page[-1].at, page[-1].device_id)
        assert seen == [(n / 10, device) for n in (2000, 900, 2, 1) for device in ("west", "east")]
        assert page_of(AT - HOUR, AT)[0].values == {"dust": 0.1, "rain": 0.5}
        assert [row.values["dust"] for row in page_of(AT - 950 * HOUR, AT - 2 * HOUR)] == [90.0, 90.0]

    def test_nothing_yet(self, place: str) -> None:
        assert sensing.resource_rows("probe.hourly") == ()
        with pytest.raises(NotFound):
            sensing.resource_rows("probe.daily")

    def test_they_are_described_in_the_catalogue(self, place: str) -> None:
        owner = identities.organisation_by_code("weather").id
        assert acts.declare_resources(SYSTEM, {"weather": owner}, at=AT) == 1
        (found,) = catalogue.datasets(None)
        assert (found.name, found.owner, found.grade) == ("probe.hourly", owner, "open")
        assert [(field.id, field.unit) for field in found.fields] == [
            ("at", ""), ("device", ""), ("provenance", ""), ("dust", "ug/m3"), ("rain", "mm"),
        ]  # fmt: skip


def page_of(start: datetime, end: datetime) -> tuple[sensing.ResourceRow, ...]:
    return sensing.resource_rows("probe.hourly", start=start, end=end)


def device_input(**more: Any) -> acts.DeviceInput:
    organisation = identities.organisation_by_code("weather").id
    given: dict[str, Any] = {
        "code": "third", "kind": "probe.station", "name": Named("三", "Third"), "organisation": organisation,
        "lon": 116.01, "lat": 40.01, "provenance": "synthetic",
    }  # fmt: skip
    return acts.DeviceInput(**given | more)
