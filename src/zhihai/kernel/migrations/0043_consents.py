"""Requests to act for another by a paper that the person signed."""

from pathlib import Path
from typing import Any, ClassVar

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Requests to act for another, with the scan of the paper they rest on."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("zh", "0042_telling")]
    operations: ClassVar[list[Any]] = [
        migrations.RunSQL((SQL / "0043_forms.sql").read_text(encoding="utf-8")),
    ]
