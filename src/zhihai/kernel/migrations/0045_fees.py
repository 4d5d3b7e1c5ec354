"""Fees for requests beyond reason: asked for, paid, taken back, returned."""

from pathlib import Path
from typing import Any, ClassVar

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """A row for each notice of a fee; what was paid and returned stands beside it."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("zh", "0044_agreement")]
    operations: ClassVar[list[Any]] = [
        migrations.RunSQL((SQL / "0045_disclosure.sql").read_text(encoding="utf-8")),
    ]
