"""The machine as a page (机器): disk, database, slow questions, versions and the settings in force, for an operator."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from typing import Any

import django
from django.conf import settings
from pydantic import SecretStr

import zhihai
from zhihai.faces.desk.frame import page
from zhihai.faces.request import Asked
from zhihai.kernel.identity.kinds import SEE_OPERATION
from zhihai.site.configuration import PREFIX, Configuration
from zhihai.site.machine import last_backup, store_state
from zhihai.site.metrics import disk
from zhihai.site.slow import slow, slowest

SLOWEST = 15
FULL = 0.9
"""A disk used to this share is told as a danger: a database that finds no room stops."""
HIDDEN = "••••••"


@page("desk/machine.jinja", SEE_OPERATION)
def machine(request: Asked) -> dict[str, Any]:
    """What disk, database and files amount to, which questions were slow, and what this platform is set to."""
    config: Configuration = settings.CONFIG
    state = disk().state()
    return {
        "disk": state, "full": state.used_share >= FULL,
        "store": store_state(), "embedded": config.database_url is None,
        "backup": last_backup(config.backup), "backup_folder": config.backup, "now": datetime.now(UTC),
        "slow": slowest(slow(config.data), SLOWEST), "slow_ms": config.slow_ms, "in_force": in_force(config),
        "versions": (("zhihai", zhihai.__version__), ("Python", platform.python_version()),
                     ("Django", django.get_version())),
    }  # fmt: skip


def in_force(config: Configuration) -> tuple[tuple[str, str, bool], ...]:
    """Return every setting as it holds: name, value, and whether somebody set it. Of a secret only that it is set."""
    told = []
    for name in type(config).model_fields:
        value = getattr(config, name)
        told.append((f"{PREFIX}{name.upper()}", _shown(value), name in config.model_fields_set))
    return tuple(told)


def _shown(value: object) -> str:
    if isinstance(value, SecretStr):
        return HIDDEN
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
