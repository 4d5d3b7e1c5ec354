"""Open tasks found by the role that they ask for."""

from pathlib import Path
from typing import Any, ClassVar

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """An index for inboxes in which little or nothing waits."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("zh", "0009_reorganisation")]
    operations: ClassVar[list[Any]] = [
        migrations.RunSQL((SQL / "0010_cases.sql").read_text(encoding="utf-8")),
    ]
