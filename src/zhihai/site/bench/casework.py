"""Rows of cases: opening them, a human step, the seal's lag and verification."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import cycle, islice

import psycopg
from django.conf import settings
from django.db import connection

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.kernel import house, records
from zhihai.kernel.cases import acts as cases
from zhihai.kernel.cases.kinds import CaseKind
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.journal import reads as journal
from zhihai.kernel.places import reads as places
from zhihai.kernel.sensing import reads as sensing
from zhihai.site.bench.crowd import Bare, crowd, crowds, timed
from zhihai.site.bench.figures import Row, percentile, rounds_of
from zhihai.site.bench.same import Statement, ask_again, statements_of

READERS, WRITERS, WORKERS = 16, 64, 4
PROCESSES = {READERS: 2, WRITERS: 4, WORKERS: 2}
"""Processes that share so many readers, writers or officials."""
LAG_SECONDS = 0.05
WARMING = 8
"""So many cases each writer opens before the clock starts: a connection in service has planned its questions."""

Job = Callable[[], object]


class Casework:
    """Cases of the kind with the most clocks that is somebody's duty, in every street in turn, marked synthetic."""

    def __init__(self, bare: Bare, rounds: int) -> None:
        self._bare, self._rounds = bare, rounds
        dutiful = {name for (name,) in records.rows("SELECT DISTINCT kind FROM duty")}
        kinds = {name: kind for name, kind in house.registry().all(CaseKind) if name in dutiful}
        self.kind, self._declared = max(kinds.items(), key=lambda pair: len(pair[1].clocks))
        self._at = journal.now()
        self._streets = [one.id for one in places.areas("street")]
        self._facts: dict[str, object] = {}
        for device in sensing.devices()[:1]:  # a simulated district has none
            self._facts = {"device": {"zh": device.name.zh, "en": device.name.en}, "device_code": device.code}

    def _openings(self, count: int) -> Iterator[Job]:
        for street in islice(cycle(self._streets), count):
            yield partial(
                cases.open_case, SYSTEM, self.kind, at=self._at, area=street, facts=self._facts, provenance="synthetic"
            )

    def grow(self, count: int) -> int:
        """Open cases until there are ``count`` open ones; return how many there are."""
        there = int(records.value("SELECT count(*) FROM cases WHERE state = 'open'"))
        if there < count:
            crowd(WORKERS, self._openings(count - there))
        return max(there, count)

    def opening(self, threads: int, count: int, *, least: float | None) -> Row:
        """Measure opening ``count`` cases a round with so many writers."""
        caught = [statements_of(job) for job in self._openings(len(self._streets))]

        def bare_jobs() -> Iterator[Job]:
            for statements in islice(cycle(caught), count):
                yield partial(again, self._bare, statements)

        ready = partial(_warm, None, list(self._openings(WARMING)))
        bare_ready = partial(_warm, self._bare, list(islice(bare_jobs(), WARMING)))
        ours = rounds_of(self._rounds, lambda: count / many(threads, self._openings(count), ready)[0])
        bare = rounds_of(self._rounds, lambda: count / self._many_bare(threads, bare_jobs(), bare_ready)[0])
        twice = records.value("SELECT count(*) - count(DISTINCT number) FROM cases")
        if twice:
            raise RuntimeError(f"{twice} numbers twice")
        return Row(name=f"open_{threads}", unit="cases/s", rounds=ours, bare=bare, n=count, least=least)

    def _many_bare(self, threads: int, jobs: Iterable[Job], ready: Job | None = None) -> tuple[float, list[float]]:
        try:
            return many(threads, jobs, ready or self._bare)
        finally:
            self._bare.close()

    def steps(self, count: int) -> Row:
        """Measure the first step of ``count`` cases a round, taken by somebody whose role it is."""
        first = self._declared.steps[0]
        (holder,) = self._holders(f"zhihai.{first.role}")[:1]
        step = partial(cases.take_step, holder, outcome=first.outcomes[0].id, at=self._at, note="benchmark")

        def jobs() -> list[Job]:
            waiting = records.rows(
                """SELECT t.case_id, t.id FROM task t JOIN case_type k ON k.no = t.type_no
                   WHERE t.state = 'open' AND t.step = %s AND k.name = %s ORDER BY t.id LIMIT %s""",
                (first.id, self.kind, count),
            )
            return [partial(step, case, task) for case, task in waiting]

        def bare_once() -> float:
            caught = [statements_of(job) for job in jobs()]
            todo: list[Job] = [partial(again, self._bare, one) for one in caught]
            return len(todo) / self._many_bare(WORKERS, todo)[0]

        def once() -> float:
            todo = jobs()
            return len(todo) / many(WORKERS, todo)[0]

        self.grow(2 * self._rounds * count)
        ours = rounds_of(self._rounds, once)
        return Row(
            name="step", unit="steps/s", rounds=ours, bare=rounds_of(self._rounds, bare_once), n=count, least=1600.0
        )

    def _holders(self, role: str) -> list[Actor]:
        found = records.rows(
            """SELECT m.account_id FROM membership m JOIN account a ON a.id = m.account_id
               JOIN area p ON p.id = m.area_id
               WHERE m.role = %s AND a.is_active ORDER BY p.hi - p.lo DESC, a.id""",
            (role,),
        )
        return [identity.actor_of(account, at=self._at) for (account,) in found]

    def seal_lag(self, count: int) -> Row:
        """Measure how far sealing falls behind while 64 writers open cases: the 95th percentile of a round."""

        def once() -> float:
            lags: list[float] = []
            over = threading.Event()
            watch = threading.Thread(target=_watch_lag, args=(settings.DATABASE_URL, over, lags))
            watch.start()
            try:
                many(WRITERS, self._openings(count))
            finally:
                over.set()
                watch.join()
            return percentile(lags, 0.95)

        return Row(name="seal_lag_p95", unit="s", rounds=rounds_of(self._rounds, once), n=count, most=1.0)

    def verification(self) -> Row:
        """Measure the verification of the whole journal, against reading the same rows."""
        entries = 0

        def once() -> float:
            nonlocal entries
            found: list[journal.Verification] = []
            seconds = timed(lambda: found.append(journal.verify()))
            if not found[0].ok:
                raise RuntimeError("the journal does not verify")
            entries = found[0].entries
            return entries / seconds

        def bare_once() -> float:
            line = self._bare()
            return entries / timed(lambda: line.execute("SELECT * FROM journal_entry ORDER BY era, xid, id").fetchall())

        ours = rounds_of(self._rounds, once)
        bare = rounds_of(self._rounds, bare_once)
        return Row(name="verify", unit="entries/s", rounds=ours, bare=bare, n=entries, least=400_000.0)


def _warm(connect: Job | None, jobs: Iterable[Job]) -> None:
    (connect or connection.ensure_connection)()
    for job in jobs:
        job()


def again(bare: Bare, statements: list[Statement]) -> None:
    """Ask the statements of an act again."""
    ask_again(bare(), statements)


def many(threads: int, jobs: Iterable[Job], ready: Job | None = None) -> tuple[float, list[float]]:
    """Do jobs with so many threads, shared among processes where there are many."""
    processes = PROCESSES.get(threads, 1)
    return crowds(processes, threads // processes, jobs, ready) if processes > 1 else crowd(threads, jobs, ready)


_LAG = """
SELECT coalesce(extract(epoch FROM clock_timestamp() - min(e.recorded_at)), 0)::float8 FROM journal_entry e
WHERE e.xid >= coalesce((SELECT x1 FROM journal_seal ORDER BY no DESC LIMIT 1), '0')
"""


def _watch_lag(url: str, over: threading.Event, lags: list[float]) -> None:
    """Note every so often how old the oldest entry is that no seal holds yet."""
    with psycopg.connect(url, autocommit=True) as line:
        while not over.wait(LAG_SECONDS):
            row = line.execute(_LAG).fetchone()
            lags.append(float(row[0]) if row else 0.0)
