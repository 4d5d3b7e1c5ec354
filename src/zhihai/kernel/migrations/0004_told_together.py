"""Notices of many events are told by one statement."""

from pathlib import Path
from typing import Any, ClassVar

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Replaces the function that tells."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("zh", "0003_places_of_cases")]
    operations: ClassVar[list[Any]] = [
        migrations.RunSQL((SQL / "0004_channels.sql").read_text(encoding="utf-8")),
    ]
