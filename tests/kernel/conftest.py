"""What tests of several rooms share: functions run at once, each with a connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection


@pytest.fixture
def together() -> Callable[..., list[Any]]:
    """Runs functions at once, each in a thread with a connection of its own; returns what each returned or raised."""

    def run(*works: Callable[[], object]) -> list[Any]:
        results: list[Any] = [None] * len(works)
        gate = threading.Barrier(len(works))

        def one(place: int, work: Callable[[], object]) -> None:
            try:
                gate.wait(10)
                results[place] = work()
            except BaseException as fault:
                results[place] = fault
            finally:
                connection.close()

        threads = [threading.Thread(target=one, args=pair) for pair in enumerate(works)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        return results

    return run
