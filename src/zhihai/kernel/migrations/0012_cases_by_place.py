"""Cases found by where they are, and by where their tasks are."""

from pathlib import Path
from typing import Any, ClassVar

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Indexes for lists of closed cases, and for finding a case by its number."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("zh", "0011_notices_behind_a_wall")]
    operations: ClassVar[list[Any]] = [
        migrations.RunSQL((SQL / "0012_cases.sql").read_text(encoding="utf-8")),
    ]
