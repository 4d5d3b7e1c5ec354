"""Facilities counted in the squares of a map."""

from pathlib import Path
from typing import Any, ClassVar

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Counts of facilities for tiles seen from afar."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("zh", "0012_cases_by_place")]
    operations: ClassVar[list[Any]] = [
        migrations.RunSQL((SQL / "0015_places.sql").read_text(encoding="utf-8")),
    ]
