"""No address, field, header or body is a fault of ours: whatever is sent, an answer says what was wrong with it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode
from wsgiref.util import setup_testing_defaults
from zlib import crc32

import pytest
from django.core.cache import cache
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from tests.faces import item_addresses, serving_addresses
from tests.faces.hostile import BODIES, FORM, HEADERS, METHODS, PARTS, TEXTS, Forms
from tests.faces.staging import number_of, staged_matter, staged_reception, staged_request, staged_tie
from tests.faces.test_access_walk import OF_A_CASE, OPEN, PAGES, PEOPLE, POSTED, filled, let_in, patterns

from zhihai.site.wsgi import application

FACES = Path(__file__).resolve().parents[2] / "src" / "zhihai"
READ = re.compile(r'GET(?:\.get|\.getlist)?[\[(]"([\w-]+)"')
PLACE = re.compile(r"[<{](?:\w+:)?(\w+)[>}]")
SAYS = (400, 403, 404, 409, 413, 422, 429)
"""What tells somebody that something was wrong with what they sent: it says what."""
Reader = Callable[..., Client]


def of(values: tuple[Any, ...], seed: str, count: int) -> list[Any]:
    """Return some of the values, others for each seed and the same each time: together the walk meets all of them."""
    first = crc32(seed.encode())
    return [values[(first + n * 7) % len(values)] for n in range(count)]


class Walk:
    """Asks as whoever may, undoes what was done, and notes every fault."""

    def __init__(self, reader: Reader) -> None:
        self.clients = {person: reader(person, "en") for person in PEOPLE}
        self.own, self.case, self.reception = staged_matter(), number_of(0), staged_reception()
        self.helped, self.tie = staged_tie()
        self.request = staged_request()
        self.faults: list[str] = []
        self.asked = 0

    def addresses(self) -> Iterator[tuple[str, str, str | None]]:
        """Yield name, route and one who may, of every page."""
        for name, route in patterns():
            if name in PAGES and name != "account_logout":
                yield (
                    name,
                    route,
                    None if PAGES[name] == OPEN else next(one for one in PEOPLE if let_in(one, PAGES[name])),
                )
            elif name in OF_A_CASE:
                yield name, route, "dispatcher"
            elif name in (*item_addresses.OF_A_MATTER, *serving_addresses.OF_ONE_SERVED):
                yield name, route, "resident" if name.startswith("my-") else "window"

    def place(self, name: str, route: str, bad: str = "", value: str = "") -> str:
        """Return an address with something real in each place, but for the bad one."""
        known = {"round_": "1", "paper": "1", "dispute": "1", "tie": str(self.tie)}
        known["number"] = self.case if name in OF_A_CASE else self.own
        if name in serving_addresses.REQUESTS:
            known["key"] = self.request
        if "tie" in route:
            known["person"] = str(self.helped)

        def part(match: re.Match[str]) -> str:
            if match[1] == bad:
                return quote(value, safe="")
            return known.get(match[1]) or filled(name, match[0])[1:]

        return "/" + PLACE.sub(part, route).lstrip("/")

    def ask(self, what: str, ask: Callable[[], HttpResponse]) -> HttpResponse | None:
        """Ask, within a transaction that is undone, and note what was a fault or did not say what was wrong."""
        cache.clear()
        self.asked += 1
        with transaction.atomic():
            answer = ask()
            transaction.set_rollback(True)
        if answer.status_code >= 500:
            self.faults.append(f"{what}: {answer.status_code}")
        elif answer.status_code in SAYS and not answer.content and answer.request["REQUEST_METHOD"] != "HEAD":
            self.faults.append(f"{what}: {answer.status_code} and not a word")
        return answer


@pytest.fixture
def walk(worked: str, reader: Reader) -> Iterator[Walk]:
    made = Walk(reader)
    yield made
    assert made.faults == []
    cache.clear()


def test_a_visit_to_where_a_form_is_sent_leads_to_its_page(walk: Walk) -> None:
    """By a reload, or a link in a mail. Those whose page takes other parts of the address were a fault of ours."""
    for name, route, person in walk.addresses():
        for one in {person, None} if name in POSTED else {person}:
            address = walk.place(name, route)
            walk.ask(f"{address} for {one}", lambda address=address, one=one: walk.clients[one].get(address))
    assert walk.asked > 200


def test_no_part_of_an_address_is_a_fault(walk: Walk) -> None:
    for name, route, person in walk.addresses():
        for bad in PLACE.findall(route):
            for value in ("9223372036854775808", "\x00", *of(PARTS, name + bad, 1)):
                address = walk.place(name, route, bad, value)
                send = walk.clients[person].post if name in POSTED else walk.clients[person].get
                walk.ask(f"{address[:90]} for {person}", lambda send=send, address=address: send(address))
    assert walk.asked > 250


def test_no_word_after_an_address_is_a_fault(walk: Walk) -> None:
    """Every name that some page reads, all of them at once."""
    names = {name for file in FACES.rglob("*.py") for name in READ.findall(file.read_text(encoding="utf-8"))}
    names -= {"language", "care"}
    assert len(names) > 25
    for name, route, person in walk.addresses():
        if name not in POSTED:
            for value in of(TEXTS, name, 2):
                address = f"{walk.place(name, route)}?{urlencode(dict.fromkeys(names, value[:500]))}"
                walk.ask(f"{name} ?={value[:20]!r} for {person}", lambda a=address, p=person: walk.clients[p].get(a))


def test_no_header_body_or_method_is_a_fault(walk: Walk) -> None:
    for name, route, person in walk.addresses():
        address = walk.place(name, route)
        for header in of(HEADERS, name, 1):
            send = walk.clients[None].post if name in POSTED else walk.clients[person].get
            walk.ask(f"{name} {header}", lambda send=send, a=address, h=header: send(a, headers=h))
        for sort, body in of(BODIES, name, 1):
            generic = walk.clients[person].generic
            walk.ask(f"{name} {sort} {body[:20]!r}", lambda g=generic, a=address, b=body, s=sort: g("POST", a, b, s))
        (method,) = of(METHODS, name, 1)
        walk.ask(f"{method} {name}", lambda m=method, a=address, p=person: walk.clients[p].generic(m, a))


def test_no_field_of_any_form_is_a_fault(walk: Walk) -> None:
    """Each form of each page as it stands, then each of its fields with what nobody writes."""
    seen = set()
    for name, route, who in walk.addresses():
        readers = {one: None for one in (who, "resident", "window") if one == who or let_in(one, PAGES.get(name, ""))}
        for person in readers if name not in POSTED else ():
            address = walk.place(name, route)
            page = walk.ask(address, lambda a=address, p=person: walk.clients[p].get(a))
            if page is None or page.streaming or "html" not in page.headers.get("Content-Type", ""):
                continue
            for method, action, fields in Forms(page.content.decode()).found:
                to = (action or address).partition("#")[0]
                form = (re.sub(r"\d+", "0", to), *fields)
                if to.startswith("/") and not to.startswith("//") and form not in seen:
                    seen.add(form)
                    tried(walk, person, method, to, fields)
    assert len(seen) > 150


def tried(walk: Walk, person: str | None, method: str, to: str, fields: dict[str, str]) -> None:
    """Send a form as it stands, and with each field spoilt."""
    spoilt: list[dict[str, str]] = [fields]
    for field in fields:
        if field != "csrfmiddlewaretoken":
            spoilt += [{**fields, field: value} for value in of(TEXTS, to + field, 2)]
    for given in spoilt:
        client = walk.clients[person]
        if method == "post":
            walk.ask(f"{to} {given}"[:300], lambda c=client, g=given: c.post(to, g))
        else:
            walk.ask(f"{to} {given}"[:300], lambda c=client, g=given: c.get(f"{to.partition('?')[0]}?{urlencode(g)}"))


@pytest.mark.parametrize("label", ["rot13", "hex", "zip", "base64", "\x00", "utf-8"])
def test_a_label_that_encodes_no_text_is_no_fault(worked: str, label: str) -> None:
    """The request could not even be made of it, so that a bare 500 came before any page of ours."""
    environ: dict[str, Any] = {"CONTENT_TYPE": f"{FORM}; charset={label}", "CONTENT_LENGTH": "3", "REMOTE_ADDR": "::1"}
    setup_testing_defaults(environ)
    environ |= {"REQUEST_METHOD": "POST", "PATH_INFO": "/sign-in/", "wsgi.input": io.BytesIO(b"a=1")}
    said: list[str] = []
    page = b"".join(application(environ, lambda status, headers: said.append(status)))
    assert said[0].startswith("403"), "the form has no token"
    assert b"<html" in page
