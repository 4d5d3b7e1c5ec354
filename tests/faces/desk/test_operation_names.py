"""What works in the background is named in words on the page of operation, each listener and each worker."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client
from tests.kernel.hearing import heard

from zhihai.kernel import records as store
from zhihai.kernel.wiring import LISTENERS
from zhihai.site.workers import build_workers

ROW = re.compile(r'<td class="lead">([^<]*)')


@pytest.mark.parametrize("language", ["zh", "en"])
def test_listeners_and_workers_have_names(district: str, reader: Callable[..., Client], language: str) -> None:
    heard()
    names = [one.name for one in build_workers()]
    for name in names:
        store.execute(
            "INSERT INTO worker (name, holder, lease_until) VALUES (%s, 'a', clock_timestamp() + interval '1 hour')",
            (name,),
        )
    page = reader("operator", language).get("/desk/operation/").content.decode()
    said = [one.strip() for one in ROW.findall(page)]
    raw = {*names, *(one.name for one in LISTENERS)}
    assert len(said) >= len(raw)
    assert [one for one in said if one in raw] == []
