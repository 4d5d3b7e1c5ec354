"""How much is open and late of each case type, kept as it changes; and what was set of a rule, since when."""

from pathlib import Path
from typing import Any, ClassVar

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Counts the cases there are, once."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("zh", "0001_initial")]
    operations: ClassVar[list[Any]] = [
        migrations.RunSQL((SQL / f"0002_{room}.sql").read_text(encoding="utf-8")) for room in ("cases", "rules")
    ]
