"""What the embedded database is told: memory by the machine's size, nothing personal in its log, no TCP."""

from __future__ import annotations

from pathlib import Path

import psutil

from zhihai.site.configuration import Configuration

SPARE = 96
"""Connections besides those of the web server: background work, commands, whoever reads or writes directly."""


def server_settings(config: Configuration, major: int) -> dict[str, str]:
    """Return the server's settings for this machine: buffers by memory, nothing personal in its log, no TCP.

    Units as PostgreSQL's. An archive that is away may not fill the disk, hence ``max_slot_wal_keep_size``. A hanging
    write transaction would hold up the journal's seal, hence the two timeouts.
    """
    memory = machine_memory()
    settings = {
        "listen_addresses": "",
        "unix_socket_permissions": "0700",
        "max_connections": str(config.workers * config.threads + SPARE),
        "shared_buffers": f"{config.buffers or max(64, min(288, memory // 16))}MB",
        "effective_cache_size": f"{max(256, memory // 3)}MB",
        "maintenance_work_mem": "128MB",
        "work_mem": "8MB",
        "huge_pages": "off",
        "max_parallel_workers_per_gather": "0",
        "random_page_cost": "1.1",
        "jit": "off",
        "max_wal_size": "1GB",
        "max_slot_wal_keep_size": f"{config.backup_waiting}GB",
        "checkpoint_timeout": "15min",
        "idle_in_transaction_session_timeout": "60s",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_error_verbosity": "terse",
        "log_min_error_statement": "panic",
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
        "logging_collector": "on",
        "log_directory": "log",
        "log_filename": "records-%a.log",
        "log_rotation_age": "1d",
        "log_truncate_on_rotation": "on",
    }
    if major >= 17:
        settings["transaction_timeout"] = "30min"
    if major >= 18:
        settings["io_method"] = "sync"
    return settings


def machine_memory() -> int:
    """Return the memory in MB that this machine, or the control group we run in, has."""
    memory = int(psutil.virtual_memory().total)
    limit = Path("/sys/fs/cgroup/memory.max")
    if limit.is_file() and (text := limit.read_text(encoding="ascii").strip()).isdigit():
        memory = min(memory, int(text))
    return memory // 2**20
