"""Measures (指标): what each process counts of its own work, for Prometheus to fetch.

Processes of one platform count into files of one folder, which any of them reads together: whichever web process is
asked, it answers for all. Labels are names of ours (routes, acts, codes of refusals, outcomes), never values that came
in, so the number of series is bounded by the code.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.multiprocess import MultiProcessCollector

from zhihai.site.supervisor import SHARED

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.12, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Bounds of the histogram of answering times."""


@dataclass(frozen=True, slots=True)
class Measures:
    """The counters of this process."""

    registry: CollectorRegistry
    requests: Counter
    seconds: Histogram
    refusals: Counter
    slow: Counter
    acts: Counter
    readings: Counter
    logged: Counter


@cache
def measures() -> Measures:
    """Return the counters of this process, made when they are first asked for."""
    own = CollectorRegistry()

    def counter(name: str, what: str, *labels: str) -> Counter:
        return Counter(f"zhihai_{name}", what, labels, registry=own)

    return Measures(
        registry=own,
        requests=counter("http_requests", "Requests answered.", "route", "method", "status"),
        seconds=Histogram(
            "zhihai_http_request_seconds", "Seconds until the answer.", ("route",), registry=own, buckets=SECONDS
        ),
        refusals=counter("refusals", "Refusals told, by code.", "code"),
        slow=counter("slow_queries", "Questions to the store slower than the setting.", "process"),
        acts=counter("acts", "Acts done and sealed in the journal.", "act"),
        readings=counter("readings", "Readings taken in, by what became of them.", "outcome"),
        logged=counter("log_records", "Lines logged as a warning or worse.", "level"),
    )


def counted() -> CollectorRegistry:
    """Return a fresh registry that gives what all processes of the platform have counted."""
    folder = os.environ.get(SHARED)
    if not folder or not Path(folder).is_dir():
        found = CollectorRegistry()
        found.register(measures().registry)
        return found
    found = CollectorRegistry()
    MultiProcessCollector(found, folder)
    return found
