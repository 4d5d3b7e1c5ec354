"""The process of the background work: ``python -m zhihai.site.background_process``."""

import gc
import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhihai.site.settings")
django.setup()

from zhihai.site.background import serve_until_stopped  # noqa: E402
from zhihai.site.workers import build_workers  # noqa: E402

GIVES_WAY = 5
"""Steps of niceness: where processors are busy, pages and readings go before what follows from them."""

if __name__ == "__main__":
    os.nice(GIVES_WAY)
    gc.freeze()
    gc.enable()
    sys.exit(serve_until_stopped(build_workers()))
