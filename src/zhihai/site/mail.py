"""How mail leaves: through the server that is set, or into files, so that nothing is lost without anybody seeing it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

from zhihai.site.configuration import Configuration

PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """Where mail goes: an SMTP server (RFC 5321; TLS as in RFC 8314), or a folder of files."""

    backend: str
    folder: Path | None = None
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = ""
    tls: Literal["none", "wrapped", "started"] = "none"


def django_mail(config: Configuration) -> Mail:
    """Return the way of mail of this configuration; without a server every mail is a file in ``<data>/mail``."""
    if config.smtp_url is None:
        return Mail(backend="django.core.mail.backends.filebased.EmailBackend", folder=config.data / "mail")
    parts = urlsplit(config.smtp_url.get_secret_value())
    return Mail(
        backend="django.core.mail.backends.smtp.EmailBackend",
        host=parts.hostname or "localhost",
        port=parts.port or PORTS[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        tls="wrapped" if parts.scheme == "smtps" else "started" if parts.scheme == "smtp+starttls" else "none",
    )
