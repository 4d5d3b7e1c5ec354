"""The public register of requests and the annual report, as anybody reads them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from tests.faces.staging import actor
from tests.kernel.disclosure.asking import REQUEST, answer, asked, clock_of
from tests.kernel.hearing import heard

from zhihai.kernel.cases import acts as cases
from zhihai.kernel.cases import reads as case_reads
from zhihai.kernel.channels import reads as channels
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.journal.reads import now

DAY = timedelta(days=1)


@pytest.fixture
def numbers(worked: str) -> list[str]:
    """Three requests: one answered in time, one late, one that waits."""
    made = [asked(actor("resident"), at=now()) for _ in range(3)]
    answer(made[0], "disclosed", now() + DAY)
    answer(made[1], "secret", now() + 60 * DAY)
    return made


def said(client: Client, address: str) -> str:
    answer_ = client.get(address)
    assert answer_.status_code == 200
    return answer_.content.decode()


def test_every_figure_leads_to_the_rows_it_counts(numbers: list[str], reader: Callable[..., Client]) -> None:
    anybody = reader()
    page = said(anybody, "/disclosure/requests/")
    counts = re.findall(r'class="count[^"]*" href="([^"]*)"><b class="num">(\d+)</b>', page)
    assert len(counts) == 3
    for href, count in counts:
        rows = said(anybody, href.replace("&amp;", "&"))
        assert len(re.findall(r'data-id="[^"]+GK[^"]+"', rows)) == int(count), href
    report = said(anybody, "/disclosure/report/2014")
    assert "不予公开" in report
    lines = re.findall(r'href="(/disclosure/requests/\?year=2014&amp;report=1&amp;row=[^"]+)"', report)
    assert len(lines) == 2
    for href in lines:
        assert len(re.findall(r'data-id="[^"]+GK[^"]+"', said(anybody, href.replace("&amp;", "&")))) == 1


def test_no_page_and_no_table_holds_a_name_or_a_word_of_who_asked(
    numbers: list[str], reader: Callable[..., Client]
) -> None:
    for address in ("/disclosure/requests/", "/disclosure/requests/table.csv", "/disclosure/report/2014"):
        text = said(reader(), address)
        for secret in (REQUEST["content"], REQUEST["person_name"], REQUEST["phone"], "示居民"):
            assert secret not in text, address


def test_the_table_holds_the_same_rows(numbers: list[str], reader: Callable[..., Client]) -> None:
    rows = list(
        csv.DictReader(io.StringIO(said(reader(language="en"), "/disclosure/requests/table.csv").lstrip("\ufeff")))
    )
    assert [row["Number"] for row in rows] == numbers[::-1]
    assert [(row["Outcome"], row["Late"]) for row in rows] == [
        ("being handled", "no"), ("Refused: state secret", "yes"), ("Given", "no"),
    ]  # fmt: skip
    late = said(reader(), "/disclosure/requests/table.csv?only=late")
    assert numbers[1] in late
    assert numbers[0] not in late


def test_bad_addresses_are_answered(numbers: list[str], reader: Callable[..., Client]) -> None:
    years = ("?year=99999", "?year=9999", "?year=x", "?year=1")
    for query in (*years, "?office=x", "?row=nothing", "?only=x", "?after=nothing"):
        assert reader().get(f"/disclosure/requests/{query}").status_code == 200, query
    assert reader().get("/disclosure/report/1").status_code == 404


def test_whoever_asked_is_told_that_the_limit_was_extended(numbers: list[str]) -> None:
    head, number = identity.actor_of(identity.account_named("requests-head").id, at=now()), numbers[2]
    case = case_reads.case_view(head, number, now())
    cases.extend(head, case.id, clock_of(number, "answer"), 20, "情况复杂，经负责人同意", at=now())
    heard()
    told = [one.kind for one in channels.notices(actor("resident").account)]
    assert told.count("zhihai.matter_extended") == 1
