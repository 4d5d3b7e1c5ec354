"""Single readings that arrive together are written together."""

from pathlib import Path
from typing import Any, ClassVar

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """The function that takes many requests of one reading each."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("zh", "0013_acts_of_one_statement")]
    operations: ClassVar[list[Any]] = [
        migrations.RunSQL((SQL / "0014_sensing.sql").read_text(encoding="utf-8")),
    ]
