"""People and firms as records, and who looked at them."""

from pathlib import Path
from typing import Any, ClassVar

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Persons, what is known of them and from where, looks; row security of all three."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("zh", "0016_clocks_reckoned_at_half")]
    operations: ClassVar[list[Any]] = [
        migrations.RunSQL((SQL / "0017_identity.sql").read_text(encoding="utf-8")),
    ]
