"""Facilities counted in the squares of a map."""

from pathlib import Path
from typing import Any, ClassVar

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Counts of facilities for tiles seen from afar."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("zh", "0014_single_readings_together")]
    operations: ClassVar[list[Any]] = [
        migrations.RunSQL((SQL / "0015_places.sql").read_text(encoding="utf-8")),
    ]
