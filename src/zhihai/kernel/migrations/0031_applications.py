"""Applications of residents and firms, and what is promised for one case alone."""

from pathlib import Path
from typing import Any, ClassVar

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Limits of one case; applications, who looked into them, what was said of them."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("zh", "0030_endings")]
    operations: ClassVar[list[Any]] = [
        migrations.RunSQL((SQL / "0031_cases.sql").read_text(encoding="utf-8")),
        migrations.RunSQL((SQL / "0031_services.sql").read_text(encoding="utf-8")),
    ]
