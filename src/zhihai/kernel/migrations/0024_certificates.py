"""The district's certificate authority, certificates of departments and officials, and what was sealed by them."""

from pathlib import Path
from typing import Any, ClassVar

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Roots, issuing keys, certificates, lists of what was revoked, sealed documents."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("zh", "0023_clients")]
    operations: ClassVar[list[Any]] = [
        migrations.RunSQL((SQL / "0024_trust.sql").read_text(encoding="utf-8")),
    ]
