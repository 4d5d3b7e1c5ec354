"""Notices of many events are told by one statement."""

from pathlib import Path
from typing import Any, ClassVar

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Replaces the function that tells."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("zh", "0002_case_load_and_settings")]
    operations: ClassVar[list[Any]] = [
        migrations.RunSQL((SQL / "0003_channels.sql").read_text(encoding="utf-8")),
    ]
