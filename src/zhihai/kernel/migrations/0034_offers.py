"""Offers and claims: appointments at a window, and the tickets of a hall."""

from pathlib import Path
from typing import Any, ClassVar

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """What is offered when, so much at once; who holds a place; who waits."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("zh", "0032_notices_by_every_way")]
    operations: ClassVar[list[Any]] = [migrations.RunSQL((SQL / "0034_offers.sql").read_text(encoding="utf-8"))]
