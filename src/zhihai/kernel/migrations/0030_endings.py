"""What ends, and who has to know it: sign-ins at other systems, certificates."""

from pathlib import Path
from typing import Any, ClassVar

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Sign-ins at systems as parts of a sign-in here, and certificates by when they end and by their keys."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("zh", "0029_services")]
    operations: ClassVar[list[Any]] = [
        migrations.RunSQL((SQL / "0030_trust.sql").read_text(encoding="utf-8")),
    ]
