"""Whose account is whose."""

from pathlib import Path
from typing import Any, ClassVar

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Ties of accounts and people, failed claims; row security."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("zh", "0017_people")]
    operations: ClassVar[list[Any]] = [
        migrations.RunSQL((SQL / "0018_identity.sql").read_text(encoding="utf-8")),
    ]
