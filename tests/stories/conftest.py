"""What a story from end to end needs: the platform served on a port of its own, and a real browser to look at it."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from playwright.sync_api import Browser, Page
from tests.faces.staging import set_the_stage
from tests.kernel.identity.peopled import registered, somebody
from tests.stories.people import HOME, NAME, PASSWORD, Enter

from zhihai.kernel.identity.account import Account
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


@pytest.fixture
def worked(store: Any, lakeside: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The invented district at work, with somebody who has no account yet; everybody on duty has one password."""
    monkeypatch.setattr("django.conf.settings.EMAIL_BACKEND", "django.core.mail.backends.locmem.EmailBackend")
    monkeypatch.setattr(mail, "outbox", [], raising=False)
    with store.copy(store.template("worked", set_the_stage, base="lakeside")) as name:
        account = Account()
        account.set_password(PASSWORD)
        Account.objects.filter(sort__in=("person", "resident")).update(password=account.password)
        registered(somebody(40, NAME, facts={"address": HOME}))
        cache.clear()
        yield name
        cache.clear()


@pytest.fixture
def enter(worked: str, live: str, page: Page) -> Enter:
    """Sign somebody in, by the page, and lead to an address or where they begin; whoever was signed in is no more."""

    def make(username: str, address: str = "") -> None:
        page.context.clear_cookies(name="zhihai_session")
        page.goto(f"{live}/sign-in/" + (f"?next={address}" if address else ""))
        page.get_by_label("登录名或邮箱").fill(username)
        page.get_by_label("密码").fill(PASSWORD)
        page.get_by_role("button", name="登录").click()
        page.wait_for_url(f"{live}{address}" if address else re.compile("/(my|desk)/"))

    return make
