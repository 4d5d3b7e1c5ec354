"""Mail for one person that piles up leaves as one message."""

from pathlib import Path
from typing import Any, ClassVar

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Deliveries may leave together; replaces the function that takes them."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("zh", "0006_clocks_reckoned_together")]
    operations: ClassVar[list[Any]] = [
        migrations.RunSQL((SQL / "0007_channels.sql").read_text(encoding="utf-8")),
    ]
