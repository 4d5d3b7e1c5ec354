"""The web server, run as ``python -m zhihai.site.web``: one process that listens, and workers forked from it.

The whole house is imported before the first fork, so that workers share that memory and start at once.
"""

from __future__ import annotations

import gc
import os
import signal

from django.conf import settings
from django.db import connections
from django.urls import get_resolver
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels

from zhihai.site import wsgi
from zhihai.site.children import bind_to_parent

KILL_SECONDS = 1
"""How long a worker may take to finish the requests it is at."""


def main() -> None:
    """Serve until SIGTERM. WSGI: ASGI with synchronous views costs three to five times more (measured)."""
    config = settings.CONFIG
    server = Granian(
        f"{wsgi.__name__}:application",
        address=config.host,
        port=config.port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        websockets=False,
        workers=config.workers,
        blocking_threads=config.threads,
        workers_kill_timeout=KILL_SECONDS,
        respawn_failed_workers=True,
        log_level=LogLevels.error,
    )
    if not get_resolver().url_patterns:
        raise RuntimeError("no page is served")
    # A connection to the database must not be shared by two processes.
    connections.close_all()
    gc.freeze()
    gc.enable()
    bind = bind_to_parent(signal.SIGKILL)
    if bind is not None:
        # Workers whose parent was killed would listen for ever, and nobody could start the platform again.
        os.register_at_fork(after_in_child=bind)
    server.serve()


if __name__ == "__main__":
    main()
