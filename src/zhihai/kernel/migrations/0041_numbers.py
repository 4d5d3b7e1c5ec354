"""Mobile numbers that people typed in and proved by a code."""

from pathlib import Path
from typing import Any, ClassVar

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """At which number an account is told by short message, and the codes by which one is proved.

    Not to be undone: the numbers that people proved would be lost with it.
    """

    dependencies: ClassVar[list[tuple[str, str]]] = [("zh", "0040_answers")]
    operations: ClassVar[list[Any]] = [
        migrations.RunSQL((SQL / "0041_channels.sql").read_text(encoding="utf-8")),
    ]
