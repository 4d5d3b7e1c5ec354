"""What a story from end to end needs: the platform served on a port of its own, and a real browser to look at it."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from playwright.sync_api import Browser, Page, sync_playwright

from zhihai.site.wsgi import application

ROOT = Path(__file__).resolve().parents[2]
FETCHED = ROOT / ".zhihai" / "browser"
INSTALLED = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE = {"width": 1440, "height": 900}
TYPE_THIS = "no Chromium: run `python3 tools/bootstrap.py dev browser`, or name one by ZHIHAI_BROWSER"


class _Quiet(WSGIRequestHandler):
    """Serves without a line of log for each request."""

    def log_message(self, *args: object) -> None:
        return


@pytest.fixture
def live() -> Iterator[str]:
    """The address of the platform, served from the database the test works in; ask for that fixture too."""
    if not settings.VENDOR.is_dir():
        pytest.fail("no front-end libraries: run `python -m zhihai.site.vendor`", pytrace=False)
    server = ThreadedWSGIServer(("127.0.0.1", 0), _Quiet, allow_reuse_address=True)
    server.set_app(application)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def find_browser() -> tuple[str, dict[str, str]]:
    """Return the browser's program and what its environment needs, or fail with the line to type."""
    named = os.environ.get("ZHIHAI_BROWSER")
    installed = named or next(filter(None, map(shutil.which, INSTALLED)), None)
    if installed:
        return installed, {}
    if (FETCHED / "chromium").is_file():
        return str(FETCHED / "chromium"), {"LD_LIBRARY_PATH": str(FETCHED / "al2023" / "lib")}
    pytest.fail(TYPE_THIS, pytrace=False)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One real Chromium for the run."""
    program, needed = find_browser()
    # Playwright keeps an event loop in the test's thread, where Django would then refuse to ask its database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=FLAGS, env={**os.environ, **needed})
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page, wide, in Chinese; an error in a script or a broken security policy fails the test at its end."""
    context = browser.new_context(viewport=WIDE, locale="zh-CN", timezone_id="Asia/Shanghai", reduced_motion="reduce")
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.on("console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None)
    yield page
    context.close()
    assert faults == []
