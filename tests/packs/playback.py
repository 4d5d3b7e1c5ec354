"""Playing series to a rule as the house does: one window for every hour, one verdict after the other."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from zhihai.ground.reading import Reading
from zhihai.ground.window import HOUR, Sample, Verdict, Window

Test = Callable[[Window, bool, Mapping[str, float]], Verdict]
START = datetime(2014, 1, 1, tzinfo=UTC)


class Playback:
    """Series of samples by quantity, and the window of any instant over them."""

    def __init__(self, series: Mapping[str, Sequence[Sample]]) -> None:
        self._series = {name: tuple(samples) for name, samples in series.items()}
        self._ats = {name: [sample.at for sample in samples] for name, samples in self._series.items()}

    def of(self, *quantities: str) -> Playback:
        """Return only these series, as a rule that watches them is shown."""
        return Playback({name: self._series.get(name, ()) for name in quantities})

    def window(self, at: datetime, length: timedelta) -> Window:
        """Return the samples of ``length`` before ``at``."""
        cut: dict[str, tuple[Sample, ...]] = {}
        for name, ats in self._ats.items():
            cut[name] = self._series[name][bisect_left(ats, at - length) : bisect_left(ats, at)]
        return Window(at, cut)


@dataclass(frozen=True, slots=True)
class Played:
    """One verdict that opened or closed an episode, and the end of the hour it was spoken at."""

    at: datetime
    verdict: Verdict


def play(
    test: Test, source: Playback, length: timedelta, limits: Mapping[str, float], ends: Iterable[datetime]
) -> Iterator[Played]:
    """Judge the end of every hour in turn and yield what opens and closes."""
    open_ = False
    for at in ends:
        verdict = test(source.window(at, length), open_, limits)
        assert verdict.kind in (("holds", "closes") if open_ else ("opens", "quiet"))
        if verdict.kind in ("opens", "closes"):
            open_ = not open_
            yield Played(at, verdict)


def samples(readings: Iterable[tuple[Reading, ...]]) -> dict[str, list[Sample]]:
    """Return the readings of many rows as series by quantity."""
    series: dict[str, list[Sample]] = {}
    for row in readings:
        for reading in row:
            series.setdefault(reading.quantity, []).append(Sample(reading.at, reading.value, reading.flags))
    return series


def hourly(values: Sequence[float | None], start: datetime = START) -> list[Sample]:
    """Return samples of consecutive hours from ``start``; ``None`` gives no sample at all."""
    return [Sample(start + place * HOUR, value) for place, value in enumerate(values) if value is not None]


def ends(start: datetime, count: int) -> list[datetime]:
    """Return the ends of ``count`` hours from ``start``."""
    return [start + (place + 1) * HOUR for place in range(count)]
