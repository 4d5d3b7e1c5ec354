"""Rows of intake: readings by HTTP in batches and one by one, and the replay of the district's own archives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from itertools import islice

from zhihai.ground.reading import Reading
from zhihai.kernel import house, records
from zhihai.kernel.exchange import reads as exchange
from zhihai.kernel.journal import reads as journal
from zhihai.kernel.journal.events import encode
from zhihai.kernel.sensing import reads as sensing
from zhihai.kernel.sensing.events import ReadingsRecorded
from zhihai.kernel.sensing.kinds import DeviceKind, QuantityKind
from zhihai.site.archive_replay import Replaying
from zhihai.site.bench.crowd import Bare, Client, crowd
from zhihai.site.bench.figures import Row, rounds_of
from zhihai.site.commands.usage import LONGEST_POST
from zhihai.site.demonstration import reference_folder
from zhihai.site.folder import read_folder
from zhihai.site.officials import read_officials
from zhihai.site.player import HOUR, archives, body_of, hours_of
from zhihai.site.replay_token import replay_token
from zhihai.site.sender import Sender

CLIENTS, DEVICES = 2, 16
"""Clients that send batches, as gateways do; and those that send single readings, as devices do."""
BATCH = 500
MINUTE = timedelta(minutes=1)
FOUR_YEARS, SECONDS = 35_064, 180.0
"""The hours that the archives hold, and the seconds in which all of them should be played."""
BEFORE = timedelta(days=200)
"""The synthetic readings lie so long before the district's now, where its archives have not been played."""

Stream = tuple[int, int, str, str, float]
"""Number of a datastream and its device, code of the device, quantity, a value in the middle of its range."""
_RECEIVE = "SELECT id FROM zh_receive(%s, %s, %s, %s, 'application/json', %s, %s)"
_RECORD = """SELECT accepted FROM zh_record(%s, 0, 'system', %s, %s, %s, %s::date[], %s::integer[], %s::timestamptz[],
    %s::double precision[], %s::smallint[], %s::integer[], %s::timestamptz[], %s, 0, '[]', %s, %s::text[])"""


@dataclass(frozen=True, slots=True)
class Batch:
    """Readings to be sent: as a request, and as the columns of the statement that keeps them, already in text form."""

    number: int
    size: int
    body: bytes
    columns: tuple[str, ...]
    devices: tuple[int, ...]
    first: datetime
    last: datetime


class Intake:
    """Synthetic readings of the district's stations, none of which comes twice."""

    def __init__(self, port: int, bare: Bare, rounds: int) -> None:
        self._bare, self._rounds = bare, rounds
        self._client = Client(port, {"Authorization": f"Bearer {replay_token()}"})
        self._connector = exchange.connectors()[0].id
        self._now = journal.now()
        self._streams = _streams()
        self._batches = self._make()

    def row(self, name: str, size: int, count: int, clients: int, *, least: float, least_ratio: float) -> Row:
        """Measure ``count`` posts of ``size`` readings a round, beside as many bare statements of as many clients."""

        def once() -> float:
            todo = [partial(self._post, batch) for batch in self._cut(size, count)]
            return self._checked(size * count, lambda: crowd(clients, todo, int)[0])

        def bare_once() -> float:
            todo = [partial(self._keep, batch) for batch in self._cut(size, count)]
            try:
                return self._checked(size * count, lambda: crowd(clients, todo, self._bare)[0])
            finally:
                self._bare.close()  # each round has threads of its own

        once()
        ours = rounds_of(self._rounds, once)
        bare = rounds_of(self._rounds, bare_once)
        return Row(
            name=name, unit="readings/s", rounds=ours, bare=bare, n=size * count, least=least, least_ratio=least_ratio
        )

    def _checked(self, readings: int, run: Callable[[], float]) -> float:
        """Return readings a second; raise ``RuntimeError`` unless exactly so many are kept more than before."""
        count = "SELECT count(*) FROM observation WHERE at < %s"
        before = records.value(count, (self._now - BEFORE / 2,))
        seconds = run()
        kept = records.value(count, (self._now - BEFORE / 2,)) - before
        if kept != readings:
            raise RuntimeError(f"{kept} of {readings} readings kept")
        return readings / seconds

    def _cut(self, size: int, count: int) -> list[Batch]:
        return [self._batch(number, list(islice(self._batches, size))) for number in range(count)]

    def _make(self) -> Iterator[tuple[Stream, datetime]]:
        at = (self._now - BEFORE).replace(minute=0, second=0, microsecond=0)
        while True:
            yield from ((stream, at) for stream in self._streams)
            at += MINUTE

    def _batch(self, number: int, found: Sequence[tuple[Stream, datetime]]) -> Batch:
        rows = sorted((stream[0], at, stream[4]) for stream, at in found)
        last = [place for place, row in enumerate(rows) if place + 1 == len(rows) or rows[place + 1][0] != row[0]]
        before = [
            str(rows[place - 1][1]) if place and rows[place - 1][0] == rows[place][0] else "-infinity" for place in last
        ]
        months = sorted({row[1].strftime("%Y-%m-01") for row in rows})
        columns = (
            months, [row[0] for row in rows], [str(row[1]) for row in rows], [row[2] for row in rows], [0] * len(rows),
            [place + 1 for place in last], before,
        )  # fmt: skip
        instants = [row[1] for row in rows]
        body = body_of([Reading(code, quantity, at, value) for (_, _, code, quantity, value), at in found])
        devices = tuple(sorted({stream[1] for stream, _ in found}))
        texts = tuple("{" + ",".join(f'"{one}"' for one in column) + "}" for column in columns)
        return Batch(number, len(rows), body, texts, devices, min(instants), max(instants))

    def _post(self, batch: Batch) -> None:
        self._client.post("/api/readings", batch.body, sha256(batch.body).hexdigest())

    def _keep(self, batch: Batch) -> None:
        line, now, digest = self._bare(), datetime.now(UTC), sha256(batch.body).digest()
        with line.transaction():
            row = line.execute(_RECEIVE, (self._connector, digest.hex(), now, self._now, batch.body, digest)).fetchone()
            version = line.execute("SELECT version FROM sensing_version").fetchone()
            assert row is not None
            assert version is not None
            told = ReadingsRecorded(
                envelope=row[0], devices=batch.devices, first=batch.first, last=batch.last, count=batch.size
            )
            line.execute(
                _RECORD,
                (version[0], self._now, row[0], now, *batch.columns, digest, told.topic, [encode(told)]),
            )


def _streams() -> list[Stream]:
    kinds, quantities = dict(house.registry().all(DeviceKind)), dict(house.registry().all(QuantityKind))
    numbers = {
        (device, quantity): id_
        for id_, device, quantity in records.rows("SELECT id, device_id, quantity FROM datastream WHERE NOT derived")
    }
    codes = {device.id: device.code for device in sensing.devices() if device.kind in kinds}
    return [
        (id_, device, codes[device], quantity, (quantities[quantity].low + quantities[quantity].high) / 2)
        for (device, quantity), id_ in sorted(numbers.items())
    ]


def replay(port: int, hours: int, rounds: int) -> Row:
    """Measure district hours a second: archives through the HTTP intake, with rules, cases, clocks, figures and seals.

    To be called by the one who holds the replay. Each round plays the next ``hours`` of the shipped archives, as many
    of them in one post as the command allows.
    """
    folder = read_folder(reference_folder())
    found = archives(folder.folder, folder.lines("stations.csv"))
    start = journal.now().replace(minute=0, second=0, microsecond=0)
    archived = hours_of(found, house.registry(), folder.zone, start, start + rounds * hours * HOUR)

    def once() -> float:
        nonlocal start
        end = start + hours * HOUR
        with closing(Sender(f"http://127.0.0.1:{port}", replay_token())) as send:
            played = Replaying(
                hours=islice(archived, hours), start=start, end=end, speed=None,
                together=LONGEST_POST, send=send, officials=read_officials(folder.officials),
            ).run(lambda done, at: None)  # fmt: skip
        start = end
        return played.hours / played.caught_up

    found_rounds = rounds_of(rounds, once)
    return Row(name="replay", unit="h/s", rounds=found_rounds, n=hours * rounds, least=FOUR_YEARS / SECONDS)
