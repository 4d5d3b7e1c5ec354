"""Kinds of what is given in: applying for an item is one of them."""

from pathlib import Path
from typing import Any, ClassVar

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Each application says of which kind it is; it may concern no item."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("zh", "0031_applications")]
    operations: ClassVar[list[Any]] = [
        migrations.RunSQL((SQL / "0035_services.sql").read_text(encoding="utf-8")),
    ]
