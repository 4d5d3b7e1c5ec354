"""Cases brought in from a former system, many by one act."""

from pathlib import Path
from typing import Any, ClassVar

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Adds the functions that bring cases in, and what was brought in."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("zh", "0004_told_together")]
    operations: ClassVar[list[Any]] = [migrations.RunSQL((SQL / "0005_cases.sql").read_text(encoding="utf-8"))]
