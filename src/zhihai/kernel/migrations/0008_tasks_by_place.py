"""Open tasks found by where they are."""

from pathlib import Path
from typing import Any, ClassVar

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """An index for officials who hold one place and every kind of case."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("zh", "0007_mail_together")]
    operations: ClassVar[list[Any]] = [
        migrations.RunSQL((SQL / "0008_cases.sql").read_text(encoding="utf-8")),
    ]
