"""``GET /metrics``: what is counted and how much waits, in the text form of Prometheus (exposition format 0.0.4).

Read by whoever knows the token of the settings, or on this machine itself where no proxy stands in front. A scrape
counts no rows: it reads the processes' counters, small tables, and ends of indexes.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from functools import cache
from ipaddress import ip_address

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric

import zhihai
from zhihai.ground.refusal import NotPermitted
from zhihai.kernel.cases import reads as cases
from zhihai.kernel.channels import reads as channels
from zhihai.kernel.journal import reads as journal
from zhihai.kernel.services import reads as services
from zhihai.site.configuration import Configuration
from zhihai.site.machine import Disk, last_backup, store_state
from zhihai.site.measures import counted

FORWARDED = ("X-Forwarded-For", "X-Forwarded-Proto", "Forwarded", "X-Real-Ip", "Via")
"""Headers by which a proxy gives itself away, whatever the settings say."""


def metrics(request: HttpRequest) -> HttpResponse:
    """Answer the measures of the whole platform; with the store away those that need none, and ``store_up 0``.

    Raises ``NotPermitted`` ``metrics_closed``.
    """
    if not may_read(request, settings.CONFIG):
        raise NotPermitted("metrics_closed")
    registry = counted()
    registry.register(_States())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)


def may_read(request: HttpRequest, config: Configuration) -> bool:
    """Say whether a request may read the measures: by the token, or from this machine with no proxy between."""
    if config.metrics_token is not None:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        right = hmac.compare_digest(given.strip().encode(), config.metrics_token.get_secret_value().encode())
        if scheme.lower() == "bearer" and right:
            return True
    if config.behind_proxy or any(name in request.headers for name in FORWARDED):
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


@cache
def disk() -> Disk:
    """Return the one that knows this process's disk."""
    return Disk(settings.CONFIG)


class _States:
    """Collects what is so now, when it is asked."""

    def collect(self) -> Iterator[Metric]:
        """Yield every gauge."""
        build = InfoMetricFamily("zhihai_build", "Version of the platform.")
        build.add_metric((), {"version": zhihai.__version__})
        yield build
        yield from _disk()
        try:
            found = [*_store(), *_workers(), *_journal(), *_work()]
        except DatabaseError:
            connection.close()
            found = []
        yield _gauge("store_up", "Whether the store answers.", float(bool(found)))
        yield from found


def _gauge(name: str, what: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"zhihai_{name}", what, value=value)


def _disk() -> Iterator[Metric]:
    state = disk().state()
    yield _gauge("disk_free_bytes", "Free on the disk of the data folder.", state.free)
    yield _gauge("disk_size_bytes", "Size of the disk of the data folder.", state.total)
    yield _gauge("data_bytes", "Size of the data folder, known up to a minute ago.", state.data)
    backup = last_backup(settings.CONFIG.backup)
    if backup is not None:
        yield _gauge("backup_ended_seconds", "When the last backup ended, in Unix time.", backup.ended.timestamp())
    if state.wal is not None:
        yield _gauge("wal_bytes", "Size of the embedded database's write-ahead log.", state.wal)


def _store() -> Iterator[Metric]:
    state = store_state()
    yield _gauge("store_bytes", "Size of the database.", state.size)
    yield _gauge("store_connections", "Connections to the database.", state.connections)
    yield _gauge("store_connections_active", "Connections at work.", state.active)
    yield _gauge("store_connections_most", "Connections the server allows.", state.most)
    yield _gauge("store_oldest_transaction_seconds", "Age of the oldest open transaction.", state.oldest_seconds)


def _workers() -> Iterator[Metric]:
    behind = GaugeMetricFamily("zhihai_worker_behind_seconds", "Seconds of work waiting.", labels=("worker",))
    failures = GaugeMetricFamily("zhihai_worker_failures", "Failures since the tables were made.", labels=("worker",))
    failing = GaugeMetricFamily("zhihai_worker_failing", "Whether it failed the last time.", labels=("worker",))
    held = GaugeMetricFamily("zhihai_worker_leased", "Whether a process holds its lease.", labels=("worker",))
    for one in journal.workers():
        behind.add_metric((one.name,), one.behind)
        failures.add_metric((one.name,), one.failures)
        failing.add_metric((one.name,), float(one.failure is not None))
        held.add_metric((one.name,), float(one.running))
    yield from (behind, failures, failing, held)


def _journal() -> Iterator[Metric]:
    sealed = journal.sealed()
    yield _gauge("seal_lag_seconds", "Age of the oldest entry not sealed.", sealed.lag_seconds)
    yield _gauge("unsealed_entries", "Entries not sealed, counted up to 10000.", sealed.unsealed)
    yield _gauge("seal_number", "Number of the last seal.", sealed.no)
    events = GaugeMetricFamily("zhihai_listener_events", "Events waiting, at most.", labels=("listener",))
    seconds = GaugeMetricFamily("zhihai_listener_behind_seconds", "Age of the oldest.", labels=("listener",))
    parked = GaugeMetricFamily("zhihai_parked_events", "Events left to a person.", labels=("listener",))
    for one in journal.depths():
        events.add_metric((one.listener,), one.events)
        seconds.add_metric((one.listener,), one.seconds)
        parked.add_metric((one.listener,), one.parked)
    yield from (events, seconds, parked)


def _work() -> Iterator[Metric]:
    opened = GaugeMetricFamily("zhihai_cases_open", "Open cases, by kind.", labels=("kind",))
    late = GaugeMetricFamily("zhihai_cases_late", "Open cases that are late, by kind.", labels=("kind",))
    for one in cases.load():
        opened.add_metric((one.kind,), one.open)
        late.add_metric((one.kind,), one.late)
    yield from (opened, late)
    mail = channels.deliveries()
    yield _gauge("mail_queued", "Mail waiting to be sent.", mail.queued)
    yield _gauge("papers_waiting", "Papers waiting to be made (up to 10,000).", services.papers_waiting())
    yield _gauge("mail_given_up", "Mail given up.", mail.failed)
    yield _gauge("mail_oldest_seconds", "How long the oldest mail waits.", mail.oldest_seconds)
