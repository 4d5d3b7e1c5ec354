"""The token by which the replay sends readings, as a device does."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

from zhihai.ground.actors import SYSTEM
from zhihai.ground.refusal import Refused
from zhihai.kernel.exchange import reads as exchange
from zhihai.kernel.identity import acts as identity
from zhihai.kernel.identity import reads as identities
from zhihai.kernel.identity.kinds import SEND_READINGS
from zhihai.kernel.journal import reads as journal


def replay_token() -> str:
    """Return the replay's token, made at first use and kept in the data folder, readable by its owner only.

    One that is expired or of another database is replaced: the demonstration may stand for months.
    """
    file = Path(settings.CONFIG.data) / "replay.token"
    at, now = journal.now(), datetime.now(UTC)
    if file.is_file():
        token = file.read_text(encoding="ascii").strip()
        try:
            identities.actor_of_token(token, at=at, at_machine=now)
        except Refused:
            file.unlink()
        else:
            return token
    account = exchange.connectors()[0].account
    token = identity.issue_token(SYSTEM, account, at=at, at_machine=now, powers=[SEND_READINGS])
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as kept:
        kept.write(token)
    return token
