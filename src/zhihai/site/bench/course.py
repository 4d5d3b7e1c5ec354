"""The course of a benchmark: a platform of its own is started, measured row by row, and removed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from statistics import median

import psycopg
from django.conf import settings
from psycopg import sql
from psycopg.conninfo import make_conninfo

from zhihai.kernel import records
from zhihai.kernel.journal import acts as journal
from zhihai.site.bench import ground, sending
from zhihai.site.bench.applying import APPLICANTS, applying
from zhihai.site.bench.booking import appointments
from zhihai.site.bench.casework import WRITERS, Casework
from zhihai.site.bench.crowd import Bare
from zhihai.site.bench.figures import Row, rounds_of
from zhihai.site.bench.forming import forms
from zhihai.site.bench.inboxes import Inboxes
from zhihai.site.bench.people import People
from zhihai.site.bench.platform import Platform
from zhihai.site.bench.reckoning import reckoning
from zhihai.site.bench.sealing import seals
from zhihai.site.bench.services import services
from zhihai.site.bench.sign_ins import sign_ins

HOLD = timedelta(seconds=60)
REST_SECONDS = 5.0
FEWER = 3
"""Rounds of what takes minutes at size."""
FLUSHES = 50
SUPERUSER = "postgres"
"""Who may have the server wait: the owner of the embedded server, which a benchmark always has to itself."""

Tell = Callable[[Row], None]


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much one run measures."""

    rounds: int
    replay_hours: int
    batches: int
    singles: int
    openings: int
    openings_alone: int
    cases: int
    asks: int
    points: int
    facilities: int
    tokens: int
    people: int
    sign_ins: int
    items: int
    submissions: int
    at_size: bool = False
    flush: float = 0.0
    """Milliseconds that the server waits before each flush, besides the disk's own: a server without a fast disk."""

    def shared(self, part: int) -> Sizes:
        """Return one part in ``part`` of every size; as many rounds, and as many asks of a page."""
        counts = ("replay_hours", "batches", "singles", "openings", "openings_alone", "cases", "points", "facilities",
                  "tokens", "people", "sign_ins", "items", "submissions")  # fmt: skip
        return replace(self, **{name: max(1, getattr(self, name) // part) for name in counts if getattr(self, name)})


FORM_CHECKS = 200
SEALED = 10
"""One document is sealed for so many tokens."""
FULL = Sizes(5, 300, 40, 3_000, 6_400, 1_000, 20_000, 480, 1_000_000, 100_000, 2_000, 100_000, 400, 10_000, 1_000_000)
AT_SIZE = Sizes(5, 0, 0, 0, 6_400, 0, 0, 480, 0, ground.GOAL_POINTS, 0, 0, 400, 0, 0, at_size=True)
QUICK = Sizes(2, 6, 2, 10, 64, 5, 200, 16, 10_000, 1_000, 20, 200, 8, 1_000, 200)


@dataclass(frozen=True, slots=True)
class Measured:
    """The rows of a run, and the version of the database server they were measured on."""

    rows: tuple[Row, ...]
    server: str


def measure(sizes: Sizes, groups: frozenset[str], tell: Tell) -> Measured:
    """Measure the groups asked for, telling each row as it is known."""

    def course(platform: Platform, bare: Bare, say: Callable[..., None]) -> None:
        if "start" in groups:
            say(_warm_start(platform, sizes.rounds))
        with journal.replaying(wait=HOLD):
            _first_half(platform, bare, sizes, groups, say)
        if "cases" in groups:
            _restart(platform)
            with journal.replaying(wait=HOLD):
                _cases(platform, bare, sizes, say)
        if "start" in groups:
            say(_memory("loaded", platform, sizes.rounds, 800.0))

    return _run(course, tell, sizes.flush)


def measure_at_size(sizes: Sizes, groups: frozenset[str], tell: Tell) -> Measured:
    """Measure groups on the simulated district of this data folder, telling each row as it is known.

    People where it has some. Cases, facilities and a calendar are added to it. The calendar comes last, since it
    touches every clock. Opening cases takes :data:`FEWER` rounds; the journal of millions of entries is verified once.
    """

    def course(platform: Platform, bare: Bare, say: Callable[..., None]) -> None:
        if "identity" in groups:
            _people(platform, bare, sizes, say)
        if "cases" in groups:
            say(*Inboxes(bare, sizes.rounds).rows(platform.port, sizes.asks))
            say(_memory("loaded", platform, sizes.rounds, 800.0))
            _restart(platform)
            say(Casework(bare, FEWER).opening(WRITERS, sizes.openings, least=1000.0))
        if "places" in groups:
            points = ground.load_points(sizes.facilities)
            say(*ground.tiles(platform.port, bare, points, sizes.asks, sizes.rounds))
        if "cases" in groups:
            say(Casework(bare, 1).verification())
            say(*reckoning())

    return _run(course, tell, sizes.flush)


def _run(course: Callable[[Platform, Bare, Callable[..., None]], None], tell: Tell, flush: float) -> Measured:
    """Start a platform, have it measured, and end it."""
    rows: list[Row] = []

    def say(*found: Row) -> None:
        for row in found:
            rows.append(row)
            tell(row)

    platform = Platform(Path(settings.CONFIG.data), settings.CONFIG.port)
    bare = Bare(settings.DATABASE_URL)
    try:
        platform.start()
        server = str(records.value("SHOW server_version"))
        if flush:
            slow_flush(flush)
        course(platform, bare, say)
    finally:
        bare.close()
        if flush:
            slow_flush(0.0)
        platform.end()
    return Measured(tuple(rows), server)


def _first_half(platform: Platform, bare: Bare, sizes: Sizes, groups: frozenset[str], say: Callable[..., None]) -> None:
    if "start" in groups:
        say(_memory("idle", platform, sizes.rounds, 400.0))
    if "replay" in groups:
        say(sending.replay(platform.port, sizes.replay_hours, sizes.rounds))
    if "places" in groups:
        say(ground.locating(sizes.points, sizes.rounds))
        points = ground.load_points(sizes.facilities)
        say(*ground.tiles(platform.port, bare, points, sizes.asks, sizes.rounds))
    if "forms" in groups:
        say(*forms(FORM_CHECKS, sizes.rounds))
    if "identity" in groups:
        say(*sign_ins(platform.port, sizes.tokens, sizes.rounds))
        say(*seals(max(1, sizes.tokens // SEALED), sizes.rounds))
        _people(platform, bare, sizes, say)
    if "services" in groups:
        for row in services(platform.port, sizes.items, sizes.asks, sizes.rounds):
            say(row)
        say(appointments(sizes.sign_ins, sizes.rounds))
        for row in applying(platform.port, sizes.submissions, min(APPLICANTS, sizes.asks), sizes.rounds):
            say(row)
    if "intake" in groups:
        intake = sending.Intake(platform.port, bare, sizes.rounds)
        say(intake.row("intake_batch", sending.BATCH, sizes.batches, sending.CLIENTS, least=50_000.0, least_ratio=0.4))
        say(intake.row("intake_single", 1, sizes.singles, sending.DEVICES, least=1_500.0, least_ratio=0.3))


def _people(platform: Platform, bare: Bare, sizes: Sizes, say: Callable[..., None]) -> None:
    """Measure what is asked of people: of those that are brought in here, or of those that a district has."""
    if sizes.people and not sizes.at_size:
        People(platform.port, bare, 1).grow(sizes.people)
    there = People(platform.port, bare, sizes.rounds)
    if there.count:
        for row in there.rows(sizes.sign_ins, sizes.asks):
            say(row)


def _restart(platform: Platform) -> None:
    """Start the platform anew: its threads have let go of their connections, so that 64 writers find room."""
    platform.end()
    platform.start()


def _cases(platform: Platform, bare: Bare, sizes: Sizes, say: Callable[..., None]) -> None:
    work = Casework(bare, sizes.rounds)
    say(work.opening(1, sizes.openings_alone, least=None))
    say(work.opening(WRITERS, sizes.openings, least=1000.0))
    say(work.seal_lag(sizes.openings))
    say(work.steps(sizes.openings // 2))
    work.grow(sizes.cases)
    say(*Inboxes(bare, sizes.rounds).rows(platform.port, sizes.asks))
    say(work.verification())


def _warm_start(platform: Platform, rounds: int) -> Row:
    def once() -> float:
        platform.end()
        return platform.start()

    return Row(name="start", unit="s", rounds=rounds_of(rounds, once), n=1, most=3.0)


def _memory(name: str, platform: Platform, rounds: int, most: float) -> Row:
    time.sleep(REST_SECONDS)
    return Row(name=name, unit="MB", rounds=rounds_of(rounds, platform.memory), n=1, most=most)


def slow_flush(ms: float) -> None:
    """Have the server wait so many milliseconds before each flush of its log; 0 takes that back.

    ``commit_delay`` sleeps with the log's lock held, so that whoever commits meanwhile is flushed together, as on a
    disk that takes as long (PostgreSQL manual, 19.5.1). Kept by the server over a restart.
    """
    owner = make_conninfo(settings.DATABASE_URL, user=SUPERUSER)
    with psycopg.connect(owner, autocommit=True) as server:
        for name, value in (("commit_delay", round(1000 * ms)), ("commit_siblings", 0 if ms else 5)):
            server.execute(sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), sql.Literal(value)))
        server.execute("SELECT pg_reload_conf()")


def flush_ms(folder: Path) -> float:
    """Return how many milliseconds a flush of 8 kB takes in this folder, the median of many."""
    place = folder / "flush"
    times = []
    with place.open("wb", buffering=0) as out:
        for _ in range(FLUSHES):
            began = time.perf_counter()
            out.write(bytes(8192))
            os.fsync(out.fileno())
            times.append(1000 * (time.perf_counter() - began))
    place.unlink()
    return median(times)
