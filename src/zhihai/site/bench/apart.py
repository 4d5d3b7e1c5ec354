"""A place of its own for a benchmark: an empty data folder, a free port, none of the machine's settings."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from zhihai.ground.refusal import Refused
from zhihai.site.configuration import PREFIX, SIMULATION_MARK

KEPT = ("LANGUAGE", "POSTGRES_BIN")
"""Settings that a benchmark takes over: how it speaks, and which server it measures."""


@contextmanager
def apart(district: Path | None = None) -> Iterator[dict[str, str]]:
    """Yield an environment in which the platform stands by itself, and remove everything afterwards.

    With ``district``, the data folder of a simulated district, the platform stands on that, and it is kept. Raises
    ``Refused`` ``not_simulated`` for any other folder.
    """
    if district is not None and not (district / SIMULATION_MARK).is_file():
        raise Refused("not_simulated", "--district", folder=str(district))
    kept = {f"{PREFIX}{name}" for name in KEPT}
    environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX) or name in kept}
    with tempfile.TemporaryDirectory(prefix="zhihai-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        settings = Path(folder) / "zhihai.toml"
        settings.touch()
        yield environment | {
            f"{PREFIX}CONFIG": str(settings),
            f"{PREFIX}DATA": str(district.resolve() if district else Path(folder) / "data"),
            f"{PREFIX}DEMONSTRATION": "1",
            f"{PREFIX}PORT": str(free_port()),
        }


def free_port() -> int:
    """Return a port of this machine that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
