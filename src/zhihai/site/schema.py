"""Whether the tables are those of this code."""

from __future__ import annotations

from django.core.management import call_command
from django.db import DatabaseError, OperationalError, ProgrammingError, connection
from django.db.migrations.executor import MigrationExecutor

from zhihai.ground.refusal import Refused
from zhihai.site.backup.manifest import refuse_newer

ONE_AT_A_TIME = "hashtext('zhihai migrate')"


def pending() -> int:
    """Return how many steps the tables are behind this code.

    Raises :class:`Refused`: ``database_away`` when the server does not answer, ``tables_ahead`` when a later program
    has brought the tables up to what this one does not know.
    """
    _ask("SELECT 1")
    executor = MigrationExecutor(connection)
    refuse_newer(name for app, name in executor.loader.applied_migrations if app == "zh")
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def migrate() -> int:
    """Bring the tables up to this code and return how many steps that took; two that come at once take turns.

    Raises :class:`Refused`: ``database_away`` when the server does not answer, ``migration_failed`` when the database
    did not take a step, which is then undone.
    """
    _ask(f"SELECT pg_advisory_lock({ONE_AT_A_TIME})")
    try:
        steps = pending()
        if steps:
            _step()
    finally:
        _ask(f"SELECT pg_advisory_unlock({ONE_AT_A_TIME})")
    return steps


def _step() -> None:
    try:
        call_command("migrate", verbosity=0, interactive=False)
    except DatabaseError as fault:
        raise Refused("migration_failed", reason=str(fault).splitlines()[0]) from fault


def refusal_of(fault: DatabaseError) -> Refused | None:
    """Return what an operator is to be told of a fault of the database: it is away, or its tables are of old; or none.

    A fault of another sort is ours.
    """
    if isinstance(fault, OperationalError):
        return Refused("database_away", "ZHIHAI_DATABASE_URL", reason=str(fault).splitlines()[0])
    steps = pending() if isinstance(fault, ProgrammingError) else 0
    return Refused("tables_behind", count=steps) if steps else None


def server_version() -> int:
    """Return the server's version as PostgreSQL counts it, such as 180006."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        return int(cursor.fetchone()[0])


def is_replica() -> bool:
    """Say whether the server follows another one, and takes in nothing itself."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_is_in_recovery()")
        return bool(cursor.fetchone()[0])


def _ask(sql: str) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql)
    except OperationalError as fault:
        raise (refusal_of(fault) or fault) from None
