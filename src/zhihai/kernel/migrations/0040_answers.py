"""Published answers to what people asked, and summaries of what they asked for."""

from pathlib import Path
from typing import Any, ClassVar

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """A publication says out of which matter it came; its versions say which items and theme they concern."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("zh", "0039_cards")]
    operations: ClassVar[list[Any]] = [
        migrations.RunSQL((SQL / "0040_disclosure.sql").read_text(encoding="utf-8")),
    ]
