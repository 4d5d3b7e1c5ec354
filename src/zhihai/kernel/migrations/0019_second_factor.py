"""A second factor at sign-in, and limits that all processes share."""

from pathlib import Path
from typing import Any, ClassVar

from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Whether an account has a second factor; the cache of the web."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("zh", "0018_accounts_of_people")]
    operations: ClassVar[list[Any]] = [
        migrations.AddField("account", "second_factor", models.BooleanField(default=False)),
        migrations.RunSQL((SQL / "0019_identity.sql").read_text(encoding="utf-8")),
    ]
