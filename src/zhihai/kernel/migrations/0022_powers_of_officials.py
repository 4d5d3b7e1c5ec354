"""Powers of officials: who confirmed a grant and on what ground, proposals, deputies, officials found by sound."""

from pathlib import Path
from typing import Any, ClassVar

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from zhihai.ground.identifiers.sound import sound_of_title

SQL = Path(__file__).parent / "sql"


def _sound(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Note how the names of the accounts there are sound; residents are not searched for here."""
    with editor.connection.cursor() as cursor:
        cursor.execute("SELECT id, name_zh FROM account WHERE sort <> 'resident'")
        for id_, name in cursor.fetchall():
            cursor.execute("UPDATE account SET sound = %s WHERE id = %s", (sound_of_title(name), id_))


class Migration(migrations.Migration):
    """What a grant rests on, grants that wait for a second pair of eyes, and the staff list."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("zh", "0021_ties")]
    operations: ClassVar[list[Any]] = [
        migrations.AddField("account", "sound", models.TextField(default="", db_collation="C")),
        migrations.RunPython(_sound, migrations.RunPython.noop),
        migrations.RunSQL((SQL / "0022_identity.sql").read_text(encoding="utf-8")),
        migrations.RunSQL((SQL / "0022_cases.sql").read_text(encoding="utf-8")),
    ]
