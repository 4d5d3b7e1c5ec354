"""The checker: what was acknowledged against what is there. Plain SQL and plain Python; knows nothing of the platform.

Each question states by itself what the district expects: what a case of the kind ``air.inspection`` consists of after
each of its steps, who is told of an open task, what the published form of the journal is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import psycopg

Rows = list[tuple[Any, ...]]
STAGES: dict[int, tuple[set[tuple[str, str, str | None]], set[tuple[str, str]]]] = {
    1: ({("dispatch", "open", None)}, {("whole", "running")}),
    2: (
        {("dispatch", "done", "send"), ("inspect", "open", None)},
        {("whole", "running"), ("on_site", "running")},
    ),
    3: (
        {("dispatch", "done", "send"), ("inspect", "done", "clean"), ("report", "open", None)},
        {("whole", "running"), ("on_site", "stopped"), ("report", "running")},
    ),
}
"""Tasks (step, state, outcome) and clocks (name, state) of a case after its opening and each of its steps."""


@dataclass(slots=True)
class Told:
    """What the writers wrote down."""

    begun: dict[int, set[int]] = field(default_factory=dict)
    readings: set[tuple[int, int]] = field(default_factory=set)
    cases: dict[int, str] = field(default_factory=dict)
    steps: set[tuple[int, str]] = field(default_factory=set)
    acknowledged: list[tuple[float, str]] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)


def read_notes(folder: Path) -> Told:
    """Read what the writers wrote down."""
    told = Told()
    for path in sorted(folder.glob("writer-*.log")):
        writer = int(path.stem[-2:])
        for line in path.read_text(encoding="ascii").splitlines():
            what, number, at, more = line.split(" ", 3)
            if what == "begin":
                told.begun.setdefault(writer, set()).add(int(number))
            elif what == "odd":
                told.odd.append(f"writer {writer}: {line}")
            elif what == "done":
                sort, *facts = more.split()
                told.acknowledged.append((float(at), sort))
                if sort == "reading":
                    told.readings.add((writer, int(number)))
                elif sort == "case":
                    told.cases[int(facts[0])] = facts[1]
                else:
                    told.steps.add((int(facts[0]), facts[1]))
    return told


@dataclass(slots=True)
class Checked:
    """What was found: counts, and every fault in plain words."""

    lost: int = 0
    doubled: int = 0
    faults: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def say(self, fault: str, found: object, *, lost: int = 0, doubled: int = 0) -> None:
        """Note a fault."""
        self.lost, self.doubled = self.lost + lost, self.doubled + doubled
        self.faults.append(f"{fault}: {str(found)[:300]}")


def check(url: str, notes: Path, expected: Any) -> Checked:
    """Compare; ``expected(writer, number)`` are the readings that a post of a writer brings."""
    told, found = read_notes(notes), Checked()
    for odd in told.odd:
        found.say("a writer was answered otherwise than it should", odd)
    found.counts.update(sort for _, sort in told.acknowledged)
    with psycopg.connect(url, options="-c zhihai.reader=platform") as connection:

        def ask(sql: str) -> Rows:
            return connection.execute(sql).fetchall()  # type: ignore[call-overload]

        _readings(ask, told, expected, found)
        _cases(ask, told, found)
        _events(ask, found)
        _notices(ask, found)
        _mail(ask, notes, found)
        _journal(ask, found)
    return found


def _readings(ask: Any, told: Told, expected: Any, found: Checked) -> None:
    there: dict[tuple[str, str, datetime], float] = {}
    for device, quantity, at, value in ask(
        """SELECT v.code, s.quantity, o.at, o.value FROM observation o JOIN datastream s ON s.id = o.datastream_id
           JOIN device v ON v.id = s.device_id WHERE o.envelope_id IS NOT NULL AND starts_with(v.code, 'lab-')"""
    ):
        there[device, quantity, at] = value
    known: set[tuple[str, str, datetime]] = set()
    for writer, numbers in told.begun.items():
        if writer >= 32:
            continue
        for number in numbers:
            for one in expected(writer, number):
                key = (one["device"], one["quantity"], datetime.fromisoformat(one["at"]))
                known.add(key)
                if (writer, number) in told.readings and there.get(key) != one["value"]:
                    found.say("a reading that was acknowledged is not there", key, lost=1)
    strange = there.keys() - known
    if strange:
        found.say("readings are there that nobody sent", len(strange), doubled=len(strange))
    _envelopes(ask, len(there), found)


def _envelopes(ask: Any, readings: int, found: Checked) -> None:
    """Each key is one envelope, its counts are its readings, and one entry tells of it."""
    (sums,) = ask("SELECT count(*), count(DISTINCT key), coalesce(sum(accepted), 0), sum(quarantined) FROM envelope")
    if sums[0] != sums[1] or sums[2] != readings or sums[3]:
        found.say("envelopes do not add up to the readings", (sums, readings), doubled=1)
    (entries,) = ask("SELECT count(*) FROM journal_entry WHERE act = 'sensing.record'")
    if entries[0] != sums[0]:
        found.say("not one entry for each envelope", (entries[0], sums[0]), doubled=1)
    late = ask(
        """SELECT l.datastream_id FROM latest l JOIN LATERAL (SELECT max(o.at) AS at FROM observation o
           WHERE o.datastream_id = l.datastream_id) m ON true WHERE l.at IS DISTINCT FROM m.at"""
    )
    if late:
        found.say("latest values are not the latest", late)


def _cases(ask: Any, told: Told, found: Checked) -> None:
    rows = ask("SELECT id, number, (facts->>'n')::int, seq, encode(last_h, 'hex') FROM cases ORDER BY id")
    numbers = Counter(row[1] for row in rows)
    names = Counter(row[2] for row in rows if row[2] is not None)
    for counted in (numbers, names):
        twice = {key: n for key, n in counted.items() if n > 1}
        if twice:
            found.say("a number or a matter has two cases", twice, doubled=len(twice))
    begun = {writer * 100_000 + one for writer, some in told.begun.items() if writer >= 32 for one in some}
    if set(names) - begun:
        found.say("cases are there that nobody opened", set(names) - begun, doubled=1)
    numbered = {row[2]: row[1] for row in rows if row[2] is not None}
    lost = [name for name, number in told.cases.items() if numbered.get(name) != number]
    if lost:
        found.say("a case that was acknowledged is not there", lost, lost=len(lost))
    _whole(ask, told, rows, found)
    found.counts["cases there"] = len(rows)
    twice = ask("SELECT subject_id FROM cases WHERE subject_noun = 'finding' GROUP BY 1 HAVING count(*) > 1")
    if twice:
        found.say("a finding has two cases", twice, doubled=len(twice))


def _whole(ask: Any, told: Told, rows: Rows, found: Checked) -> None:
    """Each case has the entries, tasks and clocks that its kind wants after the steps that were taken."""
    tasks: dict[int, list[Any]] = {}
    clocks: dict[int, list[Any]] = {}
    for case, *facts in ask("SELECT case_id, step, state, outcome FROM task"):
        tasks.setdefault(case, []).append(tuple(facts))
    for case, *facts in ask("SELECT case_id, name, state FROM clock"):
        clocks.setdefault(case, []).append(tuple(facts))
    entries: dict[int, list[Any]] = {}
    for case, seq, act, h in ask(
        "SELECT case_id, case_seq, act, encode(h, 'hex') FROM journal_entry WHERE case_id IS NOT NULL ORDER BY 1, 2"
    ):
        entries.setdefault(case, []).append((seq, act, h))
    for id_, number, name, seq, head in rows:
        chain = entries.get(id_, [])
        if [one[0] for one in chain] != list(range(1, seq + 1)) or chain[-1][2] != head:
            found.say("a case and its entries disagree", (number, seq, len(chain)), doubled=1)
        if name is None:
            continue
        stage = 1 + sum(one[1] == "cases.take_step" for one in chain)
        least = 1 + sum((name, step) in told.steps for step in ("dispatch", "inspect"))
        if stage < least:
            found.say("a step that was acknowledged is not there", (number, stage, least), lost=1)
        want_tasks, want_clocks = STAGES.get(stage, (set(), set()))
        if Counter(tasks.get(id_, [])) != Counter(want_tasks) or Counter(clocks.get(id_, [])) != Counter(want_clocks):
            found.say("a case is not whole", (number, stage, tasks.get(id_), clocks.get(id_)), doubled=1)


def _events(ask: Any, found: Checked) -> None:
    """Every listener has gone through all events, each once, in order: its moves form one chain from begin to end."""
    (last,) = ask("SELECT era, xid::text::bigint, id FROM outbox ORDER BY era DESC, xid DESC, id DESC LIMIT 1")
    for name, *place in ask("SELECT name, era, xid::text::bigint, id FROM listener"):
        if tuple(place) != last:
            found.say("a listener has not heard everything", (name, place, last), lost=1)
    moves: dict[str, list[tuple[str, str]]] = {}
    for name, before, after in ask("SELECT name, before, after FROM lab_cursor ORDER BY n"):
        moves.setdefault(name, []).append((before, after))
    for name, some in moves.items():
        places = [tuple(int(part) for part in after.split()) for _, after in some]
        if places != sorted(set(places)) or any(a[1] != b[0] for a, b in pairwise(some)):
            found.say("a listener has heard something twice, or left something out", name, doubled=1)
    parked = ask("SELECT listener, failure FROM parked_event")
    if parked:
        found.say("events are parked", parked, lost=len(parked))
    (counted,) = ask(
        """SELECT count(*) FILTER (WHERE topic = 'cases.CaseOpened'), (SELECT count(*) FROM cases),
               count(*) FILTER (WHERE topic = 'cases.StepTaken'),
               (SELECT count(*) FROM journal_entry WHERE act = 'cases.take_step') FROM outbox"""
    )
    if counted[0] != counted[1] or counted[2] != counted[3]:
        found.say("not one event for each act", counted, doubled=1)


def _notices(ask: Any, found: Checked) -> None:
    missing = ask(
        """SELECT t.id, a.username FROM task t JOIN cases c ON c.id = t.case_id
           JOIN membership m ON m.role = t.role JOIN account a ON a.id = m.account_id AND a.is_active
           JOIN organisation o ON o.id = m.organisation_id AND t.org_lo BETWEEN o.lo AND o.hi
           JOIN area r ON r.id = m.area_id AND t.area_lo BETWEEN r.lo AND r.hi
           WHERE t.state = 'open' AND NOT EXISTS (SELECT FROM notice n
               WHERE n.account_id = a.id AND n.once = 'task:' || t.id)"""
    )
    if missing:
        found.say("somebody was not told of an open task", missing, lost=len(missing))
    silent = ask(
        """SELECT k.id FROM clock k WHERE k.state = 'running' AND k.breached_at IS NOT NULL AND NOT EXISTS (
               SELECT FROM notice n WHERE starts_with(n.once, 'breached:' || k.id || ':'))"""
    )
    if silent:
        found.say("nobody was told of a clock that ran out", silent, lost=len(silent))


def _mail(ask: Any, notes: Path, found: Checked) -> None:
    """Each notice to somebody with an address left, and the receiver has each message under one reference."""
    states = dict(ask("SELECT state, count(*) FROM delivery GROUP BY 1"))
    if set(states) - {"sent"}:
        found.say("mail did not leave", states, lost=sum(n for state, n in states.items() if state != "sent"))
    unwritten = ask(
        """SELECT n.id FROM notice n JOIN account a ON a.id = n.account_id AND a.email <> ''
           WHERE (SELECT count(*) FROM delivery d WHERE d.notice_id = n.id) <> 1"""
    )
    if unwritten:
        found.say("not one mail for each notice", unwritten, lost=len(unwritten))
    attempts = dict(
        ask(
            """SELECT coalesce('notices.' || together, 'notice.' || notice_id) || '.email', max(attempts)
               FROM delivery GROUP BY 1"""
        )
    )
    log = notes / "mail.log"
    got = Counter(log.read_text(encoding="ascii").split()) if log.is_file() else Counter[str]()
    if attempts.keys() - got.keys():
        found.say("mail was lost", sorted(attempts.keys() - got.keys())[:5], lost=len(attempts.keys() - got.keys()))
    if got.keys() - attempts.keys():
        found.say("mail came that nobody was to get", sorted(got.keys() - attempts.keys())[:5], doubled=1)
    more = {name: n for name, n in got.items() if n > attempts.get(name, 0)}
    if more:
        found.say("mail came oftener than it was tried", more, doubled=len(more))
    found.counts["notices"] = sum(states.values())
    found.counts["mails"] = len(got)
    found.counts["mails come again under one reference"] = sum(n - 1 for n in got.values())


ENTRIES = """SELECT era, xid::text::bigint, h, concat_ws(E'\\n', id, era, xid, extract(epoch FROM recorded_at),
    extract(epoch FROM at), mode, actor, sort, act, noun, coalesce(subject::text, ''), coalesce(case_id::text, ''),
    coalesce(case_seq::text, ''), coalesce(encode(case_prev, 'hex'), ''), data)
    FROM journal_entry ORDER BY era, xid, id"""


def _journal(ask: Any, found: Checked) -> None:
    """The chain of seals holds every entry, recomputed as docs/why/journal.md publishes it."""
    entries: Iterator[tuple[Any, ...]] = iter(ask(ENTRIES))
    held = next(entries, None)
    prev, expected = bytes(32), 1
    for no, era, x0, x1, n, root, before, h, sealed in ask(
        """SELECT no, era, x0::text::bigint, x1::text::bigint, n, root, prev, h, extract(epoch FROM sealed_at)::text
           FROM journal_seal ORDER BY no"""
    ):
        digests = []
        while held is not None and (held[0], held[1]) < (era, x1):
            if sha256(held[3].encode()).digest() != held[2] or (held[0], held[1]) < (era, x0):
                found.say("an entry does not give its hash, or stands before its seal", held[3].split()[0], lost=1)
            digests.append(held[2])
            held = next(entries, None)
        text = "\n".join(map(str, (no, era, x0, x1, n, root.hex(), before.hex(), sealed)))
        whole = no == expected and before == prev and len(digests) == n and sha256(b"".join(digests)).digest() == root
        if not whole or sha256(text.encode()).digest() != h:
            found.say("the chain of seals is broken", no, lost=1)
        prev, expected = h, no + 1
        found.counts["entries"] += n
    if held is not None:
        found.say("entries are not sealed", held[3].split()[0])


def recovery(told: Told, at: float) -> float | None:
    """Return the seconds from ``at`` until a reading and an act on a case were both acknowledged, if they were."""
    waits = []
    for sorts in ({"reading"}, {"case", "step"}):
        after = [when - at for when, sort in told.acknowledged if sort in sorts and when > at]
        if not after:
            return None
        waits.append(min(after))
    return max(waits)
