"""The first schema: the account, then one SQL file for each room, lowest room first."""

from pathlib import Path
from typing import Any, ClassVar

from django.db import migrations, models

SQL = Path(__file__).parent / "sql"
ROOMS = (
    "journal", "places", "identity", "channels", "catalogue", "exchange", "sensing", "cases", "rules", "indicators",
)  # fmt: skip


class Migration(migrations.Migration):
    """Makes every table of the kernel."""

    initial = True
    dependencies: ClassVar[list[tuple[str, str]]] = []
    operations: ClassVar[list[Any]] = [
        migrations.CreateModel(
            name="Account",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                ("username", models.CharField(max_length=64, unique=True)),
                ("name_zh", models.CharField(max_length=120)),
                ("name_en", models.CharField(max_length=120)),
                ("email", models.EmailField(blank=True, max_length=254)),
                ("language", models.CharField(default="zh", max_length=2)),
                ("sort", models.CharField(default="person", max_length=12)),
                ("is_active", models.BooleanField(default=True)),
                ("grants_version", models.IntegerField(default=1)),
            ],
            options={"db_table": "account"},
        ),
        *(migrations.RunSQL((SQL / f"0001_{room}.sql").read_text(encoding="utf-8")) for room in ROOMS),
    ]
