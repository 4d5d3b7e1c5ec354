"""The derivation: why something is due when it is, as sentences in Chinese and English (时限推导).

``explain`` gives keys and facts; ``derive`` says them in a language, with the words of ``words.toml``. Made when a
person asks, never when a clock is recomputed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import reduce

from zhihai.ground.named import Named
from zhihai.ground.words import Language, Words
from zhihai.ground.worktime.calendar import Holiday, WorkingCalendar
from zhihai.ground.worktime.clock import ClockReading, Extension, Pause, Trace
from zhihai.ground.worktime.events import ClockEvent
from zhihai.ground.worktime.limits import Limit, LimitSort, Unit
from zhihai.ground.worktime.timeline import micros, moment


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence not yet said: a key of the words, and the facts that fill its places."""

    key: str
    facts: Mapping[str, Fact]


Fact = str | int | Named | Sentence | tuple[Sentence, ...]


def say(fact: Fact, words: Words, language: Language) -> str:
    """Say a fact in ``language``: a tuple as a list, a text or number as it stands.

    Raises ``KeyError`` for a sentence that has no words.
    """
    if isinstance(fact, Sentence):
        return words.say(fact.key, language, **{name: say(part, words, language) for name, part in fact.facts.items()})
    if isinstance(fact, Named):
        return fact.say(language)
    if isinstance(fact, tuple):
        return _join("worktime.list", fact, words, language)
    return str(fact)


def derive(
    reading: ClockReading,
    words: Words,
    language: Language,
    *,
    sort: LimitSort,
    source: str | Sentence = "",
    causes: Mapping[str, Sentence] | None = None,
) -> str:
    """Say in ``language`` why a clock is due when it is; parameters as in ``explain``."""
    return _join("worktime.joined", explain(reading, sort=sort, source=source, causes=causes), words, language)


def _join(key: str, sentences: Iterable[Sentence], words: Words, language: Language) -> str:
    said = [say(sentence, words, language) for sentence in sentences]
    return reduce(lambda before, after: words.say(key, language, before=before, after=after), said)


def explain(
    reading: ClockReading,
    *,
    sort: LimitSort,
    source: str | Sentence = "",
    causes: Mapping[str, Sentence] | None = None,
) -> tuple[Sentence, ...]:
    """Return the sentences of a reading in order: start, limit and its source, pauses and extensions, holidays, what
    is provisional, warning, due instant, stop.

    ``source`` is the norm or list that sets the limit. ``causes`` says causes of events that are codes; any other
    cause is told as it was written. Dates and times are the district's, the year only where it is not the start's.
    """
    return tuple(_Telling(reading, sort, source, causes or {}).sentences())


class _Telling:
    """One derivation in the making."""

    def __init__(
        self, reading: ClockReading, sort: LimitSort, source: str | Sentence, causes: Mapping[str, Sentence]
    ) -> None:
        self.reading = reading
        self.trace: Trace = reading.trace
        self.calendar: WorkingCalendar = reading.trace.calendar
        self.unit: Unit = reading.trace.limit.unit
        self.year = self.calendar.local_day(reading.trace.start).year
        self.sort, self.source, self.causes = sort, source, causes

    def sentences(self) -> Iterator[Sentence]:
        yield self._start()
        yield self._limit()
        yield from self._interruptions()
        if self.unit != "calendar_hour":
            yield from self._days_off()
        if self.reading.provisional:
            known = self.calendar.known_until(self.trace.start)
            year = self.calendar.local_day(self.trace.start if known is None else known).year
            yield _sentence("provisional", year=year)
        yield from self._warning()
        if self.reading.due is not None:
            yield _sentence("due", at=self._moment(micros(self.reading.due)))
        if self.trace.stop is not None:
            yield self._stop(self.trace.stop)

    def _start(self) -> Sentence:
        trace = self.trace
        at, cause = self._moment(trace.start), self._cause(trace.first.cause, "started")
        if self.unit == "calendar_hour":
            return _sentence("start.calendar_hour", at=at, cause=cause)
        first = trace.axis.onward(trace.begin)
        if self.unit == "working_day":
            return _sentence("start.working_day", at=at, cause=cause, first=self._day(self.calendar.local_day(first)))
        if first > trace.start:
            return _sentence("start.working_hour_later", at=at, cause=cause, first=self._moment(first))
        return _sentence("start.working_hour", at=at, cause=cause)

    def _limit(self) -> Sentence:
        sort, amount = _sentence(f"sort.{self.sort}"), _amount(self.trace.limit)
        if self.source:
            return _sentence("limit_sourced", sort=sort, amount=amount, source=self.source)
        return _sentence("limit", sort=sort, amount=amount)

    def _interruptions(self) -> Iterator[Sentence]:
        told: list[tuple[int, Sentence]] = []
        cursor, end = self.trace.begin, self.trace.reach(self.trace.total)
        for pause in self.trace.pauses:
            lost = max(pause.release - max(pause.hold, cursor), 0)
            cursor = max(cursor, pause.release)
            told.append((pause.since, self._pause(pause, lost, late=end is not None and pause.hold >= end)))
        told += [(micros(extension.event.at), self._extension(extension)) for extension in self.trace.extensions]
        yield from (sentence for _, sentence in sorted(told, key=lambda entry: entry[0]))
        if self.trace.held is not None:
            since, cause = self._moment(self.trace.held_since), self._cause(self.trace.held.cause, "paused")
            if end is None:
                yield _sentence("pause.open", since=since, cause=cause, left=self._time(self.reading.remaining))
            else:
                yield _sentence("pause.open_late", since=since, cause=cause)

    def _pause(self, pause: Pause, lost: int, *, late: bool) -> Sentence:
        span, cause = self._span(pause.since, pause.until), self._cause(pause.event.cause, "paused")
        if late:
            return _sentence("pause.late", span=span, cause=cause)
        if lost < self.trace.axis.step:
            return _sentence("pause.idle", span=span, cause=cause)
        return _sentence("pause.counted", span=span, cause=cause, lost=self._time(lost // self.trace.axis.step))

    def _extension(self, extension: Extension) -> Sentence:
        at, cause = self._moment(micros(extension.event.at)), self._cause(extension.event.cause, "extended")
        key = "extension.in_time" if extension.in_time else "extension.late"
        return _sentence(key, at=at, amount=_amount(extension.limit), cause=cause)

    def _days_off(self) -> Iterator[Sentence]:
        due = self.reading.due
        first = self.calendar.local_day(self.trace.axis.onward(self.trace.begin))
        last = self.calendar.local_day(self.trace.held_since if due is None else micros(due))
        if first > last:
            return
        holidays = self.calendar.holidays(first, last)
        if holidays:
            yield _sentence("holidays.some", list=tuple(self._holiday(holiday) for holiday in holidays))
        elif not self.reading.provisional:
            yield _sentence("holidays.none")
        made_up = self.calendar.make_up_workdays(first, last)
        if made_up:
            yield _sentence("make_up", list=tuple(self._weekday(day) for day in made_up))

    def _holiday(self, holiday: Holiday) -> Sentence:
        return _sentence("holiday", name=holiday.name, span=self._days(holiday.first, holiday.last))

    def _warning(self) -> Iterator[Sentence]:
        rule, at = self.trace.warning, self.reading.warn_at
        if rule is None or at is None:
            return
        if rule.percent is not None:
            yield _sentence("warning.percent", at=self._moment(micros(at)), percent=rule.percent)
        elif rule.before is not None:
            before = _amount_of(rule.before, self.unit)
            yield _sentence("warning.before", at=self._moment(micros(at)), before=before)

    def _stop(self, event: ClockEvent) -> Sentence:
        key = "stopped.late" if self.reading.overdue else "stopped.in_time"
        at, cause = self._moment(micros(event.at)), self._cause(event.cause, "stopped")
        return _sentence(key, at=at, cause=cause, used=self._time(self.reading.elapsed))

    def _cause(self, cause: str, otherwise: str) -> Fact:
        return self.causes.get(cause, cause) if cause else _sentence(f"cause.{otherwise}")

    def _time(self, steps: int) -> Sentence:
        """Say what a reading counts: whole days, or minutes as hours and minutes."""
        if self.unit == "working_day":
            return _amount_of(steps, self.unit)
        hours, minutes = divmod(steps, 60)
        return _sentence(f"time.{self.unit}", hours=hours, minutes=minutes) if minutes else _amount_of(hours, self.unit)

    def _span(self, since: int, until: int) -> Sentence:
        if self.unit == "working_day":
            return self._days(self.calendar.local_day(since), self.calendar.local_day(until))
        return _sentence("span", since=self._moment(since), until=self._moment(until))

    def _days(self, first: date, last: date) -> Sentence:
        return self._day(first) if first == last else _sentence("days", since=self._day(first), until=self._day(last))

    def _day(self, day: date) -> Sentence:
        month = _sentence(f"month.{day.month}")
        if day.year == self.year:
            return _sentence("day", month=month, day=day.day)
        return _sentence("day_of_year", month=month, day=day.day, year=day.year)

    def _weekday(self, day: date) -> Sentence:
        return _sentence("weekday_of", day=self._day(day), weekday=_sentence(f"weekday.{day.isoweekday()}"))

    def _moment(self, instant: int) -> Sentence:
        local = moment(instant).astimezone(self.calendar.zone)
        return _sentence("moment", day=self._weekday(local.date()), time=f"{local:%H:%M}")


def _sentence(name: str, /, **facts: Fact) -> Sentence:
    return Sentence(f"worktime.{name}", facts)


def _amount(limit: Limit) -> Sentence:
    return _amount_of(limit.amount, limit.unit)


def _amount_of(amount: int, unit: Unit) -> Sentence:
    return _sentence(f"amount.{unit}.{'one' if amount == 1 else 'many'}", n=amount)
