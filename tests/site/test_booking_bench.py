"""The row of appointments measures what it says: everybody asks, and just as many as there are places get one."""

from __future__ import annotations

import pytest

from zhihai.kernel import records
from zhihai.site.bench import booking
from zhihai.site.bench.crowd import crowd


def test_all_ask_and_half_of_them_have_a_place(district: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(booking, "crowds", lambda processes, threads, jobs, ready: crowd(threads // 4, jobs, ready))
    row = booking.appointments(6, 2)
    assert (row.n, len(row.rounds), row.unit) == (24, 2, "claims/s")
    assert [int(taken) for (taken,) in records.rows("SELECT taken FROM offer_slot")] == [3] * 8
