"""No secret in a log, an address or an error page: all that the suite writes is kept, and searched at its end.

Secrets are noted where the platform makes or checks them: numbers as they are sealed and sought, passwords as they are
hashed, tokens as their digest is taken, sessions as they are kept, what codes are made from as it is sealed. Written is
what the platform logs, the addresses that it gives out or is asked for by a browser, the pages that say no, and what
programs that tests start say on standard error. The run fails with the places.
"""

from __future__ import annotations

import gzip
import html
import logging
import os
import re
import subprocess
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.handlers.base import BaseHandler
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from tests.faces.hostile import PARTS, TEXTS
from tools import leaks

from zhihai.faces.hall.second_adapter import SecondFactors
from zhihai.faces.passwords import Argon2id, RandomSecret
from zhihai.faces.sessions import SessionStore
from zhihai.kernel.identity import acts as identity
from zhihai.kernel.identity import reads, sealing
from zhihai.kernel.trust import clients, tokens
from zhihai.site.logs import JsonLine

FOLDER, ADDRESS = "written", "address"
NONSENSE = frozenset((*TEXTS, *PARTS))
"""What is typed into every field there is, passwords among them, and stands in addresses too: no secret."""
CODE = leaks.CODE
PLAIN = re.compile(r"[\w./-]{1,120}")
LINKS = re.compile(r'(?:href|action|src|formaction|content)="([^"]*)"')


class Written:
    """What one worker writes, and the secrets it knows."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self._folder = folder
        self._known: set[str] = set()
        self._shown: set[int] = set()

    def note(self, sort: str, secret: object) -> None:
        """Note a secret, once."""
        text = secret.decode("ascii", "replace") if isinstance(secret, bytes) else str(secret)
        if len(text) >= leaks.SHORTEST and text not in self._known and not any(text in one for one in NONSENSE):
            self._known.add(text)
            self._add(leaks.SECRETS, leaks.note(sort, text, _test()))

    def keep(self, kind: str, place: str, text: str) -> None:
        """Keep a piece of writing, once."""
        mark = hash((kind, text))
        if text and mark not in self._shown:
            self._shown.add(mark)
            self._add(kind, leaks.piece(f"{_test()}: {place}" if place else _test(), text))

    def _add(self, name: str, line: bytes) -> None:
        with suppress(PermissionError), (self._folder / name).open("ab") as out:  # a child that gave its rights away
            out.write(line)


def _test() -> str:
    return os.environ.get("PYTEST_CURRENT_TEST", "before or after a test").removesuffix(" (call)")


class Lines(logging.Handler):
    """Keeps each line of log as the platform would write it."""

    def __init__(self, written: Written) -> None:
        super().__init__()
        self._written = written

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line."""
        try:
            self._written.keep("log", record.name, self.format(record))
        except Exception:
            self.handleError(record)


def pytest_configure(config: pytest.Config) -> None:
    """Begin to keep what is written: in a process that runs tests, once the platform stands."""
    written = Written(_run() / os.environ.get("PYTEST_XDIST_WORKER", "main") / FOLDER)
    _watch_secrets(written)
    _watch_writing(written)


def _run() -> Path:
    return Path(os.environ["ZHIHAI_TEST_RUN"])


def _after(owner: Any, name: str, told: Callable[..., None]) -> None:
    """Have a function of the platform tell its arguments and what it returned."""
    given = getattr(owner, name)

    @wraps(given)
    def watched(*args: Any, **kwargs: Any) -> Any:
        found = given(*args, **kwargs)
        told(found, *args, **kwargs)
        return found

    setattr(owner, name, watched)


def _watch_secrets(written: Written) -> None:
    """Note secrets where the platform makes or checks them."""
    note = written.note
    number = lambda _, __, *given: note("identity number", given[-1])  # noqa: E731
    _after(sealing, "seal", number)
    _after(sealing, "index_of", number)
    for hasher in (Argon2id, RandomSecret):
        _after(hasher, "verify", lambda _, __, password, *___: note("password", password))
    _after(Argon2id, "encode", lambda _, __, password, *___, **____: note("password", password))
    _after(clients, "_kept", lambda _, secret: note("secret of a system", secret))
    for module in (reads, identity):
        _after(module, "digest", lambda _, token: note("API token", token))
    _after(tokens, "keep_code", lambda _, __, code, **___: note(CODE, code))
    _after(tokens, "_insert", lambda _, sort, token, *__: note(CODE if sort == tokens.CODE else "token", token))
    _after(SessionStore, "save", lambda _, session, *__, **___: note("session", session.session_key))
    _after(SecondFactors, "encrypt", lambda _, __, text: note("secret of an authenticator", text))
    note("secret of the platform", settings.SECRET_KEY)


def _watch_writing(written: Written) -> None:
    """Keep what is logged, answered, and said by programs."""
    lines = Lines(written)
    lines.setFormatter(JsonLine())
    logging.getLogger().addHandler(lines)
    _after(BaseHandler, "get_response", lambda answer, handler, request: _answered(written, handler, request, answer))
    _after(subprocess.Popen, "__init__", _begun)
    _after(subprocess.Popen, "communicate", lambda said, program, *_, **__: _said(written, program, said[1]))
    for name in ("wait", "poll"):
        _after(subprocess.Popen, name, lambda _, program, *__, **___: _ended(written, program))


def _answered(written: Written, handler: BaseHandler, request: HttpRequest, answer: HttpResponse) -> None:
    """Keep addresses that a browser asks for or is led to, and what a page says that says no.

    What was typed may stand in the field of the form again, and the address that was asked for in the links by which
    the same page is read in another language.
    """
    place = f"{request.method} {getattr(request.resolver_match, 'route', '') or 'no route'} {answer.status_code}"
    if isinstance(handler, WSGIHandler):
        written.keep(ADDRESS, place, request.get_full_path())
    written.keep(ADDRESS, place, answer.headers.get("Location", ""))
    if answer.streaming or not answer.headers.get("Content-Type", "").startswith(("text/", "application/")):
        return
    body = gzip.decompress(answer.content) if answer.headers.get("Content-Encoding") == "gzip" else answer.content
    text = body.decode("utf-8", "replace")
    for own in (request.path, quote(request.path), request.META.get("QUERY_STRING", "")):
        text = text.replace(html.escape(own), "") if len(own) > leaks.SHORTEST else text
    written.keep(ADDRESS, place, "\n".join(LINKS.findall(text)))
    if answer.status_code >= 400:
        for typed in _typed(request):
            text = text.replace(f'value="{html.escape(typed)}"', "").replace(f">{html.escape(typed)}</textarea>", "")
        written.keep("page that says no", place, text)


def _typed(request: HttpRequest) -> set[str]:
    try:
        return {value for _, values in request.POST.lists() for value in values}
    except (MultiPartParserError, SuspiciousOperation, UnreadablePostError):  # what was sent is no form
        return set()


def _begun(_: None, program: subprocess.Popen[Any], *given: Any, **more: Any) -> None:
    name = getattr(more.get("stderr"), "name", None)
    program.said_to = Path(name) if isinstance(name, str) else None


def _ended(written: Written, program: subprocess.Popen[Any]) -> None:
    """Keep what a program said to a file, once it has ended."""
    file = getattr(program, "said_to", None)
    if program.returncode is not None and file is not None and file.is_file():
        program.said_to = None
        _said(written, program, file.read_bytes())


def _said(written: Written, program: subprocess.Popen[Any], text: str | bytes | None) -> None:
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text or ""
    given = program.args if isinstance(program.args, (list, tuple)) else [program.args]
    words = [Path(str(one)).name for one in given[:4] if PLAIN.fullmatch(str(one))]
    written.keep("standard error of a program", " ".join(words), said)


FOUND = pytest.StashKey[tuple[int, list[leaks.Leak]]]()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Search all that every worker wrote; secrets that are found fail the run."""
    if hasattr(session.config, "workerinput"):
        return
    found: list[leaks.Leak] = []
    size = 0
    for folder in sorted(_run().glob(f"*/{FOLDER}")):
        server = folder.parent / "records-start.log"
        if server.is_file():
            said = server.read_text(encoding="utf-8", errors="replace")
            (folder / "log of the database").write_bytes(leaks.piece("", said))
        size += sum(file.stat().st_size for file in folder.iterdir() if file.name != leaks.SECRETS)
        found += leaks.leaks_in(folder)
    session.config.stash[FOUND] = (size, found)
    if found:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say where secrets were found, never which."""
    size, found = config.stash.get(FOUND, (0, []))
    if found:
        terminalreporter.section("secrets in what was written", red=True)
        for leak in found:
            terminalreporter.line(str(leak))
    elif size:
        terminalreporter.line(f"no secret in {size / 1e6:.1f} MB of logs, addresses and pages that say no")
