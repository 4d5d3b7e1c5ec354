"""A real Chromium: the one browser of a worker, for stories and for the pages' own scripts."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
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
TYPE_THIS = "no Chromium: run `python3 tools/bootstrap.py dev browser`, or name one by ZHIHAI_BROWSER"


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
    """One real Chromium for all tests of a worker: Playwright can not be begun twice in one thread."""
    program, needed = find_browser()
    # Playwright keeps an event loop in the test's thread, where Django would then refuse to ask its database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=FLAGS, env={**os.environ, **needed})
        yield chromium
        chromium.close()
