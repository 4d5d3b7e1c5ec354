"""Clocks are reckoned anew for many cases by one statement."""

from pathlib import Path
from typing import Any, ClassVar

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Adds the function that writes what was reckoned."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("zh", "0005_cases_brought_in")]
    operations: ClassVar[list[Any]] = [migrations.RunSQL((SQL / "0006_cases.sql").read_text(encoding="utf-8"))]
