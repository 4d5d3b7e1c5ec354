"""Sign-in among a million accounts."""

from pathlib import Path
from typing import Any, ClassVar

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Indexes by which an account is found, and a table of tries that is rewritten in place."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("zh", "0025_ways_to_sign_in")]
    operations: ClassVar[list[Any]] = [
        migrations.RunSQL((SQL / "0026_identity.sql").read_text(encoding="utf-8")),
    ]
