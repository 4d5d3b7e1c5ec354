"""Passkeys, sign-ins that last, and accounts tied to what another provider knows somebody by."""

from pathlib import Path
from typing import Any, ClassVar

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """An index of the library's table of second factors; a table beside that of sessions; one of ties elsewhere."""

    dependencies: ClassVar[list[tuple[str, str]]] = [
        ("zh", "0024_certificates"),
        ("mfa", "0003_authenticator_type_uniq"),
        ("sessions", "0001_initial"),
    ]
    operations: ClassVar[list[Any]] = [
        migrations.RunSQL((SQL / "0025_identity.sql").read_text(encoding="utf-8")),
        migrations.RunSQL((SQL / "0025_trust.sql").read_text(encoding="utf-8")),
    ]
