"""Rows of the hall: ten thousand items searched as people type, by the page and alone; a change of the catalogue."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from urllib.parse import quote

from zhihai.ground.actors import SYSTEM
from zhihai.ground.search.texts import is_han, plain_text, runs, sound
from zhihai.kernel.journal import reads as journal
from zhihai.kernel.services import acts, reads
from zhihai.site.bench.casework import READERS, many
from zhihai.site.bench.crowd import Client, crowd, timed
from zhihai.site.bench.figures import Row, percentile, rounds_of
from zhihai.site.simulated.items import bring_items

SEED = 20_140_220
GOAL_ITEMS = 10_000
PEOPLE, TYPING = 50, 1.0
"""So many people, and how many seconds each types on average: up to twice as long, so that none walk in step."""
QUESTIONS = 4_096
"""So many different questions are asked: eight times what a process keeps answers to."""

Job = Callable[[], object]


def services(port: int, items: int, asks: int, rounds: int) -> Iterator[Row]:
    """Bring items in, and measure ``asks`` questions a round by sixteen readers, and by one."""
    bring_items(items, journal.now())
    count, draw = len(reads.catalogue().cards), random.Random(SEED)
    typed = list(islice(questions(draw), QUESTIONS))
    pages: list[Job] = [partial(Client(port, {}).get, f"/hall/search?q={quote(one)}") for one in typed]
    alone = rounds_of(rounds, lambda: 1000 * percentile(crowd(1, map(_question, draw.sample(typed, asks)))[1], 0.95))
    yield Row(name="search_read_p95", unit="ms", rounds=alone, n=count, most=None)
    many(READERS, pages[: 2 * READERS])
    for name, share in (("search_http_p50", 0.5), ("search_http_p95", 0.95)):
        times = [many(READERS, draw.sample(pages, asks))[1] for _ in range(rounds)]
        found = tuple(1000 * percentile(one, share) for one in times)
        yield Row(name=name, unit="ms", rounds=found, n=count)
    yield _typing(pages, count, asks, rounds)
    yield Row(name="search_renewed", unit="ms", rounds=rounds_of(rounds, _renewed), n=count, goal_n=GOAL_ITEMS)


def _typing(pages: list[Job], count: int, asks: int, rounds: int) -> Row:
    """Let fifty people at once type a question each second, and measure how long each waits for its page."""

    def once() -> float:
        draw, times = random.Random(SEED), list[float]()
        work = [partial(_after, draw.uniform(0, 2 * TYPING), page, times) for page in draw.sample(pages, asks)]
        crowd(PEOPLE, work, int)
        return 1000 * percentile(times, 0.95)

    return Row(
        name="search_people_p95", unit="ms", rounds=rounds_of(rounds, once), n=count, most=50.0, goal_n=GOAL_ITEMS
    )


def _after(pause: float, page: Job, times: list[float]) -> None:
    time.sleep(pause)
    times.append(timed(page))


def _question(typed: str) -> Job:
    return partial(_ask, typed)


def _ask(typed: str) -> object:
    return reads.catalogue().search(typed, "", 15, False)


def _renewed() -> float:
    """Change one item, and return how many milliseconds the first who asks then waits for."""
    acts.set_synonyms(SYSTEM, [*reads.synonym_groups()], at=journal.now())
    began = time.perf_counter()
    _ask("")
    return 1000 * (time.perf_counter() - began)


def questions(draw: random.Random) -> Iterator[str]:
    """Yield what people might type, without end: words of items as they are, with a slip, in pinyin, by initials."""
    said = sorted({word for card in reads.catalogue().cards.values() for word in (card.name, *card.words)})
    while True:
        word = draw.choice(said)
        yield draw.choice((_as_it_is, _as_it_is, _with_a_slip, _in_pinyin, _by_initials))(word, draw)


def _as_it_is(word: str, draw: random.Random) -> str:
    return word


def _with_a_slip(word: str, draw: random.Random) -> str:
    """Leave a character out, or change places of two."""
    at = draw.randrange(len(word))
    return word[:at] + word[at + 1 :] if draw.random() < 0.5 else word[:at] + word[at : at + 2][::-1] + word[at + 2 :]


def _in_pinyin(word: str, draw: random.Random) -> str:
    return "".join("".join(sound(run)) if is_han(run) else run for run in runs(plain_text(word)))[:60]


def _by_initials(word: str, draw: random.Random) -> str:
    return "".join(one[0] for run in runs(plain_text(word)) if is_han(run) for one in sound(run))[:8]
