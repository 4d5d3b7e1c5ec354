"""Clocks are reckoned anew at half the price."""

from pathlib import Path
from typing import Any, ClassVar

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """What binds cases and tasks is taken from what was reckoned."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("zh", "0015_facilities_counted")]
    operations: ClassVar[list[Any]] = [
        migrations.RunSQL((SQL / "0016_cases.sql").read_text(encoding="utf-8")),
    ]
