"""Reviews and law suits: several of a sort, against silence too, each instance a row, corrected or taken back."""

from pathlib import Path
from typing import Any, ClassVar

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """What was recorded before was brought against answers, in the first instance."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("zh", "0045_fees")]
    operations: ClassVar[list[Any]] = [
        migrations.RunSQL((SQL / "0046_disclosure.sql").read_text(encoding="utf-8")),
    ]
