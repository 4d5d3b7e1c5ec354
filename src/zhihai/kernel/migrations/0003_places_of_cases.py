"""Cases look up their places in the trees as they are written, and a case is written once when it opens."""

from pathlib import Path
from typing import Any, ClassVar

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Replaces the functions that write cases."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("zh", "0002_case_load_and_settings")]
    operations: ClassVar[list[Any]] = [migrations.RunSQL((SQL / "0003_cases.sql").read_text(encoding="utf-8"))]
