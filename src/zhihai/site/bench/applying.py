"""Rows of applying: fifty people at once begin, fill in, check and send, with a million submissions in the store."""

from __future__ import annotations

import http.client
import json
import random
import re
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TypeVar
from urllib.parse import quote, urlencode

from django.conf import settings

from zhihai.kernel import records
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.journal import reads as journal
from zhihai.kernel.services import reads as services
from zhihai.site.bench.crowd import TIMEOUT, crowd
from zhihai.site.bench.figures import Row, percentile
from zhihai.site.bench.inboxes import signed_in
from zhihai.site.bench.people import SEED
from zhihai.site.simulated import people

APPLICANTS, MANY = 50, 8
LOOK, EACH = 1.0, 3
"""How many seconds an applicant looks at a page on average before going on, and how often each applies in a round."""
GOAL_SUBMISSIONS = 1_000_000
STEPS = ("form", "check", "submit")
"""Reading the form's page, keeping what is written with what was found of it, sending: told as ``apply_<step>_p95``."""
REVISION = re.compile(rb'name="revision" value="(\d+)"')
CODE = re.compile(rb'name="form" value="([0-9a-f]+)"')
T = TypeVar("T")
ANSWERS = {
    "purpose": "benchmark: a sign", "facts": "benchmark: a sign lies on the ground for two months.",
    "wish": "benchmark: a new one.", "capacity": "person", "reach": "email", "email": "bench@example.org",
    "truthful": "1",
}  # fmt: skip
"""What is known of the applicant is filled in already."""
PATIENT = "SET LOCAL statement_timeout = 0"


def applying(port: int, submissions: int, applicants: int, rounds: int) -> Iterator[Row]:
    """Let residents apply once a round, all at a time, after the store holds so many submissions.

    They look at each page for a second on average, which is hurried; then once more without any pause, which tells how
    many applications these processors can take.

    What fills the store is a copy of the first application that is sent here: its rows are there and are found by their
    indexes, what is in them opens for nobody. Cases are not copied.
    """
    item = next(card.code for card in services.catalogue().cards.values() if card.who in ("", "person", "both"))
    several = [Applicant(port, account, item) for account in residents(applicants)]
    for one in several:
        one.apply()
    count = fill(submissions)
    found: dict[str, list[float]] = {step: [] for step in STEPS}
    rates: list[float] = []
    for _ in range(rounds):
        for one in several:
            one.times.clear()
        crowd(len(several), [partial(one.apply, LOOK, EACH) for one in several], int)
        for number, step in enumerate(STEPS):
            times = [took for one in several for took in one.times[number :: len(STEPS)]]
            found[step].append(1000 * percentile(times, 0.95))
        rates.append(len(several) / crowd(len(several), [one.apply for one in several], int)[0])
    for step in STEPS:
        yield Row(
            name=f"apply_{step}_p95", unit="ms", rounds=tuple(found[step]), n=count, most=150.0,
            goal_n=GOAL_SUBMISSIONS,
        )  # fmt: skip
    yield Row(name="apply_rate", unit="applications/s", rounds=tuple(rates), n=count)


def residents(count: int) -> list[int]:
    """Return the accounts of so many people who were shown in person, brought in as synthetic where there are none."""
    for first, end in people.slices(MANY * count):  # few of them have an account that a window confirmed
        people.bring(SEED, first, end, journal.now())
    with identity.seeing(identity.PLATFORM):
        found = records.rows(
            """SELECT t.account_id FROM account_person t JOIN account a ON a.id = t.account_id
               WHERE t.level = 3 AND a.username LIKE 'sim-r%%' ORDER BY 1 LIMIT %s""",
            (count,),
        )
    return [account for (account,) in found]


def fill(submissions: int) -> int:
    """Copy the latest application until there are so many submissions; return how many there are."""
    counted = "SELECT count(*) FROM form_submission"
    with identity.seeing(identity.PLATFORM):
        missing = submissions - int(records.value(counted))
        if missing > 0:
            records.execute(PATIENT)
            for statement in _COPY:
                records.execute(statement, {"copies": missing})
    for table in ("form_submission", "application", "application_submission"):
        records.execute(f"ANALYZE {table}")
    with identity.seeing(identity.PLATFORM):
        return int(records.value(counted))


_ONE = """FROM application_submission s JOIN application a ON a.id = s.application_id
    JOIN form_submission f ON f.id = s.submission_id CROSS JOIN generate_series(1, %(copies)s) AS n
    WHERE s.application_id = (SELECT max(application_id) FROM application_submission)"""
_COPY = (
    f"""INSERT INTO form_submission (key, draft_key, account_id, person_id, tie_id, way, version_id, subject, title,
            sealed, digest, at, recorded_at)
        SELECT 'copy-' || n, 'copy-' || n, f.account_id, f.person_id, f.tie_id, f.way, f.version_id, f.subject, f.title,
            f.sealed, f.digest, f.at, f.recorded_at {_ONE}""",
    f"""INSERT INTO application (kind, item_id, guide, person_id, proved, account_id, tie_id, way, number, code,
            provenance, applied_at)
        SELECT a.kind, a.item_id, a.guide, a.person_id, a.proved, a.account_id, a.tie_id, a.way, 'copy-' || n, a.code,
            'synthetic', a.applied_at {_ONE}""",
    """INSERT INTO application_submission
        SELECT a.id, 1, f.id FROM application a JOIN form_submission f ON f.key = a.number""",
)
"""Each a statement of its own: what is linked must be seen before."""


class Applicant:
    """A resident's browser: one kept connection, signed in; ``times`` are the seconds of each measured step."""

    def __init__(self, port: int, account: int, item: str) -> None:
        self._token, self._item, self._port = secrets.token_hex(16), item, port
        cookie = signed_in(account)["Cookie"]
        self._headers = {"Cookie": f"{cookie}; {settings.CSRF_COOKIE_NAME}={self._token}"}
        self._kept, self._draw, self._look = threading.local(), random.Random(account), 0.0
        self.times: list[float] = []

    def apply(self, look: float = 0.0, often: int = 1) -> None:
        """Apply for the item so many times, from its guide to the page that says it was sent.

        Before each answer the applicant looks at a page for up to twice as many seconds as ``look``.
        """
        self._look = look
        for _ in range(often):
            self._apply()

    def _apply(self) -> None:
        begin = f"/hall/items/{quote(self._item)}/apply"
        self._get(begin)
        form = self._post(f"{begin}/start", {})
        page = self._timed(lambda: self._get(form))
        key = form.strip("/").rpartition("/")[2]
        given = {"form": found(CODE, page), "revision": found(REVISION, page), **ANSWERS}
        kept = self._timed(lambda: self._ask("POST", f"/apply/{key}/save", {**given, "do": "keep"}))
        given["revision"] = str(json.loads(kept[2])["revision"])
        self._post(f"/apply/{key}/save", {**given, "do": "review"})
        review = self._get(f"/apply/{key}/review")
        sent = {"form": found(CODE, review), "revision": found(REVISION, review)}
        there = self._timed(lambda: self._post(f"/apply/{key}/send", sent))
        if not there.startswith("/my/matters/"):
            raise RuntimeError(f"sent, and led to {there}")

    def _timed(self, work: Callable[[], T]) -> T:
        time.sleep(self._draw.uniform(0, 2 * self._look))
        began = time.perf_counter()
        done = work()
        self.times.append(time.perf_counter() - began)
        return done

    def _get(self, path: str) -> bytes:
        return self._ask("GET", path, None)[2]

    def _post(self, path: str, form: Mapping[str, str]) -> str:
        """Send a form, and return the path it leads to. Raises ``RuntimeError`` for one that is shown again."""
        status, there, _ = self._ask("POST", path, form)
        if status != 302:
            raise RuntimeError(f"POST {path}: {status}")
        return there.partition("?")[0]

    def _ask(self, method: str, path: str, form: Mapping[str, str] | None) -> tuple[int, str, bytes]:
        line = getattr(self._kept, "line", None)
        if line is None:
            line = self._kept.line = http.client.HTTPConnection("127.0.0.1", self._port, timeout=TIMEOUT)
        body, headers = None, self._headers
        if form is not None:
            body = urlencode({**form, "csrfmiddlewaretoken": self._token}).encode()
            headers = {**headers, "Content-Type": "application/x-www-form-urlencoded"}
        line.request(method, path, body, headers)
        answer = line.getresponse()
        content = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status}")
        return answer.status, answer.headers.get("Location", ""), content


def found(pattern: re.Pattern[bytes], page: bytes) -> str:
    """Return what a page has in a hidden field. Raises ``RuntimeError``."""
    match = pattern.search(page)
    if match is None:
        raise RuntimeError("the page lacks a field of its form")
    return match[1].decode()
