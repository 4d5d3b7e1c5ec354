"""Several ways at once by which somebody is told, and appointments that were displaced, told each time."""

from pathlib import Path
from typing import Any, ClassVar

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """A choice names any number of ways; what a link stopped is stopped by one of them. Claims know they are displaced.

    Not to be undone: who chose several ways would be left with one.
    """

    dependencies: ClassVar[list[tuple[str, str]]] = [("zh", "0041_numbers")]
    operations: ClassVar[list[Any]] = [
        migrations.RunSQL((SQL / "0042_channels.sql").read_text(encoding="utf-8")),
        migrations.RunSQL((SQL / "0042_offers.sql").read_text(encoding="utf-8")),
    ]
