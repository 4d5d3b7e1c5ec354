"""Rows of the inbox: the question alone and the whole page by HTTP, read by many officials at once and by one."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import partial
from itertools import cycle, islice
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.sessions.backends.db import SessionStore

from zhihai.ground.instants import to_micros
from zhihai.kernel import records
from zhihai.kernel.cases import reads as cases
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.identity.kinds import WORK_CASES
from zhihai.kernel.journal import reads as journal
from zhihai.site.bench.casework import READERS, again, many
from zhihai.site.bench.crowd import Bare, Client, crowd
from zhihai.site.bench.figures import Row, percentile
from zhihai.site.bench.same import statements_of

SEED = 20_140_220
PLACES = 64
"""So many places within the list are read besides its begin."""
OPEN_OF_A_MILLION = 190_000
"""Open cases of a district of a million: the goals are for so many."""

Job = Callable[[], object]


class Inboxes:
    """The inboxes of everybody who works on cases here; half of what is read are first pages, half lie anywhere."""

    def __init__(self, bare: Bare, rounds: int) -> None:
        self._bare, self._rounds = bare, rounds
        self._at = journal.now()
        people = [one for one in identity.accounts() if one.sort == "person" and one.active]
        self._readers = [actor for one in people if (actor := identity.actor_of(one.id, at=self._at)).may(WORK_CASES)]
        self._places = _places()
        self._open = int(records.value("SELECT count(*) FROM cases WHERE state = 'open'"))

    def rows(self, port: int, asks: int) -> list[Row]:
        """Measure ``asks`` pages a round by 16 readers, the question alone and the page; then the page by one."""
        draw = random.Random(SEED)
        afters = [draw.choice(self._places) if number % 2 else None for number in range(2 * len(self._readers))]
        asked = list(zip(islice(cycle(self._readers), len(afters)), afters, strict=True))
        questions: list[Job] = [partial(cases.inbox, actor, self._at, after=after) for actor, after in asked]
        caught = [statements_of(question) for question in questions]
        same: list[Job] = [partial(again, self._bare, one) for one in caught]
        signed = {actor.account: signed_in(actor.account) for actor in self._readers}
        pages: list[Job] = [partial(Client(port, signed[actor.account]).get, _page(after)) for actor, after in asked]
        crowd(1, pages, int)
        found = self._percentiles("inbox_read", questions, same, asks, {0.5: None, 0.95: None})
        found += self._percentiles("inbox_http", pages, same, asks, {0.5: 50.0, 0.95: 120.0})
        alone = [crowd(1, islice(cycle(pages), asks // 4), int)[1] for _ in range(self._rounds)]
        return [*found, self._row("inbox_one_p50", 0.5, alone, (), 10.0)]

    def _percentiles(
        self, name: str, work: list[Job], same: list[Job], asks: int, goals: dict[float, float | None]
    ) -> list[Row]:
        ours, bare = [], []
        for _ in range(self._rounds):
            ours.append(many(READERS, islice(_shuffled(work), asks))[1])
            try:
                bare.append(many(READERS, islice(_shuffled(same), asks), self._bare)[1])
            finally:
                self._bare.close()
        return [self._row(f"{name}_p{share * 100:.0f}", share, ours, bare, most) for share, most in goals.items()]

    def _row(
        self, name: str, share: float, ours: list[list[float]], bare: list[list[float]] | tuple[()], most: float | None
    ) -> Row:
        return Row(
            name=name, unit="ms", n=self._open, goal_n=OPEN_OF_A_MILLION, most=most,
            rounds=tuple(1000 * percentile(times, share) for times in ours),
            bare=tuple(1000 * percentile(times, share) for times in bare),
        )  # fmt: skip


def _shuffled(work: list[Job]) -> Iterator[Job]:
    """Yield work without end, in another order each time, so that readers do not walk in step."""
    draw = random.Random(SEED)
    while True:
        yield from draw.sample(work, len(work))


def _places() -> list[str]:
    """Return cursors spread over the list of open tasks."""
    found = records.rows("SELECT sort_at, id FROM task WHERE state = 'open' ORDER BY hashint8(id) LIMIT %s", (PLACES,))
    return [f"{to_micros(sort_at)}-{id_}" for sort_at, id_ in found]


def _page(after: str | None) -> str:
    return "/desk/" if after is None else f"/desk/?{urlencode({'after': after})}"


def signed_in(account: int) -> dict[str, str]:
    """Return what a browser of this account sends: its session's cookie as signing in makes it, and what it takes."""
    user = get_user_model().objects.get(pk=account)
    session = SessionStore()
    session[SESSION_KEY] = str(account)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return {"Cookie": f"{settings.SESSION_COOKIE_NAME}={session.session_key}", "Accept-Encoding": "gzip"}
