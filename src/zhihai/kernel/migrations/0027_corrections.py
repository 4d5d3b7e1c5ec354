"""What people ask to have put right."""

from pathlib import Path
from typing import Any, ClassVar

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Corrections that people ask for, behind the wall."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("zh", "0026_signing_in")]
    operations: ClassVar[list[Any]] = [
        migrations.RunSQL((SQL / "0027_identity.sql").read_text(encoding="utf-8")),
    ]
