"""Identity cards are read by a machine at the counter."""

from pathlib import Path
from typing import Any, ClassVar

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Reading machines, what they read, and what rests on it."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("zh", "0038_disclosure")]
    operations: ClassVar[list[Any]] = [
        migrations.RunSQL((SQL / "0039_trust.sql").read_text(encoding="utf-8")),
        migrations.RunSQL((SQL / "0039_forms.sql").read_text(encoding="utf-8")),
    ]
