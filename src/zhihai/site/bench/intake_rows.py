"""Rows: readings taken in by HTTP, in batches and one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from zhihai.ground.actors import Actor
from zhihai.ground.reading import Reading
from zhihai.kernel import records
from zhihai.kernel.exchange import reads as exchange
from zhihai.kernel.identity import reads as identities
from zhihai.kernel.journal import reads as clock
from zhihai.kernel.sensing import acts as sensing
from zhihai.site.bench.bare import Bare, Script, rehearse
from zhihai.site.bench.measuring import Begin, Do, Writers, alternately, drive
from zhihai.site.bench.report import Goal, Row
from zhihai.site.bench.stage import BATCH, HOUR, Stage
from zhihai.site.player import body_of
from zhihai.site.sender import Sender

BATCHES, SINGLES = 300, 2_000
FEW, MANY = Writers(2, 2), Writers(2, 8)


def rows(stage: Stage, url: str) -> Iterator[Row]:
    """Measure intake; ``url`` is the store's address."""
    yield _row(stage, url, "intake_batch", BATCH, stage.options.sized(BATCHES), FEW, Goal(50_000, True, 0.4))
    yield _row(stage, url, "intake_single", 1, stage.options.sized(SINGLES), MANY, Goal(1_500, True))


def _row(stage: Stage, url: str, key: str, size: int, posts: int, writers: Writers, goal: Goal) -> Row:
    def ours(number: int) -> float:
        bodies = [body_of(readings) for readings in _batches(stage, size, posts)]
        run = drive(posts, writers, _sending(stage.url, stage.token, bodies, f"{key}-{number}"))
        _check(stage, f"{key}-{number}-", posts * size)
        return run.rate * size

    def bare(number: int) -> float:
        intake = Intake.open()
        scripts = [intake.script(readings) for readings in _batches(stage, size, posts)]
        return drive(posts, writers, sending_bare(url, scripts)).rate * size

    stage.tell(f"bench.row.{key}")
    ours(-1)  # what is made at first use is made before the time is taken
    mine, its = alternately(stage.options.repeats, ours, bare)
    stage.settle()
    return Row(key, "/s", mine, its, goal, {"writers": writers.count, "size": size, "posts": posts})


def _batches(stage: Stage, size: int, posts: int) -> Iterator[list[Reading]]:
    """Yield the readings of each post: one hour of ``size`` datastreams, all of them new."""
    each = BATCH // size
    first = stage.fresh_hours(-(-posts // each))
    for post in range(posts):
        hour, place = divmod(post, each)
        at = first + hour * HOUR
        yield [Reading(*stream[:2], at, stream[2]) for stream in stage.streams[place * size : (place + 1) * size]]


def _sending(url: str, token: str, bodies: list[bytes], key: str) -> Begin:
    def begin() -> Do:
        send = Sender(url, token)
        return lambda item: send(bodies[item], f"{key}-{item}")

    return begin


def sending_bare(url: str, scripts: list[Script]) -> Begin:
    """Return writers that send one script after the other, beginning anew when there are no more."""

    def begin() -> Do:
        bare = Bare(url)
        return lambda item: bare(scripts[item % len(scripts)])

    return begin


@dataclass(frozen=True, slots=True)
class Intake:
    """Takes posts in within this process, without HTTP, as the account that sends."""

    actor: Actor
    connector: exchange.Connector
    at: datetime

    @classmethod
    def open(cls) -> Intake:
        """Return the intake at the district's now."""
        connector, at = exchange.connectors()[0], clock.now()
        return cls(identities.actor_of(connector.account, at=at), connector, at)

    def script(self, readings: list[Reading]) -> Script:
        """Return what taking these readings in sends to the store."""
        body = body_of(readings)

        def act() -> int:
            recorded = sensing.take_in(
                self.actor,
                self.connector,
                body,
                "application/json",
                None,
                lambda _: readings,
                at=self.at,
                at_machine=datetime.now(UTC),
            )
            return recorded.envelope

        return rehearse(act)


def _check(stage: Stage, key: str, count: int) -> None:
    """Hold the platform to what it acknowledged: every reading is there."""
    sql = "SELECT coalesce(sum(accepted), 0) FROM envelope WHERE starts_with(key, %s)"
    kept = records.value(sql, (key,))
    if kept != count:
        raise RuntimeError(f"{count} readings were acknowledged, {kept} are kept")
