"""What the government publishes of itself."""

from pathlib import Path
from typing import Any, ClassVar

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Publications in versions, with their files."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("zh", "0037_papers")]
    operations: ClassVar[list[Any]] = [
        migrations.RunSQL((SQL / "0033_disclosure.sql").read_text(encoding="utf-8")),
    ]
