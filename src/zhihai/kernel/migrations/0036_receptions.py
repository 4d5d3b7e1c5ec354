"""Nothing requires the web: receptions, in which officials write for those who come, agree in writing, or call."""

from pathlib import Path
from typing import Any, ClassVar

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Receptions and the drafts of offices; papers of consent; whose an application is that an official gave in."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("zh", "0035_matters")]
    operations: ClassVar[list[Any]] = [
        migrations.RunSQL((SQL / "0036_forms.sql").read_text(encoding="utf-8")),
        migrations.RunSQL((SQL / "0036_services.sql").read_text(encoding="utf-8")),
    ]
