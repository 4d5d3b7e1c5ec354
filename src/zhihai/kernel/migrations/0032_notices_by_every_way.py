"""Notices by every way, to people without an account too, as each of them chose."""

from pathlib import Path
from typing import Any, ClassVar

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Whom a notice is told to, how they want to be told, and what became of it."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("zh", "0031_applications")]
    operations: ClassVar[list[Any]] = [
        migrations.RunSQL((SQL / "0032_channels.sql").read_text(encoding="utf-8")),
    ]
