"""The pages' own script in a real browser, under the product's content security policy.

The browser stands in another zone than the district, and the district's clock runs a million times as fast.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from jinja2 import Environment
from playwright.sync_api import Browser, Page

from zhihai.faces.design import samples
from zhihai.faces.design.moments import Style, say_instant
from zhihai.faces.design.speech import Speech
from zhihai.faces.design.strip import time_strip
from zhihai.ground.words import Words
from zhihai.site.protection import POLICY

from .conftest import CLOCK, NOW, ZONE, Request

TYPES = {".css": "text/css", ".mjs": "text/javascript", ".svg": "image/svg+xml"}
FAST = replace(CLOCK, speed=1_000_000.0, source="")
STILL = replace(CLOCK, mode="frozen", speed=0.0, source="")
WATCH = "window.broken = []; addEventListener('securitypolicyviolation', e => broken.push(e.violatedDirective))"


@pytest.fixture(scope="module")
def address(environment: Environment, words: Words, root: Path) -> Iterator[str]:
    """The guide in English, served with the policy; ``/fast`` has a clock that races, ``/still`` one that stands."""
    pages = {}
    for path, clock in (("/fast", FAST), ("/still", STILL)):
        context = samples.context(Speech(words, "en"), clock, "desk", path)
        request = Request(language="en", clock=clock, address=path)
        pages[path] = environment.get_template("design/guide.jinja").render(request=request, **context)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            file = root / path.lstrip("/")
            body = pages[path].encode() if path in pages else file.read_bytes() if file.is_file() else b""
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", TYPES.get(file.suffix, "text/html; charset=utf-8"))
            self.send_header("Content-Security-Policy", POLICY)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def visit(address: str, browser: Browser) -> Iterator[Callable[[str], Page]]:
    """Open a page of the guide in a browser whose machine stands in New York."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, timezone_id="America/New_York")
    context.add_init_script(WATCH)

    def opened(path: str) -> Page:
        page = context.new_page()
        page.goto(address + path, wait_until="load")
        page.locator("time[data-now][datetime*='.']").wait_for()
        return page

    yield opened
    context.close()


@pytest.fixture(scope="module")
def still(visit: Callable[[str], Page]) -> Page:
    """A page whose modules can be asked."""
    return visit("/still")


def _focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.closest('tr')?.dataset.id ?? document.activeElement.id"))


def test_keys_move_through_rows_search_and_help(visit: Callable[[str], Page]) -> None:
    page = visit("/still")
    for key, row in (("j", "1"), ("j", "2"), ("j", "3"), ("k", "2")):
        page.keyboard.press(key)
        assert _focused(page) == row
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: address.endswith("#case-2"))
    page.keyboard.press("/")
    page.keyboard.type("j?")
    assert page.input_value("#find") == "j?"
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("?")
    assert page.locator("#keys").get_attribute("open") is not None
    page.locator("[data-single-keys]").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    assert _focused(page) != "1"
    page.close()


def test_a_choice_opens_and_closes_by_escape_and_by_a_click_elsewhere(visit: Callable[[str], Page]) -> None:
    page = visit("/still")
    choice = page.locator("details.choice").first
    for leave in (lambda: page.keyboard.press("Escape"), lambda: page.locator("#g-list").click()):
        choice.locator("summary").click()
        assert choice.get_attribute("open") is not None
        leave()
        assert choice.get_attribute("open") is None
    page.close()


def test_who_is_offline_is_told(visit: Callable[[str], Page]) -> None:
    page = visit("/still")
    told = page.locator("[data-offline]")
    assert told.is_hidden()
    page.context.set_offline(True)
    told.wait_for(state="visible")
    page.context.set_offline(False)
    told.wait_for(state="hidden")
    page.close()


def test_nothing_breaks_the_policy(visit: Callable[[str], Page]) -> None:
    page = visit("/still")
    page.locator("#chart-sample").scroll_into_view_if_needed()
    page.locator("#chart-sample .hold", has_text="could not be drawn").wait_for()
    assert page.evaluate("broken") == []
    page.close()


def test_a_standing_clock_stands(still: Page) -> None:
    assert still.locator(".clockband time").inner_text() == "Fri 21 Feb 2014, 10:42"


def test_a_racing_clock_ends_where_its_data_end_and_takes_the_page_with_it(visit: Callable[[str], Page]) -> None:
    page = visit("/fast")
    page.locator("time[data-now][datetime^='2014-02-26T16:00']").wait_for()
    assert page.locator(".clockband time").inner_text() == "Thu 27 Feb 2014, 00:00"
    urgencies = page.locator("#sample-list svg.strip").evaluate_all("all => all.map(one => one.classList[1])")
    assert urgencies == ["strip-late"] * 12
    assert page.locator("#sample-list tr.is-late").count() == 12
    assert page.locator(".clock.is-calm > div > svg.strip-calm").count() == 3
    assert page.locator(".clock.is-near").count() == 0
    page.close()


@pytest.mark.parametrize("style", ["when", "whole", "ago", "left"])
def test_the_script_says_times_as_the_server_does(still: Page, words: Words, style: Style) -> None:
    hours = [-9000, -49, -48, -26, -11, -10, -1, 0, 1, 13, 14, 37, 38, 47, 48, 70, 9000]
    instants = [datetime.fromtimestamp(NOW.timestamp() + 3600 * n + 7, UTC) for n in hours]
    said = still.evaluate(
        "async ([all, style]) => { const c = await import('/static/zhihai/js/clock.mjs');"
        " return all.map(at => c.fromNow(Date.parse(at), style)) }",
        [[at.isoformat() for at in instants], style],
    )
    assert said == [say_instant(Speech(words, "en"), ZONE, at, style, NOW) for at in instants]


@pytest.mark.parametrize("now", [1, 40, 79, 80, 99, 100, 130, 400])
def test_the_script_draws_a_strip_as_the_server_does(still: Page, environment: Environment, now: int) -> None:
    start = NOW.timestamp() - 3600 * 100

    def at(hour: float) -> datetime:
        return datetime.fromtimestamp(start + 3600 * hour, UTC)

    def svg(hour: float) -> str:
        strip = time_strip(at(0), at(100), at(hour), pauses=((at(20), at(30)),) if hour > 30 else ())
        source = '{% import "design/macros.jinja" as ui with context %}{{ ui.time_strip(strip) }}'
        return environment.from_string(source).render(request=Request(language="en"), strip=strip)

    drawn, expected = still.evaluate(
        """async ([before, after, instant]) => {
          const { drawStrip } = await import('/static/zhihai/js/strips.mjs');
          const read = html => Object.assign(document.createElement('div'), { innerHTML: html }).firstElementChild;
          const tell = svg => [svg.getAttribute('class'), svg.getAttribute('aria-label').split(', paused')[0],
            ...[...svg.children].map(part => [part.getAttribute('class'), ...['x', 'width', 'x1'].map(name => {
              const value = part.getAttribute(name); return value && Math.round(10 * parseFloat(value)) / 10; })])];
          const ours = read(before);
          drawStrip(ours, instant);
          const mine = tell(ours);
          return [mine, tell(read(after))].map(told => JSON.stringify(told));
        }""",
        [svg(35 if now > 30 else 0.5), svg(now), at(now).timestamp() * 1000],
    )
    assert json.loads(drawn) == json.loads(expected)
