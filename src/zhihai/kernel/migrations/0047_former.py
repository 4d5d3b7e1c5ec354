"""A number or an address that was replaced is told once that it was."""

from pathlib import Path
from typing import Any, ClassVar

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Where a message goes that is for the way that was left; such a message goes alone.

    Not to be undone: what waits to be told at a former number would go to the present one.
    """

    dependencies: ClassVar[list[tuple[str, str]]] = [("zh", "0046_disputes")]
    operations: ClassVar[list[Any]] = [
        migrations.RunSQL((SQL / "0047_channels.sql").read_text(encoding="utf-8")),
    ]
