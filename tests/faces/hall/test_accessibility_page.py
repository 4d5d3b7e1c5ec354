"""The statement on accessibility: said in both languages, and linked wherever the public comes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

Reader = Callable[..., Client]


@pytest.mark.parametrize("place", ["/hall/", "/wall/", "/figures/", "/sign-in/", "/disclosure/", "/nowhere/"])
def test_every_public_page_leads_to_the_statement(worked: str, reader: Reader, place: str) -> None:
    assert 'href="/accessibility/"' in reader().get(place).content.decode()


def test_who_is_signed_in_is_led_there_too(worked: str, reader: Reader) -> None:
    for who, place in (("resident", "/my/"), ("inspector", "/desk/")):
        assert 'href="/accessibility/"' in reader(who).get(place).content.decode()


def test_the_statement_says_what_is_lacking_and_whom_to_ask(worked: str, reader: Reader) -> None:
    for language, parts in (
        ("zh", ("GB/T 37668-2019", "第三十二条", "还没有用读屏软件通读", "遇到障碍", "12345", "投诉")),
        ("en", ("WCAG", "Article 32", "not read through with a screen reader", "in your way", "12345", "omplain")),
    ):
        page = reader(language=language).get("/accessibility/").content.decode()
        assert [part for part in parts if part not in page] == []
