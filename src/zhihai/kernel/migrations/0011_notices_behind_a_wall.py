"""Notices are seen by questions that say for whom they ask."""

from pathlib import Path
from typing import Any, ClassVar

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Row security of notices, and the functions that read and write them."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("zh", "0010_tasks_by_role")]
    operations: ClassVar[list[Any]] = [
        migrations.RunSQL((SQL / "0011_channels.sql").read_text(encoding="utf-8")),
    ]
