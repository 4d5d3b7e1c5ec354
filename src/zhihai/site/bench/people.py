"""Rows of people: sign-in by the page, the check of a session, searching, and who looked at one's data."""

from __future__ import annotations

import http.client
import os
import random
import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import count as counting
from itertools import cycle, islice
from types import SimpleNamespace
from typing import cast
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest

from zhihai.faces.sessions import SessionStore
from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.identifiers.sound import sound_of
from zhihai.kernel import records
from zhihai.kernel.identity import acts as identity_acts
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.journal import reads as journal
from zhihai.site.bench.crowd import TIMEOUT, Bare, Client, crowd
from zhihai.site.bench.figures import Row, percentile, rounds_of
from zhihai.site.bench.inboxes import signed_in
from zhihai.site.bench.same import Statement, ask_again, statements_of
from zhihai.site.simulated import people

SEED = 20_140_220
GOAL_PEOPLE = 1_000_000
CLIENTS = 4
SIGNERS, OF_EACH = 64, 20
"""So many accounts sign in, and so many times from one network address: more a minute would be refused."""
SESSIONS = 200
SOUGHT = 60
"""So many people are searched by number, by name and by pinyin, by each of those who search."""
TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="(\w+)"')

Job = Callable[[], object]


class People:
    """The people of this district whose accounts were brought in, and those on duty who may search for them."""

    def __init__(self, port: int, bare: Bare, rounds: int) -> None:
        self._port, self._bare, self._rounds = port, bare, rounds
        self._at = journal.now()
        self._draw = random.Random(SEED)
        self.count = int(records.value("SELECT count(*) FROM account WHERE username LIKE 'sim-r%%'"))
        drawn = sorted(self._draw.sample(range(self.count), min(self.count, 10 * SIGNERS)))
        names = {f"sim-r{n:07}": n for n in drawn}
        found = records.rows("SELECT username, id FROM account WHERE username = ANY(%s) ORDER BY 1", (list(names),))
        self._accounts: dict[int, int] = {names[username]: id_ for username, id_ in found}

    def grow(self, count: int) -> None:
        """Bring people in until there are ``count``; marked synthetic."""
        for first, end in people.slices(count):
            people.bring(SEED, first, end, self._at)
        for table in ("account", "account_emailaddress", "account_person", "person", "person_fact", "look"):
            records.execute(f"ANALYZE {table}")

    def rows(self, sign_ins: int, asks: int) -> Iterator[Row]:
        """Measure ``sign_ins`` sign-ins and ``asks`` asks of everything else a round."""
        yield self._signing_in(sign_ins)
        yield from self._sessions(asks)
        yield from self._searches(asks)
        yield from self._looks(asks)

    def _signing_in(self, count: int) -> Row:
        """Sign residents in as a browser does: the page, then its form with name and password, each without a past."""
        password = secrets.token_urlsafe(16)
        signers = list(self._accounts.items())[:SIGNERS]
        for _, account in signers:
            identity_acts.set_password(SYSTEM, account, password, at=self._at)
        numbers = counting()

        def jobs() -> Iterator[Job]:
            for n, _ in islice(cycle(signers), count):
                yield partial(sign_in, self._port, _address(next(numbers)), people.email_of(n), password)

        cores = os.cpu_count() or 1
        crowd(CLIENTS, list(jobs())[:CLIENTS], int)
        found = rounds_of(self._rounds, lambda: count / crowd(CLIENTS, list(jobs()), int)[0] / cores)
        return Row(name="sign_in", unit="sign-ins/s", rounds=found, n=count, least=20.0)

    def _sessions(self, asks: int) -> Iterator[Row]:
        """Ask who a session is of, as every page does before it draws: residents, and officials with their grants."""
        officials = [one.id for one in identity.accounts() if one.sort == "person" and one.active][:SESSIONS]
        residents = list(self._accounts.values())[: SESSIONS - len(officials) // 2]
        keys = [signed_in(account)["Cookie"].partition("=")[2] for account in (*residents, *officials)]
        checks: list[Job] = [partial(check, key) for key in keys]
        yield from self._percentiles("session", checks, asks, 1, 2.0, len(checks))

    def _searches(self, asks: int) -> Iterator[Row]:
        """Search by number, name and pinyin, in the whole district and in one street: the question, then the page."""
        questions: list[Job] = []
        pages: list[Job] = []
        for actor in self._searchers():
            headers = signed_in(actor.account)
            token = secrets.token_hex(16)
            client = Client(
                self._port, {**headers, "Cookie": f"{headers['Cookie']}; {settings.CSRF_COOKIE_NAME}={token}"}
            )
            for by, sought in self._sought():
                questions.append(partial(_search, actor, by, sought))
                form = urlencode({"by": by, "sought": sought, "csrfmiddlewaretoken": token}).encode()
                pages.append(partial(client.form, "/desk/people/found", form))
        self._draw.shuffle(questions)
        self._draw.shuffle(pages)
        yield from self._percentiles("people_read", questions, asks, CLIENTS, None, self.count)
        crowd(1, pages[: len(pages) // 4], int)
        yield self._page_row("people_http_p95", pages, asks, 50.0)

    def _searchers(self) -> list[Actor]:
        """Return who may search over most of the district, and who over least of it."""
        found = sorted({looker[0] for looker in people.base().lookers})
        actors = [identity.actor_of(account, at=self._at) for account in found]
        wide = sorted(actors, key=lambda one: max((grant.area_hi - grant.area_lo) for grant in one.scope.grants))
        return [wide[0], wide[-1]]

    def _sought(self) -> Iterator[tuple[str, str]]:
        drawn = self._draw.choices(list(self._accounts), k=SOUGHT)
        yield from (("number", people.number_of(n)) for n in drawn)
        names = [line.name for n in drawn if (line := identity.by_number(SYSTEM, "natural", people.number_of(n)))]
        for name in names:
            yield "name", name[: self._draw.choice((1, 2, 3))]
            yield "sound", sound_of(name)[: self._draw.randint(2, 9)]

    def _looks(self, asks: int) -> Iterator[Row]:
        """Ask who looked at one's data: whoever was looked at most, and others; the question, then the page."""
        with identity.seeing(identity.PLATFORM):
            most = records.rows(
                """SELECT t.account_id, count(*) FROM account_person t JOIN look l ON l.person_id = t.person_id
                   WHERE t.level = 3 GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20"""
            )
        accounts = [row[0] for row in most] + list(self._accounts.values())[:100]
        actors = [identity.actor_of(account, at=self._at) for account in accounts]
        questions: list[Job] = [partial(identity.my_data, actor) for actor in actors]
        pages: list[Job] = [partial(Client(self._port, signed_in(account)).get, "/my/") for account in accounts]
        yield from self._percentiles("looks_read", questions, asks, CLIENTS, None, self.count)
        crowd(1, pages[:20], int)
        yield self._page_row("looks_http_p95", pages, asks, 100.0)

    def _page_row(self, name: str, pages: Sequence[Job], asks: int, most: float) -> Row:
        ours = rounds_of(
            self._rounds, lambda: 1000 * percentile(crowd(CLIENTS, islice(cycle(pages), asks), int)[1], 0.95)
        )
        return Row(name=name, unit="ms", rounds=ours, n=self.count, most=most, goal_n=GOAL_PEOPLE)

    def _percentiles(
        self, name: str, work: Sequence[Job], asks: int, threads: int, most: float | None, n: int
    ) -> Iterator[Row]:
        """Ask the platform, then the bare store the same statements; the median and the 95th percentile."""
        same: list[Job] = [partial(together, self._bare, statements_of(one)) for one in work]
        ours, bare = [], []
        for _ in range(self._rounds):
            ours.append(crowd(threads, islice(cycle(work), asks))[1])
            try:
                bare.append(crowd(threads, islice(cycle(same), asks), self._bare)[1])
            finally:
                self._bare.close()
        for share in (0.5, 0.95):
            rounds = tuple(1000 * percentile(times, share) for times in ours)
            stored = tuple(1000 * percentile(times, share) for times in bare)
            yield Row(name=f"{name}_p{share * 100:.0f}", unit="ms", rounds=rounds, bare=stored, n=n, most=most)


def _address(number: int) -> str:
    """Return an address of this machine's own, from which so many sign in: each has a limit of its own."""
    place = number // OF_EACH
    return f"127.{1 + place // 62_500 % 250}.{place // 250 % 250}.{1 + place % 250}"


def sign_in(port: int, source: str, login: str, password: str) -> None:
    """Sign in by the page from a network address. Raises ``RuntimeError`` where no session comes of it."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT, source_address=(source, 0))
    try:
        line.request("GET", "/sign-in/")
        page = line.getresponse()
        found = TOKEN.search(page.read())
        if found is None:
            raise RuntimeError(f"no form: {page.status}")
        cookie = (page.headers["Set-Cookie"] or "").partition(";")[0]
        form = urlencode({"csrfmiddlewaretoken": found[1].decode(), "login": login, "password": password})
        told = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
        line.request("POST", "/sign-in/", form, told)
        answer = line.getresponse()
        answer.read()
        if answer.status != 302 or settings.SESSION_COOKIE_NAME not in str(answer.headers.get_all("Set-Cookie")):
            raise RuntimeError(f"not signed in: {answer.status}")
    finally:
        line.close()


def check(key: str) -> Actor:
    """Do what every page does to know who asks: read the session, its account, and the grants in force."""
    asked = cast("HttpRequest", SimpleNamespace(session=SessionStore(key)))
    actor: Actor | None = getattr(get_user(asked), "actor", None)
    if actor is None:
        raise RuntimeError("no such session")
    return actor


def together(bare: Bare, statements: Sequence[Statement]) -> None:
    """Ask statements in one transaction, for which whose rows they are about is said once."""
    line = bare()
    with line.transaction():
        ask_again(line, statements)


def _search(actor: Actor, by: str, sought: str) -> object:
    if by == "number":
        return identity.by_number(actor, "natural", sought)
    return (identity.by_sound if by == "sound" else identity.by_name)(actor, sought, limit=51)
