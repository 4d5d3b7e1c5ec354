"""Reorganisation: dated names, successors, and all that follows them."""

from pathlib import Path
from typing import Any, ClassVar

from django.db import migrations

SQL = Path(__file__).parent / "sql"
ROOMS = ("identity", "places", "sensing", "cases")


class Migration(migrations.Migration):
    """Names that held before, what organisations took over, and triggers of the rooms that follow."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("zh", "0008_tasks_by_place")]
    operations: ClassVar[list[Any]] = [
        migrations.RunSQL((SQL / f"0009_{room}.sql").read_text(encoding="utf-8")) for room in ROOMS
    ]
