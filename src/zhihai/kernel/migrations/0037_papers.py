"""Papers that applicants are handed, and which seal stands on them."""

from pathlib import Path
from typing import Any, ClassVar

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Papers of a matter; seals that are appointed for papers."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("zh", "0035_matters")]
    operations: ClassVar[list[Any]] = [
        migrations.RunSQL((SQL / "0037_trust.sql").read_text(encoding="utf-8")),
        migrations.RunSQL((SQL / "0037_services.sql").read_text(encoding="utf-8")),
    ]
