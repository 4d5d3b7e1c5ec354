"""Who acts for whom, and people who were shown at a window."""

from pathlib import Path
from typing import Any, ClassVar

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Ties with their terms, people shown in person, looks by whoever acts for somebody; row security."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("zh", "0020_waits_under_a_moved_clock")]
    operations: ClassVar[list[Any]] = [
        migrations.RunSQL((SQL / "0021_identity.sql").read_text(encoding="utf-8")),
    ]
