"""The tutorial of signing in through the district, followed from top to bottom as it is printed."""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.stories.conftest import WIDE

from zhihai.kernel import house
from zhihai.site.commands import password
from zhihai.site.workers import run_partings

PAGE = Path(__file__).resolve().parents[2] / "docs" / "tutorial" / "sign-in-through-the-district.md"
CONSOLE = re.compile(r"^```console\n\$ (.*)\n```$", re.MULTILINE)
PROGRAM = re.compile(r"^`library\.py`\n\n```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FIELD = re.compile(r"^\| (?!Field|---)(.+?) \| (.+?) \|$", re.MULTILINE)
DISTRICT, LIBRARY = "http://127.0.0.1:8000", "localhost:9000"


@dataclass
class Lesson:
    """The tutorial, with the ports of this test in the place of its own."""

    live: str
    port: int

    @property
    def text(self) -> str:
        given = PAGE.read_text(encoding="utf-8")
        return given.replace(DISTRICT, self.live).replace(LIBRARY, f"localhost:{self.port}").replace(
            '("localhost", 9000)', f'("localhost", {self.port})'
        )  # fmt: skip

    @property
    def commands(self) -> list[list[str]]:
        return [shlex.split(line) for line in CONSOLE.findall(self.text)]

    @property
    def program(self) -> str:
        (found,) = PROGRAM.findall(self.text)
        return str(found)

    @property
    def fields(self) -> dict[str, str]:
        return dict(FIELD.findall(self.text))


@pytest.fixture
def lesson(worked: str, live: str, monkeypatch: pytest.MonkeyPatch) -> Lesson:
    monkeypatch.setattr("django.conf.settings.ZHIHAI_ORIGIN", live)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return Lesson(live, free.getsockname()[1])


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A browser of somebody who reads English, as the tutorial is written."""
    context = browser.new_context(viewport=WIDE, locale="en-GB", timezone_id="Asia/Shanghai", reduced_motion="reduce")
    yield context.new_page()
    context.close()


def sign_in(page: Page, secret: str) -> None:
    page.get_by_label("Sign-in name or e-mail").fill("administrator")
    page.get_by_label("Password").fill(secret)
    page.get_by_role("button", name="Sign in").click()


def said_by(program: subprocess.Popen[str], begins: str) -> str:
    """The next line that a program prints, which begins so; without that."""
    assert program.stdout is not None
    line = program.stdout.readline().strip()
    assert line.startswith(begins), line
    return line.removeprefix(begins).strip()


def with_a_password(line: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """Run the command that gives the administrator a password, and return it."""
    assert (line[0].endswith("/zhihai"), line[1]) == (True, "password")
    assert password.command(house.words(), "en").main(line[2:], standalone_mode=False) == 0
    (secret,) = capsys.readouterr().out.split()
    return str(secret)


def registered(page: Page, lesson: Lesson) -> tuple[str, str]:
    """Register the library by its form, and return what the page then shows: number and secret."""
    page.get_by_role("link", name="Systems", exact=True).click()
    for label, value in lesson.fields.items():
        page.get_by_label(label).fill(value)
    page.get_by_label("profile").check()
    page.get_by_role("button", name="Register", exact=True).click()
    return page.locator("dd .code").first.inner_text(), page.locator("p.code").inner_text()


@contextmanager
def running(line: list[str], lesson: Lesson, folder: Path, number: str, secret: str) -> Iterator[subprocess.Popen[str]]:
    """Save the program and run it by the line that is printed, with what was shown in place of its two words."""
    assert line == ["CLIENT_SECRET=SECRET", "python", "library.py", lesson.live, "CLIENT"]
    (folder / "library.py").write_text(lesson.program, encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, *line[2:4], number], cwd=folder, env={**os.environ, "CLIENT_SECRET": secret},
        stdout=subprocess.PIPE, text=True,
    ) as library:  # fmt: skip
        try:
            yield library
        finally:
            library.terminate()


def test_the_library_of_the_tutorial_signs_a_reader_in_and_hears_of_the_sign_out(
    lesson: Lesson, page: Page, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    makes_password, installs, starts = lesson.commands
    secret = with_a_password(makes_password, capsys)
    page.goto(f"{lesson.live}/sign-in/")
    sign_in(page, secret)
    number, shown = registered(page, lesson)
    assert installs == ["python", "-m", "pip", "install", "authlib", "requests"]
    with running(starts, lesson, tmp_path, number, shown) as library:
        page.context.clear_cookies(name="zhihai_session")
        page.goto(said_by(library, "Open"))
        sign_in(page, secret)
        expect(page.get_by_text("District library").first).to_be_visible()
        page.get_by_role("button", name="Agree and sign in").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Welcome, ")
        name, _, known_as = said_by(library, "Signed in:").partition(" known here as ")
        assert name in page.get_by_role("heading", level=1).inner_text()
        assert len(known_as) >= 20
        page.goto(f"{lesson.live}/my/consents/")
        expect(page.get_by_text("District library")).to_be_visible()
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("link", name="Sign in")).to_be_visible()
        run_partings()
        assert said_by(library, "Signed out:") == known_as
