"""Acts on cases in one statement each, resting on what a process keeps."""

from pathlib import Path
from typing import Any, ClassVar

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """The version of what cases rest on, and the two functions by which cases are written."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("zh", "0012_cases_by_place")]
    operations: ClassVar[list[Any]] = [
        migrations.RunSQL((SQL / "0013_cases.sql").read_text(encoding="utf-8")),
    ]
