"""The catalogue of service items, their guides and the words they are found by."""

from pathlib import Path
from typing import Any, ClassVar

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Service items, guides in versions, synonyms, contacts."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("zh", "0028_forms")]
    operations: ClassVar[list[Any]] = [
        migrations.RunSQL((SQL / "0029_services.sql").read_text(encoding="utf-8")),
    ]
