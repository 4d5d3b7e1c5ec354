"""What a story from end to end needs: the platform served on a port of its own, and a real browser to look at it."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from playwright.sync_api import Browser, Page

from zhihai.site.wsgi import application

WIDE = {"width": 1440, "height": 900}


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
