"""Forms: versions, drafts, what was sent, files."""

from pathlib import Path
from typing import Any, ClassVar

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Versions of forms, drafts, submissions and attachments, behind the wall."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("zh", "0027_corrections")]
    operations: ClassVar[list[Any]] = [
        migrations.RunSQL((SQL / "0028_forms.sql").read_text(encoding="utf-8")),
    ]
