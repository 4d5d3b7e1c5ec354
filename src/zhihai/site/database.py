"""From the address of a records store to what Django's database settings need."""

from __future__ import annotations

from typing import Any

from psycopg.conninfo import conninfo_to_dict

from zhihai.ground.refusal import Refused

IDLE_IN_TRANSACTION = "60s"
"""A transaction left hanging holds up the journal's seal, so the server ends it (PostgreSQL manual, 19.11)."""


def django_database(url: str) -> dict[str, Any]:
    """Return Django's settings of the database at ``url``, an address or key words as libpq reads them.

    Connections stay open (each thread of the web server keeps one) and are checked before each request, so that a
    restarted server costs one retry. Raises :class:`Refused` ``database_url_wrong`` without repeating the address,
    which may hold a password.

    Questions carry their parameters apart and are prepared when a connection asks them the fifth time: planning is most
    of what a question of an act costs (opening a case: 2.1 ms against 0.3 ms).
    """
    try:
        parts = conninfo_to_dict(url)
    except Exception:
        raise Refused("database_url_wrong", "ZHIHAI_DATABASE_URL") from None
    name = parts.pop("dbname", None)
    if not name:
        raise Refused("database_url_wrong", "ZHIHAI_DATABASE_URL")
    given = str(parts.pop("options", "") or "")
    return {
        "ENGINE": "zhihai.site.engine",
        "NAME": name,
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": str(parts.pop("port", "") or ""),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": False,
        "OPTIONS": {
            **parts,
            "application_name": "zhihai",
            "server_side_binding": True,
            "prepare_threshold": 5,
            "options": f"{given} -c idle_in_transaction_session_timeout={IDLE_IN_TRANSACTION}".strip(),
        },
    }
