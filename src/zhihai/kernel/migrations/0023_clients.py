"""Systems that sign people in through the platform."""

from pathlib import Path
from typing import Any, ClassVar

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Clients, consents, subjects, signing keys, beside the library's own tables of clients and tokens."""

    dependencies: ClassVar[list[tuple[str, str]]] = [
        ("zh", "0022_powers_of_officials"),
        ("allauth_idp_oidc", "0003_client_allow_uri_wildcards"),
    ]
    operations: ClassVar[list[Any]] = [
        migrations.RunSQL((SQL / "0023_identity.sql").read_text(encoding="utf-8")),
    ]
