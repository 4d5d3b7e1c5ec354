"""What was noted while the machine's clock stood ahead does not wait for that hour to come again."""

from pathlib import Path
from typing import Any, ClassVar

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Deliveries whose wait is longer than any can be are due."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("zh", "0019_second_factor")]
    operations: ClassVar[list[Any]] = [
        migrations.RunSQL((SQL / "0020_channels.sql").read_text(encoding="utf-8")),
    ]
