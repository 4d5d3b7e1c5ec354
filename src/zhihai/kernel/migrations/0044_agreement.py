"""Who asked and agreed that it be published takes that back."""

from pathlib import Path
from typing import Any, ClassVar

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Of which matters the agreement to publish was taken back."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("zh", "0043_consents")]
    operations: ClassVar[list[Any]] = [
        migrations.RunSQL((SQL / "0044_disclosure.sql").read_text(encoding="utf-8")),
    ]
