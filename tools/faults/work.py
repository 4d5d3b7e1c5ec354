"""Faults of the work itself: what is not sealed, not sent, not heard, not taken."""

from __future__ import annotations

import http.cookiejar
import re
import threading
import urllib.parse
import urllib.request
from contextlib import closing

import psycopg

from tools.crash.lines import receive
from tools.faults.stage import PATIENCE, Platform, Trial, free_port, hold, reading, wait_for

HANGING = """SELECT pid FROM pg_stat_activity WHERE datname = 'zhihai' AND xact_start < now() - interval '5 s'
    ORDER BY xact_start LIMIT 1"""
FOR_EVER = "-c idle_in_transaction_session_timeout=0"
"""The embedded database ends a transaction that idles for a minute; a tool can ask to be let be, and a server of one's
own does not know the limit at all."""
BROKEN = "ALTER TABLE notice ADD CONSTRAINT of_the_trial CHECK (template = '') NOT VALID"
WHOLE = "ALTER TABLE notice DROP CONSTRAINT of_the_trial"


def seal_hanging(trial: Trial) -> None:
    """A transaction hangs: what is written after it began can not be sealed until it is ended."""
    with trial.stage.platform(trial.name) as platform:
        platform.up()
        wait_for(lambda: platform.measure("zhihai_unsealed_entries") == 0, "all is sealed before")
        with closing(psycopg.connect(platform.url, application_name="report", options=FOR_EVER)) as line:
            line.execute("SELECT pg_current_xact_id()")
            trial.done()
            platform.open_case()
            wait_for(lambda: platform.measure("zhihai_seal_lag_seconds") > 8, "the seal lags")
            hold(platform.measure("zhihai_store_oldest_transaction_seconds") > 8, "a transaction is as old")
            wait_for(lambda: platform.worker("seal").get("behind_seconds", 0) > 8, "/health: seal is behind")
            wait_for(lambda: platform.health().get("state") == "behind", "/health says behind after a minute")
            trial.see("/health: seal behind, after 60 s behind; zhihai_store_oldest_transaction_seconds as old")
            (pid,) = platform.sql(HANGING)[0]
            hold(pid == line.info.backend_pid, "the question of the runbook finds the one that hangs")
            platform.sql(f"SELECT pg_terminate_backend({pid})")
        wait_for(lambda: platform.measure("zhihai_unsealed_entries") == 0, "all is sealed")
        wait_for(lambda: platform.health().get("state") == "ok", "/health says ok again")
        trial.mend("pg_terminate_backend of the one that hung; sealed at once")


def mail_away(trial: Trial) -> None:
    """The mail server is away: mail waits, is tried again later and later, and goes out once each when it is back."""
    with trial.stage.platform(trial.name) as platform:
        port = free_port()
        platform.up(ZHIHAI_SMTP_URL=f"smtp://127.0.0.1:{port}")
        platform.sql("UPDATE account SET email = username || '@lakeside.test' WHERE username = 'dispatcher'")
        trial.done()
        platform.open_case()
        wait_for(lambda: platform.measure("zhihai_mail_queued") > 0, "mail waits")
        wait_for(lambda: platform.sql("SELECT 1 FROM delivery WHERE attempts > 0 AND failure IS NOT NULL"), "it failed")
        wait_for(lambda: platform.measure("zhihai_mail_oldest_seconds") > 2, "the oldest mail grows old")
        hold(platform.health().get("state") == "ok", "everything else goes on")
        waiting = platform.sql("SELECT count(*) FROM delivery")[0][0]
        trial.see("zhihai_mail_queued above 0, zhihai_mail_oldest_seconds grows; /health stays ok")
        threading.Thread(target=receive, args=(port, platform.data.parent), daemon=True).start()
        wait_for(lambda: platform.measure("zhihai_mail_queued") == 0, "the mail has gone out", 2 * PATIENCE)
        taken = (platform.data.parent / "mail.log").read_text(encoding="ascii").split()
        hold(len(taken) == len(set(taken)) == waiting, f"each mail went out once: {waiting} waited, {len(taken)} came")
        trial.mend("by itself once the server answers; each mail came once")


def event_parked(trial: Trial) -> None:
    """A listener fails at an event five times: it is parked; the reason mended, a person gives it back."""
    with trial.stage.platform(trial.name) as platform:
        platform.up()
        password = platform.done("password", "operator").splitlines()[-1]
        platform.sql(BROKEN)
        trial.done()
        platform.open_case()
        wait_for(lambda: platform.measure("zhihai_parked_events") > 0, "an event is parked", 150)
        hold("listener cases.notify failed at event" in platform.log(), "the log tells which listener")
        person = Person(platform)
        person.sign_in("operator", password)
        page = person.go("/desk/parked/")
        hold("CheckViolation" in page or "IntegrityError" in page, "the page tells the reason")
        trial.see("zhihai_parked_events above 0; page Parked events with the reason; log: listener … failed")
        told = platform.sql("SELECT count(*) FROM notice")[0][0]
        platform.sql(WHOLE)
        for event in re.findall(r'name="event" value="(\d+)"', page):
            person.go("/desk/parked/give", listener="cases.notify", event=event)
        wait_for(lambda: platform.measure("zhihai_parked_events") == 0, "nothing is parked")
        hold(platform.sql("SELECT count(*) FROM notice")[0][0] > told, "those concerned have been told now")
        trial.mend("reason mended, Give back on the page; the notices came")


def readings_quarantined(trial: Trial) -> None:
    """A connector sends a wrong unit for a device nobody registered: all goes to quarantine, each with its reason."""
    with trial.stage.platform(trial.name) as platform:
        platform.up()
        token = platform.done("token", "stations")
        wrong = [reading(1, unit="furlong"), reading(2, device="nobody-knows")]
        trial.done()
        status, told = platform.send(token, wrong)
        hold(status in (200, 201) and told.get("quarantined") == 2, f"both are set aside: {status} {told}")
        count = {"outcome": "quarantined"}
        wait_for(lambda: platform.measure("zhihai_readings_total", **count) == 2, "zhihai_readings_total counts them")
        reasons = {reason for (reason,) in platform.sql("SELECT reason FROM quarantine")}
        hold(len(reasons) == 2, f"each has its reason: {reasons}")
        hold(platform.health().get("state") == "ok", "/health stays ok")
        trial.see(f"answer quarantined 2, reasons {' and '.join(sorted(reasons))}; zhihai_readings_total counts them")
        status, told = platform.send(token, [reading(1), reading(2)])
        hold(told.get("accepted") == 2, f"put right and sent again they are taken: {status} {told}")
        hold(platform.sql("SELECT count(*) FROM quarantine")[0][0] == 2, "what was set aside is kept")
        trial.mend("sender put right, hours sent again: accepted 2; what was set aside is kept")


class Person:
    """Somebody before a page: cookies, and forms with their token."""

    def __init__(self, platform: Platform) -> None:
        self._base = f"http://127.0.0.1:{platform.port}"
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(jar)
        self._page = ""

    def sign_in(self, name: str, password: str) -> None:
        """Sign in."""
        self.go("/sign-in/")
        self.go("/sign-in/", login=name, password=password)

    def go(self, path: str, **form: str) -> str:
        """Ask for a page, or send a form with the token of the page before; return the page that led to."""
        sent = None
        if form:
            token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self._page)
            hold(token, f"there is a form before {path}")
            assert token is not None
            sent = urllib.parse.urlencode({"csrfmiddlewaretoken": token[1], **form}).encode()
        headers = {"Referer": self._base + path, "Accept-Language": "en"}
        with self._opener.open(urllib.request.Request(self._base + path, sent, headers), timeout=PATIENCE) as answer:
            self._page = answer.read().decode()
        return self._page
